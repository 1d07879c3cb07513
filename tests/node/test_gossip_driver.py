"""The driver on real sockets on loopback, and on a virtual-time loop where time must pass."""

import asyncio
import random
import socket

import pytest

from tests.fakes.switch import row
from tests.fakes.waiting import until
from tests.sim.loop import VirtualClock
from tests.sim.loop import run as run_virtually
from tests.sim.net import Net
from tests.sim.trace import Trace
from tests.sim.weather import Weather
from weftline.clock import Clock, SystemClock
from weftline_core.gossip.config import LOCAL
from weftline_core.gossip.members import Change, Kind
from weftline_core.gossip.messages import MemberInfo, MemberState
from weftline_core.ids import EndpointId, NodeId, Region
from weftline_core.rows import EndpointState
from weftline_node.gossip_driver import (
    SOURCE_PACKETS_PER_S,
    STRANGER_PACKETS_PER_S,
    GossipDriver,
    SourceCap,
)
from weftline_node.net import UdpSite
from weftline_node.ports import Address, DatagramSite

E = EndpointId("gpu")
ANY_PORT = Address("127.0.0.1", 0)


def driver(
    name: str,
    site: DatagramSite | None = None,
    clock: Clock | None = None,
    changes: list[Change] | None = None,
) -> GossipDriver:
    return GossipDriver(
        site or UdpSite(),
        clock or SystemClock(),
        random.Random(name),
        MemberInfo(NodeId(name), Region("loopback"), ("127.0.0.1", 0), f"http://{name}.invalid/v1"),
        LOCAL,
        (lambda _: None) if changes is None else changes.append,
    )


def sees(by: GossipDriver, state: MemberState) -> set[str]:
    return {view.info.id for view in by.members() if view.state is state}


async def test_three_real_nodes_meet_share_rows_and_part() -> None:
    changes: list[Change] = []
    ams, iad, nrt = nodes = [driver("ams", changes=changes), driver("iad"), driver("nrt")]
    for node in nodes:
        await node.start(ANY_PORT)
    iad.join([ams.address])
    # A name leads there as well, looked up off the loop.
    nrt.join([Address("localhost", ams.address.port)])
    everyone = {"ams", "iad", "nrt"}
    await until(lambda: all(sees(node, MemberState.ALIVE) == everyone for node in nodes))

    ams.publish([row("ams", "gpu")])
    await until(lambda: all(node.neighbour_rows(E) for node in (iad, nrt)))
    began_s = asyncio.get_running_loop().time()
    ams.publish([row("ams", "gpu", EndpointState.DOWN)])
    await until(lambda: all(n.neighbour_rows(E)[0].state is EndpointState.DOWN for n in (iad, nrt)))
    assert asyncio.get_running_loop().time() - began_s < 0.3
    assert ams.neighbour_rows(E) == []
    assert [r.pop for r in ams.rows()] == ["ams"]

    await nrt.leave()
    nrt.close()
    assert sees(ams, MemberState.LEFT) == sees(iad, MemberState.LEFT) == {"nrt"}
    assert [(c.kind, c.info.id) for c in changes if c.info.id == "nrt"] == [
        (Kind.JOINED, "nrt"),
        (Kind.LEFT, "nrt"),
    ]
    for node in (ams, iad):
        node.close()
    await asyncio.sleep(0)


async def test_junk_and_floods_are_counted_and_nothing_else() -> None:
    node = driver("ams")
    await node.start(ANY_PORT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as junk:
        async with asyncio.timeout(10):
            size = 0
            while not node.packets_dropped:
                size += 1
                junk.sendto(b"\xff" * (size % 3000), node.address)
                await asyncio.sleep(0)
    assert node.counters.refused.total() >= SOURCE_PACKETS_PER_S
    assert sees(node, MemberState.ALIVE) == {"ams"}
    node.close()
    node.close()
    await asyncio.sleep(0)


async def test_a_taken_port_and_a_bad_introduction_are_told_at_the_start() -> None:
    first, second = driver("ams"), driver("iad")
    await first.start(ANY_PORT)
    with pytest.raises(OSError, match="in use"):
        await second.start(first.address)
    with pytest.raises(ValueError, match="other nodes would refuse"):
        await driver("No Such Name").start(ANY_PORT)
    assert driver("nrt").neighbour_rows(E) == ()
    first.close()
    await asyncio.sleep(0)


def test_a_death_is_noticed_on_a_virtual_loop_and_a_silent_network_is_no_error() -> None:
    async def scene() -> list[tuple[Kind, str]]:
        clock = VirtualClock(asyncio.get_running_loop())
        net = Net(Weather(random.Random(1)), Trace(clock.now_s, None))
        changes: list[Change] = []
        ams = driver("ams", net.site("10.0.0.1"), clock, changes)
        iad = driver("iad", net.site("10.0.0.2"), clock)
        await ams.start(Address("10.0.0.1", 7781))
        await iad.start(Address("10.0.0.2", 7781))
        iad.join([ams.address])
        iad.publish([row("iad", "gpu")])
        await asyncio.sleep(1)
        assert [r.pop for r in ams.neighbour_rows(E)] == ["iad"]
        iad.close()
        net.kill("10.0.0.2")
        await asyncio.sleep(6)
        assert ams.neighbour_rows(E) == []
        ams.close()
        return [(change.kind, change.info.id) for change in changes]

    seen, unnoticed = run_virtually(scene())
    assert seen == [(Kind.JOINED, "iad"), (Kind.SUSPECTED, "iad"), (Kind.DIED, "iad")]
    assert unnoticed == []


def test_one_loud_source_does_not_silence_the_others() -> None:
    cap = SourceCap()
    loud, quiet = Address("10.0.0.1", 1), Address("10.0.0.2", 1)
    admitted = [cap.admits(loud, 5.0 + n / 10_000, peer=True) for n in range(1000)]
    assert sum(admitted) == SOURCE_PACKETS_PER_S
    assert cap.admits(quiet, 5.5, peer=False)
    assert cap.admits(loud, 6.0, peer=True)
    assert cap.dropped == 1000 - SOURCE_PACKETS_PER_S


def test_a_flood_from_many_strangers_does_not_silence_a_peer() -> None:
    cap = SourceCap()
    flood = sum(cap.admits(Address("10.0.0.1", n), 1.0, peer=False) for n in range(20_000))
    assert flood == STRANGER_PACKETS_PER_S
    assert not cap.admits(Address("10.0.0.2", 1), 1.9, peer=False)
    assert cap.admits(Address("10.0.0.3", 1), 1.9, peer=True)
    assert cap.admits(Address("10.0.0.2", 1), 2.0, peer=False)
