"""Answers given again: from memory, from disk, or from an equal request that is under way."""

from pathlib import Path

import msgspec
import pytest

from tests.fakes.desk import (
    ANSWER,
    DONE,
    ERROR,
    HEAD,
    LAST,
    TOKEN,
    USAGE,
    Desk,
    FakeClient,
    answer,
    chunk,
)
from tests.fakes.entries import entry_of
from tests.fakes.jobs import job
from tests.fakes.kept import Kept, Plain
from tests.fakes.pop import CHAT, PEPPER, endpoint
from tests.fakes.waiting import until
from tests.fakes.wires import HandClock, turns
from weftline_core.answer_cache import ENTRY_BYTES_MAX, CacheKey, CachePolicy, Entry
from weftline_core.ask import Ask
from weftline_core.counting import CountAsk
from weftline_core.desired import Key
from weftline_core.dialects.chat.front import FRONT as CHAT_FRONT
from weftline_core.dialects.messages.front import FRONT as MESSAGES_FRONT
from weftline_core.keys import digest
from weftline_core.record import Outcome
from weftline_core.usage import Usage
from weftline_node import coalesce
from weftline_node.cache import CacheSettings
from weftline_node.job import Job
from weftline_node.repeats import CacheKeeper, Repeats

KEEP = {"x-weft-cache-ttl": "60"}
TOGETHER = {"x-weft-cache": "coalesce"}
OTHER_KEY = "weft-other-key"
POLICY = CachePolicy(read=True, ttl_s=60)


def entry(key: CacheKey) -> Entry:
    return entry_of(ANSWER, tenant=key.tenant, expires_unix_s=1e12)


@pytest.fixture
async def desk() -> Desk:
    return Desk(endpoint("a", "http://a/v1"), endpoint("b", "http://b/v1"))


async def first_answer(desk: Desk, *, stream: bool = False) -> FakeClient:
    """Have an answer kept."""
    client = await desk.ask(headers=KEEP, stream=stream)
    if stream:
        await desk.receive(HEAD + chunk(TOKEN), chunk(USAGE + DONE) + LAST)
    else:
        await desk.receive(answer(200, ANSWER))
    assert client.status == 200
    return client


async def test_an_equal_request_gets_the_answer_again_for_nothing(desk: Desk) -> None:
    first = await first_answer(desk)
    assert first.head["x-weft-cache"] == "miss"
    again = await desk.ask(headers=KEEP)
    assert (again.status, again.body, again.finished) == (200, ANSWER, ["keep"])
    assert again.head["x-weft-cache"] == "hit"
    assert again.head["x-weft-attempts"] == "0"
    assert again.head["x-weft-pop"] == "ams"
    assert again.head["x-weft-revision"] == "7"
    assert again.head["x-request-id"] != first.head["x-request-id"]
    assert again.head["content-length"] == str(len(ANSWER))
    assert "x-weft-endpoint" not in again.head
    assert len(desk.network.dialled) == 1
    await desk.pool.close()


async def test_a_streamed_answer_is_given_again_as_a_stream(desk: Desk) -> None:
    first = await first_answer(desk, stream=True)
    again = await desk.ask(headers=KEEP, stream=True)
    assert again.head["transfer-encoding"] == "chunked"
    assert again.head["content-type"].startswith("text/event-stream")
    assert (again.head["x-weft-cache"], again.head["x-weft-attempts"]) == ("hit", "0")
    assert again.head["x-request-id"].startswith("req_")
    assert again.body == chunk(TOKEN + DONE) + LAST
    assert b"".join(first.writes).endswith(LAST)
    assert again.finished == ["keep"]
    await desk.pool.close()


async def test_the_record_of_a_hit_says_so_and_costs_nothing(desk: Desk) -> None:
    await first_answer(desk)
    before = len(desk.records)
    await desk.ask(headers={**KEEP, "x-weft-event-id": "mine"})
    (record,) = desk.records[before:]
    assert (record.cached, record.outcome, record.status) == (True, Outcome.OK, 200)
    assert (record.endpoint, record.attempts) == ("", 0)
    assert (record.usage, record.usage_source) == (Usage(3, 4), "reported")
    assert (record.cost_nanodollars, record.cost_source) == (0, "cache")
    assert (record.model, record.tenant, record.dialect) == (CHAT.name, "acme", "chat")
    assert (record.event_id, record.streamed) == ("mine", False)
    assert record.ttft_ms is not None
    assert not desk.records[0].cached
    await desk.pool.close()


