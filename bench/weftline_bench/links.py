"""The delay line: what a long haul does to a connection, inside the process that is at its far end.

A connection from a source address that has a `Link` passes its bytes through two `Line`s, one each
way, each half a round trip long. Chunks stay whole, in order, and are never merged. The first
bytes are held for one round trip more, which is what a TCP handshake would have cost.

What this cannot do: the kernel's own handshake is still that of loopback, so the dialler's
`connect()` returns at once and its TCP_INFO shows no distance; only bytes are late. Loss, slow
start and bandwidth are not emulated. Timers of the event loop are good to half a millisecond.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from weftline_bench.line import IN_FLIGHT_BYTES_MAX, Line
from weftline_core.rng import Rng

RTT_MS_MAX = 10_000.0


@dataclass(frozen=True, slots=True)
class Link:
    """How far away a source address is. `jitter_ms` is the most that one direction is late on
    top.
    """

    rtt_ms: float
    jitter_ms: float = 0.0

    def one_way_s(self, rng: Rng) -> float:
        """Return the delay of one chunk in one direction."""
        late_ms = rng.random() * self.jitter_ms if self.jitter_ms else 0.0
        return (self.rtt_ms / 2 + late_ms) / 1000.0


def parse_link(text: str) -> tuple[str, Link]:
    """Read `SOURCE=RTT_MS` or `SOURCE=RTT_MS~JITTER_MS`, as in `127.0.0.11=80~5`.

    Raises:
        ValueError: it is neither; the text says what is expected.
    """
    source, equals, rest = text.partition("=")
    rtt, _, jitter = rest.partition("~")
    try:
        link = Link(float(rtt), float(jitter or 0))
    except ValueError:
        equals = ""
        link = Link(0.0)
    if not (source and equals):
        raise ValueError(f"'{text}' is not a delay: write SOURCE=RTT_MS, as in 127.0.0.11=80")
    if not (0 <= link.rtt_ms <= RTT_MS_MAX and 0 <= link.jitter_ms <= RTT_MS_MAX):
        raise ValueError(f"'{text}': delays lie in [0, {RTT_MS_MAX:.0f}] ms")
    return source, link


class FarEnd(asyncio.Transport):
    """The server's end of a delayed connection: to the server's protocol it is the transport, to
    the real transport it is the protocol's other half (`Doorway` calls its `came_*` methods).
    """

    def __init__(
        self, real: asyncio.Transport, inner: asyncio.Protocol, link: Link, rng: Rng
    ) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._real = real
        self._inner: asyncio.BaseProtocol = inner
        self._link = link
        self._rng = rng
        self._open_s = self._loop.time() + link.rtt_ms / 1000.0
        self._inbound = Line(self._loop, real.pause_reading, self._read_again)
        self._outbound = Line(self._loop, self._line_full, self._line_room)
        self._closing = False
        self._lost = False
        self._reading = True
        self._full = 0
        inner.connection_made(self)

    # From the network.

    def came_data(self, data: bytes) -> None:
        """Pass bytes on after half a round trip."""
        self._later(self._inbound, len(data), lambda: self._pass(data))

    def came_eof(self) -> None:
        """Pass the peer's half-close on; a protocol that does not want it is closed, as asyncio
        does.
        """
        self._later(self._inbound, 0, self._pass_eof)

    def came_end(self, exc: Exception | None) -> None:
        """Pass the loss of the connection on, even to a protocol that has paused reading."""
        self._inbound.release()
        self._later(self._inbound, 0, lambda: self._pass_end(exc))

    def socket_full(self) -> None:
        """Take over the real transport's `pause_writing`."""
        self._line_full()

    def socket_room(self) -> None:
        """Take over the real transport's `resume_writing`."""
        self._line_room()

    def _later(self, line: Line, size: int, action: Callable[[], None]) -> None:
        sent_s = max(self._loop.time(), self._open_s)
        line.put(sent_s + self._link.one_way_s(self._rng), size, action)

    def _pass(self, data: bytes) -> None:
        if isinstance(self._inner, asyncio.Protocol) and not self._closing:
            self._inner.data_received(data)

    def _pass_eof(self) -> None:
        if isinstance(self._inner, asyncio.Protocol) and not self._inner.eof_received():
            self.close()

    def _pass_end(self, exc: Exception | None) -> None:
        self._lost = True
        self._inner.connection_lost(exc)

    def _read_again(self) -> None:
        if self._reading and not self._real.is_closing():
            self._real.resume_reading()

    # Flow control: full while the line or the socket is full.

    def _line_full(self) -> None:
        self._full += 1
        if self._full == 1:
            self._inner.pause_writing()

    def _line_room(self) -> None:
        self._full -= 1
        if self._full == 0:
            self._inner.resume_writing()

    # To the network: what asyncio asks of a transport.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a copy of `data` after half a round trip."""
        if not self._closing:
            chunk = bytes(data)
            self._later(self._outbound, len(chunk), lambda: self._send(chunk))

    def _send(self, chunk: bytes) -> None:
        if not self._real.is_closing():
            self._real.write(chunk)

    def write_eof(self) -> None:
        """Close our half after what is on the way."""
        self._later(self._outbound, 0, self._real.write_eof)

    def can_write_eof(self) -> bool:
        """Return what the real transport can."""
        return self._real.can_write_eof()

    def close(self) -> None:
        """Close after what is on the way."""
        if not self._closing:
            self._closing = True
            self._later(self._outbound, 0, self._real.close)

    def abort(self) -> None:
        """Reset after half a round trip; what is on the way arrives before."""
        self._closing = True
        self._later(self._outbound, 0, self._real.abort)

    def is_closing(self) -> bool:
        """Return whether this end has closed, or has learnt that the other has."""
        return self._closing or self._lost

    def get_write_buffer_size(self) -> int:
        """Return the bytes on the way and in the socket's buffer."""
        return self._outbound.bytes_in_flight + self._real.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set those of the real transport."""
        self._real.set_write_buffer_limits(high, low)

    def pause_reading(self) -> None:
        """Receive nothing more until `resume_reading`."""
        self._reading = False
        self._inbound.hold()
        self._real.pause_reading()

    def resume_reading(self) -> None:
        """Receive again."""
        self._reading = True
        self._inbound.release()
        if self._inbound.bytes_in_flight <= IN_FLIGHT_BYTES_MAX and not self._real.is_closing():
            self._real.resume_reading()

    def is_reading(self) -> bool:
        """Return whether the protocol wants bytes."""
        return self._reading

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Return what the real transport knows, such as the peer's name."""
        return self._real.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to another protocol."""
        self._inner = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol that now has the connection."""
        return self._inner


