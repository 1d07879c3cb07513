"""Exact answers at one PoP: in memory, on disk if the operator gives a folder, and in flight.

The loop never waits for a disk: what lies there comes as a future.
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec

from weftline_core.answer_cache import ENTRY_BYTES_MAX, CacheKey, Entry, MemoryTier
from weftline_node.cache_disk import DiskTier
from weftline_node.coalesce import Flight, Flights, Follower, Told

# A few thousand answers, and a tenth of what a node takes anyway under load.
MEMORY_BYTES = 64 * 1024 * 1024
DISK_BYTES = 1024 * 1024 * 1024


class CacheSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept. folder: where on disk; None for nowhere."""

    memory_bytes: int = MEMORY_BYTES
    folder: Path | None = None
    disk_bytes: int = DISK_BYTES


class Hit(msgspec.Struct, frozen=True):
    """The answer is here."""

    entry: Entry


class OnDisk(msgspec.Struct, frozen=True):
    """The answer is on disk: the future gives it, or None if it was damaged. It never fails; others
    may wait for it too, so it must not be cancelled.
    """

    future: "asyncio.Future[Entry | None]"


class Miss(msgspec.Struct, frozen=True):
    """There is no answer to give again."""


Found: TypeAlias = Hit | OnDisk | Miss
MISS = Miss()


class CacheStats(msgspec.Struct, frozen=True, kw_only=True):
    """Counters since the start, and what is kept now.

    joined: requests that got the answer of an equal one in flight. disk_busy: what was not kept or
    read because the disk was behind. disk_problem: its last failure in words.
    """

    hits_memory: int
    hits_disk: int
    misses: int
    stores: int
    joined: int
    in_flight: int
    memory_bytes: int
    memory_entries: int
    memory_evictions: int
    disk_bytes: int = 0
    disk_entries: int = 0
    disk_evictions: int = 0
    disk_damaged: int = 0
    disk_failures: int = 0
    disk_busy: int = 0
    disk_problem: str | None = None


class AnswerCache:
    """The answer cache of one node. It belongs to the loop in which it is built.

    Instants are wall-clock seconds, since entries outlive the process.
    """

    def __init__(self, settings: CacheSettings, at_unix_s: float) -> None:
        """Begin to read the folder, if there is one; meanwhile only what is new is found."""
        self._memory = MemoryTier(settings.memory_bytes)
        folder, size = settings.folder, settings.disk_bytes
        self._disk = None if folder is None else DiskTier(folder, size, at_unix_s)
        self._flights = Flights()
        self._hits_memory = 0
        self._hits_disk = 0
        self._misses = 0
        self._stores = 0

    async def indexed(self) -> None:
        """Wait until it is known what the folder holds."""
        if self._disk is not None:
            await self._disk.indexed()

    async def close(self) -> None:
        """Write what is still to be written, for a bounded time."""
        if self._disk is not None:
            await self._disk.close()

    def get(self, key: CacheKey, at_unix_s: float) -> Found:
        """Return the answer of a key, or where it is."""
        entry = self._memory.get(key, at_unix_s)
        if entry is not None:
            self._hits_memory += 1
            return Hit(entry)
        future = None if self._disk is None else self._disk.read(key, at_unix_s)
        if future is None:
            self._misses += 1
            return MISS
        future.add_done_callback(partial(self._was_read, key))
        return OnDisk(future)

    def put(self, key: CacheKey, entry: Entry) -> bool:
        """Keep an answer in place of the key's former one; return False if no tier has room."""
        if len(entry.body) > ENTRY_BYTES_MAX or entry.tenant != key.tenant:
            return False
        kept = self._memory.put(key, entry)
        if self._disk is not None:
            kept = self._disk.write(key, entry) or kept
        self._stores += kept
        return kept

    def begin(self, key: CacheKey) -> Flight | None:
        """Return a flight to lead, which must be ended; or None if an equal request is under way:
        join it.
        """
        return self._flights.begin(key)

    def join(self, key: CacheKey, told: Told) -> Follower | None:
        """Wait for an equal request's answer: `told` gets it once, or None if there will be none.
        Return None if there is nobody to wait for, or too many do: go alone.
        """
        return self._flights.join(key, told)

    def stats(self) -> CacheStats:
        """Return the counters."""
        memory, disk = self._memory, self._disk
        stats = CacheStats(
            hits_memory=self._hits_memory,
            hits_disk=self._hits_disk,
            misses=self._misses,
            stores=self._stores,
            joined=self._flights.joined,
            in_flight=len(self._flights),
            memory_bytes=memory.bytes,
            memory_entries=len(memory),
            memory_evictions=memory.evictions,
        )
        if disk is None:
            return stats
        return msgspec.structs.replace(
            stats,
            disk_bytes=disk.bytes,
            disk_entries=len(disk),
            disk_evictions=disk.evictions,
            disk_damaged=disk.damaged,
            disk_failures=disk.failures,
            disk_busy=disk.busy,
            disk_problem=disk.problem,
        )

    def _was_read(self, key: CacheKey, future: "asyncio.Future[Entry | None]") -> None:
        entry = None if future.cancelled() else future.result()
        if entry is None:
            self._misses += 1
            return
        self._hits_disk += 1
        # What was asked for once more is likely to be asked for again. It may have been replaced
        # while it was read.
        if key not in self._memory:
            self._memory.put(key, entry)
