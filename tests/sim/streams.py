"""One end of a simulated TCP connection, as asyncio's Transport."""

import asyncio
from collections import deque
from enum import Enum, auto
from typing import Any

from tests.sim.trace import Trace
from tests.sim.weather import GIVE_UP_S, RETRANSMIT_S, Weather
from weftline_node.ports import Address

# asyncio's own default for write buffers; beyond it the protocol is asked to pause.
HIGH_BYTES = 64 * 1024
LOW_BYTES = HIGH_BYTES // 4


class Sign(Enum):
    """What travels besides bytes."""

    FIN = auto()
    RST = auto()


class Stream(asyncio.Transport):
    """Sends segments in order to its peer, one-way delay each, and holds what the peer won't read.

    ends: (here, there). alive: the network's list of open ends.
    """

    peer: "Stream"

    def __init__(
        self,
        weather: Weather,
        trace: Trace,
        ends: tuple[Address, Address],
        protocol: asyncio.BaseProtocol,
        alive: dict["Stream", None],
    ) -> None:
        super().__init__({"sockname": tuple(ends[0]), "peername": tuple(ends[1])})
        self.here, self.there = ends
        self._weather = weather
        self._trace = trace
        self._protocol = protocol
        self._alive = alive
        self._loop = asyncio.get_running_loop()
        self._out: deque[tuple[float, bytes | Sign]] = deque()
        self._inbox: deque[bytes | Sign] = deque()
        self._unread_bytes = 0
        self._limits = (LOW_BYTES, HIGH_BYTES)
        self._writing_paused = False
        self._reading = True
        self._closing = False
        self._lost = False
        self._stuck_since_s: float | None = None
        alive[self] = None

    # asyncio.Transport, as the protocol uses it.

    def write(self, data: Any) -> None:
        if self._closing or not data:
            return
        self._unread_bytes += len(data)
        self._send(bytes(data))
        if self._unread_bytes > self._limits[1] and not self._writing_paused:
            self._writing_paused = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        # A StreamWriter that is forgotten closes when it is collected, perhaps after the run.
        if not self._closing and not self._loop.is_closed():
            self._closing = True
            self._send(Sign.FIN)
            self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        if not self._lost:
            self._closing = True
            self._send(Sign.RST)
            self._loop.call_soon(self._lose, None)

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        if not self._reading:
            self._reading = True
            self._loop.call_soon(self._read)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        high = HIGH_BYTES if high is None else high
        self._limits = (high // 4 if low is None else low, high)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._limits

    def get_write_buffer_size(self) -> int:
        return self._unread_bytes

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    # The way out.

    def _send(self, item: bytes | Sign) -> None:
        if isinstance(item, bytes) and self._weather.chance(self._weather.resets):
            self._trace.note("broken", self.here, self.there)
            self._closing = True
            self._loop.call_soon(self._lose, ConnectionResetError("the network broke it"))
            item = Sign.RST
        ready_s = self._loop.time() + self._weather.segment_delay_s(self.here.host, self.there.host)
        self._out.append((ready_s, item))
        if len(self._out) == 1:
            self._loop.call_at(ready_s, self._pump)

    def _pump(self) -> None:
        """Hand over what is due; behind a segment that can't pass, everything waits."""
        now_s = self._loop.time()
        while self._out:
            ready_s, item = self._out[0]
            if ready_s > now_s:
                self._loop.call_at(ready_s, self._pump)
                return
            if not self._weather.passes(self.here.host, self.there.host):
                self._wait_for_a_way(now_s)
                return
            self._stuck_since_s = None
            self._out.popleft()
            self.peer._arrive(item)

    def _wait_for_a_way(self, now_s: float) -> None:
        if self._stuck_since_s is None:
            self._stuck_since_s = now_s
        if now_s - self._stuck_since_s < GIVE_UP_S:
            self._loop.call_later(RETRANSMIT_S, self._pump)
            return
        self._out.clear()
        self._break(TimeoutError("no acknowledgement came"))

    def _read_by_peer(self, count: int) -> None:
        self._unread_bytes -= count
        if self._writing_paused and self._unread_bytes <= self._limits[0] and not self._lost:
            self._writing_paused = False
            self._protocol.resume_writing()

    # The way in.

    def _arrive(self, item: bytes | Sign) -> None:
        what = f"{len(item)}B" if isinstance(item, bytes) else item.name
        self._trace.note("segment", self.there, self.here, what)
        if item is Sign.RST:
            self._inbox.clear()
            self._break(ConnectionResetError("reset by peer"))
        elif self._closing:
            # Bytes for a socket that was closed are answered with RST; a FIN is only acknowledged.
            if isinstance(item, bytes):
                self.peer._break(ConnectionResetError("reset by peer"))
        else:
            self._inbox.append(item)
            self._read()

    def _read(self) -> None:
        while self._inbox and self._reading and not self._closing:
            item = self._inbox.popleft()
            if isinstance(item, bytes):
                self.peer._read_by_peer(len(item))
            try:
                self._hand_over(item)
            except Exception as e:  # noqa: BLE001  # as asyncio does: report, and drop the connection
                what = {"message": "a protocol failed", "exception": e, "transport": self}
                self._loop.call_exception_handler(what)
                self.abort()

    def _hand_over(self, item: bytes | Sign) -> None:
        protocol = self._protocol
        assert isinstance(protocol, asyncio.Protocol), "no protocol here reads into its own buffer"
        if isinstance(item, bytes):
            protocol.data_received(item)
        elif not protocol.eof_received():
            self.close()

    # The end.

    def _break(self, why: Exception) -> None:
        if not self._lost:
            self._closing = True
            self._loop.call_soon(self._lose, why)

    def _lose(self, why: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            self._alive.pop(self, None)
            self._protocol.connection_lost(why)
