"""The store in etcd: for a control plane of several processes.

A commit is one transaction with conditions on mod_revision, so one revision; a watch is etcd's.
All keys lie under one root, so that several meshes, and others, can share an etcd.
"""

from collections.abc import AsyncIterator, Collection, Generator, Mapping
from contextlib import contextmanager

from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.errors import (
    EtcdError,
    LeaseNotFoundError,
    RevisionCompactedError,
)
from weftline_control.etcd.events import DeleteEvent, Revision
from weftline_control.etcd.keys import ZERO, prefix_range
from weftline_control.etcd.transactions import Delete, Get, Mod, Put, Step
from weftline_control.store import (
    Batch,
    Change,
    Compacted,
    Conflict,
    Entry,
    LeaseGone,
    StoreUnavailable,
)
from weftline_control.store_commit import Commit
from weftline_proto.etcd.v1.kv_pb2 import KeyValue

ROOT = "/weftline/"

# Keys read at once: with values as large as they may be a page is 16 MiB.
PAGE_KEYS = 256

# How often a range is begun anew because history was compacted under it, which etcd does every
# few minutes at most.
RANGE_TRIES_MAX = 3


class EtcdStore:
    """A `Store` under one root of an etcd. Closing it closes the client."""

    def __init__(self, client: EtcdClient, root: str = ROOT) -> None:
        self._client = client
        self._root = root

    async def get(self, key: str) -> Entry | None:
        """Return one key, or None."""
        with self._explained():
            answer = await self._client.get_response(self._root + key)
        return self._entry(answer.kvs[0]) if answer.kvs else None

    async def range(self, prefix: str) -> tuple[list[Entry], int]:
        """Return all keys under `prefix` in key order, and the revision."""
        with self._explained():
            for _ in range(RANGE_TRIES_MAX - 1):
                try:
                    return await self._pages(prefix)
                except RevisionCompactedError:
                    continue
            return await self._pages(prefix)

    async def commit(
        self,
        put: Mapping[str, bytes],
        delete: Collection[str] = (),
        *,
        if_revision: Mapping[str, int] | None = None,
        lease: int = 0,
    ) -> int:
        """Change several keys as one revision and return it."""
        commit = Commit.of(put, delete, if_revision, lease)
        conditions = [Mod(self._root + key) == at for key, at in commit.if_revision]
        steps: list[Step] = [Put(self._root + k, v, lease) for k, v in commit.put]
        steps += [Delete(self._root + key) for key in commit.delete]
        # If a condition fails, learn which.
        looks = [Get(self._root + key) for key, _ in commit.if_revision]
        with self._explained(lease):
            answer = await self._client.transaction_response(conditions, steps, looks)
        if answer.succeeded:
            return answer.header.revision
        for (key, at), response in zip(commit.if_revision, answer.responses, strict=True):
            found = response.response_range.kvs
            if at != (found[0].mod_revision if found else 0):
                raise Conflict(key)
        raise StoreUnavailable("etcd refused a commit and its reasons do not hold")

    async def watch(self, prefix: str, after_revision: int) -> AsyncIterator[Batch]:
        """Yield every later revision that touches `prefix`, once and in order, for ever."""
        watch = self._client.watch_revisions(self._root + prefix, after_revision + 1)
        revisions = watch.revisions()
        try:
            with self._explained():
                async for revision in revisions:
                    yield self._batch(revision)
            raise StoreUnavailable("the store was closed")
        finally:
            await revisions.aclose()

    async def grant(self, ttl_s: int) -> int:
        """Return a new lease."""
        if ttl_s < 1:
            raise ValueError(f"a lease lives at least 1 s, not {ttl_s}")
        with self._explained():
            return (await self._client.lease(ttl_s)).id

    async def keep_alive(self, lease: int) -> bool:
        """Extend a lease by its own time to live."""
        with self._explained():
            return await self._client.refresh_lease(lease) > 0

    async def revoke(self, lease: int) -> None:
        """End a lease and delete its keys at once."""
        with self._explained():
            await self._client.revoke_lease(lease)

    async def compact(self, revision: int) -> None:
        """Forget history up to `revision`, in the whole etcd."""
        with self._explained():
            try:
                await self._client.compact(revision)
            except RevisionCompactedError:
                return
            except EtcdError as error:
                if "future revision" in str(error):
                    raise ValueError(f"revision {revision} is still to come") from error
                raise

    async def close(self) -> None:
        """Let go of the store; watchers end with StoreUnavailable."""
        await self._client.close()

    async def _pages(self, prefix: str) -> tuple[list[Entry], int]:
        """Read page by page at one revision."""
        first, end = prefix_range(self._root + prefix)
        entries: list[Entry] = []
        revision = 0
        while True:
            page = await self._client.get_range_response(
                first, end, limit=PAGE_KEYS, revision=revision
            )
            revision = revision or page.header.revision
            entries += [self._entry(kv) for kv in page.kvs]
            if not page.more:
                return entries, revision
            first = page.kvs[-1].key + ZERO

    def _entry(self, kv: KeyValue) -> Entry:
        return Entry(self._name(kv.key), kv.value, kv.mod_revision)

    def _name(self, key: bytes) -> str:
        # Whatever else may write under our root: a key that is no UTF-8 must not stop the mesh.
        return key.decode(errors="replace").removeprefix(self._root)

    def _batch(self, revision: Revision) -> Batch:
        changes = [
            Change(self._name(e.key), None if isinstance(e, DeleteEvent) else e.value)
            for e in sorted(revision.events, key=lambda e: e.key)
        ]
        return Batch(revision.revision, tuple(changes))

    @contextmanager
    def _explained(self, lease: int = 0) -> Generator[None, None, None]:
        """Turn the client's errors into the store's."""
        try:
            yield
        except RevisionCompactedError as error:
            raise Compacted(error.compacted_revision) from error
        except LeaseNotFoundError as error:
            raise LeaseGone(lease) from error
        except EtcdError as error:
            raise StoreUnavailable(_advice(str(error))) from error


def _advice(words: str) -> str:
    if "database space exceeded" in words:
        return f"{words}: compact and defragment it, then disarm its alarm with etcdctl"
    return words
