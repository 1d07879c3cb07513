"""Desired state over the store: checked before it is written, followed after.

Reads come from memory, so that they answer with the store away. Writes are one conditional commit
each: whoever has not seen the newest state is refused by the store itself.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline.logs import Log
from weftline_control.announcer import Announcer
from weftline_control.changes import Change, Plan, drained, plan_apply, plan_delete
from weftline_control.layout import HEAD_KEY, PREFIX, Head, encode_head, key_of
from weftline_control.mirror import Mirror, View
from weftline_control.refusals import Held, Moved, StoreAway
from weftline_control.store import Compacted, Conflict, Store, StoreError
from weftline_core.desired import Resource, encode, ref

# How long the store may take at start, before that is an error for the operator.
START_WAIT_S = 5.0

# A commit while the store was well a moment ago: an etcd that lost its leader needs 2.3 s.
COMMIT_WAIT_S = 3.0

# How often the store is asked whether it is there and has nothing newer, and how long it may take.
CHECK_INTERVAL_S = 1.0
CHECK_WAIT_S = 1.0

# Checks in a row that may find another commit in the store than here, before all is read anew.
CHECKS_PARTED_MAX = 3

# How long a writer waits to see its own commit come back by the watch; then it answers without.
ECHO_WAIT_S = 2.0

# Attempts of one write against others who write at the same time through other control planes.
COMMIT_ATTEMPTS_MAX = 5


class DesiredService(Announcer):
    """The one who reads and writes desired state.

    accept_rewind: an operator confirms that the store may hold an older state, or none.
    """

    def __init__(self, store: Store, clock: Clock, log: Log, *, accept_rewind: bool) -> None:
        super().__init__()
        self._store = store
        self._clock = clock
        self._log = log
        self._mirror = Mirror(accept_rewind=accept_rewind)
        self.accept_rewind = accept_rewind
        self._store_is_away = False
        self._checks_parted = 0
        self._writing = asyncio.Lock()
        self._tasks = Tasks(log.failed)
        self._follower: asyncio.Task[None] | None = None

    @property
    def view(self) -> View:
        """Return what is in force."""
        return self._mirror.view

    @property
    def mirror(self) -> Mirror:
        """Return the store's content in memory, with the recent steps; for reading only."""
        return self._mirror

    @property
    def stale(self) -> bool:
        """Return whether the store may hold something newer than what is served."""
        return self._store_is_away or bool(self._mirror.held)

    async def start(self) -> None:
        """Read the store once, then follow it in the background.

        Raises:
            StoreAway: it does not answer.
        """
        try:
            async with asyncio.timeout(START_WAIT_S):
                await self._relist()
        except (StoreError, TimeoutError) as e:
            reason = str(e) or f"no answer in {START_WAIT_S:g} s"
            raise StoreAway(f"the store cannot be read: {reason}", reason) from e
        self._follow_anew()
        self._tasks.spawn(self._check_for_ever(), "store check")

    async def close(self) -> None:
        """Follow no more."""
        await self._tasks.close()

    async def apply(
        self, resources: Sequence[Resource], *, dry_run: bool = False, if_revision: int = 0
    ) -> tuple[tuple[Change, ...], int]:
        """Put resources, all or none; return what happened to each, and the revision after it.

        Raises:
            Refused: anything wrong with them. Moved: the state is not at `if_revision` (above 0).
            Held: the store lost its state. StoreAway: nothing is known to have changed.
        """

        def plan(view: View) -> Plan:
            if if_revision and view.desired.revision != if_revision:
                raise Moved(if_revision, view.desired.revision)
            return plan_apply(view, resources)

        return await self._write(plan, dry_run=dry_run)

    async def delete(self, where: str, *, dry_run: bool = False) -> tuple[Change, int]:
        """Remove one resource.

        Raises:
            Refused: `where` is no ref. Missing: there is no such resource. StillUsed: others need
            it. Held, StoreAway: as for `apply`.
        """
        changes, revision = await self._write(
            lambda view: plan_delete(view, where), dry_run=dry_run
        )
        return changes[0], revision

    async def drain(self, where: str, *, undo: bool) -> tuple[Change, int]:
        """Empty a PoP or an endpoint, or take it back into use.

        Raises:
            Refused: it is neither. Missing: there is no such endpoint. Held, StoreAway: as above.
        """

        def plan(view: View) -> Plan:
            return plan_apply(view, [drained(view, where, drain=not undo)])

        changes, revision = await self._write(plan, dry_run=False)
        return changes[0], revision

    async def _write(
        self, plan: Callable[[View], Plan], *, dry_run: bool
    ) -> tuple[tuple[Change, ...], int]:
        async with self._writing:
            for _ in range(COMMIT_ATTEMPTS_MAX):
                decided = plan(self.view)
                if dry_run or not (decided.put or decided.delete):
                    return decided.changes, self.view.desired.revision
                self._refuse_when_unsure()
                before = self.view
                try:
                    revision = await self._commit(decided, before)
                except Conflict:
                    await self._newer_than(before)
                    continue
                await self._reached(revision)
                return decided.changes, revision
        raise StoreAway("others change the state at the same time: try again", "busy")

    def _refuse_when_unsure(self) -> None:
        if self._mirror.held:
            raise Held(self._mirror.held, self.view.desired.revision)
        if self._store_is_away:
            raise StoreAway("the store does not answer; nodes go on with what they have", "away")

    async def _commit(self, plan: Plan, seen: View) -> int:
        head = Head(serial=seen.serial + 1, at_unix_ms=self._clock.unix_ms())
        put = {key_of(ref(resource)): encode(resource) for resource in plan.put}
        put[HEAD_KEY] = encode_head(head)
        try:
            async with asyncio.timeout(COMMIT_WAIT_S):
                return await self._store.commit(
                    put,
                    [key_of(where) for where in plan.delete],
                    if_revision={HEAD_KEY: seen.head_revision},
                )
        except Conflict:
            raise
        except (StoreError, TimeoutError) as e:
            reason = str(e) or f"no answer in {COMMIT_WAIT_S:g} s"
            raise StoreAway(
                "the store did not confirm: look whether it was done, then try again", reason
            ) from e

    async def _reached(self, revision: int) -> None:
        """Wait until what was committed is in force here, so that a writer reads its own write."""
        await self._until(lambda: self.view.desired.revision >= revision)

    async def _newer_than(self, seen: View) -> None:
        await self._until(lambda: self.view.head_revision != seen.head_revision)

    async def _until(self, reached: Callable[[], bool]) -> None:
        bell = asyncio.Event()
        with self.listening(bell.set):
            try:
                async with asyncio.timeout(ECHO_WAIT_S):
                    while not reached():
                        await bell.wait()
                        bell.clear()
            except TimeoutError:
                self._log.warning("watch_is_late", revision=self.view.desired.revision)

    def _follow_anew(self) -> None:
        if self._follower:
            self._follower.cancel()
        self._follower = self._tasks.spawn(self._follow(), "store watch")

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(START_WAIT_S):
                    revision = await self._relist()
                async for batch in self._store.watch(PREFIX, revision):
                    self._take(partial(self._mirror.absorb, batch))
            except Compacted as e:
                self._log.warning("store_compacted", revision=e.revision)
            except (StoreError, TimeoutError) as e:
                self._log.warning("store_watch_lost", reason=str(e) or "no answer")
                await asyncio.sleep(CHECK_INTERVAL_S)

    async def _relist(self) -> int:
        entries, revision = await self._store.range(PREFIX)
        self._take(partial(self._mirror.load, entries, revision))
        return revision

    def _take(self, news: Callable[[], bool]) -> None:
        """Take news of the store, log what is odd about it, and tell who listens."""
        held, refused = self._mirror.held, self.view.refused
        changed = news()
        if self._mirror.held and self._mirror.held != held:
            self._log.error("store_held_off", reason=self._mirror.held)
        for where, reason in sorted(self.view.refused.items()):
            if refused.get(where) != reason:
                self._log.error("stored_value_refused", ref=where, reason=reason)
        if changed:
            self._announce()

    async def _check_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            try:
                async with asyncio.timeout(CHECK_WAIT_S):
                    head = await self._store.get(HEAD_KEY)
            except (StoreError, TimeoutError) as e:
                self._is_away(away=True, reason=str(e) or "no answer")
                continue
            self._is_away(away=False, reason="")
            self._compare(head.revision if head else 0)

    def _is_away(self, *, away: bool, reason: str) -> None:
        if away != self._store_is_away:
            self._log.warning("store_away" if away else "store_back", reason=reason)
        self._store_is_away = away

    def _compare(self, head_revision: int) -> None:
        """Begin anew when the store and the view have parted for several checks: an etcd whose
        data was wiped keeps a watch silent until it reaches the old revision again.
        """
        parted = head_revision != self.view.head_revision or bool(self._mirror.held)
        self._checks_parted = self._checks_parted + 1 if parted else 0
        if self._checks_parted >= CHECKS_PARTED_MAX:
            self._checks_parted = 0
            self._follow_anew()