class Gate:
    """What a listener is given instead of the server's own factory: it builds a `Doorway` for each
    connection.
    """

    def __init__(
        self, factory: Callable[[], asyncio.Protocol], links: Mapping[str, Link], rng: Rng
    ) -> None:
        self.factory = factory
        self.links = links
        self.rng = rng
        self.far: set[asyncio.Transport] = set()

    def __call__(self) -> "Doorway":
        """Return the protocol of one connection."""
        return Doorway(self)

    async def close(self) -> None:
        """Drop the far connections; what is on the way is lost."""
        for transport in list(self.far):
            transport.abort()
        # Transports tell of their end in the next turn of the loop.
        await asyncio.sleep(0)


class Doorway(asyncio.Protocol):
    """Accepts one connection: near ones go straight to the server, far ones through a `FarEnd`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._transport: asyncio.Transport | None = None
        self._far: FarEnd | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Choose by the peer's source address."""
        # uvloop's transports are none by inheritance.
        transport = cast("asyncio.Transport", transport)
        peer: tuple[str, int] | None = transport.get_extra_info("peername")
        link = self._gate.links.get(peer[0]) if peer else None
        inner = self._gate.factory()
        if link is None:
            transport.set_protocol(inner)
            inner.connection_made(transport)
        else:
            self._gate.far.add(transport)
            self._transport = transport
            self._far = FarEnd(transport, inner, link, self._gate.rng)

    def data_received(self, data: bytes) -> None:
        """Hand over."""
        if self._far is not None:
            self._far.came_data(data)

    def eof_received(self) -> bool:
        """Hand over; the far end decides when to close."""
        if self._far is not None:
            self._far.came_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand over."""
        if self._far is not None and self._transport is not None:
            self._gate.far.discard(self._transport)
            self._far.came_end(exc)

    def pause_writing(self) -> None:
        """Hand over."""
        if self._far is not None:
            self._far.socket_full()

    def resume_writing(self) -> None:
        """Hand over."""
        if self._far is not None:
            self._far.socket_room()
