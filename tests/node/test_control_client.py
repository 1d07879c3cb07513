"""The node's client on virtual time, against the real node API: follows, refuses, survives."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable

import pytest

from tests.fakes.control import IAD, MODEL, NRT, quiet_log
from tests.fakes.control_twin import ControlTwin
from tests.fakes.mesh import MemoryDisk, RecordingMesh
from tests.fakes.scripted_link import ScriptedDoor
from tests.sim.loop import VirtualClock, run
from weftline.logs import Log
from weftline.wire_hello import NodeHello
from weftline_control.desired_service import DesiredService
from weftline_control.registry import NodeRecord
from weftline_control.store_memory import memory_store
from weftline_core.desired import Desired, Pop, Resource, ref
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row
from weftline_node.control_client import RETRY_MAX_S, SAVE_DELAY_S, SILENCE_S, ControlClient
from weftline_node.control_link import (
    Ack,
    ControlLink,
    Delta,
    Hello,
    LinkLost,
    Nack,
    Report,
    Snapshot,
    ToControl,
    ToNode,
)
from weftline_node.ports import Address


class World:
    """One control plane, and nodes on it, on a virtual clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock(asyncio.get_running_loop())
        self.twin = ControlTwin(memory_store(), self.clock, quiet_log()[0])
        self.tasks: list[asyncio.Task[None]] = []
        self.lines: list[bytes] = []

    @property
    def service(self) -> DesiredService:
        assert self.twin.service is not None
        return self.twin.service

    async def apply(self, *resources: Resource) -> int:
        return (await self.service.apply(resources))[1]

    def node(
        self, name: str = "ams", disk: MemoryDisk | None = None, mesh: RecordingMesh | None = None
    ) -> tuple[ControlClient, RecordingMesh, MemoryDisk]:
        disk, mesh = disk or MemoryDisk(), mesh or RecordingMesh()
        hello = NodeHello(id=name, region=name, gossip_address=f"127.0.0.1:{len(name) + 7000}")
        log = Log(self.clock, self.lines.append)
        client = ControlClient(self.twin, disk, hello, self.clock, random.Random(name), log)
        loop = asyncio.get_running_loop()
        self.tasks.append(loop.create_task(client.run(mesh)))
        return client, mesh, disk

    def known(self, node: str = "ams") -> NodeRecord:
        return next(n for n in self.twin.registry.nodes() if n.hello.id == node)

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.twin.close()


def on_virtual_time(story: Callable[[World], Awaitable[None]]) -> Callable[[], None]:
    """Turn a story into a test that takes no time, and in which nothing fails unnoticed."""

    async def told() -> None:
        world = World()
        await world.twin.start()
        try:
            async with asyncio.timeout(7200):
                await story(world)
        finally:
            await world.close()

    def test() -> None:
        _, unnoticed = run(told())
        assert unnoticed == []

    test.__name__ = story.__name__
    test.__doc__ = story.__doc__
    return test


@on_virtual_time
async def test_two_nodes_converge(world: World) -> None:
    _, ams, _ = world.node("ams")
    _, nrt, _ = world.node("nrt-1")
    await world.apply(MODEL, IAD)
    revision = await world.apply(NRT)
    for mesh in (ams, nrt):
        await mesh.until(lambda m: m.revision == revision)
        assert mesh.applied[-1] == world.service.view.desired
    assert ams.seeds == [Address("127.0.0.1", 7005)]
    assert nrt.seeds == [Address("127.0.0.1", 7003)]


@on_virtual_time
async def test_a_refusal_keeps_the_old_and_is_seen(world: World) -> None:
    mesh = RecordingMesh(lambda d: "no room for nrt" if ref(NRT) in d.resources else "")
    client, _, _ = world.node(mesh=mesh)
    good = await world.apply(MODEL, IAD)
    await mesh.until(lambda m: m.revision == good)
    bad = await world.apply(NRT)
    await asyncio.sleep(1)
    assert mesh.revision == good
    assert client.status.refusal == "no room for nrt"
    assert (world.known().revision, world.known().refusal) == (good, "no room for nrt")
    await world.service.delete(ref(NRT))
    await mesh.until(lambda m: m.revision > bad)
    await asyncio.sleep(1)
    assert world.known().refusal == ""


