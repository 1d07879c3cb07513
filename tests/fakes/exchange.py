"""What a misbehaviour is: one small coroutine over a wire, and what the client must then see.

`Expect` states the verdict for a client whose only endpoint has the fault; `tests.e2e.judge`
derives from it what must happen beside a healthy twin.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from tests.fakes.answers import Asked, stream_of, whole_of

# A pause that makes two writes two reads at the other end.
APART_S = 0.004

SSE = "content-type: text/event-stream"
JSON = "content-type: application/json"
CHUNKED = "transfer-encoding: chunked"
REASONS = {200: "OK", 302: "Found", 429: "Too Many Requests", 500: "Internal Server Error"}


class Expect(Enum):
    """What a client must see when this is its only endpoint."""

    HEALTHY = auto()  # 200 with the right and whole content
    EITHER = auto()  # as HEALTHY, or as FAILS: both are honest
    FAILS = auto()  # an error status, before any content
    BROKEN_OFF = auto()  # content began; then an error frame or an aborted connection
    CALLER = auto()  # the upstream's own 4xx, and nobody else is asked


class OnAccept(Enum):
    """What happens to a connection before a request is read."""

    SERVE = auto()
    REFUSE = auto()
    BACKLOG = auto()
    RESET = auto()
    NEVER_READ = auto()


class Wire(Protocol):
    """What a fault may do to its connection."""

    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...
    def reset(self) -> None: ...


@dataclass(slots=True)
class Exchange:
    """One request on one connection, and the means to answer it."""

    wire: Wire
    asked: Asked
    who: str

    @property
    def events(self) -> list[bytes]:
        """Return the events of the right streamed answer."""
        return stream_of(self.asked, self.who)

    @property
    def body(self) -> bytes:
        """Return the right non-streamed answer."""
        return whole_of(self.asked, self.who)

    @property
    def parts(self) -> list[bytes]:
        """Return the right answer in the pieces in which it is written."""
        if self.asked.streamed:
            return self.events
        half = len(self.body) // 2
        return [self.body[:half], self.body[half:]]

    @property
    def kind(self) -> str:
        """Return the content-type line of the right answer."""
        return SSE if self.asked.streamed else JSON

    def head(self, status: int, *lines: str) -> None:
        """Write a status line and headers."""
        first = f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}"
        self.wire.write("\r\n".join((first, *lines, "", "")).encode("latin-1"))

    def answer(self, status: int, body: bytes, *lines: str) -> None:
        """Write a complete JSON answer with its length."""
        self.head(status, JSON, f"content-length: {len(body)}", *lines)
        self.wire.write(body)

    def begin(self, *lines: str) -> None:
        """Write the head of a chunked answer of the right kind."""
        self.head(200, self.kind, CHUNKED, *lines)

    def chunk(self, data: bytes) -> None:
        """Write one chunk."""
        self.wire.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        """Write the last chunk."""
        self.wire.write(b"0\r\n\r\n")

    async def send(self, parts: list[bytes]) -> None:
        """Write chunks that arrive apart."""
        for part in parts:
            self.chunk(part)
            await asyncio.sleep(APART_S)

    async def begun(self) -> None:
        """Write a chunked answer up to its middle, content included."""
        self.begin()
        await self.send(self.parts[:4] if self.asked.streamed else self.parts[:1])

    async def hang(self) -> None:
        """Do nothing until the client leaves."""
        await asyncio.Event().wait()


Act = Callable[[Exchange], Awaitable[None]]
Enter = Callable[[Act], Act]


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to misbehave.

    stream, whole: the verdict for a streamed and a non-streamed request. early: it answers before
    the request's body is read.
    """

    name: str
    act: Act
    stream: Expect
    whole: Expect
    on_accept: OnAccept = OnAccept.SERVE
    early: bool = False


class Faults(dict[str, Fault]):
    """A table of faults by name."""

    def enter(self, stream: Expect, whole: Expect | None = None, *, early: bool = False) -> Enter:
        """Return a decorator that enters a coroutine under its own name.

        `whole` is the verdict for a non-streamed request where it is another one.
        """

        def entered(act: Act) -> Act:
            name = getattr(act, "__name__", "")
            self[name] = Fault(name, act, stream, whole or stream, early=early)
            return act

        return entered
