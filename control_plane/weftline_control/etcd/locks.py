"""A lock on etcd, as in etcd3 and excluding etcd3's."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Protocol, Self

from weftline_control.etcd.events import DeleteEvent, Event
from weftline_control.etcd.leases import Lease
from weftline_control.etcd.transactions import Create, Delete, Put, Step, Value
from weftline_proto.etcd.v1.kv_pb2 import Compare, TxnResponse

# Where etcd3 keeps its locks.
LOCK_PREFIX = "/locks/"

# etcd3's defaults.
TTL_S = 60
ACQUIRE_WAIT_S = 10.0


class LockKeeper(Protocol):
    """What a lock needs of its client."""

    async def lease(self, ttl: int) -> Lease:
        """Grant a lease."""
        ...

    async def get(self, key: str) -> tuple[bytes | None, object]:
        """Return a key's value."""
        ...

    async def transaction_response(
        self, compare: list[Compare], success: list[Step], failure: list[Step]
    ) -> TxnResponse:
        """Do a transaction."""
        ...

    async def watch(
        self, key: str, *, start_revision: int | None
    ) -> tuple[AsyncIterator[Event], Callable[[], None]]:
        """Watch a key."""
        ...


class Lock:
    """A lock that ends with its lease: refresh it, or be done within `ttl` seconds.

    A lease can run out while its holder is paused, so a lock alone does not keep two writers apart;
    let writes carry the condition `transactions.create(lock.key) == lock.revision`.
    """

    def __init__(self, name: str, ttl: int, etcd_client: LockKeeper) -> None:
        self.name = name
        self.ttl = ttl
        self.key = LOCK_PREFIX + name
        self.revision = 0
        self.lease: Lease | None = None
        self._client = etcd_client
        self._mark = secrets.token_bytes(16)

    async def acquire(self, timeout: float | None = ACQUIRE_WAIT_S) -> bool:  # noqa: ASYNC109 (etcd3's name)
        """Return True once the lock is ours, False if it is not within `timeout` seconds."""
        lease = await self._client.lease(self.ttl)
        try:
            async with asyncio.timeout(timeout):
                while not await self._try(lease):
                    pass
        except TimeoutError:
            await lease.revoke()
            return False
        self.lease = lease
        return True

    async def release(self) -> bool:
        """Give the lock back; False if it was not ours any more."""
        answer = await self._client.transaction_response(
            [Value(self.key) == self._mark], [Delete(self.key)], []
        )
        if self.lease is not None:
            await self.lease.revoke()
            self.lease = None
        return answer.succeeded

    async def refresh(self) -> int:
        """Extend the lock by its `ttl`; 0 means that it is lost."""
        if self.lease is None:
            raise ValueError("the lock was not acquired")
        return await self.lease.refresh()

    async def is_acquired(self) -> bool:
        """Return whether the lock is ours now."""
        value, _ = await self._client.get(self.key)
        return value == self._mark

    async def __aenter__(self) -> Self:
        await self.acquire(timeout=None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.release()

    async def _try(self, lease: Lease) -> bool:
        """Take the lock if it is free, else return once it may be."""
        await lease.refresh()  # waiting for the holder must not use up our own time
        answer = await self._client.transaction_response(
            [Create(self.key) == 0], [Put(self.key, self._mark, lease=lease)], []
        )
        if answer.succeeded:
            self.revision = answer.header.revision
            return True
        events, cancel = await self._client.watch(
            self.key, start_revision=answer.header.revision + 1
        )
        try:
            async for event in events:
                if isinstance(event, DeleteEvent):
                    break
        finally:
            cancel()
        return False
