"""The store port: a small ordered key-value space with revisions, watches and leases.

Three implementations stand behind it (`store_memory`, `store_sqlite`, `store_etcd`) and pass one
contract test. The words are etcd's: every commit makes one new revision of the whole space, a
watch is ordered, unique, atomic per revision and resumable, and a lease deletes its keys when it
is no longer kept alive.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from weftline_core.limits import RESOURCE_BYTES_MAX

# etcd refuses larger transactions (128 operations, comparisons counted apart); the others hold to
# the same bound so that what works on one store works on all.
COMMIT_KEYS_MAX = 120

VALUE_BYTES_MAX = RESOURCE_BYTES_MAX

# Keys and values of one commit together. etcd refuses requests over 1.5 MiB by default; this leaves
# room for its own prefix on every key.
COMMIT_BYTES_MAX = 1024 * 1024

assert VALUE_BYTES_MAX < COMMIT_BYTES_MAX


class StoreError(Exception):
    """Base of what a store may raise."""


class StoreUnavailable(StoreError):
    """The store cannot be reached or has no quorum; nothing is known to have changed."""


class Conflict(StoreError):
    """A key is not at the expected revision; nothing was changed. `key` is the first such key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} was changed by someone else")
        self.key = key


class LeaseGone(StoreError):
    """The lease has expired or was revoked, and its keys are deleted; nothing was changed."""

    def __init__(self, lease: int) -> None:
        super().__init__(f"lease {lease} is gone")
        self.lease = lease


class Compacted(StoreError):
    """History is not whole; the watcher must range anew and go on from there.

    revision: up to where history was forgotten; 0 if the store itself was set back to before the
        watcher's revision, as by restoring a backup.
    """

    def __init__(self, revision: int) -> None:
        super().__init__(
            f"history up to revision {revision} is compacted"
            if revision
            else "the store was set back to an older state"
        )
        self.revision = revision


@dataclass(frozen=True, slots=True)
class Entry:
    """One key as it stands. `revision` is that of its last change."""

    key: str
    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Change:
    """One key's change; `value` is None when it was deleted."""

    key: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Batch:
    """All changes of one revision, in key order."""

    revision: int
    changes: tuple[Change, ...]


class Store(Protocol):
    """A key-value space. Keys are text, ordered by their UTF-8 bytes; values are bytes."""

    async def get(self, key: str) -> Entry | None:
        """Return one key, or None. The read is linearizable."""
        ...

    async def range(self, prefix: str) -> tuple[list[Entry], int]:
        """Return all keys under `prefix` in key order, and the revision at which they were read."""
        ...

    async def commit(
        self,
        put: Mapping[str, bytes],
        delete: Collection[str] = (),
        *,
        if_revision: Mapping[str, int] | None = None,
        lease: int = 0,
    ) -> int:
        """Change several keys as one revision and return it.

        `if_revision` maps keys to the revision of the last change they must still have; 0 means
        that the key must not exist. Deleting a key that does not exist is no error. A commit that
        changes nothing returns the present revision.

        Raises:
            Conflict: a condition does not hold; nothing was changed.
            LeaseGone: `lease` is not 0 and has ended; nothing was changed.
            ValueError: over COMMIT_KEYS_MAX keys or conditions, VALUE_BYTES_MAX or COMMIT_BYTES_MAX
                bytes, or a key both put and deleted.
            StoreUnavailable: the outcome is unknown; range before trying again.
        """
        ...

    def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every later revision that touches `prefix`, once and in order, for ever.

        Survives the loss of the store: it resumes by revision without gap or repetition.

        Raises:
            Compacted: the history after `after_revision` is no longer whole.
            StoreUnavailable: the store was closed, or refuses us for good.
        """
        ...

    async def grant(self, ttl_s: int) -> int:
        """Return a new lease; its keys are deleted about `ttl_s` after it was last kept alive."""
        ...

    async def keep_alive(self, lease: int) -> bool:
        """Extend a lease by its own time to live; False means that it is gone, and its keys too."""
        ...

    async def revoke(self, lease: int) -> None:
        """End a lease and delete its keys at once."""
        ...

    async def compact(self, revision: int) -> None:
        """Forget history up to `revision`; present keys stay, and so do watches after it.

        Raises:
            ValueError: `revision` is still to come.
        """
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