async def test_another_question_is_asked(desk: Desk) -> None:
    await first_answer(desk)
    assert (await desk.ask(headers=KEEP, temperature=1)).writes == []
    assert (await desk.ask(headers=KEEP, stream=True)).writes == []
    assert desk.cache.stats().misses == 3
    await desk.pool.close()


async def test_who_asks_nothing_of_the_cache_gets_nothing_of_it(desk: Desk) -> None:
    await first_answer(desk)
    client = await desk.ask()
    await desk.receive(answer(200, ANSWER))
    assert "x-weft-cache" not in client.head
    assert desk.cache.stats().hits_memory == 0
    await desk.pool.close()


async def test_a_refresh_asks_again_and_keeps_the_new_answer(desk: Desk) -> None:
    await first_answer(desk)
    fresh = await desk.ask(headers={**KEEP, "x-weft-cache": "refresh"})
    new = ANSWER.replace(b"4", b"5")
    await desk.receive(answer(200, new))
    assert (fresh.body, fresh.head["x-weft-cache"]) == (new, "miss")
    assert (await desk.ask(headers=KEEP)).body == new
    await desk.pool.close()


async def test_a_model_may_have_its_answers_kept(desk: Desk) -> None:
    desk.apply(msgspec.structs.replace(CHAT, cache_ttl_s=60))
    await desk.ask()
    await desk.receive(answer(200, ANSWER))
    assert (await desk.ask()).head["x-weft-cache"] == "hit"
    await desk.pool.close()


async def test_tenants_share_nothing(desk: Desk) -> None:
    stranger = Key(name="stranger", digest=digest(PEPPER, OTHER_KEY), tenant="other")
    desk.apply(stranger)
    own_key = {**KEEP, "x-weft-cache-key": "k"}
    for headers in (KEEP, own_key):
        await desk.ask(headers=headers)
        await desk.receive(answer(200, ANSWER))
        theirs = await desk.ask(key=OTHER_KEY, headers=headers)
        assert theirs.writes == []
        assert (await desk.ask(headers=headers)).head["x-weft-cache"] == "hit"
        await desk.receive(answer(200, b'{"choices":["theirs"]}'))
        assert b"theirs" in theirs.body
        again = await desk.ask(key=OTHER_KEY, headers=headers)
        assert (again.head["x-weft-cache"], b"theirs" in again.body) == ("hit", True)
    await desk.pool.close()


@pytest.mark.parametrize("status", [400, 500])
async def test_an_error_is_not_kept(desk: Desk, status: int) -> None:
    await desk.ask(headers=KEEP)
    await desk.receive(answer(status, b'{"error":{"message":"no"}}'))
    if status == 500:
        await desk.receive(answer(status, b'{"error":{"message":"no"}}'))
    assert desk.cache.stats().stores == 0
    assert (await desk.ask(headers=KEEP)).writes == []
    await desk.pool.close()


async def test_a_stream_that_broke_or_was_left_is_not_kept(desk: Desk) -> None:
    await desk.ask(headers=KEEP, stream=True)
    await desk.receive(HEAD + chunk(TOKEN), chunk(ERROR))
    left = await desk.ask(headers=KEEP, stream=True)
    await desk.receive(HEAD + chunk(TOKEN))
    assert left.responder is not None
    left.responder.client_gone()
    assert desk.cache.stats().stores == 0
    await desk.pool.close()


async def test_an_answer_on_disk_is_given_again_and_one_that_is_damaged_is_asked_for(
    tmp_path: Path,
) -> None:
    settings = CacheSettings(memory_bytes=0, folder=tmp_path)
    desk = Desk(endpoint("a", "http://a/v1"), cache=settings)
    await desk.cache.indexed()
    await first_answer(desk)
    await until(lambda: [p for p in tmp_path.iterdir() if len(p.name) == 64])
    again = await desk.ask(headers=KEEP)
    await until(lambda: again.finished)
    assert (again.body, again.head["x-weft-cache"]) == (ANSWER, "hit")
    assert desk.cache.stats().hits_disk == 1
    assert desk.records[-1].cached
    (file,) = [p for p in tmp_path.iterdir() if len(p.name) == 64]
    file.write_bytes(file.read_bytes()[:-9] + b"!" * 9)
    third = await desk.ask(headers=KEEP)
    await until(lambda: len(desk.network.transports[-1].writes) == 2)
    await desk.receive(answer(200, ANSWER))
    assert (third.status, third.head["x-weft-cache"]) == (200, "miss")
    assert (desk.cache.stats().disk_damaged, desk.failures) == (1, [])
    await desk.cache.close()
    await desk.pool.close()


