"""The cache gives an answer again to whom it belongs, from memory or from disk."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.entries import entry_of, key_of
from weftline_core.answer_cache import (
    ENTRY_BYTES_MAX,
    ENTRY_OVERHEAD_BYTES,
    CacheKey,
    Entry,
    Question,
    cache_key,
)
from weftline_node.cache import MISS, AnswerCache, CacheSettings, Hit, OnDisk

KEY = key_of(1)


@asynccontextmanager
async def cache_in(
    folder: Path | None = None, memory_bytes: int = 1_000_000, disk_bytes: int = 1_000_000
) -> AsyncGenerator[AnswerCache]:
    kept = CacheSettings(memory_bytes=memory_bytes, folder=folder, disk_bytes=disk_bytes)
    cache = AnswerCache(kept, 0.0)
    await cache.indexed()
    try:
        yield cache
    finally:
        await cache.close()


async def answer(cache: AnswerCache, key: CacheKey, at_unix_s: float = 0.0) -> Entry | None:
    found = cache.get(key, at_unix_s)
    if isinstance(found, OnDisk):
        return await found.future
    return found.entry if isinstance(found, Hit) else None


async def test_memory_alone() -> None:
    async with cache_in() as cache:
        assert cache.get(KEY, 0.0) is MISS
        entry = entry_of(expires_unix_s=50.0)
        assert cache.put(KEY, entry)
        assert cache.get(KEY, 49.0) == Hit(entry)
        assert cache.get(KEY, 50.0) is MISS
        stats = cache.stats()
        assert (stats.hits_memory, stats.misses, stats.stores) == (1, 2, 1)
        assert (stats.memory_entries, stats.disk_entries) == (0, 0)


async def test_what_memory_had_no_room_for_comes_from_disk_and_is_then_in_memory(
    tmp_path: Path,
) -> None:
    room = ENTRY_OVERHEAD_BYTES + len(entry_of().body)
    async with cache_in(tmp_path, room) as cache:
        cache.put(key_of(1), entry_of())
        cache.put(key_of(2), entry_of())
        found = cache.get(key_of(1), 0.0)
        assert isinstance(found, OnDisk)
        assert await found.future == entry_of()
        assert cache.get(key_of(1), 0.0) == Hit(entry_of())
        stats = cache.stats()
        assert (stats.hits_disk, stats.hits_memory, stats.misses) == (1, 1, 0)
        assert (stats.memory_evictions, stats.memory_bytes) == (2, room)
        assert stats.disk_entries == 2


async def test_a_restart_forgets_nothing_that_is_on_disk(tmp_path: Path) -> None:
    async with cache_in(tmp_path) as cache:
        cache.put(KEY, entry_of())
    async with cache_in(tmp_path) as cache:
        assert await answer(cache, KEY) == entry_of()


async def test_a_damaged_file_is_a_miss(tmp_path: Path) -> None:
    async with cache_in(tmp_path) as cache:
        cache.put(KEY, entry_of())
    path = tmp_path / KEY.digest
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    async with cache_in(tmp_path) as cache:
        assert await answer(cache, KEY) is None
        stats = cache.stats()
        assert (stats.hits_disk, stats.misses, stats.disk_damaged) == (0, 1, 1)


async def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with cache_in(tmp_path / "file") as cache:
        assert cache.put(KEY, entry_of())
        assert await answer(cache, KEY) == entry_of()
        assert "the cache's disk" in (cache.stats().disk_problem or "")


async def test_what_was_replaced_while_it_was_read_stays_replaced(tmp_path: Path) -> None:
    async with cache_in(tmp_path) as cache:
        cache.put(KEY, entry_of(b"old"))
    async with cache_in(tmp_path) as cache:
        found = cache.get(KEY, 0.0)
        assert isinstance(found, OnDisk)
        cache.put(KEY, entry_of(b"new"))
        assert (await found.future or entry_of()).body == b"old"
        await asyncio.sleep(0)
        assert cache.get(KEY, 0.0) == Hit(entry_of(b"new"))


async def test_what_is_too_large_or_anothers_is_not_kept(tmp_path: Path) -> None:
    async with cache_in(tmp_path, 100_000_000, 100_000_000) as cache:
        assert not cache.put(KEY, entry_of(b"x" * (ENTRY_BYTES_MAX + 1)))
        assert not cache.put(KEY, entry_of(tenant="other"))
        assert cache.put(KEY, entry_of(b"x" * ENTRY_BYTES_MAX))
        assert cache.stats().stores == 1


async def test_a_request_in_flight_answers_an_equal_one() -> None:
    async with cache_in() as cache:
        flight = cache.begin(KEY)
        assert flight is not None
        assert cache.begin(KEY) is None
        told: asyncio.Future[Entry | None] = asyncio.get_running_loop().create_future()
        assert cache.join(KEY, told.set_result) is not None
        assert cache.stats().in_flight == 1
        cache.put(KEY, entry_of())
        flight.end(entry_of())
        assert await told == entry_of()
        assert (cache.stats().joined, cache.stats().in_flight) == (1, 0)


ASKED = st.tuples(
    st.sampled_from(["acme", "beta"]),
    st.sampled_from(["whole", "stream"]),
    st.sampled_from(["hi", "ho"]),
    st.sampled_from([None, "own"]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ASKED, st.booleans()), max_size=30))
async def test_nobody_gets_what_another_tenant_asked(
    steps: list[tuple[tuple[str, str, str, str | None], bool]],
) -> None:
    kept: dict[tuple[str, str, str], bytes] = {}
    async with cache_in() as cache:
        for number, ((tenant, form, text, own), store) in enumerate(steps):
            question = Question(
                tenant=tenant,
                dialect="chat",
                task="chat",
                model="m",
                stream=form == "stream",
                body={"messages": text},
            )
            key = cache_key(question, own)
            name = (tenant, form, f"own {own}" if own else text)
            if store:
                kept[name] = f"{name} {number}".encode()
                cache.put(key, entry_of(kept[name], tenant=tenant))
            found = await answer(cache, key)
            assert (found.body if found else None) == kept.get(name)
