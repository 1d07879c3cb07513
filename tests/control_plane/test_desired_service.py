"""Desired state over a store: all or none, checked, followed, and kept when the store is lost."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

import pytest

from tests.fakes.control import IAD, KEY, MODEL, NRT, LogLines, quiet_log
from tests.fakes.waiting import until
from weftline.clock import SystemClock
from weftline_control import desired_service
from weftline_control.desired_service import DesiredService
from weftline_control.layout import HEAD_KEY, PREFIX, key_of
from weftline_control.refusals import Held, Moved, Refused, StoreAway
from weftline_control.store import Batch, Compacted, Entry, Store, StoreUnavailable
from weftline_control.store_memory import memory_store
from weftline_core.desired import Pop, encode, ref


class Switchable:
    """A store that can be cut off, swapped for another one, or forget its history."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.away = False
        self.compacted: asyncio.Event | None = None

    def _reachable(self) -> Store:
        if self.away:
            raise StoreUnavailable("nobody there")
        return self.inner

    async def get(self, key: str) -> Entry | None:
        return await self._reachable().get(key)

    async def range(self, prefix: str) -> tuple[list[Entry], int]:
        return await self._reachable().range(prefix)

    async def commit(
        self,
        put: Mapping[str, bytes],
        delete: Collection[str] = (),
        *,
        if_revision: Mapping[str, int] | None = None,
        lease: int = 0,
    ) -> int:
        inner = self._reachable()
        return await inner.commit(put, delete, if_revision=if_revision, lease=lease)

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        inner = self._reachable()
        if self.compacted is not None:
            await self.compacted.wait()
            self.compacted = None
            raise Compacted(after_revision + 1)
        async for batch in inner.watch(prefix, after_revision):
            # A store that was swapped says nothing more on an old watch, as a wiped etcd does.
            if inner is not self.inner:
                await asyncio.Event().wait()
            yield batch

    async def grant(self, ttl_s: int) -> int:
        return await self.inner.grant(ttl_s)

    async def keep_alive(self, lease: int) -> bool:
        return await self.inner.keep_alive(lease)

    async def revoke(self, lease: int) -> None:
        await self.inner.revoke(lease)

    async def compact(self, revision: int) -> None:
        await self.inner.compact(revision)

    async def close(self) -> None:
        await self.inner.close()


@asynccontextmanager
async def service(
    store: Store | None = None, *, accept_rewind: bool = False
) -> AsyncGenerator[tuple[DesiredService, LogLines]]:
    log, lines = quiet_log()
    held = store or memory_store()
    one = DesiredService(held, SystemClock(), log, accept_rewind=accept_rewind)
    await one.start()
    try:
        yield one, lines
    finally:
        await one.close()
        if store is None:
            await held.close()


async def in_force(one: DesiredService, reached: str) -> None:
    """Wait until a ref is in force; the test's own time limit bounds it."""
    async with asyncio.timeout(5):
        bell = asyncio.Event()
        with one.listening(bell.set):
            while reached not in one.view.desired.resources:
                await bell.wait()
                bell.clear()


async def test_a_writer_reads_its_own_write() -> None:
    async with service() as (one, _):
        changes, revision = await one.apply([MODEL, IAD])
        assert [(c.ref, c.what) for c in changes] == [
            (ref(MODEL), "created"),
            (ref(IAD), "created"),
        ]
        assert one.view.desired.revision == revision > 0
        assert one.view.desired.resources == {ref(MODEL): MODEL, ref(IAD): IAD}


async def test_nothing_new_writes_nothing() -> None:
    async with service() as (one, _):
        _, first = await one.apply([MODEL])
        changes, second = await one.apply([MODEL])
        assert (changes[0].what, second) == ("unchanged", first)
        assert one.view.serial == 1


async def test_all_or_none() -> None:
    async with service() as (one, _):
        await one.apply([MODEL])
        before = one.view
        with pytest.raises(Refused):
            await one.apply([IAD, Pop(name="Bad Name")])
        assert one.view is before


async def test_a_dry_run_changes_nothing() -> None:
    async with service() as (one, _):
        changes, revision = await one.apply([MODEL], dry_run=True)
        assert (changes[0].what, revision) == ("created", 0)
        await one.apply([MODEL])
        change, _ = await one.delete(ref(MODEL), dry_run=True)
        assert change.what == "deleted"
        assert ref(MODEL) in one.view.desired.resources


async def test_if_revision() -> None:
    async with service() as (one, _):
        _, revision = await one.apply([MODEL])
        await one.apply([KEY])
        with pytest.raises(Moved, match="look again"):
            await one.apply([IAD], if_revision=revision)
        _, newest = await one.apply([IAD], if_revision=one.view.desired.revision)
        assert newest == one.view.desired.revision


