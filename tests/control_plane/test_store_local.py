"""Watchers and leases of a store in this process, whatever its space."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.fakes.store_model import stop, take, watched
from weftline_control.store import Batch, Change, Compacted, StoreUnavailable
from weftline_control.store_local import (
    FIRST_REVISION,
    HISTORY_REVISIONS_MAX,
    HISTORY_SLACK,
    Inline,
    LocalStore,
)
from weftline_control.store_memory import MemorySpace

T = TypeVar("T")


async def test_history_is_bounded() -> None:
    space = MemorySpace()
    store = LocalStore(space, Inline())
    count = HISTORY_REVISIONS_MAX + 2 * HISTORY_SLACK
    for i in range(count):
        last = await store.commit({"a": b"%d" % i})
        kept = last - max(space.compacted, FIRST_REVISION)
        assert kept <= HISTORY_REVISIONS_MAX + HISTORY_SLACK
    with pytest.raises(Compacted):
        await watched(store, "", FIRST_REVISION, 1)
    after = FIRST_REVISION + count - HISTORY_REVISIONS_MAX
    assert len(await watched(store, "", after, HISTORY_REVISIONS_MAX)) == HISTORY_REVISIONS_MAX
    await store.close()


class Full(MemorySpace):
    """A space whose disk is full, until it is not."""

    full = True

    def revoke(self, lease: int) -> None:
        if self.full:
            raise StoreUnavailable("the disk is full")
        super().revoke(lease)


async def test_an_expired_lease_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weftline_control.store_local.EXPIRE_RETRY_S", 0.01)
    space = Full()
    store = LocalStore(space, Inline())
    lease = await store.grant(1)
    at = await store.commit({"a": b"1"}, lease=lease)
    batches = store.watch("", at)
    expiry = asyncio.ensure_future(anext(batches))
    await asyncio.wait([expiry], timeout=1.1)
    assert not expiry.done()
    assert not await store.keep_alive(lease)  # it has expired, though its keys are still there
    space.full = False
    async with asyncio.timeout(5):
        assert await expiry == Batch(at + 1, (Change("a", None),))
    await stop(batches)
    await store.close()


class Late(Inline):
    """Runs each step a while after it was asked to, even if nobody waits for it any more."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def run(self, step: Callable[[], T], then: Callable[[], None] | None = None) -> T:
        async def work() -> T:
            await self.gate.wait()
            return await Inline.run(self, step, then)

        return await asyncio.shield(asyncio.ensure_future(work()))


async def test_a_commit_whose_caller_left_is_still_seen() -> None:
    runner = Late()
    store = LocalStore(MemorySpace(), runner)
    committing = asyncio.ensure_future(store.commit({"a": b"1"}))
    await asyncio.sleep(0)
    committing.cancel()
    batches = store.watch("", FIRST_REVISION)
    runner.gate.set()
    assert (await take(batches, 1))[0].changes == (Change("a", b"1"),)
    await stop(batches)
    await store.close()
