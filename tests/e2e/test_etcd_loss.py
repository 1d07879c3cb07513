"""A control plane over a real etcd that is killed, and one whose data is lost."""

import asyncio
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from grpc import aio

from tests.fakes.control import IAD, MODEL, control_plane
from tests.fakes.etcd import Etcd
from tests.fakes.mesh import MemoryDisk, RecordingMesh
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline.wire import to_wire
from weftline.wire_hello import NodeHello
from weftline_control.store_open import open_store
from weftline_core.desired import Pop, ref
from weftline_node.control_client import ControlClient
from weftline_node.control_link_grpc import GrpcDoor
from weftline_node.ports import Address
from weftline_proto.control.v1 import operator_pb2 as pb

pytestmark = pytest.mark.e2e


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[Etcd]:
    server = Etcd.of(tmp_path).start()
    try:
        yield server
    finally:
        server.stop()


def follow(port: int, mesh: RecordingMesh) -> asyncio.Task[None]:
    clock = SystemClock()
    client = ControlClient(
        GrpcDoor(Address("127.0.0.1", port)),
        MemoryDisk(),
        NodeHello(id="ams", region="ams"),
        clock,
        random.Random(1),
        Log(clock, lambda _: None),
    )
    return asyncio.get_running_loop().create_task(client.run(mesh))


async def settled(reached: Callable[[], bool], wait_s: float = 15.0) -> None:
    async with asyncio.timeout(wait_s):
        while not reached():
            await asyncio.sleep(0.02)


async def test_etcd_is_killed_under_writes_and_nothing_is_lost(etcd: Etcd) -> None:
    store = await open_store(etcd.url, Path())
    mesh = RecordingMesh()
    async with control_plane(store) as control:
        task = follow(control.port, mesh)
        confirmed: set[str] = set()

        async def write(name: str) -> grpc.StatusCode:
            request = pb.ApplyRequest(resources=[to_wire(Pop(name=name))])
            try:
                await control.operators.Apply(request)
            except aio.AioRpcError as e:
                return e.code()
            confirmed.add(f"Pop/{name}")
            return grpc.StatusCode.OK

        for i in range(20):
            assert await write(f"before-{i}") is grpc.StatusCode.OK
        etcd.members[0].kill()
        loop = asyncio.get_running_loop()
        await settled(lambda: control.plane.service.stale)
        began_s = loop.time()
        assert await write("during") is grpc.StatusCode.UNAVAILABLE
        assert loop.time() - began_s < 1.0, "a write fails fast while the store is away"
        assert len((await control.operators.List(pb.ListRequest())).resources) == 20
        etcd.members[0].start()
        await settled(lambda: not control.plane.service.stale)
        for i in range(20):
            assert await write(f"after-{i}") is grpc.StatusCode.OK
        await settled(lambda: confirmed <= set(mesh.applied[-1].resources))
        assert mesh.applied[-1] == control.plane.service.view.desired
        revisions = [desired.revision for desired in mesh.applied]
        assert revisions == sorted(set(revisions)), "never back, nothing twice"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.close()


async def test_etcd_loses_its_data_and_no_node_moves(etcd: Etcd) -> None:
    store = await open_store(etcd.url, Path())
    mesh = RecordingMesh()
    async with control_plane(store) as control:
        task = follow(control.port, mesh)
        await control.plane.service.apply([MODEL, IAD])
        await mesh.until(lambda m: bool(m.applied))
        (member,) = etcd.members
        member.kill()
        shutil.rmtree(member.data / "data")
        member.start()
        await settled(lambda: bool(control.plane.service.mirror.held))
        with pytest.raises(aio.AioRpcError) as error:
            await control.operators.Apply(pb.ApplyRequest(resources=[to_wire(Pop(name="x"))]))
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "--accept-rewind" in (error.value.details() or "")
        listed = await control.operators.List(pb.ListRequest())
        assert len(listed.resources) == 2
        assert set(mesh.applied[-1].resources) == {ref(MODEL), ref(IAD)}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.close()
