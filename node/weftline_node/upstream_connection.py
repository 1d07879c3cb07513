"""One connection to an endpoint and the request it carries."""

import asyncio
import select
from collections.abc import Mapping
from typing import Protocol, TypeAlias, cast

from weftline_core.failures import Failure
from weftline_core.http1.answer import AnswerReader, BrokenAnswer
from weftline_node.ports import Address

# A kept connection that breaks this soon after the request was written, with no byte of an answer,
# had been closed by the endpoint before: one round trip around the world and some slack. Later, the
# endpoint may have begun to work on the request.
STALE_WITHIN_S = 0.5


# An address, and whether TLS is spoken there.
Place: TypeAlias = tuple[Address, bool]


class Receiver(Protocol):
    """Who waits for one answer. Calls come in this order; the last is `on_end` or `on_failure`."""

    def on_sent(self) -> None:
        """The request has been written, to a connection that was dialled for it."""
        ...

    def on_head(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """Status and headers have come."""
        ...

    def on_payload(self, payload: bytes) -> None:
        """Some of the body has come, free of its framing."""
        ...

    def on_end(self) -> None:
        """The body is whole."""
        ...

    def on_failure(self, failure: Failure) -> None:
        """The answer will not come, or not further."""
        ...


class Nobody:
    """Receives what comes after an answer has said all that matters."""

    def on_sent(self) -> None:
        """Ignore it."""

    def on_head(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """Ignore it."""

    def on_payload(self, payload: bytes) -> None:
        """Ignore it."""

    def on_end(self) -> None:
        """Ignore it."""

    def on_failure(self, failure: Failure) -> None:
        """Ignore it."""


NOBODY = Nobody()


class Leg:
    """One request to one endpoint. Instants are monotonic seconds, None until they have come.

    reused: it went out on a kept connection.
    """

    __slots__ = (
        "connection",
        "dialling",
        "first_byte_s",
        "opened_s",
        "receiver",
        "reused",
        "sent_s",
    )

    def __init__(self, receiver: Receiver, opened_s: float) -> None:
        self.receiver: Receiver = receiver
        self.connection: Connection | None = None
        self.dialling: asyncio.Task[None] | None = None
        self.opened_s = opened_s
        self.sent_s: float | None = None
        self.first_byte_s: float | None = None
        self.reused = False

    def abort(self) -> None:
        """Drop the connection, unless the answer is whole; the receiver hears nothing more."""
        self.receiver = NOBODY
        if self.dialling is not None:
            self.dialling.cancel()
        if self.connection is not None:
            self.connection.drop()

    def drain(self) -> None:
        """Hear nothing more, but let the end of the answer come, so that the connection is kept."""
        self.receiver = NOBODY
        if self.connection is not None:
            self.connection.drain()

    def pause(self) -> None:
        """Read nothing for now: the client is slower than the endpoint."""
        if self.connection is not None:
            self.connection.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.connection is not None:
            self.connection.transport.resume_reading()


class Home(Protocol):
    """What a connection needs of the pool it belongs to."""

    def now_s(self) -> float:
        """Return monotonic seconds."""
        ...

    def release(self, connection: "Connection") -> None:
        """Keep a connection whose answer is whole."""
        ...

    def discard(self, connection: "Connection") -> None:
        """Forget a connection and close it."""
        ...

    def drain(self, connection: "Connection") -> None:
        """Watch over a connection whose answer has only its end to come."""
        ...


class Connection(asyncio.Protocol):
    """One connection to an endpoint. It carries one request at a time.

    since_s: when it became idle, or began to drain.
    """

    __slots__ = ("_home", "_leg", "_poller", "_reader", "place", "since_s", "transport")

    def __init__(self, home: Home, place: Place) -> None:
        self._home = home
        self._leg: Leg | None = None
        self._reader = AnswerReader()
        self._poller: select.poll | None = None
        self.place = place
        self.since_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            self._poller = select.poll()
            self._poller.register(sock.fileno(), select.POLLIN)

    def quiet(self) -> bool:
        """Return whether nothing, not even the end, waits to be read: the loop may not have come to
        it yet.
        """
        if self.transport.is_closing():
            return False
        return self._poller is None or not self._poller.poll(0)

    def begin(self, leg: Leg, request: bytes, now_s: float) -> None:
        """Write a request, in one write."""
        self._leg = leg
        self._reader = AnswerReader()
        leg.connection = self
        leg.sent_s = now_s
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Follow the answer and hand on its payload."""
        leg = self._leg
        if leg is None:
            self._home.discard(self)
            return
        reader = self._reader
        told = reader.head_done
        try:
            payload = reader.feed(data)
        except BrokenAnswer:
            self._fail(leg, Failure.BROKEN)
            return
        if not told:
            leg.first_byte_s = leg.first_byte_s or self._home.now_s()
            if reader.head_done:
                leg.receiver.on_head(reader.status, reader.headers)
        if payload:
            leg.receiver.on_payload(payload)
        if reader.complete and self._leg is leg:
            self._finish(leg)

    def eof_received(self) -> bool:
        """Take the endpoint's half-close for its end."""
        self._lost()
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the port's shape
        """Conclude what the end of the connection means."""
        self._lost()

    def drop(self) -> None:
        """Reset the connection."""
        self._detach()
        self._home.discard(self)

    def drain(self) -> None:
        """Wait a moment for the end of the answer."""
        self._home.drain(self)

    def _finish(self, leg: Leg) -> None:
        self._detach()
        # An answer that comes before the request is out leaves half a request on the wire.
        if self._reader.keep_alive and not self.transport.get_write_buffer_size():
            self._home.release(self)
        else:
            self._home.discard(self)
        try:
            leg.receiver.on_end()
        except Exception as e:  # noqa: BLE001  # nobody may wait for the end of a fault of ours
            about = {"message": "an answer could not be judged", "exception": e}
            asyncio.get_running_loop().call_exception_handler(about)
            leg.receiver.on_failure(Failure.BROKEN)

    def _lost(self) -> None:
        leg = self._leg
        if leg is None:
            self._home.discard(self)
        elif self._reader.eof():
            self._finish(leg)
        elif self._reader.head_done:
            self._fail(leg, Failure.TRUNCATED)
        elif self._stale(leg):
            self._fail(leg, Failure.STALE)
        else:
            self._fail(leg, Failure.RESET)

    def _stale(self, leg: Leg) -> bool:
        sent_s = leg.sent_s or 0.0
        quick = self._home.now_s() - sent_s < STALE_WITHIN_S
        return leg.reused and quick and not self._reader.started

    def _fail(self, leg: Leg, failure: Failure) -> None:
        self.drop()
        leg.receiver.on_failure(failure)

    def _detach(self) -> None:
        if self._leg is not None:
            self._leg.connection = None
            self._leg = None
