"""Operators' calls over real gRPC on loopback."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import grpc
import pytest
from google.rpc import (  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
    error_details_pb2,
    status_pb2,
)
from grpc import aio

from tests.fakes.control import IAD, KEY, MODEL, NRT, Running, control_plane, many
from weftline.wire import from_wire, to_wire
from weftline_control.store_memory import memory_store
from weftline_core.desired import Pop, Resource, ref
from weftline_proto.control.v1 import operator_pb2 as pb
from weftline_proto.control.v1 import types_pb2


async def apply(control: Running, *resources: Resource, **options: Any) -> pb.ApplyResponse:
    wires = [to_wire(resource) for resource in resources]
    return await control.operators.Apply(pb.ApplyRequest(resources=wires, **options))


async def refused(call: Awaitable[object], code: grpc.StatusCode) -> aio.AioRpcError:
    with pytest.raises(aio.AioRpcError) as error:
        await call
    assert error.value.code() is code, error.value.details()
    return error.value


def violations(error: aio.AioRpcError) -> list[tuple[str, str]]:
    """Return the field violations of a rich error."""
    found: list[tuple[str, str]] = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            status = status_pb2.Status.FromString(value)
            assert status.code == error.code().value[0]
            for detail in status.details:
                bad = error_details_pb2.BadRequest()
                if detail.Unpack(bad):
                    found += [(v.field, v.description) for v in bad.field_violations]
    return found


def told(changes: Sequence[pb.Change]) -> list[tuple[str, str]]:
    return [(change.ref, change.what) for change in changes]


async def test_apply_get_list_delete() -> None:
    async with control_plane() as control:
        answer = await apply(control, MODEL, IAD)
        assert told(answer.changes) == [(ref(MODEL), "created"), (ref(IAD), "created")]
        again = await apply(control, MODEL, KEY)
        assert told(again.changes) == [(ref(MODEL), "unchanged"), (ref(KEY), "created")]
        assert again.revision > answer.revision
        got = await control.operators.Get(pb.GetRequest(ref=ref(IAD)))
        assert from_wire(got.resource) == IAD
        assert got.resource.revision == answer.revision
        everything = await control.operators.List(pb.ListRequest())
        assert [from_wire(r) for r in everything.resources] == [IAD, KEY, MODEL]
        assert everything.revision == again.revision
        endpoints = await control.operators.List(pb.ListRequest(kind="Endpoint"))
        assert [from_wire(r) for r in endpoints.resources] == [IAD]
        gone = await control.operators.Delete(pb.DeleteRequest(ref=ref(IAD)))
        assert (gone.change.ref, gone.change.what) == (ref(IAD), "deleted")
        error = await refused(
            control.operators.Get(pb.GetRequest(ref=ref(IAD))), grpc.StatusCode.NOT_FOUND
        )
        assert error.details() == "there is no Endpoint/iad"


async def test_dry_runs_change_nothing() -> None:
    async with control_plane() as control:
        answer = await apply(control, MODEL, dry_run=True)
        assert (told(answer.changes), answer.revision) == ([(ref(MODEL), "created")], 0)
        assert not (await control.operators.List(pb.ListRequest())).resources


async def test_bad_resources_are_told_one_by_one() -> None:
    async with control_plane() as control:
        wires = [
            to_wire(IAD),
            types_pb2.Resource(key=types_pb2.Key(name="k", digest="sk-secret")),
            types_pb2.Resource(pop=types_pb2.Pop(name="Not A Name")),
        ]
        call = control.operators.Apply(pb.ApplyRequest(resources=wires))
        error = await refused(call, grpc.StatusCode.INVALID_ARGUMENT)
        found = dict(violations(error))
        assert "no Model resource defines" in found[ref(IAD)]
        assert "64 hexadecimal digits" in found["Key/k"]
        assert "not a valid name" in found["Pop/Not A Name"]
        assert "sk-secret" not in str(error)


async def test_what_this_version_does_not_know_is_told_by_place() -> None:
    async with control_plane() as control:
        odd = types_pb2.Resource(model=types_pb2.Model(name="m", policy="psychic"))
        call = control.operators.Apply(pb.ApplyRequest(resources=[to_wire(MODEL), odd]))
        error = await refused(call, grpc.StatusCode.INVALID_ARGUMENT)
        ((field, reason),) = violations(error)
        assert field == "resources[1]"
        assert "psychic" in reason


async def test_an_error_always_fits_its_trailers() -> None:
    async with control_plane() as control:
        bad = [Pop(name=f"{'Bad ' * 15}{i}") for i in range(2_000)]
        error = await refused(apply(control, *bad), grpc.StatusCode.INVALID_ARGUMENT)
        assert "(and 2000 more)" in (error.details() or "")
        assert 5 < len(violations(error)) < 100


async def test_limits() -> None:
    async with control_plane() as control:
        error = await refused(apply(control, *many(200)), grpc.StatusCode.INVALID_ARGUMENT)
        assert "APPLY_CHANGES_MAX" in (error.details() or "")
        await refused(apply(control), grpc.StatusCode.INVALID_ARGUMENT)


async def test_two_who_write_at_the_same_time() -> None:
    async with control_plane() as control:
        first = await apply(control, MODEL)
        await apply(control, KEY)
        call = apply(control, IAD, if_revision=first.revision)
        error = await refused(call, grpc.StatusCode.FAILED_PRECONDITION)
        assert "no longer at" in (error.details() or "")


async def test_what_is_used_stays() -> None:
    async with control_plane() as control:
        await apply(control, MODEL, IAD, NRT)
        call = control.operators.Delete(pb.DeleteRequest(ref=ref(MODEL)))
        error = await refused(call, grpc.StatusCode.FAILED_PRECONDITION)
        assert "used by Endpoint/iad, Endpoint/nrt" in (error.details() or "")


async def test_what_was_meant() -> None:
    async with control_plane() as control:
        await apply(control, MODEL, IAD)
        call = control.operators.Get(pb.GetRequest(ref="Endpoint/iat"))
        error = await refused(call, grpc.StatusCode.NOT_FOUND)
        assert "did you mean 'iad'?" in (error.details() or "")
        call = control.operators.Get(pb.GetRequest(ref="iad"))
        await refused(call, grpc.StatusCode.INVALID_ARGUMENT)
        listing = control.operators.List(pb.ListRequest(kind="Endpiont"))
        error = await refused(listing, grpc.StatusCode.INVALID_ARGUMENT)
        assert "did you mean 'Endpoint'?" in (error.details() or "")


async def test_drain() -> None:
    async with control_plane() as control:
        await apply(control, MODEL, IAD, Pop(name="ams"))
        drained = await control.operators.Drain(pb.DrainRequest(ref=ref(IAD)))
        assert (drained.change.ref, drained.change.what) == (ref(IAD), "changed")
        got = await control.operators.Get(pb.GetRequest(ref=ref(IAD)))
        assert got.resource.endpoint.drain
        await control.operators.Drain(pb.DrainRequest(ref=ref(IAD), undo=True))
        got = await control.operators.Get(pb.GetRequest(ref=ref(IAD)))
        assert not got.resource.endpoint.drain
        await control.operators.Drain(pb.DrainRequest(ref="Pop/ams"))
        unknown = control.operators.Drain(pb.DrainRequest(ref="Pop/nowhere"))
        await refused(unknown, grpc.StatusCode.NOT_FOUND)
        never = control.operators.Drain(pb.DrainRequest(ref=ref(MODEL)))
        await refused(never, grpc.StatusCode.INVALID_ARGUMENT)


async def read(call: aio.UnaryStreamCall[Any, pb.WatchResponse]) -> pb.WatchResponse:
    async with asyncio.timeout(5):
        word = await call.read()
    assert isinstance(word, pb.WatchResponse)
    return word


async def test_watch() -> None:
    async with control_plane() as control:
        first = await apply(control, MODEL)
        watch = control.operators.Watch(pb.WatchRequest())
        word = await read(watch)
        assert (word.snapshot, word.revision, len(word.put)) == (True, first.revision, 1)
        await apply(control, IAD)
        last = await apply(control, NRT)
        assert [from_wire(r) for r in (await read(watch)).put] == [IAD]
        assert [from_wire(r) for r in (await read(watch)).put] == [NRT]
        await control.operators.Delete(pb.DeleteRequest(ref=ref(IAD)))
        word = await read(watch)
        assert (list(word.deleted), word.snapshot) == ([ref(IAD)], False)
        watch.cancel()
        # Resumed later: exactly what was missed, each revision by itself.
        resumed = control.operators.Watch(pb.WatchRequest(after_revision=first.revision))
        words = [await read(resumed) for _ in range(3)]
        assert words[1].revision == last.revision
        assert not any(word.snapshot for word in words)
        resumed.cancel()


async def test_watch_from_the_future_and_from_before_a_restart() -> None:
    store = memory_store()
    async with control_plane(store) as control:
        first = await apply(control, MODEL)
        await apply(control, IAD)
        watch = control.operators.Watch(pb.WatchRequest(after_revision=1_000))
        await refused(watch.read(), grpc.StatusCode.INVALID_ARGUMENT)
    async with control_plane(store) as control:
        watch = control.operators.Watch(pb.WatchRequest(after_revision=first.revision))
        word = await read(watch)
        assert (word.snapshot, len(word.put)) == (True, 2)
        watch.cancel()
    await store.close()


async def test_reads_go_on_when_the_store_is_gone_and_are_marked() -> None:
    store = memory_store()
    async with control_plane(store) as control:
        await apply(control, MODEL)
        get = control.operators.Get(pb.GetRequest(ref=ref(MODEL)))
        await get
        assert ("weft-stale", "true") not in list(await get.trailing_metadata() or ())
        await store.close()
        async with asyncio.timeout(5):
            while not control.plane.service.stale:
                await asyncio.sleep(0.05)
        get = control.operators.Get(pb.GetRequest(ref=ref(MODEL)))
        assert from_wire((await get).resource) == MODEL
        assert ("weft-stale", "true") in list(await get.trailing_metadata() or ())
        began_s = asyncio.get_running_loop().time()
        await refused(apply(control, IAD), grpc.StatusCode.UNAVAILABLE)
        assert asyncio.get_running_loop().time() - began_s < 1.0
