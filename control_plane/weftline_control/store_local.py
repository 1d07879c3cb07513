"""The store port over a key-value space of this process: waking watchers, timing leases.

A `Space` decides and remembers, without waiting; `LocalStore` gives it time and company. How the
space's methods are run (at once, or on a thread of their own) is its owner's choice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from functools import partial
from typing import Protocol, TypeVar

from weftline.aio import Tasks
from weftline_control.store import Batch, Entry, StoreUnavailable
from weftline_control.store_commit import Commit

T = TypeVar("T")

# The revision of an empty space; etcd's too, so that 0 can mean "does not exist".
FIRST_REVISION = 1

# Revisions kept for watchers that were away. A watcher further behind ranges anew, which costs one
# read of the whole state; the worst case, full values only, is 2,000 x 64 KiB = 125 MiB.
HISTORY_REVISIONS_MAX = 2_000

# History is cut in steps, so that not every commit pays for it.
HISTORY_SLACK = 200

# How long until an expired lease is tried again when its keys could not be deleted (disk full).
EXPIRE_RETRY_S = 1.0


class Space(Protocol):
    """A key-value space with history. No method waits; each is one atomic step."""

    @property
    def revision(self) -> int:
        """Return the present revision."""
        ...

    @property
    def compacted(self) -> int:
        """Return the revision up to which history is forgotten."""
        ...

    def get(self, key: str) -> Entry | None:
        """Return one key."""
        ...

    def range(self, prefix: str) -> tuple[list[Entry], int]:
        """Return all keys under `prefix` in key order, and the present revision."""
        ...

    def commit(self, commit: Commit) -> int:
        """Change all or nothing. Raises what `Store.commit` raises."""
        ...

    def since(self, prefix: str, after: int) -> tuple[list[Batch], int]:
        """Return some of what touched `prefix` after a revision, and up to where that reaches.

        Raises:
            Compacted: history after `after` is not whole, or `after` is still to come.
        """
        ...

    def compact(self, revision: int) -> None:
        """Forget history up to `revision`, which is not beyond the present."""
        ...

    def leases(self) -> dict[int, int]:
        """Return each lease's time to live in seconds."""
        ...

    def grant(self, ttl_s: int) -> int:
        """Return a new lease's number, never used before."""
        ...

    def revoke(self, lease: int) -> None:
        """Forget a lease and delete its keys as one revision."""
        ...

    def close(self) -> None:
        """Let go of what the space holds."""
        ...


class Runner(Protocol):
    """How a step is run; steps never overlap, and a step that has begun is always finished."""

    async def run(self, step: Callable[[], T], then: Callable[[], None] | None = None) -> T:
        """Run `step` and return what it returns; call `then` on the loop when it is done, even if
        the caller has been cancelled by then.
        """
        ...

    async def close(self) -> None:
        """Run nothing more."""
        ...


class Inline:
    """Runs each step at once, on the loop: for spaces that never block."""

    async def run(self, step: Callable[[], T], then: Callable[[], None] | None = None) -> T:
        """Run `step`."""
        try:
            return step()
        finally:
            if then:
                then()

    async def close(self) -> None:
        """Do nothing."""


class LocalStore:
    """A `Store` over a space of this process."""

    def __init__(self, space: Space, runner: Runner) -> None:
        self._space = space
        self._runner = runner
        self._changed = asyncio.Event()
        self._closed = False
        self._ttl_s: dict[int, int] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._tasks = Tasks(self._report)

    async def start(self) -> None:
        """Give every lease that was left its whole time to live, counted from now."""
        leases = await self._runner.run(self._space.leases)
        for lease, ttl_s in leases.items():
            self._ttl_s[lease] = ttl_s
            self._arm(lease, ttl_s)

    async def get(self, key: str) -> Entry | None:
        """Return one key, or None."""
        self._check_open()
        return await self._runner.run(lambda: self._space.get(key))

    async def range(self, prefix: str) -> tuple[list[Entry], int]:
        """Return all keys under `prefix` in key order, and the revision."""
        self._check_open()
        return await self._runner.run(lambda: self._space.range(prefix))

    async def commit(
        self,
        put: Mapping[str, bytes],
        delete: Collection[str] = (),
        *,
        if_revision: Mapping[str, int] | None = None,
        lease: int = 0,
    ) -> int:
        """Change several keys as one revision and return it."""
        self._check_open()
        commit = Commit.of(put, delete, if_revision, lease)

        def step() -> int:
            revision = self._space.commit(commit)
            if revision - self._space.compacted > HISTORY_REVISIONS_MAX + HISTORY_SLACK:
                self._space.compact(revision - HISTORY_REVISIONS_MAX)
            return revision

        return await self._runner.run(step, self._wake)

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every later revision that touches `prefix`, once and in order, for ever."""
        after = after_revision
        while True:
            self._check_open()
            changed = self._changed  # taken before reading: what comes while we read wakes us
            step = partial(self._space.since, prefix, after)
            batches, reached = await self._runner.run(step)
            for batch in batches:
                yield batch
            if reached == after:
                await changed.wait()
            after = reached

    async def grant(self, ttl_s: int) -> int:
        """Return a new lease."""
        self._check_open()
        if ttl_s < 1:
            raise ValueError(f"a lease lives at least 1 s, not {ttl_s}")
        lease = await self._runner.run(lambda: self._space.grant(ttl_s))
        self._ttl_s[lease] = ttl_s
        self._arm(lease, ttl_s)
        return lease

    async def keep_alive(self, lease: int) -> bool:
        """Extend a lease by its own time to live."""
        self._check_open()
        ttl_s = self._ttl_s.get(lease)
        if ttl_s is None:
            return False
        self._arm(lease, ttl_s)
        return True

    async def revoke(self, lease: int) -> None:
        """End a lease and delete its keys at once."""
        self._check_open()
        self._disarm(lease)
        await self._runner.run(lambda: self._space.revoke(lease), self._wake)

    async def compact(self, revision: int) -> None:
        """Forget history up to `revision`."""
        self._check_open()

        def step() -> None:
            if revision > self._space.revision:
                raise ValueError(f"revision {revision} is still to come")
            self._space.compact(revision)

        await self._runner.run(step)

    async def close(self) -> None:
        """Let go of the store; watchers end with StoreUnavailable."""
        if self._closed:
            return
        self._closed = True
        for lease in list(self._timers):
            self._disarm(lease)
        await self._tasks.close()
        await self._runner.run(self._space.close, self._wake)
        await self._runner.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store was closed")

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _arm(self, lease: int, ttl_s: float) -> None:
        if timer := self._timers.pop(lease, None):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[lease] = loop.call_later(ttl_s, self._expire, lease)

    def _disarm(self, lease: int) -> None:
        self._ttl_s.pop(lease, None)
        if timer := self._timers.pop(lease, None):
            timer.cancel()

    def _expire(self, lease: int) -> None:
        self._disarm(lease)  # from here on it can't be kept alive
        self._tasks.spawn(self._delete_expired(lease), f"expire lease {lease}")

    async def _delete_expired(self, lease: int) -> None:
        try:
            await self._runner.run(lambda: self._space.revoke(lease), self._wake)
        except StoreUnavailable:
            loop = asyncio.get_running_loop()
            self._timers[lease] = loop.call_later(EXPIRE_RETRY_S, self._expire, lease)

    def _report(self, name: str, failure: BaseException) -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"{name} failed", "exception": failure}
        )