async def test_who_leaves_while_the_disk_reads_is_canceled(tmp_path: Path) -> None:
    settings = CacheSettings(memory_bytes=0, folder=tmp_path)
    desk = Desk(endpoint("a", "http://a/v1"), cache=settings)
    await desk.cache.indexed()
    client = FakeClient()
    repeats = Repeats(desk.cache, HandClock(at_unix_ms=0), desk.records.append)
    one = job()
    key = repeats.key_of(one, POLICY)
    assert desk.cache.put(key, entry(key))
    repeats.serve(one, POLICY, client, lambda _: pytest.fail("it has left"))
    assert client.responder is not None
    client.responder.pause()
    client.responder.resume()
    client.responder.client_gone()
    await desk.cache.close()
    await turns()
    assert client.writes == []
    assert (desk.records[-1].outcome, desk.records[-1].status) == (Outcome.CANCELED, 0)
    assert (desk.records[-1].cached, desk.records[-1].cost_nanodollars) == (False, None)
    await desk.pool.close()


@pytest.mark.parametrize("stream", [False, True])
async def test_equal_requests_under_way_share_one_answer(desk: Desk, stream: bool) -> None:
    leader = await desk.ask(headers=TOGETHER, stream=stream)
    followers = [await desk.ask(headers=TOGETHER, stream=stream) for _ in range(2)]
    alone = await desk.ask(stream=stream)
    assert len(desk.network.dialled) == 2, "the leader's and that of who asked for nothing"
    if stream:
        await desk.receive(HEAD + chunk(TOKEN), chunk(DONE) + LAST, number=0)
        body = chunk(TOKEN + DONE) + LAST
    else:
        await desk.receive(answer(200, ANSWER), number=0)
        body = ANSWER
    await turns()
    assert (leader.head["x-weft-cache"], leader.finished) == ("miss", ["keep"])
    for follower in followers:
        assert (follower.body, follower.finished) == (body, ["keep"])
        assert (follower.head["x-weft-cache"], follower.head["x-weft-attempts"]) == ("hit", "0")
    assert alone.writes == []
    records = [record for record in desk.records if record.cached]
    assert [record.cost_nanodollars for record in records] == [0, 0]
    assert {record.usage_source for record in records} == {"none" if stream else "reported"}
    assert desk.cache.stats().joined == 2
    assert desk.cache.stats().stores == 0, "to share is not to keep"
    await desk.pool.close()


async def test_what_is_shared_may_be_kept_too(desk: Desk) -> None:
    both = TOGETHER | KEEP
    await desk.ask(headers=both)
    follower = await desk.ask(headers=both)
    await desk.receive(answer(200, ANSWER))
    assert follower.head["x-weft-cache"] == "hit"
    assert (await desk.ask(headers=both)).head["x-weft-cache"] == "hit"
    assert desk.cache.stats().stores == 1
    await desk.pool.close()


async def test_when_the_leader_leaves_the_first_follower_leads(desk: Desk) -> None:
    leader = await desk.ask(headers=TOGETHER)
    first, second = [await desk.ask(headers=TOGETHER) for _ in range(2)]
    assert leader.responder is not None
    leader.responder.client_gone()
    await turns()
    assert len(desk.network.dialled) == 2
    await desk.receive(answer(200, ANSWER))
    assert (first.body, first.head["x-weft-cache"]) == (ANSWER, "miss")
    assert (second.body, second.head["x-weft-cache"]) == (ANSWER, "hit")
    await desk.pool.close()


async def test_a_leaders_error_is_its_own(desk: Desk) -> None:
    leader = await desk.ask(headers=TOGETHER)
    follower = await desk.ask(headers=TOGETHER)
    await desk.receive(answer(400, b'{"error":{"message":"no"}}'))
    assert leader.status == 400
    assert follower.writes == [], "it asks by itself"
    await desk.receive(answer(200, ANSWER))
    assert (follower.status, follower.head["x-weft-cache"]) == (200, "miss")
    await desk.pool.close()