@on_virtual_time
async def test_a_node_that_breaks_on_a_state_goes_on_with_the_old(world: World) -> None:
    def breaks(desired: Desired) -> str:
        return str(1 // 0) if ref(NRT) in desired.resources else ""

    _, mesh, _ = world.node(mesh=RecordingMesh(breaks))
    good = await world.apply(MODEL)
    await mesh.until(lambda m: m.revision == good)
    await world.apply(NRT)
    await asyncio.sleep(1)
    assert "ZeroDivisionError" in world.known().refusal
    assert world.known().session > 0
    assert mesh.revision == good


@on_virtual_time
async def test_the_control_plane_dies_and_comes_back(world: World) -> None:
    client, mesh, _ = world.node()
    await world.apply(MODEL, IAD)
    await mesh.until(lambda m: ref(IAD) in m.applied[-1].resources if m.applied else False)
    await world.twin.kill()
    await asyncio.sleep(3600)
    assert not client.status.connected
    applied = len(mesh.applied)
    await world.twin.start()
    revision = await world.apply(NRT)
    back_s = world.clock.now_s()
    await mesh.until(lambda m: m.revision == revision)
    assert world.clock.now_s() - back_s <= RETRY_MAX_S + 0.1
    # No gap, and nothing twice.
    assert len(mesh.applied) == applied + 1
    assert mesh.applied[-1] == world.service.view.desired


@on_virtual_time
async def test_a_node_that_has_everything_is_sent_nothing(world: World) -> None:
    _, mesh, _ = world.node()
    revision = await world.apply(MODEL)
    await mesh.until(lambda m: m.revision == revision)
    await world.twin.kill()
    await world.twin.start()
    await asyncio.sleep(60)
    assert len(mesh.applied) == 1
    assert world.known().revision == revision


@on_virtual_time
async def test_a_cold_start_from_disk_with_the_control_plane_dead(world: World) -> None:
    _, mesh, disk = world.node()
    revision = await world.apply(MODEL, IAD)
    await mesh.until(lambda m: m.revision == revision)
    await asyncio.sleep(2 * SAVE_DELAY_S)
    await world.twin.kill()
    client, fresh, _ = world.node("cold", disk=disk)
    await asyncio.sleep(0)
    assert fresh.applied == [mesh.applied[-1]]
    assert client.status.revision == revision
    await asyncio.sleep(600)
    assert fresh.revision == revision


@on_virtual_time
async def test_changes_are_saved_together_and_a_full_disk_hurts_nobody(world: World) -> None:
    _, mesh, disk = world.node()
    for name in "abcdef":
        await world.apply(Pop(name=name))
    await mesh.until(lambda m: len(m.applied[-1].resources) == 6 if m.applied else False)
    await asyncio.sleep(1)
    assert disk.saves == 1
    disk.full = True
    revision = await world.apply(MODEL)
    await mesh.until(lambda m: m.revision == revision)
    await asyncio.sleep(1)
    assert disk.saved is not None
    assert disk.saved.revision < revision
    assert any(b"No space left" in line for line in world.lines)
    disk.full = False
    await world.apply(IAD)
    await asyncio.sleep(1)
    assert disk.saved == mesh.applied[-1]


@on_virtual_time
async def test_a_wiped_store_moves_no_node(world: World) -> None:
    _, mesh, disk = world.node()
    await world.apply(Pop(name="x"))
    revision = await world.apply(MODEL, IAD)
    await mesh.until(lambda m: m.revision == revision)
    await asyncio.sleep(1)
    await world.twin.kill()
    await world.twin.start(memory_store())
    await asyncio.sleep(60)
    assert "set back" in world.known().refusal
    assert mesh.revision == revision
    await world.apply(Pop(name="y"))
    await asyncio.sleep(60)
    assert mesh.revision == revision
    assert disk.saved == mesh.applied[-1]


@on_virtual_time
async def test_an_operator_sets_nodes_back(world: World) -> None:
    _, mesh, _ = world.node()
    for name in "abcd":
        await world.apply(Pop(name=name))
    await mesh.until(lambda m: len(m.applied[-1].resources) == 4 if m.applied else False)
    await world.twin.kill()
    world.twin = ControlTwin(memory_store(), world.clock, quiet_log()[0], accept_rewind=True)
    await world.twin.start()
    _, mesh, disk = world.node("ams", disk=MemoryDisk(mesh.applied[-1]))
    await asyncio.sleep(10)
    # Nothing was applied to the new store yet, and empty never replaces what serves.
    assert len(mesh.applied[-1].resources) == 4
    assert "empty" in world.known().refusal
    revision = await world.apply(MODEL)
    await mesh.until(lambda m: m.revision == revision)
    assert list(mesh.applied[-1].resources) == [ref(MODEL)]
    await asyncio.sleep(1)
    assert disk.saved == mesh.applied[-1]


@on_virtual_time
async def test_deleting_the_last_resource_is_meant(world: World) -> None:
    _, mesh, _ = world.node()
    await world.apply(MODEL)
    await mesh.until(lambda m: bool(m.applied))
    await world.twin.kill()
    await world.twin.start()
    await world.service.delete(ref(MODEL))
    await mesh.until(lambda m: not m.applied[-1].resources)


@on_virtual_time
async def test_rows_that_changed_are_reported(world: World) -> None:
    _, mesh, _ = world.node()
    first = Row(NodeId("ams"), EndpointId("iad"), 1, EndpointState.UP, rtt_ms=80.0)
    mesh.own_rows = [first]
    await asyncio.sleep(2.5)
    assert world.twin.registry.rows() == [first]
    second = Row(NodeId("ams"), EndpointId("iad"), 2, EndpointState.DOWN, rtt_ms=80.0)
    mesh.own_rows = [second]
    await asyncio.sleep(1.5)
    assert world.twin.registry.rows() == [second]
    seen_s = world.known().seen_s
    await asyncio.sleep(SILENCE_S - 2)
    assert world.known().seen_s == seen_s, "what did not change is not said again"
    # A control plane that forgot everything has it back soon.
    await world.twin.kill()
    await world.twin.start()
    await asyncio.sleep(RETRY_MAX_S + 2)
    assert world.twin.registry.rows() == [second]
    # A node with nothing to say says so.
    seen_s = world.known().seen_s
    await asyncio.sleep(2 * SILENCE_S)
    assert world.known().seen_s > seen_s


@on_virtual_time
async def test_the_same_id_twice_the_newest_wins(world: World) -> None:
    world.node("ams")
    await asyncio.sleep(1)
    first = world.known().session
    world.node("ams")
    await asyncio.sleep(0.5)
    assert world.known().session > first
    assert len(world.twin.registry.nodes()) == 1


def said(*scripts: list[ToNode], disk: MemoryDisk | None = None) -> list[list[ToControl]]:
    """Return what a node says to a control plane that follows a script."""
    door = ScriptedDoor(*scripts)

    async def story() -> None:
        clock = VirtualClock(asyncio.get_running_loop())
        log = Log(clock, lambda _: None)
        hello = NodeHello(id="ams", region="ams")
        client = ControlClient(door, disk or MemoryDisk(), hello, clock, random.Random(1), log)
        task = asyncio.get_running_loop().create_task(client.run(RecordingMesh()))
        await asyncio.sleep(60)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    _, unnoticed = run(story())
    assert unnoticed == []
    return [[word for word in link if not isinstance(word, Report)] for link in door.heard]


def state(revision: int, *resources: Resource) -> Desired:
    return Desired.EMPTY.changed(resources, (), revision)


HELLO = NodeHello(id="ams", region="ams")


def test_a_delta_out_of_step_makes_the_node_call_again_with_its_true_revision() -> None:
    words: list[ToNode] = [Snapshot(state(3, MODEL)), Delta(9, 10, (IAD,))]
    assert said(words, []) == [[Hello(HELLO, 0), Ack(3)], [Hello(HELLO, 3)]]


def test_nothing_goes_back() -> None:
    words: list[ToNode] = [
        Snapshot(state(5, MODEL)),
        Snapshot(state(4, MODEL, IAD)),
        Delta(5, 5, (IAD,)),
        Delta(5, 2, (IAD,)),
        Snapshot(state(5, MODEL)),
        Snapshot(state(2, MODEL), rewind=True),
        Delta(2, 3, (IAD,)),
    ]
    (link,) = said(words)
    older = "older than revision 5, which is in force"
    assert link == [
        Hello(HELLO, 0),
        Ack(5),
        Nack(4, older),
        Nack(5, older),
        Nack(2, older),
        Ack(5),
        Ack(2),
        Ack(3),
    ]


def test_empty_never_replaces_what_serves_unless_it_is_meant() -> None:
    words: list[ToNode] = [
        Snapshot(state(5, MODEL)),
        Snapshot(state(6)),
        Snapshot(state(7), emptied=True),
    ]
    (link,) = said(words)
    assert [type(word) for word in link] == [Hello, Ack, Nack, Ack]


def test_a_state_that_does_not_hold_together_is_refused() -> None:
    (link,) = said([Snapshot(state(5, IAD))])
    assert link[1] == Nack(
        5, "Endpoint/iad: models names 'acme/small', which no Model resource defines"
    )


def test_a_bad_state_on_disk_is_not_served() -> None:
    assert said([], disk=MemoryDisk(state(5, IAD))) == [[Hello(HELLO, 0)]]


def test_the_pauses_between_calls_are_bounded_and_jittered() -> None:
    pauses: list[float] = []

    class Closed:
        def __init__(self, clock: VirtualClock) -> None:
            self._clock = clock

        async def open(self) -> ControlLink:
            pauses.append(self._clock.now_s())
            raise LinkLost("refused")

    async def story() -> None:
        clock = VirtualClock(asyncio.get_running_loop())
        log = Log(clock, lambda _: None)
        client = ControlClient(Closed(clock), MemoryDisk(), HELLO, clock, random.Random(2), log)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600):
                await client.run(RecordingMesh())

    run(story())
    gaps = [b - a for a, b in itertools.pairwise(pauses)]
    assert max(gaps) <= RETRY_MAX_S
    assert 0.4 * RETRY_MAX_S < sum(gaps[10:]) / len(gaps[10:]) < 0.6 * RETRY_MAX_S
    assert max(gaps[:2]) < 1.0
