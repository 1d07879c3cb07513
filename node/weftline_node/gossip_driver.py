"""Runs the gossip machine on the event loop: timers and datagrams in, datagrams out.

It decides nothing but how many datagrams one source may cost us.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from weftline.clock import Clock
from weftline_core.gossip.config import GossipConfig
from weftline_core.gossip.machine import TICK_S, Counters, Gossip, Output
from weftline_core.gossip.members import Change, MemberView
from weftline_core.gossip.messages import MemberInfo
from weftline_core.ids import EndpointId
from weftline_core.rng import Rng
from weftline_core.rows import Row
from weftline_node.ports import Address, Datagrams, DatagramSite

# Datagrams taken in a second from one source. A peer sends some tens a second, and a hundred in a
# burst after a partition; what goes beyond is dropped before it is even decoded.
SOURCE_PACKETS_PER_S = 500

# Datagrams taken in a second from all sources that are no peers: enough for a whole mesh to join at
# once, and little enough that a flood costs a few per cent of a core and silences no peer.
STRANGER_PACKETS_PER_S = 2_000

# How long a leaving node goes on spreading the word: three rounds reach everybody.
LEAVE_S = 0.3


class SourceCap:
    """Counts datagrams by source within the current second."""

    def __init__(self) -> None:
        self._second = -1
        self._counts: Counter[Address] = Counter()
        self._strangers = 0
        self.dropped = 0

    def admits(self, source: Address, now_s: float, *, peer: bool) -> bool:
        """Return whether one more datagram of `source` may be looked at."""
        if int(now_s) != self._second:
            self._second = int(now_s)
            self._counts.clear()
            self._strangers = 0
        full = not peer and self._strangers >= STRANGER_PACKETS_PER_S
        if full or self._counts[source] >= SOURCE_PACKETS_PER_S:
            self.dropped += 1
            return False
        # Bounded: each stranger counted here is one of the few admitted in this second.
        self._counts[source] += 1
        self._strangers += not peer
        return True


class GossipDriver:
    """One node's membership and table, running.

    me: how this node introduces itself; `start` fills in its address where the port was left to
        the system, and its incarnation where that is 0.
    on_change: told of every change of the roster, a conflict of names included.
    """

    def __init__(
        self,
        site: DatagramSite,
        clock: Clock,
        rng: Rng,
        me: MemberInfo,
        config: GossipConfig,
        on_change: Callable[[Change], None] = lambda _: None,
    ) -> None:
        self._site = site
        self._clock = clock
        self._rng = rng
        self._me = me
        self._config = config
        self._on_change = on_change
        self._cap = SourceCap()
        self._peers: frozenset[tuple[str, int]] = frozenset()
        self._port: Datagrams | None = None
        self._machine: Gossip | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def address(self) -> Address:
        """Return where other nodes reach this one; only valid once started."""
        return Address(*self._running().me.address)

    @property
    def counters(self) -> Counters:
        """Return the machine's totals; only valid once started."""
        return self._running().counters

    @property
    def packets_dropped(self) -> int:
        """Return how many datagrams were over a source's cap."""
        return self._cap.dropped

    async def start(self, address: Address) -> None:
        """Bind `address` and begin.

        Raises:
            OSError: the address is in use or not ours.
            ValueError: other nodes would refuse the introduction.
        """
        assert self._port is None, "started twice"
        self._port = await self._site.open(address, self._hear)
        me = self._me
        if me.address[1] == 0:
            me = replace(me, address=self._port.address)
        if me.incarnation == 0:
            me = replace(me, incarnation=max(1, self._clock.unix_ms()))
        try:
            self._machine = Gossip(me, self._config, self._rng, self._clock.now_s())
        except ValueError:
            self.close()
            raise
        self._tick()

    def join(self, seeds: list[Address]) -> None:
        """Enter the mesh by way of `seeds`, and keep trying until each of them is a member."""
        self._act(self._running().join(seeds, self._clock.now_s()))

    def publish(self, rows: list[Row]) -> None:
        """Tell that `rows` are all rows of this PoP now."""
        self._act(self._running().publish(rows, self._clock.now_s()))

    def neighbour_rows(self, endpoint: EndpointId) -> Sequence[Row]:
        """Return what the other PoPs that take part say of `endpoint`; nothing before the start."""
        if self._machine is None:
            return ()
        own = self._machine.me.id
        return [row for row in self._machine.rows_of_endpoint(endpoint) if row.pop != own]

    def members(self) -> list[MemberView]:
        """Return every known node with its state, this one included, by name."""
        return self._running().members()

    def rows(self) -> list[Row]:
        """Return the whole table, by PoP and endpoint."""
        return self._running().rows()

    async def leave(self) -> None:
        """Say farewell and give the word time to spread; then `close`."""
        self._act(self._running().leave(self._clock.now_s()))
        await asyncio.sleep(LEAVE_S)

    def close(self) -> None:
        """Stop at once. Without `leave`, the others take it for a death."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._port is not None:
            self._port.close()

    def _running(self) -> Gossip:
        assert self._machine is not None, "not started"
        return self._machine

    def _tick(self) -> None:
        # First the timer: whatever happens below, the heart goes on beating.
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self._act(self._running().tick(self._clock.now_s()))

    def _hear(self, source: Address, data: bytes) -> None:
        now_s = self._clock.now_s()
        if self._machine is None:
            return
        if self._cap.admits(source, now_s, peer=source in self._peers):
            self._act(self._machine.receive(data, source, now_s))

    def _act(self, output: Output) -> None:
        port = self._port
        assert port is not None, "not started"
        for to, data in output.datagrams:
            port.send(Address(*to), data)
        if output.changes:
            self._peers = frozenset(view.info.address for view in self.members())
        for change in output.changes:
            self._on_change(change)
