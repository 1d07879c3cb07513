"""The control plane as nodes know it: desired state and seeds down, acknowledgements and rows up.

gRPC does not run on virtual time, so this twin stands behind the port that gRPC stands behind.
"""

import asyncio
from itertools import count

from tests.sim.net import Net
from weftline_core.address import Address, parse_address
from weftline_core.desired import Desired, Resource, delta, ref
from weftline_core.rows import Row
from weftline_node.control_link import (
    Ack,
    ControlLink,
    Delta,
    Hello,
    LinkLost,
    Nack,
    Report,
    Seeds,
    Snapshot,
    ToControl,
    ToNode,
)


class ControlTwin:
    """Holds desired state. acknowledged: the revision in force at each node, by id."""

    def __init__(self, net: Net, host: str) -> None:
        self.net = net
        self.host = host
        self.up = True
        self.desired = Desired.EMPTY
        self.acknowledged: dict[str, int] = {}
        self.refusals: list[str] = []
        self.rows: dict[tuple[str, str], Row] = {}
        self.seeds: dict[str, Address] = {}
        self.links: dict[int, Link] = {}
        self._numbers = count()

    def door(self, host: str) -> "Door":
        """Return the way in for the node on `host`."""
        return Door(self, host)

    def apply(self, *resources: Resource, delete: tuple[str, ...] = ()) -> None:
        """Change the desired state by one revision and tell every node that listens."""
        old = self.desired
        self.desired = old.changed(resources, delete, old.revision + 1)
        put, deleted = delta(old.resources, self.desired.resources)
        self.net.trace.note("apply", self.desired.revision, *map(ref, put), *deleted)
        word = Delta(old.revision, self.desired.revision, tuple(put), tuple(deleted))
        for link in list(self.links.values()):
            link.tell(word)

    def stop(self) -> None:
        """Hang up on everybody and answer nobody."""
        self.up = False
        for link in list(self.links.values()):
            link.lose("the control plane has stopped")

    def greet(self, link: "Link") -> int:
        """Take note of a new link and return its number."""
        number = next(self._numbers)
        self.links[number] = link
        return number

    def hear(self, link: "Link", word: ToControl) -> None:
        """Do what a control plane does with each word."""
        match word:
            case Hello(node, revision):
                link.node = node.id
                self.seeds[node.id] = parse_address(node.gossip_address, node.id)
                link.tell(Seeds(tuple(a for n, a in self.seeds.items() if n != node.id)))
                if revision != self.desired.revision:
                    link.tell(Snapshot(self.desired))
            case Ack(revision):
                self.acknowledged[link.node] = revision
            case Nack(revision, reason):
                self.refusals.append(f"{link.node} refused {revision}: {reason}")
            case Report(rows):
                self.rows |= {(row.pop, row.endpoint): row for row in rows}


class Door:
    """Opens links for one node."""

    def __init__(self, twin: ControlTwin, host: str) -> None:
        self._twin = twin
        self._host = host
        self._shut = False

    def shut(self) -> None:
        """Lose every link of this node and open none again: its process is gone."""
        self._shut = True
        for link in list(self._twin.links.values()):
            if link.host == self._host:
                link.lose("the process is gone")

    async def open(self) -> ControlLink:
        """Call, and wait for a round trip."""
        twin, weather = self._twin, self._twin.net.weather
        await asyncio.sleep(2 * weather.delay_s(self._host, twin.host))
        if self._shut or not twin.up or not _joined(twin, self._host):
            raise LinkLost("nobody answers")
        return Link(twin, self._host)


class Link:
    """One conversation; it is lost as soon as one of its words can't pass."""

    def __init__(self, twin: ControlTwin, host: str) -> None:
        self.node = ""
        self._twin = twin
        self.host = host
        self._lost: str | None = None
        self._inbox: asyncio.Queue[ToNode | None] = asyncio.Queue()
        self._number = twin.greet(self)

    def tell(self, word: ToNode) -> None:
        """Send a word to the node."""
        if self._passes():
            loop, weather = self._twin.net.loop, self._twin.net.weather
            delay_s = weather.delay_s(self._twin.host, self.host)
            loop.call_later(delay_s, self._inbox.put_nowait, word)

    def lose(self, why: str) -> None:
        """End it, for both sides."""
        if self._lost is None:
            self._lost = why
            self._twin.links.pop(self._number, None)
            self._inbox.put_nowait(None)

    async def send(self, word: ToControl) -> None:
        """Say one thing to the control plane."""
        if not self._passes():
            raise LinkLost(self._lost or "")
        loop, weather = self._twin.net.loop, self._twin.net.weather
        delay_s = weather.delay_s(self.host, self._twin.host)
        loop.call_later(delay_s, self._twin.hear, self, word)

    async def receive(self) -> ToNode:
        """Return the next thing said by the control plane."""
        word = None if self._lost is not None else await self._inbox.get()
        if word is None:
            raise LinkLost(self._lost or "")
        return word

    async def close(self) -> None:
        """Hang up."""
        self.lose("hung up")

    def _passes(self) -> bool:
        if self._lost is None and not _joined(self._twin, self.host):
            self.lose("the network is cut")
        return self._lost is None


def _joined(twin: ControlTwin, host: str) -> bool:
    weather = twin.net.weather
    return weather.passes(host, twin.host) and weather.passes(twin.host, host)
