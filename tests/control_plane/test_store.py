"""The contract of the store port, held against every implementation of it."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fakes.etcd import Etcd
from tests.fakes.store_machine import StoreMachine
from tests.fakes.store_model import WAIT_S, replayed, stop, take, watched
from weftline_control.store import (
    COMMIT_BYTES_MAX,
    COMMIT_KEYS_MAX,
    VALUE_BYTES_MAX,
    Batch,
    Change,
    Compacted,
    Conflict,
    Entry,
    LeaseGone,
    Store,
    StoreUnavailable,
)
from weftline_control.store_open import open_store

KINDS = ("memory", "sqlite", "etcd")

# Every store under test in one etcd has a root of its own.
ROOTS = count()

# Neighbours in every way in which a range can go wrong.
AWKWARD = (
    "", "\0", "a", "a\0", "a/", "a/b", "a/b/c", "a0", "aa", "aÿ", "a\uffff", "a\U0010ffff", "b",
    "é", "ключ/один", "鍵", "\U0010ffff", "\U0010ffff\U0010ffff",
)  # fmt: skip


def url_of(kind: str, etcd: Etcd) -> str:
    return f"{etcd.url}/test-{next(ROOTS)}" if kind == "etcd" else kind


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, etcd: Etcd, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_store(url_of(request.param, etcd), tmp_path)
    yield opened
    await opened.close()


async def test_a_commit_is_read_back_at_its_revision(store: Store) -> None:
    assert await store.get("a") is None
    empty, before = await store.range("")
    assert empty == []
    at = await store.commit({"a": b"1", "b": b"\x00\xff", "c": b""})
    assert at > before
    assert await store.get("b") == Entry("b", b"\x00\xff", at)
    assert await store.range("") == (
        [Entry("a", b"1", at), Entry("b", b"\x00\xff", at), Entry("c", b"", at)],
        at,
    )
    later = await store.commit({"b": b"2"}, ["a"])
    assert later > at
    assert await store.range("") == ([Entry("b", b"2", later), Entry("c", b"", at)], later)


async def test_a_prefix_selects_what_begins_with_it_in_byte_order(store: Store) -> None:
    at = await store.commit({key: key.encode() for key in AWKWARD})
    for prefix in AWKWARD:
        expected = sorted((k for k in AWKWARD if k.startswith(prefix)), key=str.encode)
        entries, revision = await store.range(prefix)
        assert [e.key for e in entries] == expected, prefix
        assert revision == at
        changes = tuple(Change(k, k.encode()) for k in expected)
        assert await watched(store, prefix, at - 1, 1) == [Batch(at, changes)]


async def test_a_range_of_many_keys_is_whole(store: Store) -> None:
    keys = {f"many/{i:04}": b"x" * 1000 for i in range(600)}
    items = list(keys.items())
    for i in range(0, len(items), 100):
        await store.commit(dict(items[i : i + 100]))
    entries, _ = await store.range("many/")
    assert {e.key: e.value for e in entries} == keys
    assert [e.key for e in entries] == sorted(keys)


@pytest.mark.parametrize(
    ("put", "delete", "if_revision"),
    [
        ({f"k{i}": b"" for i in range(COMMIT_KEYS_MAX + 1)}, [], {}),
        ({"k": b""}, [f"d{i}" for i in range(COMMIT_KEYS_MAX)], {}),
        ({"k": b""}, [], {f"c{i}": 0 for i in range(COMMIT_KEYS_MAX + 1)}),
        ({"k": bytes(VALUE_BYTES_MAX + 1)}, [], {}),
        ({f"k{i}": bytes(VALUE_BYTES_MAX) for i in range(16)}, [], {}),
        ({"k": b""}, ["k"], {}),
        ({"\ud800": b""}, [], {}),
    ],
    ids=["keys", "keys deleted", "conditions", "value", "bytes", "both", "no text"],
)
async def test_what_is_over_a_limit_changes_nothing(
    store: Store, put: dict[str, bytes], delete: list[str], if_revision: dict[str, int]
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each store says it in the same words, tested with them)
        await store.commit(put, delete, if_revision=if_revision)
    assert (await store.range(""))[0] == []


async def test_a_commit_at_its_limits_is_done(store: Store) -> None:
    size = COMMIT_BYTES_MAX // COMMIT_KEYS_MAX - len("k000")
    put = {f"k{i:03}": bytes(size) for i in range(COMMIT_KEYS_MAX)}
    at = await store.commit(put, if_revision=dict.fromkeys(put, 0))
    assert await store.commit({}, put, if_revision=dict.fromkeys(put, at)) > at
    await store.commit({"k": bytes(VALUE_BYTES_MAX)})


async def test_conditions_hold_all_or_nothing_is_done(store: Store) -> None:
    first = await store.commit({"a": b"1"}, if_revision={"a": 0})
    second = await store.commit({"b": b"1"}, if_revision={"a": first, "b": 0})
    for wrong, key in (
        ({"a": 0}, "a"),
        ({"a": second}, "a"),
        ({"a": first, "b": first}, "b"),
        ({"a": first, "b": second, "c": 1}, "c"),
    ):
        with pytest.raises(Conflict) as caught:
            await store.commit({"c": b"no"}, ["a"], if_revision=wrong)
        assert caught.value.key == key
    assert await store.range("") == ([Entry("a", b"1", first), Entry("b", b"1", second)], second)
    third = await store.commit({}, ["a"], if_revision={"a": first})
    with pytest.raises(Conflict):
        await store.commit({"a": b"2"}, if_revision={"a": first})
    assert await store.commit({"a": b"2"}, if_revision={"a": 0}) > third


async def test_writers_at_once_lose_no_update(store: Store) -> None:
    async def add(times: int) -> None:
        for _ in range(times):
            while True:
                entry = await store.get("n")
                total, at = (int(entry.value), entry.revision) if entry else (0, 0)
                try:
                    await store.commit({"n": b"%d" % (total + 1)}, if_revision={"n": at})
                except Conflict:
                    continue
                break

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(add(10))
    entry = await store.get("n")
    assert entry is not None
    assert entry.value == b"40"


async def test_what_changes_nothing_makes_no_revision(store: Store) -> None:
    at = await store.commit({"a": b"1"})
    assert await store.commit({}, ["never there"]) == at
    assert await store.commit({}) == at
    last = await store.commit({"a": b"1"})  # the same value is a change
    assert last == at + 1
    assert await watched(store, "", at, 1) == [Batch(last, (Change("a", b"1"),))]


async def test_a_watch_is_ordered_unique_and_whole(store: Store) -> None:
    _, start = await store.range("")
    everything, some = store.watch("", start), store.watch("b", start)
    pending = asyncio.ensure_future(anext(everything))
    await asyncio.sleep(0)
    written: list[Batch] = []
    for i in range(30):
        value = b"%d" % i
        at = await store.commit({"b/2": value, "a": value}, ["b/1"] if i % 2 else [])
        changes = [Change("a", value), Change("b/2", value)]
        written.append(Batch(at, tuple(changes)))
        at = await store.commit({"b/1": value})
        written.append(Batch(at, (Change("b/1", value),)))
        if i % 2:
            first = written[-2]
            deleted = (first.changes[0], Change("b/1", None), first.changes[1])
            written[-2] = Batch(first.revision, deleted)
    async with asyncio.timeout(WAIT_S):
        found = await pending
    assert [found, *await take(everything, 59)] == written
    only_b = [
        Batch(b.revision, tuple(c for c in b.changes if c.key.startswith("b"))) for b in written
    ]
    assert await take(some, 60) == only_b
    for after in (0, 17, 42):
        rest = written[after + 1 :]
        assert await watched(store, "", written[after].revision, len(rest)) == rest
    last = await store.commit({"c": b"the end"})
    assert await take(everything, 1) == [Batch(last, (Change("c", b"the end"),))]
    await stop(everything)
    await stop(some)


async def test_a_watcher_that_leaves_does_not_disturb_another(store: Store) -> None:
    _, start = await store.range("")
    stays, leaves = store.watch("", start), store.watch("", start)
    waiting = asyncio.ensure_future(anext(leaves))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    at = await store.commit({"a": b"1"})
    assert (await take(stays, 1))[0].revision == at
    await stop(stays)


async def test_a_watch_of_forgotten_history_is_refused(store: Store) -> None:
    revisions = [await store.commit({"a": b"%d" % i}) for i in range(5)]
    await store.compact(revisions[2])
    await store.compact(revisions[1])  # forgotten already
    for after in (0, revisions[0], revisions[1]):
        with pytest.raises(Compacted) as caught:
            await watched(store, "", after, 1)
        assert caught.value.revision == revisions[2]
    rest = await watched(store, "", revisions[2], 2)
    assert [b.revision for b in rest] == revisions[3:]
    assert (await store.get("a")) == Entry("a", b"4", revisions[4])
    with pytest.raises(ValueError, match="still to come"):
        await store.compact(revisions[4] + 1000)


async def test_a_deletion_at_the_revision_of_compaction_is_not_missed(store: Store) -> None:
    at = await store.commit({"a": b"1"})
    gone = await store.commit({}, ["a"])
    await store.compact(gone)
    with pytest.raises(Compacted):
        await watched(store, "", at, 1)


async def test_a_watch_from_the_future_means_that_the_store_was_set_back(store: Store) -> None:
    at = await store.commit({"a": b"1"})
    with pytest.raises(Compacted) as caught:
        await watched(store, "", at + 1000, 1)
    assert caught.value.revision == 0


async def test_a_watcher_that_ranges_anew_ends_with_the_same_state(store: Store) -> None:
    rng = random.Random(11)
    end = "z"

    async def write() -> None:
        for i in range(150):
            key = f"k{rng.randrange(8)}"
            deletes = rng.random() < 0.4
            at = await store.commit({} if deletes else {key: b"%d" % i}, [key] if deletes else [])
            if rng.random() < 0.15:
                await store.compact(at)
            if rng.random() < 0.3:
                await asyncio.sleep(0.002)
        await store.commit({end: b""})

    async def follow() -> tuple[dict[str, bytes], int]:
        ranged = 0
        while True:
            entries, at = await store.range("")
            state = {e.key: e.value for e in entries}
            ranged += 1
            try:
                while end not in state:
                    # A new watch for a few batches at a time, so that compaction does catch up.
                    batches = store.watch("", at)
                    try:
                        for batch in await take(batches, 1):
                            state, at = replayed(state, [batch]), batch.revision
                    finally:
                        await stop(batches)
                    await asyncio.sleep(0.003)
            except Compacted:
                continue
            return state, ranged

    writing = asyncio.ensure_future(write())
    async with asyncio.timeout(2 * WAIT_S):
        state, ranged = await follow()
        await writing
    entries, _ = await store.range("")
    assert state == {e.key: e.value for e in entries}
    assert ranged > 1, "compaction never overtook the watcher, so nothing was shown"


async def lease_life(store: Store) -> None:
    lease = await store.grant(1)
    at = await store.commit({"x/1": b"", "x/2": b"", "kept": b""}, lease=lease)
    at = await store.commit({"kept": b"put again without the lease"})
    batches = store.watch("", at)
    expiry = asyncio.ensure_future(anext(batches))
    for _ in range(4):  # 1.6 s in all, longer than it lives by itself
        await asyncio.wait([expiry], timeout=0.4)
        assert not expiry.done()
        assert await store.keep_alive(lease)
    async with asyncio.timeout(5):
        batch = await expiry
    assert batch.changes == (Change("x/1", None), Change("x/2", None))
    assert not await store.keep_alive(lease)
    with pytest.raises(LeaseGone):
        await store.commit({"x/1": b""}, lease=lease)
    assert [e.key for e in (await store.range(""))[0]] == ["kept"]
    await store.revoke(lease)  # gone already
    await stop(batches)
    await store.close()


async def test_a_lease_takes_its_keys_with_it(etcd: Etcd, tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for kind in KINDS:
            store = await open_store(url_of(kind, etcd), tmp_path)
            group.create_task(lease_life(store))


async def test_a_lease_is_revoked_at_once(store: Store) -> None:
    lease, other = await store.grant(600), await store.grant(600)
    assert lease != other
    at = await store.commit({"a": b"1", "b": b"1"}, lease=lease)
    await store.commit({"c": b"1"}, lease=other)
    await store.revoke(lease)
    gone = (await watched(store, "", at, 2))[1]
    assert gone.changes == (Change("a", None), Change("b", None))
    assert not await store.keep_alive(lease)
    assert await store.keep_alive(other)
    with pytest.raises(ValueError, match="at least 1 s"):
        await store.grant(0)


async def test_closing_ends_the_watchers(store: Store) -> None:
    _, at = await store.range("")
    waiting = asyncio.ensure_future(anext(store.watch("", at)))
    await asyncio.sleep(0.05)
    await store.close()
    with pytest.raises(StoreUnavailable):
        async with asyncio.timeout(5):
            await waiting
    with pytest.raises(StoreUnavailable):
        await store.get("a")


@pytest.mark.parametrize(("kind", "examples"), [("memory", 40), ("sqlite", 15), ("etcd", 6)])
def test_a_store_is_a_dictionary_with_history(
    kind: str, examples: int, etcd: Etcd, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def opened() -> Coroutine[None, None, Store]:
        return open_store(url_of(kind, etcd), tmp_path_factory.mktemp("store"))

    limits = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    with asyncio.Runner() as runner:
        machine = partial(StoreMachine, runner, opened)
        run_state_machine_as_test(cast(type[StoreMachine], machine), settings=limits)
