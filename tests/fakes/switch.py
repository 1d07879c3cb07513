"""An in-memory switch that wires many gossip machines together, on virtual time.

The same seed gives the same run. Loss, doubling and delay are drawn for each datagram; a cut is
one-way, so a partition is a set of pairs.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from weftline_core.gossip.codec import Codec, encode
from weftline_core.gossip.config import LOCAL, GossipConfig
from weftline_core.gossip.machine import TICK_S, Gossip, Output
from weftline_core.gossip.members import Change, Kind
from weftline_core.gossip.messages import Address, MemberInfo, MemberState, Message
from weftline_core.ids import EndpointId, NodeId, Region
from weftline_core.limits import DATAGRAM_BYTES_MAX
from weftline_core.rows import EndpointState, Row

# Incarnations stand for wall-clock milliseconds at the start.
BORN_UNIX_MS = 1_000


@dataclass
class Weather:
    """What the network does to each datagram."""

    loss: float = 0.0
    double: float = 0.0
    delay_s: float = 0.001
    jitter_s: float = 0.0


@dataclass
class Seen:
    """A change of the roster, as one node reported it."""

    at_s: float
    by: str
    change: Change


@dataclass(order=True)
class _Due:
    at_s: float
    order: int
    run: Callable[[], None] = field(compare=False)


@dataclass
class Port:
    """One node on the switch."""

    machine: Gossip
    up: bool = True
    paused: bool = False


def info(name: str, number: int, incarnation: int = BORN_UNIX_MS) -> MemberInfo:
    return MemberInfo(
        id=NodeId(name),
        region=Region("loopback"),
        address=(f"10.0.{number // 250}.{number % 250 + 1}", 7000),
        base_url=f"http://{name}.invalid/v1",
        incarnation=incarnation,
        version="0.1.0",
    )


def row(
    pop: str, endpoint: str, state: EndpointState = EndpointState.UP, *, in_flight: int = 0
) -> Row:
    return Row(
        NodeId(pop), EndpointId(endpoint), 1, state, rtt_ms=12.5, ttft_ms=300.0, in_flight=in_flight
    )


_CODEC = Codec(LOCAL.cluster)


class Switch:
    """Nodes by name, one virtual clock, one queue."""

    def __init__(self, seed: int = 0, config: GossipConfig = LOCAL) -> None:
        self.now_s = 0.0
        self.weather = Weather()
        self.ports: dict[str, Port] = {}
        self.cuts: set[tuple[str, str]] = set()
        self.seen: list[Seen] = []
        self._config = config
        self._seed = seed
        self._rng = random.Random(seed)
        self._queue: list[_Due] = []
        self._order = 0
        self._by_address: dict[Address, str] = {}

    def start(self, name: str, *, at: MemberInfo | None = None, alias: str | None = None) -> Gossip:
        """Switch a node on, at its address and with its own chance. `alias`: its key here."""
        me = at or info(name, len(self._by_address))
        key = alias or name
        chance = random.Random(f"{self._seed}/{key}/{me.incarnation}")
        machine = Gossip(me, self._config, chance, self.now_s)
        self.ports[key] = Port(machine)
        self._by_address[me.address] = key
        # Not all in step, as on real machines.
        self._at(self.now_s + self._rng.random() * TICK_S, lambda: self._tick(key, machine))
        return machine

    def mesh(self, names: Iterable[str]) -> None:
        """Start `names`, all joining by way of the first."""
        first: Address | None = None
        for name in names:
            machine = self.start(name)
            if first is None:
                first = machine.me.address
            else:
                self.carry(name, machine.join([first], self.now_s))

    def __getitem__(self, name: str) -> Gossip:
        return self.ports[name].machine

    def stop(self, name: str) -> None:
        """Kill a node without a word."""
        self.ports[name].up = False

    def restart(self, name: str, *, join: str, incarnation: int | None = None) -> Gossip:
        """Start a node anew at its old address, with nothing remembered."""
        me = self[name].me
        born = BORN_UNIX_MS + int(self.now_s * 1000) if incarnation is None else incarnation
        machine = self.start(name, at=replace(me, incarnation=born))
        self.carry(name, machine.join([self[join].me.address], self.now_s))
        return machine

    def publish(self, name: str, *rows: Row) -> None:
        self.carry(name, self[name].publish(rows, self.now_s))

    def split(self, left: Iterable[str], right: Iterable[str]) -> None:
        """Let neither side hear the other."""
        right = list(right)
        for a in left:
            for b in right:
                self.cuts |= {(a, b), (b, a)}

    def heal(self) -> None:
        self.cuts.clear()

    def inject(self, to: str, data: bytes, source: Address = ("10.9.9.9", 7000)) -> None:
        self.carry(to, self[to].receive(data, source, self.now_s))

    def carry(self, name: str, output: Output) -> None:
        """Note the changes and put the datagrams on the wire."""
        self.seen += [Seen(self.now_s, name, change) for change in output.changes]
        for to, data in output.datagrams:
            assert 0 < len(data) <= DATAGRAM_BYTES_MAX
            self._send(name, to, data)

    def run(self, duration_s: float, until: Callable[[], bool] | None = None) -> bool:
        """Let time pass; return whether `until` came true (then time stands there)."""
        end_s = self.now_s + duration_s
        while self._queue and self._queue[0].at_s <= end_s:
            due = heapq.heappop(self._queue)
            self.now_s = max(self.now_s, due.at_s)
            due.run()
            if until is not None and until():
                return True
        self.now_s = end_s
        return until is not None and until()

    def up(self) -> list[str]:
        return [name for name, port in self.ports.items() if port.up]

    def states(self, by: str) -> dict[str, MemberState]:
        """Return what `by` believes of every node."""
        return {view.info.id: view.state for view in self[by].members()}

    def all_see(self, state: MemberState, of: Iterable[str], by: Iterable[str]) -> bool:
        wanted = set(of)
        return all(wanted <= {o for o, s in self.states(b).items() if s is state} for b in by)

    def same_tables(self, names: Iterable[str] | None = None) -> bool:
        tables = [self[name].rows() for name in (names or self.up())]
        return all(table == tables[0] for table in tables)

    def false_deaths(self) -> list[Seen]:
        """Return deaths reported of nodes that were up all the time."""
        alive = {self[name].me.id for name in self.up()}
        return [s for s in self.seen if s.change.kind is Kind.DIED and s.change.info.id in alive]

    def _tick(self, key: str, machine: Gossip) -> None:
        port = self.ports[key]
        if port.machine is not machine or not port.up:
            return
        if not port.paused:
            self.carry(key, machine.tick(self.now_s))
        self._at(self.now_s + TICK_S, lambda: self._tick(key, machine))

    def _send(self, source: str, to: Address, data: bytes) -> None:
        target = self._by_address.get(to)
        if target is None or (source, target) in self.cuts:
            return
        origin = self[source].me.address
        copies = 2 if self._rng.random() < self.weather.double else 1
        for _ in range(copies):
            if self._rng.random() < self.weather.loss:
                continue
            delay_s = self.weather.delay_s + self._rng.random() * self.weather.jitter_s
            self._at(self.now_s + delay_s, lambda: self._arrive(source, target, origin, data))

    def _arrive(self, source: str, target: str, origin: Address, data: bytes) -> None:
        port = self.ports[target]
        if port.paused:
            # The kernel keeps it until the process runs again.
            self._at(self.now_s + TICK_S, lambda: self._arrive(source, target, origin, data))
        elif port.up and (source, target) not in self.cuts:
            self.carry(target, port.machine.receive(data, origin, self.now_s))

    def _at(self, at_s: float, run: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._queue, _Due(at_s, self._order, run))


def meshed(count: int, seed: int = 1, config: GossipConfig = LOCAL) -> tuple[Switch, list[str]]:
    """Return a mesh in which all know all."""
    switch, names = Switch(seed, config), [f"n{n:02}" for n in range(count)]
    switch.mesh(names)
    assert switch.run(20, lambda: switch.all_see(MemberState.ALIVE, names, names))
    return switch, names


def datagram(*messages: Message) -> bytes:
    """Return what somebody in the mesh could send."""
    return _CODEC.pack([encode(message) for message in messages])


def spread_s(switch: Switch, wanted: Row) -> float:
    """Publish `wanted` and return how long it took until all hold it."""
    before_s = switch.now_s
    switch.publish(wanted.pop, wanted)

    def told() -> bool:
        for name in switch.up():
            states = {r.pop: r.state for r in switch[name].rows_of_endpoint(wanted.endpoint)}
            if states.get(wanted.pop) is not wanted.state:
                return False
        return True

    assert switch.run(10, told)
    return switch.now_s - before_s
