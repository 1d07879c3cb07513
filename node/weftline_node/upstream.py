"""Connections to endpoints: dialled on demand, kept warm, used last-in first-out.

An idle connection must stay silent. One that receives a byte while nobody waits for it would hand
that byte to the next request as the beginning of its answer, so it is dropped at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline_core.failures import MEANINGS, Failure
from weftline_core.limits import CONNECT_WAIT_S, UPSTREAM_IDLE_S
from weftline_node.dial import Dial, DialTable
from weftline_node.ports import Network
from weftline_node.upstream_connection import NOBODY, Connection, Leg, Nobody, Place, Receiver

# How long the end of an answer may lag behind its terminal event before its connection is given up.
DRAIN_WAIT_S = 1.0

# How often idle connections are looked at, and how many one endpoint may have.
SWEEP_S = 1.0
IDLE_CONNECTIONS_MAX = 512

# A probe asks for the list of models, which nobody computes.
PING_WAIT_S = 2.0


class AttemptFailed(Exception):
    """An endpoint could not be asked, or did not answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"the endpoint {MEANINGS[failure].words}")
        self.failure = failure


class UpstreamPool:
    """All connections of this node to endpoints."""

    def __init__(self, network: Network, clock: Clock, tasks: Tasks) -> None:
        self._network = network
        self._tasks = tasks
        self._dials = DialTable({})
        self._idle: defaultdict[Place, list[Connection]] = defaultdict(list)
        # The same lists, by endpoint.
        self._idle_of: Mapping[str, list[Connection]] = {}
        # A dictionary for its order: that of a set depends on addresses, and no seed would replay.
        self._draining: dict[Connection, None] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self.now_s = clock.now_s

    def swap(self, dials: DialTable) -> None:
        """Know these endpoints from now on; connections to others die of idleness."""
        self._dials = dials
        for place in [place for place, idle in self._idle.items() if not idle]:
            del self._idle[place]
        self._idle_of = {dial.name: self._idle[dial.address, dial.tls] for dial in dials}

    def warm(self, endpoint: str) -> bool:
        """Return whether an idle connection to the endpoint is at hand."""
        return bool(self._idle_of.get(endpoint))

    def open(self, dial: Dial, request: bytes, receiver: Receiver, *, fresh: bool = False) -> Leg:
        """Send a request, on a kept connection if there is one and `fresh` does not forbid it: then
        it is written at once, which `sent_s` shows. Else the receiver is told.
        """
        now_s = self.now_s()
        leg = Leg(receiver, now_s)
        place = (dial.address, dial.tls)
        connection = None if fresh else self._take(self._idle[place], now_s)
        if connection is None:
            name = f"dial {dial.name}"
            leg.dialling = self._tasks.spawn(self._dial(place, leg, request), name)
        else:
            leg.reused = True
            connection.begin(leg, request, now_s)
        return leg

    async def ping(self, endpoint: str) -> float:
        """Return the seconds from a probe written to the head of its answer, whatever its status;
        at a host that answers no probe, those of a new connection.

        Raises:
            AttemptFailed: no answer came.
        """
        dial = self._dials.get(endpoint)
        if dial is None or dial.problem is not None:
            raise AttemptFailed(Failure.UNREACHABLE)
        if not dial.ping:
            return await self._knock(dial)
        try:
            return await self._ping(dial, fresh=False)
        except AttemptFailed as e:
            if e.failure is not Failure.STALE:
                raise
        return await self._ping(dial, fresh=True)

    async def close(self) -> None:
        """Close every connection that carries no request."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in [*self._draining, *(c for idle in self._idle.values() for c in idle)]:
            connection.drop()

    def release(self, connection: Connection) -> None:
        """Keep a connection whose answer is whole."""
        self._draining.pop(connection, None)
        idle = self._idle[connection.place]
        if connection.transport.is_closing() or len(idle) >= IDLE_CONNECTIONS_MAX:
            self.discard(connection)
            return
        connection.transport.resume_reading()
        connection.since_s = self.now_s()
        idle.append(connection)
        self._sweep_later()

    def discard(self, connection: Connection) -> None:
        """Forget a connection and close it."""
        self._draining.pop(connection, None)
        idle = self._idle.get(connection.place)
        if idle is not None and connection in idle:
            idle.remove(connection)
        connection.transport.abort()

    def drain(self, connection: Connection) -> None:
        """Watch over a connection whose answer has only its end to come."""
        connection.since_s = self.now_s()
        connection.transport.resume_reading()
        self._draining[connection] = None
        self._sweep_later()

    def sweep(self) -> None:
        """Close what has been idle or draining for too long."""
        now_s = self.now_s()
        for idle in self._idle.values():
            for connection in [c for c in idle if now_s - c.since_s >= UPSTREAM_IDLE_S]:
                connection.drop()
        for connection in [c for c in self._draining if now_s - c.since_s >= DRAIN_WAIT_S]:
            connection.drop()

    def _take(self, idle: list[Connection], now_s: float) -> Connection | None:
        while idle:
            connection = idle.pop()
            if now_s - connection.since_s < UPSTREAM_IDLE_S and connection.quiet():
                return connection
            connection.transport.abort()
        return None

    async def _dial(self, place: Place, leg: Leg, request: bytes) -> None:
        address, tls = place
        try:
            connection = await self._network.connect(
                address, lambda: Connection(self, place), tls=tls
            )
        except OSError as e:
            leg.dialling = None
            leg.receiver.on_failure(_connect_failure(e))
            return
        leg.dialling = None
        if leg.receiver is NOBODY:
            self.release(connection)
            return
        connection.begin(leg, request, self.now_s())
        leg.receiver.on_sent()

    async def _knock(self, dial: Dial) -> float:
        """Return the seconds that a new connection takes, and keep that warm."""
        place, before_s = (dial.address, dial.tls), self.now_s()
        try:
            async with asyncio.timeout(CONNECT_WAIT_S):
                connection = await self._network.connect(
                    dial.address, lambda: Connection(self, place), tls=dial.tls
                )
        except OSError as e:
            raise AttemptFailed(_connect_failure(e)) from None
        self.release(connection)
        return self.now_s() - before_s

    async def _ping(self, dial: Dial, *, fresh: bool) -> float:
        ping = _Ping(asyncio.get_running_loop().create_future())
        leg = self.open(dial, dial.ping, ping, fresh=fresh)
        try:
            async with asyncio.timeout(CONNECT_WAIT_S + PING_WAIT_S):
                await ping.answered
        except TimeoutError:
            silent = Failure.CONNECT_TIMEOUT if leg.sent_s is None else Failure.SILENT
            raise AttemptFailed(silent) from None
        finally:
            if ping.head_done:
                leg.drain()
            else:
                leg.abort()
        assert leg.first_byte_s is not None, "an answer has a first byte"
        assert leg.sent_s is not None, "and a request before it"
        return leg.first_byte_s - leg.sent_s

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep_again)

    def _sweep_again(self) -> None:
        self._sweeper = None
        self.sweep()
        if self._draining or any(self._idle.values()):
            self._sweep_later()


class _Ping(Nobody):
    """Waits for the head of a probe's answer."""

    def __init__(self, answered: asyncio.Future[None]) -> None:
        self.answered = answered
        self.head_done = False

    def on_head(self, status: int, headers: Mapping[bytes, bytes]) -> None:  # noqa: ARG002
        self.head_done = True
        if not self.answered.done():
            self.answered.set_result(None)

    def on_failure(self, failure: Failure) -> None:
        if not self.answered.done():
            self.answered.set_exception(AttemptFailed(failure))


def _connect_failure(error: OSError) -> Failure:
    if isinstance(error, ConnectionRefusedError):
        return Failure.REFUSED
    return Failure.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else Failure.UNREACHABLE
