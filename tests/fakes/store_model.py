"""What a store should be, as a dictionary and a list; and watching with a time limit."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import cast

from weftline_control.store import Batch, Change, Store

# Long enough for an etcd that was killed to elect itself on a busy machine.
WAIT_S = 15.0


async def take(batches: AsyncIterator[Batch], count: int) -> list[Batch]:
    """Return the next `count` batches; fail if they don't come."""
    async with asyncio.timeout(WAIT_S):
        return [await anext(batches) for _ in range(count)]


async def watched(store: Store, prefix: str, after: int, count: int) -> list[Batch]:
    """Return the first `count` batches after a revision, and stop watching."""
    batches = store.watch(prefix, after)
    try:
        return await take(batches, count)
    finally:
        await stop(batches)


async def stop(batches: AsyncIterator[Batch]) -> None:
    """Stop watching."""
    await cast(AsyncGenerator[Batch, None], batches).aclose()


def replayed(state: dict[str, bytes], batches: Iterable[Batch]) -> dict[str, bytes]:
    """Return what `state` has become after `batches`."""
    state = dict(state)
    for batch in batches:
        for change in batch.changes:
            if change.value is None:
                state.pop(change.key, None)
            else:
                state[change.key] = change.value
    return state


@dataclass
class Model:
    """A store that can't be wrong: every change is a line."""

    revision: int
    keys: dict[str, tuple[bytes, int]] = field(default_factory=dict[str, tuple[bytes, int]])
    leases: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    history: list[Batch] = field(default_factory=list[Batch])
    compacted: int = 0

    def conflict(self, if_revision: dict[str, int]) -> bool:
        return any(self.keys.get(k, (b"", 0))[1] != at for k, at in if_revision.items())

    def change(self, at: int, put: dict[str, bytes], delete: set[str], lease: int = 0) -> None:
        """Note a commit that the store did at revision `at`."""
        gone = delete & self.keys.keys()
        changes = {k: Change(k, v) for k, v in put.items()} | {k: Change(k, None) for k in gone}
        if not changes:
            assert at >= self.revision
            return
        assert at > self.revision
        self.revision = at
        for key in changes:
            for held in self.leases.values():
                held.discard(key)
        self.keys.update({k: (v, at) for k, v in put.items()})
        for key in gone:
            del self.keys[key]
        if lease:
            self.leases[lease] |= put.keys()
        self.history.append(Batch(at, tuple(changes[k] for k in sorted(changes))))

    def range(self, prefix: str) -> list[tuple[str, bytes, int]]:
        return [(k, *self.keys[k]) for k in sorted(self.keys) if k.startswith(prefix)]

    def since(self, prefix: str, after: int) -> list[Batch]:
        found: list[Batch] = []
        for batch in self.history:
            changes = tuple(c for c in batch.changes if c.key.startswith(prefix))
            if batch.revision > after and changes:
                found.append(Batch(batch.revision, changes))
        return found
