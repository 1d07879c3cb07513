"""The store in memory: for tests, the simulator, and a control plane that may forget."""

from collections import deque
from dataclasses import dataclass

from weftline_control.store import Batch, Change, Compacted, Conflict, Entry, LeaseGone
from weftline_control.store_commit import Commit
from weftline_control.store_local import FIRST_REVISION, Inline, LocalStore


@dataclass(frozen=True, slots=True)
class _Held:
    entry: Entry
    lease: int


class MemorySpace:
    """A `Space` in dictionaries."""

    def __init__(self) -> None:
        self.revision = FIRST_REVISION
        self.compacted = 0
        self._keys: dict[str, _Held] = {}
        self._history: deque[Batch] = deque()
        self._leases: dict[int, int] = {}
        self._leases_granted = 0

    def get(self, key: str) -> Entry | None:
        """Return one key."""
        held = self._keys.get(key)
        return held.entry if held else None

    def range(self, prefix: str) -> tuple[list[Entry], int]:
        """Return all keys under `prefix` in key order, and the present revision."""
        keys = sorted(k for k in self._keys if k.startswith(prefix))
        return [self._keys[k].entry for k in keys], self.revision

    def commit(self, commit: Commit) -> int:
        """Change all or nothing."""
        for key, revision in commit.if_revision:
            entry = self.get(key)
            if revision != (entry.revision if entry else 0):
                raise Conflict(key)
        if commit.lease and commit.lease not in self._leases:
            raise LeaseGone(commit.lease)
        gone = tuple(k for k in commit.delete if k in self._keys)
        return self._change(commit.put, gone, commit.lease)

    def since(self, prefix: str, after: int) -> tuple[list[Batch], int]:
        """Return what touched `prefix` after a revision, and the present revision."""
        if max(after, FIRST_REVISION) < self.compacted:
            raise Compacted(self.compacted)
        if after > self.revision:
            raise Compacted(0)
        found: list[Batch] = []
        for batch in reversed(self._history):
            if batch.revision <= after:
                break
            changes = tuple(c for c in batch.changes if c.key.startswith(prefix))
            if changes:
                found.append(Batch(batch.revision, changes))
        return found[::-1], self.revision

    def compact(self, revision: int) -> None:
        """Forget history up to `revision`."""
        self.compacted = max(self.compacted, revision)
        while self._history and self._history[0].revision <= self.compacted:
            self._history.popleft()

    def leases(self) -> dict[int, int]:
        """Return each lease's time to live in seconds."""
        return dict(self._leases)

    def grant(self, ttl_s: int) -> int:
        """Return a new lease's number."""
        self._leases_granted += 1
        self._leases[self._leases_granted] = ttl_s
        return self._leases_granted

    def revoke(self, lease: int) -> None:
        """Forget a lease and delete its keys as one revision."""
        if self._leases.pop(lease, None) is not None:
            self._change((), tuple(k for k, held in self._keys.items() if held.lease == lease), 0)

    def close(self) -> None:
        """Do nothing."""

    def _change(self, put: tuple[tuple[str, bytes], ...], gone: tuple[str, ...], lease: int) -> int:
        if not put and not gone:
            return self.revision
        self.revision += 1
        for key, value in put:
            self._keys[key] = _Held(Entry(key, value, self.revision), lease)
        for key in gone:
            del self._keys[key]
        changes = [Change(k, v) for k, v in put] + [Change(k, None) for k in gone]
        changes.sort(key=lambda change: change.key)
        self._history.append(Batch(self.revision, tuple(changes)))
        return self.revision


def memory_store() -> LocalStore:
    """Return an empty store in memory."""
    return LocalStore(MemorySpace(), Inline())
