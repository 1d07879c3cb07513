"""Transports and a network without sockets, for tests that say exactly what arrives when."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from weftline_node.ports import Address, Listening

P = TypeVar("P", bound=asyncio.Protocol)


class FakeTransport(asyncio.Transport):
    """Remembers what was written and how it was closed; tells its protocol of its end."""

    def __init__(self, protocol: asyncio.Protocol, peer: str = "127.0.0.1") -> None:
        super().__init__({"peername": (peer, 50_000)})
        self.protocol = protocol
        self.writes: list[bytes] = []
        self.unsent = 0
        self.reading = True
        self.closed = False
        self.aborted = False
        self.eof = False

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closing(), "nothing is written to a closed connection"
        self.writes.append(bytes(data))

    def close(self) -> None:
        if not self.is_closing():
            self.closed = True
            self.protocol.connection_lost(None)

    def abort(self) -> None:
        if not self.is_closing():
            self.aborted = True
            self.protocol.connection_lost(None)

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.eof = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_write_buffer_size(self) -> int:
        return self.unsent


@dataclass
class FakeNetwork:
    """Dials at once, or fails with `error`, or never ends when `hang` is set."""

    error: OSError | None = None
    hang: bool = False
    dialled: list[tuple[Address, bool]] = field(default_factory=list[tuple[Address, bool]])
    transports: list[FakeTransport] = field(default_factory=list[FakeTransport])

    async def connect(self, address: Address, factory: Callable[[], P], *, tls: bool) -> P:
        self.dialled.append((address, tls))
        if self.hang:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        protocol = factory()
        transport = FakeTransport(protocol)
        self.transports.append(transport)
        protocol.connection_made(transport)
        return protocol

    async def listen(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> Listening:
        raise NotImplementedError


@dataclass
class HandClock:
    """Stands still until it is moved."""

    at_s: float = 1000.0
    at_unix_ms: int = 1_700_000_000_000

    def now_s(self) -> float:
        return self.at_s

    def unix_ms(self) -> int:
        return self.at_unix_ms


async def turns(count: int = 5) -> None:
    """Let the loop turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)
