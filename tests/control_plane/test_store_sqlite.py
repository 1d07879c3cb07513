"""What is special to SQLite: what was acknowledged outlives the process, and bad files are told."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.store_model import replayed, stop, take, watched
from weftline_control.store import Change, Compacted, Entry, StoreUnavailable
from weftline_control.store_commit import Commit
from weftline_control.store_local import LocalStore
from weftline_control.store_sqlite import (
    FILE_NAME,
    SINCE_REVISIONS_MAX,
    SqliteSpace,
    open_sqlite,
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weftline_control.store_sqlite.LOCK_WAIT_S", 0.05)


async def reopened(store: LocalStore, data_dir: Path) -> LocalStore:
    await store.close()
    return await open_sqlite(data_dir)


async def test_a_watch_resumes_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "if need be"
    store = await open_sqlite(folder)
    written = [await store.commit({"a": b"%d" % i}) for i in range(3)]
    store = await reopened(store, folder)
    written.append(await store.commit({}, ["a"]))
    rest = await watched(store, "", written[0], 3)
    assert [b.revision for b in rest] == written[1:]
    assert rest[-1].changes == (Change("a", None),)
    await store.compact(written[2])
    store = await reopened(store, folder)
    with pytest.raises(Compacted):
        await watched(store, "", written[1], 1)
    assert await store.commit({"a": b"new"}) == written[3] + 1
    await store.close()


async def test_a_watcher_far_behind_reads_in_portions(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path)
    count = 2 * SINCE_REVISIONS_MAX + 10
    first = await store.commit({"a": b"first"})
    for i in range(count):
        await store.commit({"a" if i % 50 == 49 else "b": b"%d" % i})
    rare = await watched(store, "a", first, count // 50)
    assert [b.changes[0].value for b in rare] == [b"49", b"99", b"149", b"199"]
    every = await watched(store, "", first, count)
    assert replayed({}, every) == {e.key: e.value for e in (await store.range(""))[0]}
    await store.close()


async def test_a_lease_survives_a_restart_with_its_whole_time(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path)
    lease = await store.grant(1)
    at = await store.commit({"a": b"1"}, lease=lease)
    store = await reopened(store, tmp_path)
    assert await store.keep_alive(lease)
    batches = store.watch("", at)
    assert (await take(batches, 1))[0].changes == (Change("a", None),)
    await stop(batches)
    assert await store.grant(1) != lease
    await store.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from weftline_control.store_sqlite import open_sqlite

async def main():
    store = await open_sqlite(Path(sys.argv[1]))
    for i in range(10**9):
        at = await store.commit({"n": b"%d" % i, "twin": b"%d" % i})
        print(at, i, flush=True)

asyncio.run(main())
"""


def last_words_of_a_killed_writer(folder: Path) -> tuple[int, int]:
    """Run the writer, kill it -9 under way, and return the last commit that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path)},
        text=True,
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(100)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.read().splitlines()
    at, i = map(int, lines[-1].split())
    return at, i


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    for _ in range(2):
        at, i = await asyncio.to_thread(last_words_of_a_killed_writer, tmp_path)
        store = await open_sqlite(tmp_path)
        entry, twin = await store.get("n"), await store.get("twin")
        assert entry is not None
        assert twin is not None
        # At most the one commit that was under way is there beyond what was acknowledged.
        assert (int(entry.value), entry.revision) in ((i, at), (i + 1, at + 1))
        assert (twin.value, twin.revision) == (entry.value, entry.revision)
        last = (await watched(store, "", entry.revision - 1, 1))[0]
        assert replayed({}, [last]) == {"n": entry.value, "twin": twin.value}
        await store.close()


async def test_a_file_in_use_is_told(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path)
    with pytest.raises(StoreUnavailable, match=r"is in use: stop the other control plane"):
        await open_sqlite(tmp_path)
    await store.commit({"a": b"1"})
    store = await reopened(store, tmp_path)
    assert await store.get("a") is not None
    await store.close()


@pytest.mark.parametrize("damage", ["text", "header", "page"])
async def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, damage: str) -> None:
    path = tmp_path / FILE_NAME
    store = await open_sqlite(tmp_path)
    for i in range(50):
        await store.commit({f"k{i}": bytes([i]) * 500})
    await store.close()
    content = bytearray(path.read_bytes())
    match damage:
        case "text":
            content = bytearray(b"this is no database at all\n" * 400)
        case "header":
            content[:16] = bytes(16)
        case _:
            content[4096:] = b"\xaa" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=r"is damaged \(.*\): restore it from a backup"):
        await open_sqlite(tmp_path)
    assert path.read_bytes() == content


async def test_a_strangers_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE things (name TEXT)")
    database.commit()
    database.close()
    with pytest.raises(StoreUnavailable, match="is not a store of this version of weftline"):
        await open_sqlite(tmp_path)
    database = sqlite3.connect(path)
    assert database.execute("SELECT count(*) FROM things").fetchone() == (0,)
    database.close()


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await open_sqlite(tmp_path / "file" / "below")


def test_a_commit_that_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    space = SqliteSpace(tmp_path / FILE_NAME)
    at = space.commit(Commit.of({"a": b"1"}))
    space.close()
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute("ALTER TABLE history RENAME TO hidden")
    database.close()
    space = SqliteSpace(tmp_path / FILE_NAME)
    with pytest.raises(StoreUnavailable, match="no such table: history"):
        space.commit(Commit.of({"a": b"2"}))
    assert space.range("") == ([Entry("a", b"1", at)], at)
    space.close()
