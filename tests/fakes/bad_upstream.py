"""An upstream that misbehaves on command, on raw bytes and with no framework in between.

One listener has one fault; a path prefix (`/cut_mid_event/v1/...`) asks for another. The faults
themselves are in `tests.fakes.faults_*`. It writes down what it saw: connections, requests, and
when a client left. `python -m tests.fakes.bad_upstream --port 9109` serves all of them by path.
"""

import argparse
import asyncio
import socket
import struct
from dataclasses import dataclass, field
from typing import Self, cast

from tests.fakes.answers import MODELS, Asked, read_ask
from tests.fakes.exchange import Exchange, Fault, OnAccept
from tests.fakes.faults_broken import BROKEN
from tests.fakes.faults_cut import CUT
from tests.fakes.faults_odd import ODD, STATUSES

FAULTS: dict[str, Fault] = {**ODD, **STATUSES, **CUT, **BROKEN}

# With this linger a close sends RST at once instead of FIN.
_LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Seen:
    """One request as the upstream saw it. Instants are the loop's seconds.

    connection: which connection brought it, counted from 0. left_at_s: when the client left before
    the answer was complete, else None.
    """

    connection: int
    method: str
    path: str
    headers: dict[str, str]
    at_s: float
    body: bytes = b""
    asked: Asked | None = None
    answered_at_s: float | None = None
    left_at_s: float | None = None
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        """Return whether it was answered or given up."""
        return self.answered_at_s is not None or self.left_at_s is not None


class BadUpstream:
    """A misbehaving endpoint with the name `who`, which every healthy answer carries."""

    def __init__(self, fault: str | Fault = "healthy", *, who: str = "bad") -> None:
        self.who = who
        self.fault = FAULTS[fault] if isinstance(fault, str) else fault
        self.port = 0
        self.sent_bytes = 0
        self.seen: list[Seen] = []
        self.connections = 0
        self.arrived = asyncio.Event()
        self._open: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._sockets: list[socket.socket] = []

    @property
    def base_url(self) -> str:
        """Return where it serves, as an endpoint resource names it."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def under_way(self) -> int:
        """Return how many requests it still holds: not answered, and their client not gone."""
        return sum(connection.busy for connection in self._open)

    def set_fault(self, fault: str) -> None:
        """Misbehave in another way from the next request on."""
        self.fault = FAULTS[fault]

    def protocol(self) -> asyncio.Protocol:
        """Return the protocol of one new connection; for any transport, the simulator's too."""
        return Connection(self)

    async def start(self, port: int = 0) -> Self:
        """Listen on loopback; with port 0 the system chooses one."""
        if self.fault.on_accept in (OnAccept.REFUSE, OnAccept.BACKLOG):
            self._hold_port(listening=self.fault.on_accept is OnAccept.BACKLOG)
            return self
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.protocol, "127.0.0.1", port)
        self.port = cast(int, self._server.sockets[0].getsockname()[1])
        return self

    async def close(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.reset()
        for held in self._sockets:
            held.close()
        if self._server is not None:
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def settled(self, wait_s: float = 0.1) -> None:
        """Wait until the last request is over, on this side too, or `wait_s` has passed."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + wait_s
        while self.seen and not self.seen[-1].over and loop.time() < until_s:
            await asyncio.sleep(0.001)

    def fault_for(self, path: str) -> Fault:
        """Return the fault that `path` asks for, else this listener's own."""
        return FAULTS.get(path.split("/", 2)[1], self.fault)

    def opened(self, connection: "Connection") -> int:
        """Take note of a new connection and return its number."""
        self._open.add(connection)
        self.connections += 1
        return self.connections - 1

    def closed(self, connection: "Connection") -> None:
        """Forget a connection that ended."""
        self._open.discard(connection)

    def _hold_port(self, *, listening: bool) -> None:
        # A bound port that does not listen refuses, and nobody else can take it meanwhile. A full
        # backlog drops the SYN, which is what a dead route looks like on loopback.
        held = socket.socket()
        held.bind(("127.0.0.1", 0))
        self.port = cast(int, held.getsockname()[1])
        self._sockets.append(held)
        if listening:
            held.listen(0)
            for _ in range(3):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self.port))
                self._sockets.append(filler)


class Connection(asyncio.Protocol):
    """One accepted connection: reads requests, lets the fault answer them one after another."""

    def __init__(self, upstream: BadUpstream) -> None:
        self._upstream = upstream
        self._buffer = bytearray()
        self._more = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._number = 0
        self._now: Seen | None = None
        self._ours = False
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    # What the transport tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._number = self._upstream.opened(self)
        match self._upstream.fault.on_accept:
            case OnAccept.RESET:
                self.reset()
            case OnAccept.NEVER_READ:
                self._transport.pause_reading()
            case _:
                loop = asyncio.get_running_loop()
                self._task = loop.create_task(self._serve(), name=f"upstream {self._number}")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._more.set()

    def eof_received(self) -> bool:
        self._note_leaving()
        return False

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._note_leaving()
        self._upstream.closed(self)
        if self._task is not None:
            self._task.cancel()

    # What a fault may do.

    @property
    def busy(self) -> bool:
        """Return whether a request is in progress on it."""
        return self._now is not None

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self._upstream.sent_bytes += len(data)
            self.transport.write(data)

    async def drain(self) -> None:
        await self._writable.wait()

    def close(self) -> None:
        """End politely: what was written is delivered, then FIN."""
        self._ours = True
        self.transport.close()

    def reset(self) -> None:
        """End rudely, with RST."""
        self._ours = True
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        self.transport.abort()

    # The life of one connection.

    async def _serve(self) -> None:
        while not self.transport.is_closing():
            request = self._begin(await self._head())
            fault = self._upstream.fault_for(request.path)
            length = int(request.headers.get("content-length", "0"))
            # An early answer goes out when the body has begun to arrive and long before its end.
            request.body = await self._peek() if fault.early else await self._take(length)
            await self._answer(request, fault)
            if fault.early:
                await self._take(length)

    def _begin(self, head: bytes) -> Seen:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        assert "transfer-encoding" not in headers, "the fake reads bodies by length only"
        now_s = asyncio.get_running_loop().time()
        return Seen(self._number, method, path, headers, now_s)

    async def _answer(self, request: Seen, fault: Fault) -> None:
        request.asked = read_ask(request.path, request.body)
        exchange = Exchange(self, request.asked, self._upstream.who)
        if request.method == "GET":
            exchange.answer(200, MODELS)
            return
        self._upstream.seen.append(request)
        self._upstream.arrived.set()
        self._now = request
        await fault.act(exchange)
        self._now = None
        request.answered_at_s = asyncio.get_running_loop().time()

    def _note_leaving(self) -> None:
        request, self._now = self._now, None
        if request is not None and not self._ours:
            request.left_at_s = asyncio.get_running_loop().time()
            request.left.set()

    async def _head(self) -> bytes:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            await self._wait_for_more()
        return await self._take(end + 4)

    async def _peek(self) -> bytes:
        while not self._buffer:
            await self._wait_for_more()
        return bytes(self._buffer)

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._wait_for_more()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _wait_for_more(self) -> None:
        self._more.clear()
        await self._more.wait()


async def _main(port: int) -> None:
    upstream = await BadUpstream().start(port)
    print(f"faults by path at http://127.0.0.1:{upstream.port}/FAULT/v1: {' '.join(FAULTS)}")
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(_main(parser.parse_args().port))