async def test_two_control_planes_never_lose_a_write() -> None:
    store = memory_store()
    async with service(store) as (one, _), service(store) as (two, _):
        pops = [Pop(name=f"p{i}") for i in range(20)]
        await asyncio.gather(
            *(svc.apply([p]) for p, svc in zip(pops, [one, two] * 10, strict=True))
        )
        for svc in (one, two):
            await in_force(svc, ref(pops[-1]))
            await in_force(svc, ref(pops[-2]))
            assert set(svc.view.desired.resources) == {ref(p) for p in pops}
        assert one.view.desired.revision == two.view.desired.revision
        assert one.view.serial == 20
    await store.close()


async def test_delete_and_drain() -> None:
    async with service() as (one, _):
        await one.apply([MODEL, IAD])
        change, _ = await one.drain(ref(IAD), undo=False)
        assert (change.ref, change.what) == (ref(IAD), "changed")
        change, _ = await one.drain(ref(IAD), undo=False)
        assert change.what == "unchanged"
        await one.drain(ref(IAD), undo=True)
        assert one.view.desired.resources[ref(IAD)] == IAD
        change, _ = await one.drain("Pop/ams", undo=False)
        assert change.what == "created"
        await one.delete(ref(IAD))
        assert ref(IAD) not in one.view.desired.resources


async def test_a_restart_finds_everything() -> None:
    store = memory_store()
    async with service(store) as (one, _):
        await one.apply([MODEL, IAD])
        before = one.view
    async with service(store) as (two, _):
        assert two.view == before
    await store.close()


async def test_after_compaction_all_is_read_anew() -> None:
    store = Switchable(memory_store())
    store.compacted = asyncio.Event()
    async with service(store) as (one, lines):
        await store.inner.commit({key_of(ref(MODEL)): encode(MODEL), HEAD_KEY: b"{}"})
        store.compacted.set()
        await in_force(one, ref(MODEL))
        assert "store_compacted" in lines.events()
    await store.close()


async def test_a_poisoned_value_is_set_aside_and_told() -> None:
    store = memory_store()
    async with service(store) as (one, lines):
        await one.apply([MODEL])
        await store.commit({key_of("Pop/x"): b"{", key_of(ref(NRT)): encode(NRT)})
        await in_force(one, ref(NRT))
        assert one.view.refused.keys() == {"Pop/x"}
        assert [line.get("ref") for line in lines.lines] == ["Pop/x"]
        await one.delete("Pop/x")
        assert one.view.refused == {}
    await store.close()


async def test_the_store_goes_away_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desired_service, "CHECK_INTERVAL_S", 0.01)
    store = Switchable(memory_store())
    async with service(store) as (one, lines):
        await one.apply([MODEL])
        store.away = True
        # At once, before any check has noticed; and then without even asking.
        with pytest.raises(StoreAway, match="did not confirm"):
            await one.apply([KEY])
        await until(lambda: bool(one.stale))
        with pytest.raises(StoreAway, match="does not answer"):
            await one.apply([KEY])
        assert one.view.desired.resources == {ref(MODEL): MODEL}
        store.away = False
        await until(lambda: not one.stale)
        await one.apply([KEY])
        assert [e for e in lines.events() if e in ("store_away", "store_back")] == [
            "store_away",
            "store_back",
        ]
    await store.close()


async def test_a_wiped_store_is_held_off_until_an_operator_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desired_service, "CHECK_INTERVAL_S", 0.01)
    store = Switchable(memory_store())
    async with service(store) as (one, lines):
        await one.apply([MODEL, IAD])
        full = store.inner
        store.inner = memory_store()
        await until(lambda: bool(one.mirror.held))
        assert one.stale
        assert set(one.view.desired.resources) == {ref(MODEL), ref(IAD)}
        with pytest.raises(Held, match="--accept-rewind"):
            await one.apply([KEY])
        assert (await store.inner.range(PREFIX))[0] == []
        assert lines.events().count("store_held_off") == 1
        # The right store comes back: all goes on.
        store.inner = full
        await until(lambda: not one.stale)
        await one.apply([KEY])
        await full.close()


async def test_an_operator_accepts_the_wiped_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desired_service, "CHECK_INTERVAL_S", 0.01)
    store = Switchable(memory_store())
    async with service(store, accept_rewind=True) as (one, _):
        await one.apply([MODEL, IAD])
        store.inner = memory_store()
        await until(lambda: not one.view.desired.resources)
        await one.apply([MODEL])
        assert set(one.view.desired.resources) == {ref(MODEL)}
    await store.close()


async def test_a_store_that_does_not_answer_at_start_is_an_error() -> None:
    store = Switchable(memory_store())
    store.away = True
    log, _ = quiet_log()
    with pytest.raises(StoreAway, match="nobody there"):
        await DesiredService(store, SystemClock(), log, accept_rewind=False).start()
    await store.close()
