"""Our client beside the published etcd3, on one etcd: what one writes the other reads."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Protocol, cast

import pytest

from tests.fakes.etcd import Etcd
from weftline_control.etcd.client import EtcdClient, KVMetadata
from weftline_control.etcd.errors import EtcdError, RevisionCompactedError
from weftline_control.etcd.events import DeleteEvent, PutEvent, Revision
from weftline_control.etcd.transactions import Transactions

Pair = tuple[bytes, KVMetadata]


class TheirEvent(Protocol):
    """An event of etcd3's."""

    key: bytes
    value: bytes
    mod_revision: int


class TheirLease(Protocol):
    """A lease of etcd3's."""

    id: int
    ttl: int

    def revoke(self) -> None: ...
    def refresh(self) -> list[object]: ...


class Theirs(Protocol):
    """What the tests use of etcd3's client."""

    transactions: type[Transactions]

    def close(self) -> None: ...
    def put(self, key: str, value: str | bytes, lease: object = None) -> object: ...
    def get(self, key: str) -> tuple[bytes | None, KVMetadata | None]: ...
    def get_prefix(self, key_prefix: str, **options: object) -> Iterator[Pair]: ...
    def get_all(self) -> Iterator[Pair]: ...
    def delete(self, key: str) -> bool: ...
    def put_if_not_exists(self, key: str, value: str) -> bool: ...
    def replace(self, key: str, initial_value: str, new_value: str) -> bool: ...
    def transaction(
        self, compare: list[object], success: list[object], failure: list[object]
    ) -> tuple[bool, list[object]]: ...
    def lease(self, ttl: int) -> TheirLease: ...
    def watch_prefix(self, key_prefix: str) -> tuple[Iterator[TheirEvent], Callable[[], None]]: ...
    def compact(self, revision: int) -> None: ...


@pytest.fixture
def theirs(etcd: Etcd, client: EtcdClient, etcd3_module: ModuleType) -> Iterator[Theirs]:
    """Return etcd3's client of the same etcd, which `client` has emptied."""
    other = cast(Theirs, etcd3_module.client(port=etcd.members[0].client_port, timeout=5))
    yield other
    other.close()
    for thread in threading.enumerate():
        if thread.name.startswith("etcd3_watch_"):
            thread.join(5)


def facts(metadata: KVMetadata | None) -> tuple[object, ...]:
    assert metadata is not None
    return (
        metadata.key,
        metadata.create_revision,
        metadata.mod_revision,
        metadata.version,
        metadata.lease_id,
        metadata.response_header.revision,
    )


async def test_what_one_puts_the_other_gets(client: EtcdClient, theirs: Theirs) -> None:
    await client.put("/a", "ours é")
    await asyncio.to_thread(theirs.put, "/b", b"\x00theirs")
    for key, expected in (("/a", "ours é".encode()), ("/b", b"\x00theirs")):
        value, metadata = await client.get(key)
        their_value, their_metadata = await asyncio.to_thread(theirs.get, key)
        assert value == their_value == expected
        assert facts(metadata) == facts(their_metadata)
    assert await client.get("/none") == await asyncio.to_thread(theirs.get, "/none")


@pytest.mark.parametrize("order", ["ascend", "descend"])
@pytest.mark.parametrize("target", ["key", "version", "create", "mod", "value"])
async def test_ranges_are_alike(
    client: EtcdClient, theirs: Theirs, order: str, target: str
) -> None:
    for key, value in (("/p/b", "1"), ("/p/a", "3"), ("/p/c", "2"), ("/p/a", "4"), ("/q", "")):
        await client.put(key, value)

    def read() -> list[Pair]:
        return list(theirs.get_prefix("/p/", sort_order=order, sort_target=target))

    ours = await client.get_prefix("/p/", sort_order=order, sort_target=target)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert [(v, facts(m)) for v, m in ours] == [
        (v, facts(m)) for v, m in await asyncio.to_thread(read)
    ]
    assert len(ours) == 3


async def test_reading_options(client: EtcdClient, theirs: Theirs) -> None:
    for i in range(4):
        await client.put(f"/k{i}", str(i))
    everything = await client.get_all()
    assert [v for v, _ in everything] == [
        v for v, _ in await asyncio.to_thread(lambda: list(theirs.get_all()))
    ]
    assert [v for v, _ in await client.get_range("/k1", "/k3")] == [b"1", b"2"]
    assert [v for v, _ in await client.get_prefix("/k", limit=2)] == [b"0", b"1"]
    assert {v for v, _ in await client.get_prefix("/k", keys_only=True)} == {b""}
    before = everything[2][1].mod_revision - 1
    assert [v for v, _ in await client.get_prefix("/k", revision=before)] == [b"0", b"1"]
    assert (await client.get("/k1", serializable=True))[0] == b"1"


