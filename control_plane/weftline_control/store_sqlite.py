"""The store in one SQLite file: what a control plane of one process needs, with nothing to install.

A commit is on the disk before it is acknowledged (WAL, synchronous FULL), and history is a table,
so that a watch resumes after a restart. The file belongs to one process at a time.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from weftline_control.store import (
    Batch,
    Change,
    Compacted,
    Conflict,
    Entry,
    LeaseGone,
    StoreUnavailable,
)
from weftline_control.store_commit import Commit
from weftline_control.store_local import FIRST_REVISION, LocalStore

T = TypeVar("T")

FILE_NAME = "store.sqlite3"

# Marks the file as ours, so that nobody's else database is taken for a store: "weft" in ASCII.
APPLICATION_ID = 0x77656674

SCHEMA_VERSION = 1

# Revisions that one reading of history covers: bounds the memory of a watcher that is far behind.
SINCE_REVISIONS_MAX = 100

# How long to wait for another process to let go of the file: a restart overlaps by less.
LOCK_WAIT_S = 2.0

# The first revision is FIRST_REVISION.
SCHEMA = """
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER, compacted INTEGER);
INSERT INTO meta VALUES (1, 1, 0);
CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_s INTEGER NOT NULL);
CREATE TABLE entry (
    key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL, lease INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX entry_lease ON entry (lease) WHERE lease != 0;
CREATE TABLE history (
    revision INTEGER, key BLOB, value BLOB, PRIMARY KEY (revision, key)
) WITHOUT ROWID;
"""

READ_RANGE = """
SELECT key, value, revision FROM entry WHERE key >= :first AND key < :end ORDER BY key
"""

READ_HISTORY = """
SELECT revision, key, value FROM history
WHERE revision > :after AND revision <= :reach AND key >= :first AND key < :end
ORDER BY revision, key
"""


class Worker:
    """Runs steps one after another on one thread, since a commit waits for the disk (an fsync takes
    0.1 to 10 ms) and SQLite's handle belongs to one thread.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def run(self, step: Callable[[], T], then: Callable[[], None] | None = None) -> T:
        """Run `step` on the thread; `then` is called on the loop even if the caller has left."""
        future = self._pool.submit(step)
        if then is not None:
            loop = asyncio.get_running_loop()

            def finished(_: Future[T]) -> None:
                loop.call_soon_threadsafe(then)

            future.add_done_callback(finished)
        return await asyncio.wrap_future(future)

    async def close(self) -> None:
        """End the thread; what was begun is finished."""
        await asyncio.to_thread(self._pool.shutdown)


class SqliteSpace:
    """A `Space` in one file. Only the thread that opened it may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)
        try:
            with self._explained():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    @property
    def revision(self) -> int:
        """Return the present revision."""
        return self._number("SELECT revision FROM meta")

    @property
    def compacted(self) -> int:
        """Return the revision up to which history is forgotten."""
        return self._number("SELECT compacted FROM meta")

    def get(self, key: str) -> Entry | None:
        """Return one key."""
        with self._explained():
            row = self._db.execute(
                "SELECT value, revision FROM entry WHERE key = ?", (key.encode(),)
            ).fetchone()
        return Entry(key, row[0], row[1]) if row else None

    def range(self, prefix: str) -> tuple[list[Entry], int]:
        """Return all keys under `prefix` in key order, and the present revision."""
        with self._explained():
            rows = self._db.execute(READ_RANGE, _under(prefix)).fetchall()
        return [Entry(key.decode(), value, rev) for key, value, rev in rows], self.revision

    def commit(self, commit: Commit) -> int:
        """Change all or nothing."""
        with self._transaction():
            for key, revision in commit.if_revision:
                entry = self.get(key)
                if revision != (entry.revision if entry else 0):
                    raise Conflict(key)
            if commit.lease and commit.lease not in self.leases():
                raise LeaseGone(commit.lease)
            gone = [k.encode() for k in commit.delete if self.get(k)]
            return self._change([(k.encode(), v) for k, v in commit.put], gone, commit.lease)

    def since(self, prefix: str, after: int) -> tuple[list[Batch], int]:
        """Return some of what touched `prefix` after a revision, and up to where that reaches."""
        revision, compacted = self.revision, self.compacted
        if max(after, FIRST_REVISION) < compacted:
            raise Compacted(compacted)
        if after > revision:
            raise Compacted(0)
        reach = min(revision, after + SINCE_REVISIONS_MAX)
        changes: dict[int, list[Change]] = {}
        with self._explained():
            rows = self._db.execute(
                READ_HISTORY, {"after": after, "reach": reach, **_under(prefix)}
            )
            for at, key, value in rows:
                changes.setdefault(at, []).append(Change(key.decode(), value))
        return [Batch(at, tuple(found)) for at, found in changes.items()], reach

    def compact(self, revision: int) -> None:
        """Forget history up to `revision`."""
        with self._transaction():
            self._db.execute("DELETE FROM history WHERE revision <= ?", (revision,))
            self._db.execute("UPDATE meta SET compacted = max(compacted, ?)", (revision,))

    def leases(self) -> dict[int, int]:
        """Return each lease's time to live in seconds."""
        with self._explained():
            return dict(self._db.execute("SELECT id, ttl_s FROM lease").fetchall())

    def grant(self, ttl_s: int) -> int:
        """Return a new lease's number."""
        with self._transaction():
            cursor = self._db.execute("INSERT INTO lease (ttl_s) VALUES (?)", (ttl_s,))
            return cursor.lastrowid or 0

    def revoke(self, lease: int) -> None:
        """Forget a lease and delete its keys as one revision."""
        with self._transaction():
            if not self._db.execute("DELETE FROM lease WHERE id = ?", (lease,)).rowcount:
                return
            rows = self._db.execute("SELECT key FROM entry WHERE lease = ?", (lease,)).fetchall()
            self._change([], [row[0] for row in rows], 0)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _change(self, put: list[tuple[bytes, bytes]], gone: list[bytes], lease: int) -> int:
        if not put and not gone:
            return self.revision
        self._db.execute("UPDATE meta SET revision = revision + 1")
        at = self.revision
        self._db.executemany(
            "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)",
            [(key, value, at, lease) for key, value in put],
        )
        self._db.executemany("DELETE FROM entry WHERE key = ?", [(key,) for key in gone])
        changes: list[tuple[int, bytes, bytes | None]] = [(at, key, value) for key, value in put]
        changes += [(at, key, None) for key in gone]
        self._db.executemany("INSERT INTO history VALUES (?, ?, ?)", changes)
        return at

    def _number(self, query: str) -> int:
        with self._explained():
            number: int = self._db.execute(query).fetchone()[0]
        return number

    @contextmanager
    def _transaction(self) -> Generator[None, None, None]:
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnavailable(_explain(self._path, error)) from error

    def _prepare(self) -> None:
        # Exclusive: a second control plane on the same file fails at once, not at its first write.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("BEGIN EXCLUSIVE")
        self._db.execute("COMMIT")
        found = self._number("PRAGMA application_id"), self._number("PRAGMA user_version")
        tables = self._number("SELECT count(*) FROM sqlite_master")
        if found == (0, 0) and tables == 0:
            self._db.executescript(
                f"BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
                f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        elif found != (APPLICATION_ID, SCHEMA_VERSION):
            raise StoreUnavailable(
                f"{self._path} is not a store of this version of weftline: name another folder"
                " with --data"
            )
        problem = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise sqlite3.DatabaseError(problem)


def _under(prefix: str) -> dict[str, bytes]:
    """Return the bounds of all keys that begin with `prefix`: no UTF-8 text holds a byte 0xff."""
    return {"first": prefix.encode(), "end": prefix.encode() + b"\xff"}


def _explain(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    words = " ".join(str(error).split())  # a message for people is one line
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path} is in use: stop the other control plane or name another folder with --data"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return (
            f"{path} is damaged ({words}): restore it from a backup, or move it away to begin with"
            " an empty store"
        )
    return f"{path}: {words}"


async def open_sqlite(data_dir: Path) -> LocalStore:
    """Open the store in `data_dir`, which is made if need be.

    Raises:
        StoreUnavailable: the file is in use, damaged, or not ours; it is left as it is.
    """
    worker = Worker()
    path = data_dir / FILE_NAME

    def step() -> SqliteSpace:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            return SqliteSpace(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"{path} cannot be opened: {error}") from error

    try:
        store = LocalStore(await worker.run(step), worker)
        await store.start()
    except BaseException:
        await worker.close()
        raise
    return store
