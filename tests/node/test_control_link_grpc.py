"""Nodes on a real gRPC server on loopback: they converge, and outlive their control plane."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.control import IAD, MODEL, NRT, control_plane, many
from tests.fakes.mesh import MemoryDisk, RecordingMesh
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline.wire_hello import NodeHello
from weftline_control.store_memory import memory_store
from weftline_core.desired import ref
from weftline_node import control_client, control_link_grpc
from weftline_node.control_client import ControlClient
from weftline_node.control_link import Ack, Hello, LinkLost, Snapshot
from weftline_node.control_link_grpc import GrpcDoor
from weftline_node.ports import Address

HOST = "127.0.0.1"


@asynccontextmanager
async def node(
    port: int, name: str = "ams", disk: MemoryDisk | None = None
) -> AsyncGenerator[RecordingMesh]:
    loop = asyncio.get_running_loop()
    clock = SystemClock()
    mesh = RecordingMesh()
    client = ControlClient(
        GrpcDoor(Address(HOST, port)),
        disk or MemoryDisk(),
        NodeHello(id=name, region="ams", gossip_address=f"{HOST}:{7000 + len(name)}"),
        clock,
        random.Random(name),
        Log(clock, lambda _: None),
    )
    task = loop.create_task(client.run(mesh))
    try:
        yield mesh
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_two_nodes_converge() -> None:
    async with (
        control_plane() as control,
        node(control.port, "ams") as ams,
        node(control.port, "nrt-1") as nrt,
    ):
        await control.plane.service.apply([MODEL, IAD])
        _, revision = await control.plane.service.apply([NRT])
        for mesh in (ams, nrt):
            await mesh.until(lambda m: m.revision == revision)
            assert mesh.applied[-1] == control.plane.service.view.desired
        await ams.until(lambda m: m.seeds == [Address(HOST, 7005)])
        await nrt.until(lambda m: m.seeds == [Address(HOST, 7003)])


async def test_a_large_state_arrives_in_one_piece() -> None:
    async with control_plane() as control:
        resources = many(800)
        for start in range(0, len(resources), 100):
            await control.plane.service.apply(resources[start : start + 100])
        async with node(control.port) as mesh:
            await mesh.until(lambda m: bool(m.applied))
            assert mesh.applied == [control.plane.service.view.desired]


async def test_the_control_plane_is_stopped_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control_client, "RETRY_MAX_S", 0.2)
    store = memory_store()
    disk = MemoryDisk()
    async with control_plane(store) as first:
        port = first.port
        client = node(port, disk=disk)
        mesh = await client.__aenter__()
        _, before = await first.plane.service.apply([MODEL])
        await mesh.until(lambda m: m.revision == before)
    async with control_plane(store, port=port) as second:
        _, revision = await second.plane.service.apply([IAD])
        await mesh.until(lambda m: m.revision == revision)
        assert [d.revision for d in mesh.applied] == [before, revision]
        assert set(mesh.applied[-1].resources) == {ref(MODEL), ref(IAD)}
    await client.__aexit__(None, None, None)
    assert disk.saved == mesh.applied[-1]
    await store.close()


async def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_link_grpc, "CONNECT_WAIT_S", 0.1)
    with pytest.raises(LinkLost, match=r"no control plane answers at 127\.0\.0\.1:1"):
        await GrpcDoor(Address(HOST, 1)).open()


async def test_a_bad_hello_is_told_why() -> None:
    async with control_plane() as control:
        link = await GrpcDoor(Address(HOST, control.port)).open()
        await link.send(Hello(NodeHello(id="Not A Name", region="ams"), 0))
        with pytest.raises(LinkLost, match="not a valid name"):
            await link.receive()
        with pytest.raises(LinkLost):
            await link.send(Ack(1))
        await link.close()


async def test_closing_frees_the_node_at_once() -> None:
    async with control_plane() as control:
        await control.plane.service.apply([MODEL])
        link = await GrpcDoor(Address(HOST, control.port)).open()
        await link.send(Hello(NodeHello(id="ams", region="ams"), 0))
        assert isinstance(await link.receive(), Snapshot)
        left = asyncio.Event()
        with control.plane.registry.listening(left.set):
            await link.close()
            async with asyncio.timeout(5):
                await left.wait()
        assert control.plane.registry.nodes()[0].session == 0
