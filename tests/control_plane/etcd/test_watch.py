"""Watches across everything that can happen to the other side."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import cast

import pytest
from grpc.aio import EOF

from tests.fakes.etcd import Etcd, free_ports
from weftline_control.etcd.client import EtcdClient
from weftline_control.etcd.connection import Connection, Target
from weftline_control.etcd.errors import EtcdError, RevisionCompactedError, WatchTimedOut
from weftline_control.etcd.events import Revision
from weftline_control.etcd.watch import Watch
from weftline_proto.etcd.v1.kv_pb2 import Event, KeyValue, ResponseHeader
from weftline_proto.etcd.v1.watch_pb2 import WatchCreateRequest, WatchRequest, WatchResponse


@pytest.fixture
async def client(own: Etcd) -> AsyncIterator[EtcdClient]:
    ours = EtcdClient(Target(own.endpoints, timeout_s=10))
    yield ours
    await ours.close()


async def take(revisions: AsyncIterator[Revision], count: int) -> list[Revision]:
    async with asyncio.timeout(20):
        return [await anext(revisions) for _ in range(count)]


async def test_kill_9_leaves_no_gap_and_no_repetition(own: Etcd, client: EtcdClient) -> None:
    first = (await client.put("/w/start", "")).header.revision + 1
    seen: asyncio.Queue[Revision] = asyncio.Queue()

    async def follow() -> None:
        async for revision in client.watch_revisions("/w/", first).revisions():
            seen.put_nowait(revision)

    following = asyncio.ensure_future(follow())
    written: list[tuple[int, bytes]] = []

    async def write(count: int) -> None:
        for _ in range(count):
            value = b"%d" % len(written)
            _, answers = await client.transaction(
                [], [client.transactions.put(f"/w/{k}", value) for k in range(3)], []
            )
            assert len(answers) == 3
            written.append(((await client.get("/w/0"))[1].mod_revision, value))  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]

    for _ in range(3):
        await write(20)
        own.members[0].kill()
        await asyncio.sleep(0.02)
        await asyncio.to_thread(own.members[0].start)
        await write(20)
    async with asyncio.timeout(20):
        found = [await seen.get() for _ in written]
    assert [(r.revision, r.events[0].value) for r in found] == written
    assert all(len(r.events) == 3 for r in found)
    # A repetition would come before this.
    last = (await client.put("/w/end", "")).header.revision
    async with asyncio.timeout(20):
        assert (await seen.get()).revision == last
    following.cancel()


async def test_history_lost_while_away_is_said(own: Etcd, client: EtcdClient) -> None:
    start = (await client.put("/w/a", "0")).header.revision
    revisions = client.watch_revisions("/w/", start + 1).revisions()
    await client.put("/w/a", "1")
    assert (await take(revisions, 1))[0].events[0].value == b"1"
    # While the watch is away, more is written, and forgotten.
    own.members[0].kill()
    await asyncio.to_thread(own.members[0].start)
    other = EtcdClient(Target(own.endpoints, timeout_s=10))
    await other.put("/w/a", "2")
    last = (await other.put("/w/a", "3")).header.revision
    await other.compact(last)
    await other.close()
    with pytest.raises(RevisionCompactedError) as caught:
        await take(revisions, 1)
    assert caught.value.compacted_revision == last
    rest = client.watch_revisions("/w/", last + 1).revisions()
    await client.put("/w/a", "4")
    assert (await take(rest, 1))[0].events[0].value == b"4"
    await rest.aclose()


async def test_a_store_set_back_is_said(own: Etcd, client: EtcdClient) -> None:
    for i in range(5):
        last = (await client.put("/w/a", str(i))).header.revision
    revisions = client.watch_revisions("/w/", last).revisions()  # type: ignore[possibly-undefined]  # pyright: ignore[reportPossiblyUnbound]
    await take(revisions, 1)
    own.members[0].kill()
    shutil.rmtree(own.members[0].data / "data")
    await asyncio.to_thread(own.members[0].start)
    with pytest.raises(RevisionCompactedError, match="set back to revision 1 from"):
        await take(revisions, 1)


async def test_a_watch_from_now_sees_what_comes_after_it_began(client: EtcdClient) -> None:
    await client.put("/w/a", "before")
    events, cancel = await client.watch("/w/a")
    await client.put("/w/a", "after")
    async with asyncio.timeout(10):
        assert (await anext(events)).value == b"after"
    cancel()


async def test_large_answers_come_in_pieces_and_arrive_whole(client: EtcdClient) -> None:
    start = (await client.put("/w/start", "")).header.revision + 1
    t = client.transactions
    for i in range(8):
        steps = [t.put(f"/w/{k}", bytes([i]) * 300_000) for k in range(4)]
        await client.transaction([], steps, [])
    # 9.6 MB that the server has to catch up with: it splits them at about 2 MiB.
    revisions = client.watch_revisions("/w/", start).revisions()
    found = await take(revisions, 8)
    assert [[e.value[:1] for e in r.events] for r in found] == [[bytes([i])] * 4 for i in range(8)]
    await revisions.aclose()


async def test_nobody_there_is_said_when_beginning() -> None:
    (port,) = free_ports(1)
    client = EtcdClient(Target((f"127.0.0.1:{port}",), timeout_s=0.2))
    with pytest.raises(WatchTimedOut, match="does not answer"):
        await client.watch("/a")
    await client.close()


async def test_cancelling_ends_the_loop_and_closing_too(client: EtcdClient) -> None:
    events, cancel = await client.watch_prefix("/")
    waiting = asyncio.ensure_future(anext(events, None))
    await asyncio.sleep(0.05)
    cancel()
    async with asyncio.timeout(5):
        assert await waiting is None
    events, _ = await client.watch_prefix("/")
    waiting = asyncio.ensure_future(anext(events, None))
    await asyncio.sleep(0.05)
    await client.close()
    async with asyncio.timeout(5):
        assert await waiting is None


async def test_the_watchers_own_cancellation_is_not_swallowed(client: EtcdClient) -> None:
    events, _ = await client.watch_prefix("/")
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


class Script:
    """Stands for a connection: each stream that is opened plays the next list of answers, then
    breaks.
    """

    timeout_s = 5.0
    closed = False

    def __init__(self, *streams: list[WatchResponse]) -> None:
        self.streams = list(streams)
        self.asked: list[WatchCreateRequest] = []
        self.answers: list[WatchResponse] = []

    async def open(self, _method: object) -> "Script":
        self.answers = self.streams.pop(0)
        return self

    async def write(self, question: WatchRequest) -> None:
        self.asked.append(question.create_request)

    async def read(self) -> object:
        return self.answers.pop(0) if self.answers else EOF

    def cancel(self) -> None:
        self.answers = []

    def prefer_another(self) -> None:
        pass


def answer(*events: tuple[int, bytes], more: bool = False) -> WatchResponse:
    return WatchResponse(
        header=ResponseHeader(cluster_id=1, revision=9),
        fragment=more,
        events=[Event(kv=KeyValue(key=key, mod_revision=at)) for at, key in events],
    )


CREATED = WatchResponse(header=ResponseHeader(cluster_id=1, revision=9), created=True)


def watch_of(script: Script, start: int) -> AsyncIterator[tuple[int, list[bytes]]]:
    watch = Watch(cast(Connection, script), (b"/", b"0"), start)

    async def shown() -> AsyncIterator[tuple[int, list[bytes]]]:
        async for revision in watch.revisions():
            yield revision.revision, [event.key for event in revision.events]

    return shown()


async def test_a_break_within_a_revision_brings_it_once_and_whole() -> None:
    script = Script(
        [CREATED, answer((5, b"a"), (6, b"a"), more=True)],
        [CREATED, answer((5, b"a"), (6, b"a"), (6, b"b"))],
    )
    found = watch_of(script, 5)
    assert [await anext(found), await anext(found)] == [(5, [b"a"]), (6, [b"a", b"b"])]
    # One earlier than what is needed: see Watch.
    assert [q.start_revision for q in script.asked] == [4, 5]
    assert all(q.fragment for q in script.asked)


async def test_another_cluster_behind_the_same_address_is_said() -> None:
    other = WatchResponse(header=ResponseHeader(cluster_id=2, revision=99), created=True)
    found = watch_of(Script([CREATED, answer((5, b"a"))], [other]), 5)
    assert await anext(found) == (5, [b"a"])
    with pytest.raises(RevisionCompactedError, match="another cluster"):
        await anext(found)


async def test_a_refusal_for_a_reason_of_etcds_is_passed_on() -> None:
    end = WatchResponse(canceled=True, cancel_reason="etcdserver: some new reason")
    found = watch_of(Script([CREATED, end]), 5)
    with pytest.raises(EtcdError, match="etcd ended the watch: some new reason"):
        await anext(found)
