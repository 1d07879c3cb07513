"""One client's connection: reads requests with deadlines, writes answers, tells who has left."""

import asyncio
from typing import Protocol, cast

from weftline_core.errors import CallerError, MeshError, TooSlow, Unavailable
from weftline_core.http1.request import HttpRequest, RequestReader
from weftline_core.limits import BODY_WAIT_S, CLIENT_IDLE_S, HEAD_WAIT_S
from weftline_node.job import Client, Responder
from weftline_node.reply import CONTINUE

# Bytes of a next request that may wait behind the one in progress. Beyond it the rest is dropped
# and the connection ends with the present answer; no official SDK sends ahead at all.
HELD_REQUEST_BYTES_MAX = 64 * 1024

# How long what a client still sends is read and dropped after an error. Closed at once, the
# connection would be reset and the error lost with it.
LINGER_S = 2.0

_FOREVER = float("inf")


class Server(Protocol):
    """What a connection needs of the server that it came to."""

    @property
    def draining(self) -> bool:
        """Return whether connections should end after the present answer."""
        ...

    def now_s(self) -> float:
        """Return monotonic seconds."""
        ...

    def admit(self, connection: "ClientConnection") -> bool:
        """Return whether there is room for the connection."""
        ...

    def leave(self, connection: "ClientConnection") -> None:
        """Take note that the connection has ended."""
        ...

    def screen(self, request: HttpRequest) -> int:
        """Return how many bytes of body to wait for, now that the head has come.

        Raises:
            MeshError: it is not worth waiting for any.
        """
        ...

    def handle(self, request: HttpRequest, client: Client) -> None:
        """See to it that the request is answered, now or later."""
        ...

    def refusal(self, error: MeshError, request: HttpRequest | None, *, close: bool) -> bytes:
        """Return an error as whoever sent this request reads it. request: None if it could not be
        read.
        """
        ...


