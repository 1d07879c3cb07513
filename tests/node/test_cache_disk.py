"""The disk tier keeps its bounds, survives a restart, and mistrusts every file."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.fakes.entries import entry_of, key_of
from tests.fakes.waiting import until
from weftline_core.answer_cache import CacheKey, Entry
from weftline_node import cache_disk
from weftline_node.cache_disk import DiskTier
from weftline_node.cache_file import BLOCK_BYTES, save, written

KEY = key_of(1)
LARGE = 1024 * 1024


@asynccontextmanager
async def tier_in(
    folder: Path, bytes_max: int = LARGE, at_unix_s: float = 0.0
) -> AsyncGenerator[DiskTier]:
    tier = DiskTier(folder, bytes_max, at_unix_s)
    await tier.indexed()
    try:
        yield tier
    finally:
        await tier.close()


async def read(tier: DiskTier, key: CacheKey = KEY, at_unix_s: float = 0.0) -> Entry | None:
    future = tier.read(key, at_unix_s)
    return None if future is None else await future


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_what_was_written_is_read_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        assert tier.read(KEY, 0.0) is None
        assert tier.write(KEY, entry_of())
        assert await read(tier) == entry_of()
        assert (len(tier), tier.bytes) == (1, BLOCK_BYTES)
    async with tier_in(tmp_path) as tier:
        assert (len(tier), tier.bytes) == (1, BLOCK_BYTES)
        assert await read(tier) == entry_of()


async def test_a_later_answer_takes_the_place_of_the_former(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of(b"old"))
        tier.write(KEY, entry_of(b"x" * BLOCK_BYTES))
        assert await read(tier) == entry_of(b"x" * BLOCK_BYTES)
        assert (len(tier), tier.bytes, tier.evictions) == (1, 2 * BLOCK_BYTES, 0)


async def test_what_is_over_is_not_read(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of(expires_unix_s=50.0))
        assert await read(tier, at_unix_s=49.0) is not None
        assert tier.read(KEY, 50.0) is None
        assert (len(tier), tier.bytes) == (0, 0)
    assert files(tmp_path) == set()
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of(expires_unix_s=50.0))
    async with tier_in(tmp_path, at_unix_s=50.0) as tier:
        assert len(tier) == 0


async def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    async with tier_in(tmp_path, 3 * BLOCK_BYTES) as tier:
        for number in (1, 2, 3):
            tier.write(key_of(number), entry_of())
        assert await read(tier, key_of(1)) is not None
        tier.write(key_of(4), entry_of())
        assert tier.evictions == 1
        assert tier.bytes <= 3 * BLOCK_BYTES
        found = [await read(tier, key_of(number)) is not None for number in (1, 2, 3, 4)]
        assert found == [True, False, True, True]
    assert files(tmp_path) == {key_of(number).digest for number in (1, 3, 4)}


async def test_a_smaller_bound_after_a_restart_removes_the_oldest(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        for number in (1, 2, 3):
            tier.write(key_of(number), entry_of())
    for number in (1, 2, 3):
        os.utime(tmp_path / key_of(number).digest, (number, number))
    async with tier_in(tmp_path, 2 * BLOCK_BYTES) as tier:
        assert (len(tier), tier.evictions) == (2, 1)
    assert files(tmp_path) == {key_of(2).digest, key_of(3).digest}


async def test_what_has_no_room_at_all_pushes_nothing_out(tmp_path: Path) -> None:
    async with tier_in(tmp_path, BLOCK_BYTES) as tier:
        tier.write(KEY, entry_of())
        assert not tier.write(key_of(2), entry_of(b"x" * BLOCK_BYTES))
        assert await read(tier) is not None


WHOLE = written(KEY, entry_of())


@pytest.mark.parametrize(
    "content", [WHOLE[:-1], WHOLE[:-1] + b"?", b"", written(key_of(9), entry_of())]
)
async def test_a_damaged_file_is_dropped_and_counted(tmp_path: Path, content: bytes) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of())
        assert await read(tier) is not None
        (tmp_path / KEY.digest).write_bytes(content)
        assert await read(tier) is None
        assert (tier.damaged, len(tier), tier.bytes) == (1, 0, 0)
        assert tier.read(KEY, 0.0) is None
    assert files(tmp_path) == set()


async def test_damage_that_came_while_the_node_was_off(tmp_path: Path) -> None:
    save(tmp_path / KEY.digest, written(KEY, entry_of())[:-1])
    changed = written(key_of(2), entry_of())[:-1] + b"?"
    save(tmp_path / key_of(2).digest, changed)
    async with tier_in(tmp_path) as tier:
        assert (tier.damaged, len(tier)) == (1, 1), "a body is checked when it is used"
        assert await read(tier, key_of(2)) is None
        assert (tier.damaged, len(tier)) == (2, 0)


async def test_a_file_that_somebody_removed_is_no_answer(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of())
        await read(tier)
        (tmp_path / KEY.digest).unlink()
        assert await read(tier) is None
        assert (tier.failures, tier.damaged, len(tier)) == (1, 0, 0)
        assert tier.problem == "the cache's disk: No such file or directory"


async def test_another_tenant_gets_nothing_even_under_the_same_digest(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of())
        assert await read(tier, key_of(1, "other")) is None
        assert await read(tier) is not None


async def test_a_disk_that_refuses_a_write_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        (tmp_path / KEY.digest).mkdir()
        assert tier.write(KEY, entry_of())
        await until(lambda: tier.failures)
        assert (len(tier), tier.bytes) == (0, 0)
        assert "Is a directory" in (tier.problem or "")
        (tmp_path / KEY.digest).rmdir()
        assert tier.write(KEY, entry_of())
        assert await read(tier) is not None


async def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    async with tier_in(tmp_path / "file") as tier:
        assert tier.failures == 1
        tier.write(KEY, entry_of())
        await until(lambda: tier.failures == 2)
        assert tier.read(KEY, 0.0) is None


async def test_all_who_ask_meanwhile_share_one_reading(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of())
        first, second = tier.read(KEY, 0.0), tier.read(KEY, 0.0)
        assert first is second
        assert first is not None
        await first
        third = tier.read(KEY, 0.0)
        assert third is not first


class Held:
    """Holds a tier's thread until it is let go."""

    def __init__(self, tier: DiskTier) -> None:
        self._go = Event()
        tier._submit(self._go.wait, lambda _: None)  # pyright: ignore[reportPrivateUsage]

    def let_go(self) -> None:
        self._go.set()


