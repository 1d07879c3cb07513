"""What is special to etcd: it can go away, be full of others' keys, and be full."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.fakes.etcd import Etcd
from tests.fakes.store_model import stop, take, watched
from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.connection import Target
from weftline_control.store import Batch, Change, Conflict, Entry, StoreUnavailable
from weftline_control.store_etcd import EtcdStore


async def test_a_store_sees_its_root_alone(etcd: Etcd) -> None:
    client = EtcdClient(Target(etcd.endpoints))
    await client.delete_prefix("")
    one, other = EtcdStore(client, "/one/"), EtcdStore(client, "/one/more/")
    at = await one.commit({"a": b"1"})
    await client.put("/one0", "not below the root")
    await client.put(b"/one/\xff\xfe", "not UTF-8")
    seen = await watched(one, "", at, 1)
    assert seen[0].changes == (Change("��", b"not UTF-8"),)
    assert [e.key for e in (await one.range(""))[0]] == ["a", "��"]
    assert (await other.range(""))[0] == []
    assert (await client.get("/one/a"))[0] == b"1"
    await one.close()


async def test_a_commit_is_one_transaction_with_conditions(etcd: Etcd) -> None:
    client = EtcdClient(Target(etcd.endpoints))
    store = EtcdStore(client, "/txn/")
    at = await store.commit({"a": b"1", "b": b"1"})
    await client.put("/txn/b", "2")  # someone else
    with pytest.raises(Conflict, match="b was changed by someone else"):
        await store.commit({"a": b"2"}, if_revision={"a": at, "b": at})
    later = await store.commit({"a": b"2"}, ["b"], if_revision={"a": at})
    assert await watched(store, "", later - 1, 1) == [
        Batch(later, (Change("a", b"2"), Change("b", None)))
    ]
    await store.close()


async def test_kill_9_of_etcd_leaves_no_gap_and_no_repetition(own: Etcd) -> None:
    store = EtcdStore(EtcdClient(Target(own.endpoints, timeout_s=10)))
    _, start = await store.range("")
    batches = store.watch("", start)
    written: list[Batch] = []
    for round_ in range(3):
        for i in range(10):
            value = b"%d.%d" % (round_, i)
            at = await store.commit({"a": value, "b": value})
            written.append(Batch(at, (Change("a", value), Change("b", value))))
        if round_ == 1:
            assert await take(batches, 15) == written[:15]
        own.members[0].kill()
        await asyncio.to_thread(own.members[0].start)
        at = await store.commit({"c": b""})
        written.append(Batch(at, (Change("c", b""),)))
    assert await take(batches, len(written) - 15) == written[15:]
    await stop(batches)
    await store.close()


async def test_an_etcd_that_is_gone_is_said_within_the_deadline(own: Etcd) -> None:
    # A first write may take its time: a busy disk is not what this is about.
    patient = EtcdStore(EtcdClient(Target(own.endpoints)))
    await patient.commit({"a": b"1"})
    await patient.close()
    store = EtcdStore(EtcdClient(Target(own.endpoints, timeout_s=0.3)))
    own.members[0].pause()
    for attempt in (store.commit({"a": b"2"}), store.get("a"), store.range(""), store.grant(5)):
        began = time.perf_counter()
        with pytest.raises(StoreUnavailable, match=r"etcd at 127\.0\.0\.1:\d+"):
            await attempt
        assert time.perf_counter() - began < 1.5
    own.members[0].resume()
    own.members[0].kill()
    with pytest.raises(StoreUnavailable):
        await store.get("a")
    await asyncio.to_thread(own.members[0].start)
    async with asyncio.timeout(10):
        while True:
            try:
                entry = await store.get("a")
            except StoreUnavailable:
                continue
            break
    assert isinstance(entry, Entry)
    await store.close()


async def test_a_full_etcd_is_said_with_its_cure(tmp_path: Path) -> None:
    server = Etcd.of(tmp_path, flags=("--quota-backend-bytes", "65536"))
    try:
        server.start()
        store = EtcdStore(EtcdClient(Target(server.endpoints)))

        async def fill() -> None:
            for i in range(20):
                await store.commit({f"k{i}": bytes(60_000)})

        with pytest.raises(StoreUnavailable, match=r"space exceeded: compact and defragment"):
            await fill()
        await store.close()
    finally:
        server.stop()