class ClientConnection(asyncio.Protocol):
    """One accepted connection. It serves one request at a time.

    It is read all the time, because only a read shows that the client has left. When it is deaf,
    what comes is dropped.
    """

    __slots__ = (
        "_deadline_s",
        "_deaf",
        "_keep",
        "_lingering",
        "_reader",
        "_responder",
        "_server",
        "_serving",
        "_timer",
        "peer",
        "transport",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._reader = RequestReader()
        self._responder: Responder | None = None
        self._keep = True
        self._serving = False
        self._deaf = False
        self._lingering = False
        self._deadline_s = _FOREVER
        self._timer: asyncio.TimerHandle | None = None
        self.peer = ""

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the client in, if there is room."""
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if peer else ""
        if self._server.admit(self):
            self._expect(HEAD_WAIT_S)
        else:
            full = Unavailable("too many connections to this PoP", retry_after_s=1.0)
            self._end_with(full)

    def data_received(self, data: bytes) -> None:
        """Read, and serve a request once it is whole."""
        if self._deaf:
            return
        reader = self._reader
        begun, coming = not reader.idle, reader.coming
        try:
            request = reader.feed(data)
        except CallerError as e:
            self._end_with(e, reader.coming)
            return
        if request is not None:
            self._serve(request)
        elif reader.busy:
            if reader.held_bytes > HELD_REQUEST_BYTES_MAX:
                self._keep = False
                self._deaf = True
        elif reader.coming is None:
            if not begun:
                self._expect(HEAD_WAIT_S)
        elif coming is None:
            self._screen(reader.coming)

    def eof_received(self) -> bool:
        """Take a half-close for leaving, as every proxy does."""
        self._gone()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the port's shape
        """Tell the request in progress and the server."""
        self._gone()
        if self._timer is not None:
            self._timer.cancel()
        self._server.leave(self)

    def pause_writing(self) -> None:
        """Hold the endpoint back: this client reads slowly."""
        if self._responder is not None:
            self._responder.pause()

    def resume_writing(self) -> None:
        """Let the endpoint go on."""
        if self._responder is not None:
            self._responder.resume()

    # What a request asks (`job.Client`).

    @property
    def closing(self) -> bool:
        """Return whether the connection ends after the present answer."""
        return not self._keep or self._server.draining

    @property
    def busy(self) -> bool:
        """Return whether a request is in progress."""
        return self._responder is not None

    def serve(self, responder: Responder) -> None:
        """Tell `responder` from now on what happens here."""
        self._responder = responder

    def write(self, data: bytes) -> None:
        """Write at once."""
        self.transport.write(data)

    def finish(self, *, close: bool = False) -> None:
        """Go on with the next request, or close."""
        self._responder = None
        if close or self.closing:
            self._keep = False
            if self._deaf:
                self._linger()
            else:
                self.transport.close()
        elif not self._serving and (request := self._next()) is not None:
            self._serve(request)

    def close(self) -> None:
        """Close now if nothing is in progress, else after the present answer."""
        self._keep = False
        if self._responder is None:
            self.transport.close()

    def abort(self) -> None:
        """Close now, whatever is in progress."""
        self.transport.abort()

    def ring(self) -> None:
        """Act on a deadline, if it has passed."""
        self._timer = None
        if self._deadline_s == _FOREVER:
            return
        if self._server.now_s() < self._deadline_s:
            self._set_timer()
        elif self._lingering:
            self.transport.abort()
        elif self._reader.idle:
            self.transport.close()
        else:
            part, name, wait_s = (
                ("body", "BODY_WAIT_S", BODY_WAIT_S)
                if self._reader.coming is not None
                else ("headers", "HEAD_WAIT_S", HEAD_WAIT_S)
            )
            slow = TooSlow(f"the {part} did not come within {name} ({wait_s:g} s)")
            self._end_with(slow, self._reader.coming)

    # How it goes on.

    def _screen(self, head: HttpRequest) -> None:
        """Wait for a request's body, unless the server won't have it."""
        try:
            self._reader.allow(self._server.screen(head))
        except MeshError as e:
            self._end_with(e, head)
            return
        self._expect(BODY_WAIT_S)
        if self._reader.wants_continue:
            self.transport.write(CONTINUE)

    def _serve(self, first: HttpRequest) -> None:
        """Serve a request, and those held behind it for as long as each is answered at once."""
        request: HttpRequest | None = first
        self._serving = True
        while request is not None:
            self._deadline_s = _FOREVER
            if not request.keep_alive:
                self._keep = False
            try:
                self._server.handle(request, self)
            except Exception as e:  # noqa: BLE001  # a fault of ours costs one request its answer
                self._fault(e, request)
            if self._responder is not None or self._lingering or self.transport.is_closing():
                break
            request = self._next()
        self._serving = False

    def _next(self) -> HttpRequest | None:
        try:
            request = self._reader.next()
        except CallerError as e:
            self._end_with(e)
            return None
        if request is not None:
            return request
        if self._reader.coming is not None:
            self._screen(self._reader.coming)
        else:
            self._expect(CLIENT_IDLE_S if self._reader.idle else HEAD_WAIT_S)
        return None

    def _gone(self) -> None:
        responder, self._responder = self._responder, None
        if responder is not None:
            responder.client_gone()

    def _fault(self, error: Exception, request: HttpRequest) -> None:
        about = {"message": "a request could not be served", "exception": error}
        asyncio.get_running_loop().call_exception_handler(about)
        self._gone()
        fault = MeshError("the PoP has met a fault of its own; its log says more")
        self._end_with(fault, request)

    def _end_with(self, error: MeshError, request: HttpRequest | None = None) -> None:
        """Answer with an error that ends the connection."""
        self._keep = False
        self.transport.write(self._server.refusal(error, request, close=True))
        self._linger()

    def _linger(self) -> None:
        """Send no more, and drop what comes until the client closes or time is up."""
        self._deaf = self._lingering = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._expect(LINGER_S)

    def _expect(self, wait_s: float) -> None:
        """Set the deadline of what the client must do next."""
        self._deadline_s = self._server.now_s() + wait_s
        if self._timer is None or self._timer.when() > self._deadline_s:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._deadline_s, self.ring)