async def test_a_disk_that_is_behind_is_given_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_disk, "JOBS_MAX", 3)
    async with tier_in(tmp_path) as tier:
        held = Held(tier)
        try:
            assert tier.write(key_of(1), entry_of())
            assert tier.write(key_of(2), entry_of())
            assert not tier.write(key_of(3), entry_of())
            assert tier.read(key_of(1), 0.0) is None
            assert tier.busy == 2
        finally:
            held.let_go()
        await until(lambda: tier.read(key_of(2), 0.0))
        assert await read(tier, key_of(2)) is not None
        assert await read(tier, key_of(1)) is not None
        assert tier.read(key_of(3), 0.0) is None


async def test_bytes_that_wait_are_bounded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_disk, "QUEUED_BYTES_MAX", 1000)
    async with tier_in(tmp_path) as tier:
        held = Held(tier)
        try:
            assert tier.write(key_of(1), entry_of(b"x" * 600))
            assert not tier.write(key_of(2), entry_of(b"x" * 600))
            assert not tier.write(key_of(1), entry_of(b"y" * 600)), "the former one is gone too"
            assert len(tier) == 0
        finally:
            held.let_go()
        await until(lambda: tier.write(key_of(2), entry_of(b"x" * 600)))
    assert files(tmp_path) == {key_of(2).digest}


async def test_what_comes_before_the_folder_is_read_counts_as_newer(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(key_of(1), entry_of(b"old"))
        tier.write(key_of(2), entry_of())
    tier = DiskTier(tmp_path, 2 * BLOCK_BYTES, 0.0)
    assert tier.read(key_of(1), 0.0) is None
    tier.write(key_of(1), entry_of(b"new"))
    tier.write(key_of(3), entry_of())
    await tier.indexed()
    assert await read(tier, key_of(1)) == entry_of(b"new")
    assert tier.read(key_of(2), 0.0) is None, "the oldest made room"
    assert await read(tier, key_of(3)) is not None
    await tier.close()


async def test_what_was_replaced_before_the_folder_is_read_is_not_found_again(
    tmp_path: Path,
) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of(b"old"))
    tier = DiskTier(tmp_path, BLOCK_BYTES, 0.0)
    assert not tier.write(KEY, entry_of(b"x" * BLOCK_BYTES)), "no room for the new one"
    await tier.indexed()
    assert tier.read(KEY, 0.0) is None
    await tier.close()
    assert files(tmp_path) == set()


async def test_damage_to_the_former_answer_does_not_touch_the_next(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of(b"old"))
        await read(tier)
        (tmp_path / KEY.digest).write_bytes(b"rubbish")
        former = tier.read(KEY, 0.0)
        tier.write(KEY, entry_of(b"new"))
        assert former is not None
        assert await former is None
        assert await read(tier) == entry_of(b"new")
        assert (tier.damaged, len(tier)) == (1, 1)


async def test_a_failure_of_the_former_write_does_not_touch_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Path] = []

    def fails_once(path: Path, data: bytes) -> None:
        tries.append(path)
        if len(tries) == 1:
            raise OSError(28, "No space left on device")
        save(path, data)

    monkeypatch.setattr(cache_disk, "save", fails_once)
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of(b"old"))
        tier.write(KEY, entry_of(b"new"))
        await until(lambda: tier.failures)
        assert await read(tier) == entry_of(b"new")
        assert tier.problem == "the cache's disk: No space left on device"


async def test_closing_writes_what_waits_and_leaves_nobody_waiting(tmp_path: Path) -> None:
    async with tier_in(tmp_path) as tier:
        tier.write(KEY, entry_of())
        pending = tier.read(KEY, 0.0)
        assert pending is not None
    assert await pending == entry_of()
    assert files(tmp_path) == {KEY.digest}
    assert not tier.write(KEY, entry_of())
    assert tier.read(KEY, 0.0) is None


async def test_a_disk_that_hangs_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_disk, "CLOSE_WAIT_S", 0.01)
    tier = DiskTier(tmp_path, LARGE, 0.0)
    await tier.indexed()
    tier.write(KEY, entry_of())
    await read(tier)
    held = Held(tier)
    try:
        pending = tier.read(KEY, 0.0)
        assert pending is not None
        await tier.close()
        assert await pending is None
    finally:
        held.let_go()
