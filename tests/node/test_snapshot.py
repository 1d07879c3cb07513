"""What is on disk is served whole or not at all."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.control import IAD, KEY, MODEL, many
from tests.fakes.waiting import until
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline_core.desired import Desired
from weftline_node import snapshot
from weftline_node.snapshot import FileSnapshot, read_snapshot, write_snapshot

STATE = Desired.EMPTY.changed([MODEL, IAD, KEY], (), 42)
WHOLE = write_snapshot(STATE)


@pytest.fixture
def lines() -> list[bytes]:
    return []


@pytest.fixture
def log(lines: list[bytes]) -> Log:
    return Log(SystemClock(), lines.append)


def test_there_and_back(tmp_path: Path, log: Log) -> None:
    disk = FileSnapshot(tmp_path / "deep" / "down" / "state", log)
    assert disk.load() is None
    disk.save(STATE)
    assert disk.load() == STATE
    newer = STATE.changed([], ["Key/app"], 43)
    disk.save(newer)
    assert disk.load() == newer
    assert [p.name for p in disk.path.parent.iterdir()] == ["state"]
    assert disk.path.stat().st_mode & 0o077 == 0


def test_every_truncation_is_noticed() -> None:
    for cut in range(len(WHOLE)):
        with pytest.raises(ValueError, match=r"begin with|length or checksum"):
            read_snapshot(WHOLE[:cut])
    assert read_snapshot(WHOLE) == STATE


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE)))
def test_a_torn_file_loads_as_nothing_or_as_the_whole(tmp_path: Path, log: Log, cut: int) -> None:
    disk = FileSnapshot(tmp_path / "state", log)
    disk.path.write_bytes(WHOLE[:cut])
    assert disk.load() in ((None,) if cut < len(WHOLE) else (STATE,))


@settings(max_examples=100)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_noticed(at: int, bit: int) -> None:
    flipped = bytearray(WHOLE)
    flipped[at] ^= 1 << bit
    with suppress(ValueError):
        assert read_snapshot(bytes(flipped)) == STATE


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_junk_is_noticed(junk: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any reason will do
        read_snapshot(junk)


def test_a_damaged_file_is_put_aside_and_told(tmp_path: Path, log: Log, lines: list[bytes]) -> None:
    disk = FileSnapshot(tmp_path / "state", log)
    disk.path.write_bytes(WHOLE[:-5])
    assert disk.load() is None
    assert not disk.path.exists()
    assert (tmp_path / "state.damaged").read_bytes() == WHOLE[:-5]
    assert b"snapshot_damaged" in lines[0]
    # And the node goes on: the next good state is saved and found.
    disk.save(STATE)
    assert disk.load() == STATE


def test_a_whole_file_of_another_version_is_put_aside(tmp_path: Path, log: Log) -> None:
    disk = FileSnapshot(tmp_path / "state", log)
    disk.path.write_bytes(WHOLE.replace(b"weftline-snapshot-1", b"weftline-snapshot-9"))
    assert disk.load() is None
    assert (tmp_path / "state.damaged").exists()


def test_a_crash_while_writing_leaves_the_old_state(
    tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FileSnapshot(tmp_path / "state", log)
    disk.save(STATE)

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        disk.save(STATE.changed(many(5), (), 43))
    assert disk.load() == STATE


async def test_with_a_loop_running_it_is_written_behind_and_in_order(
    tmp_path: Path, log: Log
) -> None:
    disk = FileSnapshot(tmp_path / "state", log)
    for revision in range(1, 6):
        disk.save(STATE.changed([], (), revision))
    disk.close()
    assert disk.load() == STATE.changed([], (), 5)


async def test_a_failure_behind_is_told(tmp_path: Path, log: Log, lines: list[bytes]) -> None:
    (tmp_path / "file").write_bytes(b"")
    disk = FileSnapshot(tmp_path / "file" / "state", log)
    disk.save(STATE)
    disk.close()
    await asyncio.sleep(0)
    log.flush()
    assert b"snapshot_not_saved" in lines[0]


async def test_what_a_full_disk_refused_is_written_when_there_is_room_again(
    tmp_path: Path, log: Log, lines: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SAVE_AGAIN_S", 0.01)
    full = tmp_path / "folder"
    full.write_bytes(b"")
    disk = FileSnapshot(full / "state", log)
    disk.save(STATE)
    newer = STATE.changed([], (), STATE.revision + 1)
    disk.save(newer)
    await until(lambda: b"snapshot_not_saved" in b"".join(lines))
    full.unlink()
    await until(disk.load)
    assert disk.load() == newer, "and never an older one"
    disk.close()


def test_a_folder_in_its_place_is_told(tmp_path: Path, log: Log, lines: list[bytes]) -> None:
    assert FileSnapshot(tmp_path, log).load() is None
    assert b"snapshot_unreadable" in lines[0]
