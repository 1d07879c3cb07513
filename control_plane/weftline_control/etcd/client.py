"""The client: etcd3's methods and names, awaited.

client = EtcdClient(Target(("127.0.0.1:2379",)))
await client.put("/key", "value")
value, metadata = await client.get("/key")
events, cancel = await client.watch_prefix("/")
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

from weftline.aio import Tasks
from weftline_control.etcd import calls
from weftline_control.etcd.connection import Connection, Target
from weftline_control.etcd.errors import EtcdError, LeaseNotFoundError
from weftline_control.etcd.events import Event, Revision
from weftline_control.etcd.keys import ZERO, prefix_range, to_bytes
from weftline_control.etcd.leases import Lease
from weftline_control.etcd.locks import TTL_S, Lock
from weftline_control.etcd.transactions import Delete, Put, Step, Transactions, operation
from weftline_control.etcd.watch import Watch
from weftline_proto.etcd.v1 import cluster_pb2, kv_pb2, lease_pb2

Key = str | bytes
WatchCallback = Callable[[Revision | EtcdError], None]

_ORDERS = {
    "ascend": kv_pb2.RangeRequest.ASCEND,
    "descend": kv_pb2.RangeRequest.DESCEND,
}
_TARGETS = {
    "key": kv_pb2.RangeRequest.KEY,
    "version": kv_pb2.RangeRequest.VERSION,
    "create": kv_pb2.RangeRequest.CREATE,
    "mod": kv_pb2.RangeRequest.MOD,
    "value": kv_pb2.RangeRequest.VALUE,
}


class RangeOptions(TypedDict, total=False):
    """How to read a range.

    limit: at most so many keys.
    revision: the revision to read at; the present one if left out.
    serializable: any member may answer from what it knows, which may be old.
    """

    limit: int
    revision: int
    sort_order: Literal["ascend", "descend"]
    sort_target: Literal["key", "version", "create", "mod", "value"]
    keys_only: bool
    serializable: bool


@dataclass(frozen=True, slots=True)
class KVMetadata:
    """What is known of a key besides its value."""

    key: bytes
    create_revision: int
    mod_revision: int
    version: int
    lease_id: int
    response_header: kv_pb2.ResponseHeader


def _pair(
    kv: kv_pb2.KeyValue, header: kv_pb2.ResponseHeader
) -> tuple[bytes, KVMetadata]:  # fmt: skip
    return kv.value, KVMetadata(
        kv.key, kv.create_revision, kv.mod_revision, kv.version, kv.lease, header
    )


class EtcdClient:
    """One etcd, through one connection. Close it when done."""

    transactions = Transactions

    def __init__(self, target: Target) -> None:
        self._connection = Connection(target)
        self._callbacks: dict[int, Watch] = {}
        self._callbacks_added = 0
        self._tasks = Tasks(_report)

    async def close(self) -> None:
        """End every watch and close the connection."""
        for watch in list(self._callbacks.values()):
            watch.cancel()
        await self._tasks.close()
        await self._connection.close()

    async def status(self) -> cluster_pb2.StatusResponse:
        """Return how the member that answers is: version, size, leader."""
        return await self._connection.call(calls.STATUS, cluster_pb2.StatusRequest())

    # Reading

    async def get(
        self, key: Key, *, serializable: bool = False
    ) -> tuple[bytes, KVMetadata] | tuple[None, None]:
        """Return a key's value and metadata, or (None, None)."""
        answer = await self.get_response(key, serializable=serializable)
        return _pair(answer.kvs[0], answer.header) if answer.kvs else (None, None)

    async def get_prefix(
        self, key_prefix: Key, **options: Unpack[RangeOptions]
    ) -> list[tuple[bytes, KVMetadata]]:
        """Return value and metadata of every key that begins with `key_prefix`."""
        answer = await self.get_prefix_response(key_prefix, **options)
        return [_pair(kv, answer.header) for kv in answer.kvs]

    async def get_range(
        self, range_start: Key, range_end: Key, **options: Unpack[RangeOptions]
    ) -> list[tuple[bytes, KVMetadata]]:
        """Return value and metadata of every key from `range_start` up to `range_end`."""
        answer = await self.get_range_response(range_start, range_end, **options)
        return [_pair(kv, answer.header) for kv in answer.kvs]

    async def get_all(self, **options: Unpack[RangeOptions]) -> list[tuple[bytes, KVMetadata]]:
        """Return value and metadata of every key."""
        return await self.get_range(ZERO, ZERO, **options)

    async def get_response(self, key: Key, **options: Unpack[RangeOptions]) -> kv_pb2.RangeResponse:
        """Return etcd's whole answer about one key."""
        return await self.get_range_response(key, b"", **options)

    async def get_prefix_response(
        self, key_prefix: Key, **options: Unpack[RangeOptions]
    ) -> kv_pb2.RangeResponse:
        """Return etcd's whole answer about every key that begins with `key_prefix`."""
        return await self.get_range_response(*prefix_range(key_prefix), **options)

    async def get_range_response(
        self, range_start: Key, range_end: Key, **options: Unpack[RangeOptions]
    ) -> kv_pb2.RangeResponse:
        """Return etcd's whole answer about every key from `range_start` up to `range_end`."""
        order = options.get("sort_order")
        question = kv_pb2.RangeRequest(
            key=to_bytes(range_start),
            range_end=to_bytes(range_end),
            limit=options.get("limit", 0),
            revision=options.get("revision", 0),
            sort_order=_ORDERS[order] if order else kv_pb2.RangeRequest.NONE,
            sort_target=_TARGETS[options.get("sort_target", "key")],
            keys_only=options.get("keys_only", False),
            serializable=options.get("serializable", False),
        )
        return await self._connection.call(calls.RANGE, question)

    # Writing

    async def put(
        self, key: Key, value: Key, lease: Lease | int | None = None, *, prev_kv: bool = False
    ) -> kv_pb2.PutResponse:
        """Put a key."""
        step = Put(key, value, lease, prev_kv)
        return await self._connection.call(calls.PUT, step.request())

    async def put_if_not_exists(
        self, key: Key, value: Key, lease: Lease | int | None = None
    ) -> bool:
        """Put a key unless it exists; return whether it was put."""
        done, _ = await self.transaction(
            [self.transactions.create(key) == 0], [Put(key, value, lease)], []
        )
        return done

    async def replace(self, key: Key, initial_value: Key, new_value: Key) -> bool:
        """Put a key if it has `initial_value`; return whether it was put."""
        done, _ = await self.transaction(
            [self.transactions.value(key) == initial_value], [Put(key, new_value)], []
        )
        return done

    async def delete(self, key: Key) -> bool:
        """Delete a key; return whether it was there."""
        answer = await self._connection.call(calls.DELETE_RANGE, Delete(key).request())
        return answer.deleted > 0

    async def delete_prefix(self, prefix: Key) -> kv_pb2.DeleteRangeResponse:
        """Delete every key that begins with `prefix`."""
        step = Delete(*prefix_range(prefix))
        return await self._connection.call(calls.DELETE_RANGE, step.request())

    async def transaction(
        self,
        compare: Sequence[kv_pb2.Compare],
        success: Sequence[Step],
        failure: Sequence[Step],
    ) -> tuple[bool, list[kv_pb2.ResponseOp | list[tuple[bytes, KVMetadata]]]]:
        """Do `success` if every condition holds, else `failure`, as one revision.

        Returns whether the conditions held, and an answer for each step: for a Get the values and
        metadata, else etcd's own.
        """
        answer = await self.transaction_response(compare, success, failure)
        return answer.succeeded, [
            [_pair(kv, answer.header) for kv in response.response_range.kvs]
            if response.HasField("response_range")
            else response
            for response in answer.responses
        ]

    async def transaction_response(
        self,
        compare: Sequence[kv_pb2.Compare],
        success: Sequence[Step],
        failure: Sequence[Step],
    ) -> kv_pb2.TxnResponse:
        """Do a transaction and return etcd's whole answer."""
        question = kv_pb2.TxnRequest(
            compare=compare,
            success=[operation(step) for step in success],
            failure=[operation(step) for step in failure],
        )
        return await self._connection.call(calls.TXN, question)

    async def compact(self, revision: int, *, physical: bool = False) -> None:
        """Forget history before `revision`."""
        question = kv_pb2.CompactionRequest(revision=revision, physical=physical)
        await self._connection.call(calls.COMPACT, question)

    # Leases and locks

    async def lease(self, ttl: int, lease_id: int | None = None) -> Lease:
        """Grant a lease of `ttl` seconds; etcd gives at least about 2."""
        question = lease_pb2.LeaseGrantRequest(TTL=ttl, ID=lease_id or 0)
        answer = await self._connection.call(calls.LEASE_GRANT, question)
        return Lease(answer.ID, answer.TTL, self)

    async def refresh_lease(self, lease_id: int) -> int:
        """Extend a lease by its time to live and return that, 0 if it is gone."""
        question = lease_pb2.LeaseKeepAliveRequest(ID=lease_id)
        answer = await self._connection.call(calls.LEASE_KEEP_ALIVE, question)
        return answer.TTL

    async def revoke_lease(self, lease_id: int) -> None:
        """End a lease and delete its keys; one that is gone is no error."""
        question = lease_pb2.LeaseRevokeRequest(ID=lease_id)
        try:
            await self._connection.call(calls.LEASE_REVOKE, question)
        except LeaseNotFoundError:
            return

    async def get_lease_info(self, lease_id: int) -> lease_pb2.LeaseTimeToLiveResponse:
        """Return how a lease stands, and its keys."""
        question = lease_pb2.LeaseTimeToLiveRequest(ID=lease_id, keys=True)
        return await self._connection.call(calls.LEASE_TIME_TO_LIVE, question)

    def lock(self, name: str, ttl: int = TTL_S) -> Lock:
        """Return a lock, not yet acquired; `async with` acquires it."""
        return Lock(name, ttl, self)

    # Watching

    def watch_revisions(
        self, prefix: Key, start_revision: int | None = None
    ) -> Watch:  # fmt: skip
        """Return a watch, not yet begun, that yields whole revisions."""
        return Watch(self._connection, prefix_range(prefix), start_revision)

    async def watch(
        self, key: Key, *, range_end: Key | None = None, start_revision: int | None = None
    ) -> tuple[AsyncIterator[Event], Callable[[], None]]:
        """Begin to watch a key; return its events, and a function that ends them.

        Raises:
            WatchTimedOut: etcd did not begin to watch within the deadline.
        """
        keys = to_bytes(key), to_bytes(range_end or b"")
        watch = Watch(self._connection, keys, start_revision)
        await watch.begin()
        return _events(watch), watch.cancel

    async def watch_prefix(
        self, key_prefix: Key, *, start_revision: int | None = None
    ) -> tuple[AsyncIterator[Event], Callable[[], None]]:
        """Begin to watch every key that begins with `key_prefix`."""
        first, end = prefix_range(key_prefix)
        return await self.watch(first, range_end=end, start_revision=start_revision)

    async def add_watch_callback(
        self,
        key: Key,
        callback: WatchCallback,
        *,
        range_end: Key | None = None,
        start_revision: int | None = None,
    ) -> int:
        """Call `callback` with each revision that touches `key`, or with the error that ends it.

        Returns a number for `cancel_watch`.
        """
        keys = to_bytes(key), to_bytes(range_end or b"")
        watch = Watch(self._connection, keys, start_revision)
        await watch.begin()
        self._callbacks_added += 1
        watch_id = self._callbacks_added
        self._callbacks[watch_id] = watch
        self._tasks.spawn(self._call_back(watch_id, watch, callback), f"etcd watch {watch_id}")
        return watch_id

    async def add_watch_prefix_callback(
        self, key_prefix: Key, callback: WatchCallback, *, start_revision: int | None = None
    ) -> int:
        """Do as `add_watch_callback` for every key that begins with `key_prefix`."""
        first, end = prefix_range(key_prefix)
        return await self.add_watch_callback(
            first, callback, range_end=end, start_revision=start_revision
        )

    def cancel_watch(self, watch_id: int) -> None:
        """End a watch with a callback."""
        if watch := self._callbacks.pop(watch_id, None):
            watch.cancel()

    async def _call_back(self, watch_id: int, watch: Watch, callback: WatchCallback) -> None:
        try:
            async for revision in watch.revisions():
                callback(revision)
        except EtcdError as error:
            callback(error)
        finally:
            self._callbacks.pop(watch_id, None)


def _report(name: str, failure: BaseException) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": f"the callback of {name} failed", "exception": failure}
    )


async def _events(watch: Watch) -> AsyncIterator[Event]:
    async for revision in watch.revisions():
        for event in revision.events:
            yield event