async def test_a_follower_that_leaves_is_canceled_and_hears_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalesce, "FOLLOWERS_MAX", 1)
    await desk.ask(headers=TOGETHER)
    follower = await desk.ask(headers=TOGETHER)
    assert follower.responder is not None
    follower.responder.client_gone()
    assert (desk.records[-1].outcome, desk.records[-1].status) == (Outcome.CANCELED, 0)
    # Its place is free for another.
    other = await desk.ask(headers=TOGETHER)
    await desk.receive(answer(200, ANSWER))
    assert (follower.writes, other.head["x-weft-cache"]) == ([], "hit")
    assert [r.outcome for r in desk.records] == [Outcome.CANCELED, Outcome.OK, Outcome.OK]
    assert len(desk.network.dialled) == 1
    await desk.pool.close()


@pytest.fixture
async def kept() -> Kept:
    return Kept()


async def test_an_answer_is_kept_in_one_piece_for_its_time(kept: Kept) -> None:
    key = kept.repeats.key_of(job(), POLICY)
    keeper = kept.keeper(key)
    keeper.add(b"one ")
    keeper.add(b"two")
    assert kept.get(key) is None
    keeper.keep(Usage(1, 2), stream=True)
    keeper.drop()
    found = kept.get(key)
    assert found is not None
    assert (found.body, found.usage, found.stream) == (b"one two", Usage(1, 2), True)
    assert found.content_type == "text/event-stream"
    assert kept.get(key, 61.0) is None


@pytest.mark.parametrize("ends", ["large", "dropped"])
async def test_what_is_too_large_or_not_whole_is_let_go(kept: Kept, ends: str) -> None:
    key, told = kept.repeats.key_of(job(), POLICY), list[Entry | None]()
    keeper = kept.keeper(key)
    assert kept.cache.join(key, told.append) is not None
    if ends == "large":
        keeper.add(b"x" * ENTRY_BYTES_MAX)
        await turns()
        assert told == []
        keeper.add(b"x")
    else:
        keeper.add(b"half")
        keeper.drop()
    await turns()
    assert told == [None], "who waits goes on without it at once"
    keeper.add(b"more")
    keeper.keep(None, stream=False)
    assert kept.get(key) is None


async def test_a_hit_looks_like_the_path_it_came_by(kept: Kept) -> None:
    one = msgspec.structs.replace(job(), face=Plain(), lines="x-own: 1\r\n")
    key = kept.repeats.key_of(one, POLICY)
    kept.cache.put(key, entry(key))
    client = FakeClient()
    client.closing = True
    kept.repeats.serve(one, POLICY, client, lambda _: pytest.fail("the answer is here"))
    assert client.head["x-face"] == "req_1 None None hit"
    assert (client.head["x-own"], client.head["connection"]) == ("1", "close")
    (record,) = kept.records
    assert (record.usage, record.usage_source) == (Usage(5, 7), "reported")


def asking(*asks: Ask) -> Job:
    return msgspec.structs.replace(job(), asks=asks)


def an_ask(lines: bytes = b"", **more: object) -> Ask:
    return Ask(CHAT_FRONT, msgspec.structs.replace(job().asks[0].request, body=dict(more)), lines)


async def test_all_that_is_asked_names_the_answer(kept: Kept) -> None:
    plain = an_ask(a=1)
    messages = msgspec.structs.replace(plain.request, dialect="messages")
    jobs = [
        asking(plain),
        asking(an_ask(a=2)),
        asking(an_ask(b"anthropic-beta: x\r\n", a=1)),
        asking(an_ask(b"anthropic-beta: y\r\n", a=1)),
        asking(plain, an_ask(a=2)),
        asking(plain, an_ask(a=3)),
        asking(plain, Ask(MESSAGES_FRONT, messages)),
        asking(Ask(MESSAGES_FRONT, messages)),
        asking(CountAsk(MESSAGES_FRONT, messages)),
        msgspec.structs.replace(asking(plain), tenant="other"),
    ]
    keys = {kept.repeats.key_of(one, POLICY).digest for one in jobs}
    assert len(keys) == len(jobs)
    assert kept.repeats.key_of(asking(an_ask(a=1)), POLICY).digest in keys


async def test_a_job_of_its_own_goes_without_a_keeper(kept: Kept) -> None:
    gone: list[object] = []
    kept.repeats.serve(job(), CachePolicy(read=False, coalesce=False), FakeClient(), gone.append)
    assert gone == [None]
    kept.repeats.serve(job(), CachePolicy(ttl_s=5), FakeClient(), gone.append)
    assert isinstance(gone[1], CacheKeeper)
