"""The tier of the answer cache on disk: one file an answer, and all work in one thread.

The index lives in the loop and is changed only there; the thread is told what to do, in order, and
never more than a bounded queue of it. What does not fit the queue is not kept, and not read.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from weftline_core.answer_cache import CacheKey, Entry
from weftline_node.cache_file import (
    HEAD_BYTES_USUAL,
    Damaged,
    Slot,
    disk_bytes,
    load,
    save,
    scan,
    written,
)

T = TypeVar("T")

# Files at most: a folder of more is slow to list, and the index takes 300 bytes for each.
FILES_MAX = 65_536

# What the thread may have to do at once. A disk that is that far behind is no help.
JOBS_MAX = 256
QUEUED_BYTES_MAX = 64 * 1024 * 1024

# How long an ending node waits for what is still to be written.
CLOSE_WAIT_S = 5.0


class DiskTier:
    """Entries on disk, up to a number of bytes; the one that was used longest ago goes first.

    It belongs to the loop in which it is built. evictions: pushed out for room. damaged: files that
    were not what was written. failures: writes and reads that the disk refused. busy: what was left
    undone because the thread was behind. problem: the last failure in words.
    """

    def __init__(self, folder: Path, bytes_max: int, at_unix_s: float) -> None:
        """Begin to read what the folder holds; until that is done, only what is new is found."""
        self.bytes = 0
        self.evictions = 0
        self.damaged = 0
        self.failures = 0
        self.busy = 0
        self.problem: str | None = None
        self._folder = folder
        self._bytes_max = bytes_max
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "answer-cache")
        self._closed = False
        self._jobs = 0
        self._queued_bytes = 0
        # By digest, the one that was used longest ago first.
        self._slots: dict[str, Slot] = {}
        self._reads: dict[CacheKey, asyncio.Future[Entry | None]] = {}
        # Files that nobody knows any more; they are removed with the next write.
        self._doomed: set[str] = set()
        self._indexed = self._submit(partial(scan, folder, at_unix_s), self._found)

    def __len__(self) -> int:
        return len(self._slots)

    async def indexed(self) -> None:
        """Wait until the folder has been read."""
        await asyncio.wait([self._indexed])

    def read(self, key: CacheKey, at_unix_s: float) -> "asyncio.Future[Entry | None] | None":
        """Return a future of the entry of a key, or None if there is none here.

        The future is shared by all who ask meanwhile: it must not be cancelled. It never fails, and
        gives None if the file was damaged.
        """
        slot = self._slots.get(key.digest)
        if slot is None:
            return None
        if slot.expires_unix_s <= at_unix_s:
            self._forget(key.digest)
            return None
        if (running := self._reads.get(key)) is not None:
            return running
        if self._behind():
            self.busy += 1
            return None
        path = self._folder / key.digest
        self._submit(partial(_read, path, key.digest), partial(self._was_read, key, slot))
        # Read last, so it goes last.
        del self._slots[key.digest]
        self._slots[key.digest] = slot
        reading = self._reads[key] = self._loop.create_future()
        return reading

    def write(self, key: CacheKey, entry: Entry) -> bool:
        """Keep an entry in place of the key's former one, which is gone in any case; return False
        if it is not kept.
        """
        size = len(entry.body)
        slot = Slot(key.digest, disk_bytes(size + HEAD_BYTES_USUAL), entry.expires_unix_s)
        self._forget(key.digest)
        if slot.disk_bytes > self._bytes_max:
            return False
        if self._behind() or self._queued_bytes + size > QUEUED_BYTES_MAX:
            self.busy += 1
            return False
        self._add(slot)
        self._make_room()
        path, victims = self._folder / key.digest, self._victims()
        self._doomed.clear()
        self._queued_bytes += size
        done = partial(self._was_written, slot, size)
        self._submit(partial(_write, path, key, entry, victims), done)
        return True

    async def close(self) -> None:
        """Wait until everything is written, for a bounded time, and take no more."""
        self._closed = True
        last = self._loop.run_in_executor(self._thread, _remove, self._victims())
        await asyncio.wait([last], timeout=CLOSE_WAIT_S)
        self._thread.shutdown(wait=False, cancel_futures=True)
        reads, self._reads = self._reads, {}
        for reading in reads.values():
            if not reading.done():
                reading.set_result(None)

    def _submit(
        self, work: Callable[[], T], done: Callable[[T | OSError], None]
    ) -> "asyncio.Future[T | OSError]":
        """Have the thread do `work`, and then the loop `done` with what came of it."""
        self._jobs += 1
        job = self._loop.run_in_executor(self._thread, _outcome, work)
        job.add_done_callback(partial(self._ended, done))
        return job

    def _behind(self) -> bool:
        return self._closed or self._jobs >= JOBS_MAX

    def _ended(
        self, done: Callable[[T | OSError], None], job: "asyncio.Future[T | OSError]"
    ) -> None:
        self._jobs -= 1
        if job.cancelled():
            return
        outcome = job.result()
        if isinstance(outcome, OSError):
            self.failures += 1
            self.problem = f"the cache's disk: {outcome.strerror or type(outcome).__name__}"
        done(outcome)

    def _found(self, found: tuple[list[Slot], int] | OSError) -> None:
        """Put what the folder held before what has come since."""
        if isinstance(found, OSError):
            return
        slots, damaged = found
        self.damaged += damaged
        fresh, self._slots = self._slots, {}
        for slot in slots:
            if slot.digest not in fresh and slot.digest not in self._doomed:
                self._add(slot)
        self._slots |= fresh
        self._make_room()

    def _was_read(self, key: CacheKey, slot: Slot, found: "Entry | Damaged | OSError") -> None:
        if not isinstance(found, Entry):
            self.damaged += isinstance(found, Damaged)
            if self._slots.get(key.digest) is slot:
                self._forget(key.digest)
        reading = self._reads.pop(key, None)
        if reading is not None and not reading.done():
            entry = found if isinstance(found, Entry) else None
            foreign = entry is not None and entry.tenant != key.tenant
            reading.set_result(None if foreign else entry)

    def _was_written(self, slot: Slot, size: int, outcome: OSError | None) -> None:
        self._queued_bytes -= size
        if outcome is not None and self._slots.get(slot.digest) is slot:
            self._forget(slot.digest)

    def _add(self, slot: Slot) -> None:
        self._slots[slot.digest] = slot
        self.bytes += slot.disk_bytes

    def _forget(self, digest: str) -> None:
        slot = self._slots.pop(digest, None)
        if slot is not None:
            self.bytes -= slot.disk_bytes
        self._doomed.add(digest)

    def _make_room(self) -> None:
        while self.bytes > self._bytes_max or len(self._slots) > FILES_MAX:
            self._forget(next(iter(self._slots)))
            self.evictions += 1

    def _victims(self) -> tuple[Path, ...]:
        return tuple(self._folder / name for name in self._doomed)


def _outcome(work: Callable[[], T]) -> T | OSError:
    """Return what came of some work in the thread."""
    try:
        return work()
    except OSError as e:
        return e


def _read(path: Path, digest: str) -> Entry | Damaged:
    try:
        return load(path, digest)
    except Damaged as e:
        return e


def _write(path: Path, key: CacheKey, entry: Entry, victims: tuple[Path, ...]) -> None:
    _remove(victims)
    save(path, written(key, entry))


def _remove(victims: tuple[Path, ...]) -> None:
    for victim in victims:
        victim.unlink(missing_ok=True)
