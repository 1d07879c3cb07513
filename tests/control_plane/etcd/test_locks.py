"""Locks, which etcd3's respect and which respect etcd3's."""

import asyncio
from types import ModuleType

import pytest

from tests.fakes.etcd import Etcd
from weftline_control.etcd.client import EtcdClient


async def test_a_lock_excludes_and_is_handed_on(client: EtcdClient) -> None:
    first, second = client.lock("it", ttl=20), client.lock("it", ttl=20)
    assert await first.acquire()
    assert await first.is_acquired()
    assert not await second.acquire(timeout=0.2)
    assert not await second.is_acquired()
    waiting = asyncio.ensure_future(second.acquire(timeout=10))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert await first.refresh() == 20
    assert await first.release()
    assert await waiting
    assert await second.is_acquired()
    assert second.revision > first.revision
    assert not await first.release()
    assert await second.release()
    with pytest.raises(ValueError, match="not acquired"):
        await second.refresh()


async def test_a_lock_is_a_context_and_leaves_nothing_behind(client: EtcdClient) -> None:
    held = 0

    async def work() -> None:
        nonlocal held
        async with client.lock("it", ttl=20):
            assert held == 0
            held += 1
            await asyncio.sleep(0.01)
            held -= 1

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(work())
    assert await client.get_all() == []


async def test_etcd3s_locks_and_ours_exclude_one_another(
    client: EtcdClient, etcd: Etcd, etcd3_module: ModuleType
) -> None:
    other = etcd3_module.client(port=etcd.members[0].client_port, timeout=5)
    theirs = other.lock("it", ttl=20)
    assert await asyncio.to_thread(theirs.acquire)
    ours = client.lock("it", ttl=20)
    assert not await ours.acquire(timeout=0.2)
    waiting = asyncio.ensure_future(ours.acquire(timeout=10))
    await asyncio.to_thread(theirs.release)
    assert await waiting
    assert not await asyncio.to_thread(theirs.is_acquired)
    await ours.release()
    await asyncio.to_thread(other.close)