async def test_deleting_and_replacing(client: EtcdClient, theirs: Theirs) -> None:
    assert await client.put_if_not_exists("/a", "1")
    assert not await client.put_if_not_exists("/a", "2")
    assert not await asyncio.to_thread(theirs.put_if_not_exists, "/a", "3")
    assert await asyncio.to_thread(theirs.replace, "/a", "1", "4")
    assert not await client.replace("/a", "1", "5")
    assert await client.replace("/a", "4", "6")
    assert (await asyncio.to_thread(theirs.get, "/a"))[0] == b"6"
    assert await asyncio.to_thread(theirs.delete, "/a")
    assert not await client.delete("/a")
    await client.put("/x/1", "")
    await client.put("/x/2", "")
    assert (await client.delete_prefix("/x/")).deleted == 2
    previous = await client.put("/a", "7")
    assert previous.header.revision > 0


async def test_transactions_see_one_another(client: EtcdClient, theirs: Theirs) -> None:
    t, u = client.transactions, theirs.transactions
    done, answers = await client.transaction(
        [t.version("/a") == 0, t.create("/a") < 1],
        [t.put("/a", "1"), t.put("/b", "1"), t.get("/a")],
        [],
    )
    assert done
    assert [v for v, _ in cast(list[Pair], answers[2])] == [b"1"]

    def theirs_too() -> tuple[bool, list[object]]:
        return theirs.transaction(
            [u.value("/a") == b"1", u.version("/b") > 0],
            [u.put("/a", "2"), u.delete("/b")],
            [u.get("/a")],
        )

    assert (await asyncio.to_thread(theirs_too))[0]
    assert not (await asyncio.to_thread(theirs_too))[0]
    done, answers = await client.transaction(
        [t.value("/a") != "2", t.mod("/b") == 0], [], [t.get("/a"), t.delete("/a")]
    )
    assert not done
    assert cast(list[Pair], answers[0])[0][0] == b"2"
    assert await client.get("/a") == (None, None)


async def test_leases_hold_the_others_keys(client: EtcdClient, theirs: Theirs) -> None:
    ours = await client.lease(60)
    await asyncio.to_thread(theirs.put, "/on-ours", "", ours.id)
    other = await asyncio.to_thread(theirs.lease, 60)
    await client.put("/on-theirs", "", other.id)
    assert await ours.keys() == [b"/on-ours"]
    await ours.revoke()
    await asyncio.to_thread(other.revoke)
    assert await client.get_all() == []


# etcd3's watching thread dies of an unhandled error when its channel is closed.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_watches_show_the_same(client: EtcdClient, theirs: Theirs) -> None:
    events, cancel = await client.watch_prefix("/w/")
    their_events, their_cancel = await asyncio.to_thread(theirs.watch_prefix, "/w/")
    await client.put("/w/a", "1")
    await asyncio.to_thread(theirs.put, "/w/b", "2")
    await client.put("/else", "")
    await asyncio.to_thread(theirs.delete, "/w/a")
    async with asyncio.timeout(10):
        ours = [await anext(events) for _ in range(3)]
        others = [await asyncio.to_thread(next, their_events) for _ in range(3)]
    assert [(type(e).__name__, e.key, e.value, e.mod_revision) for e in ours] == [
        (type(e).__name__, e.key, e.value, e.mod_revision) for e in others
    ]
    assert [type(e) for e in ours] == [PutEvent, PutEvent, DeleteEvent]
    cancel()
    await asyncio.to_thread(their_cancel)
    async with asyncio.timeout(5):
        assert [e async for e in events] == []


async def test_callbacks_get_revisions_and_the_error_that_ends_them(client: EtcdClient) -> None:
    told: asyncio.Queue[Revision | EtcdError] = asyncio.Queue()
    watch_id = await client.add_watch_prefix_callback("/c/", told.put_nowait)
    other_id = await client.add_watch_callback("/c/2", told.put_nowait)
    await client.put("/c/1", "1")
    async with asyncio.timeout(10):
        revision = await told.get()
    assert isinstance(revision, Revision)
    assert [(e.key, e.value) for e in revision.events] == [(b"/c/1", b"1")]
    client.cancel_watch(watch_id)
    client.cancel_watch(watch_id)
    await client.put("/c/2", "2")
    async with asyncio.timeout(10):
        second = await told.get()
    assert isinstance(second, Revision)
    client.cancel_watch(other_id)
    await client.compact(second.revision)
    await client.add_watch_callback("/c/1", told.put_nowait, start_revision=revision.revision)
    async with asyncio.timeout(10):
        end = await told.get()
    assert isinstance(end, RevisionCompactedError)
    assert end.compacted_revision == second.revision


async def test_the_member_tells_how_it_is(client: EtcdClient) -> None:
    status = await client.status()
    assert status.version.startswith("3.")
    assert status.leader == status.header.member_id
