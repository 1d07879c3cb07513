"""Nodes' calls over real gRPC on loopback, word by word."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc import aio

from tests.fakes.control import IAD, MODEL, NRT, Running, control_plane
from weftline.wire import to_wire
from weftline_control import node_api
from weftline_core.desired import ref
from weftline_proto.control.v1 import node_pb2 as pb
from weftline_proto.control.v1 import operator_pb2, types_pb2

Call = aio.StreamStreamCall[pb.SubscribeRequest, pb.SubscribeResponse]


class Node:
    """A node that says what the test says."""

    def __init__(self, call: Call) -> None:
        self.call = call

    async def hello(self, name: str, revision: int = 0) -> None:
        node = types_pb2.Node(
            id=name, region="ams", base_url="http://a/v1", gossip_address=f"{name}:1", version="9"
        )
        await self.say(hello=pb.Hello(node=node, revision=revision))

    async def say(self, **word: Any) -> None:
        await self.call.write(pb.SubscribeRequest(**word))

    async def hear(self) -> pb.SubscribeResponse:
        async with asyncio.timeout(5):
            word = await self.call.read()
        assert isinstance(word, pb.SubscribeResponse), await self.call.details()
        return word

    async def follow(self) -> None:
        """Say yes to the next state."""
        word = await self.hear()
        while word.HasField("seeds"):
            word = await self.hear()
        await self.say(ack=pb.Ack(revision=max(word.snapshot.revision, word.delta.revision)))

    async def let_go(self) -> str:
        """Return why the control plane ended the call."""
        try:
            while True:
                await self.hear()
        except aio.AioRpcError as e:
            return e.details() or ""


@asynccontextmanager
async def node(control: Running) -> AsyncGenerator[Node]:
    call = control.nodes.Subscribe()
    try:
        yield Node(call)
    finally:
        call.cancel()


async def known(control: Running) -> list[types_pb2.Node]:
    return list((await control.operators.Nodes(operator_pb2.NodesRequest())).nodes)


async def until_heard(control: Running, count: int = 1) -> None:
    """Wait until that many streams are open."""
    async with asyncio.timeout(5):
        while sum(n.session > 0 for n in control.plane.registry.nodes()) != count:
            await asyncio.sleep(0.01)


async def settled(control: Running, name: str, refusal: str) -> types_pb2.Node:
    async with asyncio.timeout(5):
        while True:
            (found,) = [n for n in await known(control) if n.id == name]
            if refusal in found.refusal and bool(refusal) == bool(found.refusal):
                return found
            await asyncio.sleep(0.01)


async def test_snapshot_ack_delta_nack() -> None:
    async with control_plane() as control, node(control) as ams:
        _, first = await control.plane.service.apply([MODEL])
        await ams.hello("ams")
        word = await ams.hear()
        assert word.snapshot == pb.Snapshot(revision=first, resources=[to_wire(MODEL)])
        await ams.say(ack=pb.Ack(revision=first))
        _, second = await control.plane.service.apply([IAD])
        word = await ams.hear()
        assert word.delta == pb.Delta(from_revision=first, revision=second, put=[to_wire(IAD)])
        await ams.say(nack=pb.Nack(revision=second, reason="cannot resolve env:X"))
        told = await settled(control, "ams", "env:X")
        assert (told.revision, told.connected, told.version) == (first, True, "9")
        assert "state_refused" in control.log.events()
        _, third = await control.plane.service.apply([NRT])
        word = await ams.hear()
        assert word.delta == pb.Delta(
            from_revision=first, revision=third, put=[to_wire(IAD), to_wire(NRT)]
        )
        await ams.say(ack=pb.Ack(revision=third))
        assert (await settled(control, "ams", "")).revision == third


async def test_a_node_that_is_up_to_date_hears_of_the_next_change_only() -> None:
    async with control_plane() as control, node(control) as ams:
        _, first = await control.plane.service.apply([MODEL])
        await ams.hello("ams", first)
        await until_heard(control)
        await control.plane.service.delete(ref(MODEL))
        word = await ams.hear()
        assert (word.delta.from_revision, list(word.delta.deleted)) == (first, [ref(MODEL)])


async def test_a_node_that_never_answers_holds_up_nobody_and_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node_api, "ANSWER_WAIT_S", 0.3)
    async with control_plane() as control, node(control) as slow, node(control) as quick:
        await control.plane.service.apply([MODEL])
        await slow.hello("slow")
        await slow.hear()
        await quick.hello("quick")
        await quick.follow()
        for resource in (IAD, NRT):
            await control.plane.service.apply([resource])
            await quick.follow()
        assert "no answer to revision" in await slow.let_go()
        told = {n.id: n.connected for n in await known(control)}
        assert told == {"slow": False, "quick": True}


async def test_seeds_follow_membership() -> None:
    async with control_plane() as control, node(control) as ams:
        await ams.hello("ams")
        async with node(control) as nrt:
            await nrt.hello("nrt")
            assert list((await nrt.hear()).seeds.addresses) == ["ams:1"]
            assert list((await ams.hear()).seeds.addresses) == ["nrt:1"]
        assert list((await ams.hear()).seeds.addresses) == []


async def test_the_newest_stream_of_a_node_wins() -> None:
    async with control_plane() as control, node(control) as old, node(control) as new:
        await old.hello("ams")
        await until_heard(control)
        await new.hello("ams")
        assert "another stream" in await old.let_go()
        assert [n.connected for n in await known(control)] == [True]


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (pb.SubscribeRequest(ack=pb.Ack(revision=1)), "hello first"),
        (pb.SubscribeRequest(), "hello first"),
        (pb.SubscribeRequest(hello=pb.Hello(node=types_pb2.Node(id="A B"))), "not a valid name"),
        (
            pb.SubscribeRequest(hello=pb.Hello(node=types_pb2.Node(id="a", base_url="x" * 9_000))),
            "over 256 characters",
        ),
        (
            pb.SubscribeRequest(hello=pb.Hello(node=types_pb2.Node(id="a"), revision=-1)),
            "never negative",
        ),
    ],
)
async def test_bad_hellos(first: pb.SubscribeRequest, words: str) -> None:
    async with control_plane() as control, node(control) as stranger:
        await stranger.call.write(first)
        with pytest.raises(aio.AioRpcError, match=words) as error:
            await stranger.call.read()
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert await known(control) == []


async def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_api, "HELLO_WAIT_S", 0.1)
    async with control_plane() as control, node(control) as silent:
        with pytest.raises(aio.AioRpcError, match="hello first"):
            await silent.call.read()


async def test_who_answers_out_of_turn_is_let_go() -> None:
    async with control_plane() as control, node(control) as odd:
        await odd.hello("odd")
        await odd.say(ack=pb.Ack(revision=77))
        assert "answered revision 77" in await odd.let_go()


async def test_rows_come_into_the_table_and_bad_ones_do_not() -> None:
    async with control_plane() as control, node(control) as ams:
        up = types_pb2.ENDPOINT_STATE_UP
        good = types_pb2.TableRow(pop="ams", endpoint="iad", version=3, state=up, rtt_ms=80.5)
        foreign = types_pb2.TableRow(pop="nrt", endpoint="iad", version=3, state=up)
        broken = types_pb2.TableRow(
            pop="ams", endpoint="nrt", version=3, state=up, rtt_ms=float("nan")
        )
        await ams.hello("ams")
        await ams.say(report=pb.Report(rows=[foreign, broken, good]))
        async with asyncio.timeout(5):
            while not control.plane.registry.rows():
                await asyncio.sleep(0.01)
        table = await control.operators.Table(operator_pb2.TableRequest())
        assert list(table.rows) == [good]
        assert table.at_unix_ms > 0
        assert "rows_refused" in control.log.events()


async def test_goodbye() -> None:
    async with control_plane() as control, node(control) as ams:
        await ams.hello("ams")
        await until_heard(control)
        await ams.call.done_writing()
        assert await ams.call.read() is aio.EOF
        assert [n.connected for n in await known(control)] == [False]
        assert "task_failed" not in control.log.events()


async def test_draining_shows() -> None:
    async with control_plane() as control, node(control) as ams:
        await ams.hello("ams")
        await until_heard(control)
        await control.operators.Drain(operator_pb2.DrainRequest(ref="Pop/ams"))
        assert [n.draining for n in await known(control)] == [True]
