"""A request before its first attempt: who is turned away, and where the rest may go; and what no
failure after it may tell.
"""

import asyncio
from typing import TypedDict

import msgspec
import orjson
import pytest
from msgspec.structs import replace

from tests.fakes.desk import (
    ANSWER,
    ANTHROPIC,
    HEAD,
    MESSAGE,
    TOKEN,
    Desk,
    FakeClient,
    answer,
    chunk,
)
from tests.fakes.pop import CHAT, EMBED, KEY, PROVIDERS, endpoint
from weftline_core.attempts import Patience
from weftline_core.desired import Credential, Endpoint, Model
from weftline_core.dialects.plain_verdict import CODE_CHARS_MAX
from weftline_core.failures import MEANINGS, Failure
from weftline_core.record import Outcome
from weftline_core.usage import Usage
from weftline_node.pipeline import WHOLE_ANSWER_WAITS, patience_for


class Body(TypedDict, total=False):
    key: str
    version: str
    model: object
    stream: object


@pytest.mark.parametrize(
    ("ask", "status", "code", "words", "param"),
    [
        ({"key": "weft-wrong"}, 401, "invalid_api_key", "not known", None),
        ({"model": "no/such"}, 404, "model_not_found", "GET /v1/models", "model"),
        ({"model": EMBED.name}, 400, None, "does embeddings, not chat", "model"),
        ({"model": 7}, 400, None, "non-empty string", "model"),
        ({"stream": "yes"}, 400, None, "true or false", "stream"),
        ({"stream": True, "version": "1.0"}, 400, None, "HTTP/1.1", None),
    ],
)
async def test_what_cannot_be_served_is_told_and_recorded(
    ask: Body, status: int, code: str | None, words: str, param: str | None
) -> None:
    desk = Desk()
    client = await desk.ask(**ask)
    assert client.status == status
    assert (client.error["code"], client.error["param"]) == (code, param)
    assert words in (client.error["message"] or "")
    assert client.head["x-request-id"].startswith("req_")
    assert client.head["x-weft-revision"] == "7"
    assert client.finished == ["keep"]
    assert desk.network.dialled == []
    (record,) = desk.records
    assert (record.status, record.outcome, record.attempts) == (status, Outcome.REJECTED, 0)


async def test_no_error_repeats_a_key() -> None:
    client = await Desk().ask(key="weft-s3cret")
    assert b"s3cret" not in client.body


async def test_a_drained_pop_sends_clients_elsewhere() -> None:
    desk = Desk()
    before = await desk.ask()
    desk.drain()
    client = await desk.ask()
    assert (client.status, client.head["retry-after"]) == (503, "5")
    assert "another PoP" in (client.error["message"] or "")
    assert desk.pipeline.drained
    await desk.receive(answer(200, ANSWER))
    assert before.status == 200, "what was in progress ends well"
    await desk.pool.close()


async def test_an_alias_leads_to_its_model() -> None:
    desk = Desk()
    desk.apply(Model(name=CHAT.name, aliases=("short",)))
    await desk.ask(model="short")
    sent = desk.network.transports[0].written.partition(b"\r\n\r\n")[2]
    assert orjson.loads(sent)["model"] == "their-chat"


async def test_endpoints_that_cannot_be_dialled_are_passed_over() -> None:
    desk = Desk(endpoint("a", "http://a/v1", secret="env:MISSING"), endpoint("b", "http://b/v1"))
    await desk.ask()
    assert [str(address) for address, _ in desk.network.dialled] == ["b:80"]


async def test_with_none_to_dial_the_client_is_told_so() -> None:
    client = await Desk(endpoint("a", "http://a/v1", secret="env:MISSING")).ask()
    assert (client.status, client.error["code"]) == (503, "no_endpoint_available")
    assert "MISSING" not in (client.error["message"] or "")
    nobody = await Desk(endpoint("a", "http://a/v1", drain=True)).ask()
    assert (nobody.status, nobody.error["code"]) == (503, "no_endpoint_available")


def keyed(*names: str) -> tuple[Endpoint, tuple[Credential, ...]]:
    """Return an endpoint with credentials of these names."""
    one = msgspec.structs.replace(endpoint("a", "http://a/v1"), credentials=names)
    found = (Credential(name=name, provider="selfhosted", env=name.upper()) for name in names)
    return one, tuple(found)


async def test_while_all_keys_are_at_their_limit_nobody_is_asked() -> None:
    one, keys = keyed("main")
    desk = Desk(one, environ={"MAIN": "sk-1"})
    desk.apply(*keys)
    limited = answer(429, b'{"error":{"code":"rate_limit_exceeded"}}', "retry-after: 9")
    first = await desk.ask()
    await desk.receive(limited)
    assert (first.status, first.head["retry-after"]) == (429, "9")
    second = await desk.ask()
    assert (second.status, second.error["code"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(second.head["retry-after"]) <= 9
    assert len(desk.network.dialled) == 1
    assert desk.records[-1].outcome is Outcome.FAILED
    assert [state.cause for state in desk.pipeline.key_states()["a"]] == ["rate_limited"]
    await desk.pool.close()


async def test_a_refused_key_makes_room_for_the_next_and_the_endpoint_is_not_to_blame() -> None:
    one, keys = keyed("main", "spare")
    desk = Desk(one, environ={"MAIN": "sk-1", "SPARE": "sk-2"})
    desk.apply(*keys)
    client = await desk.ask()
    assert b"authorization: Bearer sk-1" in desk.network.transports[0].written
    await desk.receive(answer(401, b'{"error":{"code":"invalid_api_key"}}'))
    assert b"authorization: Bearer sk-2" in desk.network.transports[-1].written
    await desk.receive(answer(401, b'{"error":{"code":"invalid_api_key"}}'))
    assert client.status == 502
    later = await desk.ask()
    assert (later.status, later.error["code"]) == (503, "no_endpoint_available")
    assert 1 <= int(later.head["retry-after"]) <= 10, "a refused key is tried again"
    assert len(desk.network.dialled) <= 2
    await desk.pool.close()


async def test_a_host_of_another_dialect_is_translated() -> None:
    desk = Desk(endpoint("a", "http://a/v1"), providers=ANTHROPIC)
    client = await desk.ask(messages=[{"role": "user", "content": "x"}], seed=7)
    sent = desk.network.transports[-1].written
    assert sent.startswith(b"POST /v1/messages HTTP/1.1")
    assert b"seed" not in sent
    await desk.receive(answer(200, MESSAGE))
    assert client.status == 200
    assert orjson.loads(client.body)["choices"][0]["message"]["content"] == "hi"
    assert client.head["x-weft-dropped"] == "seed"
    assert desk.records[-1].usage == Usage(3, 1)
    broken = await desk.ask(messages=[{"role": "user", "content": "x"}])
    await desk.receive(answer(200, b"?"))
    assert broken.status == 502
    await desk.pool.close()


async def test_what_no_endpoint_can_carry_is_refused_with_its_path() -> None:
    desk = Desk(endpoint("a", "http://a/v1"), providers=ANTHROPIC)
    client = await desk.ask(messages=[{"role": "user", "content": "x"}], n=2)
    assert (client.status, client.error["param"]) == (400, "n")
    assert desk.network.dialled == []


async def test_a_model_is_found_for_its_own_task_only() -> None:
    desk = Desk(endpoint("a", "http://a/v1"), providers=ANTHROPIC)
    client = await desk.ask(task="embeddings", input="x")
    assert (client.status, client.error["code"]) == (503, "no_endpoint_available")


def test_patience_follows_the_model() -> None:
    usual = Patience(first_content_s=10.0, total_s=60.0)
    slow = Model(name="m", first_token_ms=2000)
    assert patience_for(usual, slow, stream=True).first_content_s == 2.0
    assert patience_for(usual, slow, stream=False).first_content_s == 2.0 * WHOLE_ANSWER_WAITS
    assert patience_for(usual, CHAT.__class__(name="m"), stream=False).first_content_s == 60.0
    assert patience_for(usual, EMBED, stream=False).first_content_s == 0.4


async def test_each_request_has_an_id_of_its_own() -> None:
    desk = Desk()
    heads = [(await desk.ask(key="no")).head["x-request-id"] for _ in range(3)]
    assert len(set(heads)) == 3
    assert KEY not in "".join(heads)


# What must not reach a client, however an attempt ends: the key for the endpoint, where it is, and
# what it says of itself.
CANARIES = ("sk-canary", "canary-host", "canary-path", "canary-body", "canary-header")
LEAKY = b'{"error":{"message":"canary-body at canary-host: sk-canary","code":"%b","type":"%b"}}'
TALKATIVE = ("server: canary-header", "x-request-id: canary-header", "location: http://canary-host")


def leaky(status: int, code: bytes = b"canary-body") -> list[bytes]:
    return [answer(status, LEAKY % (code, code), *TALKATIVE)]


def leaky_event(code: bytes) -> bytes:
    return b"data: " + LEAKY % (code, code) + b"\n\n"


# How each kind of failure comes about: what the endpoint sends, and whether it then hangs up.
FAILURES: list[tuple[Failure, list[bytes], bool]] = [
    (Failure.RESET, [], True),
    (Failure.SILENT, [HEAD], False),
    (Failure.STALLED, [HEAD + chunk(TOKEN)], False),
    (Failure.TRUNCATED, [HEAD + chunk(TOKEN)], True),
    (Failure.BROKEN, [b"HTTP/1.1 200 canary-body\r\ncanary-host\r\n\r\n"], False),
    (Failure.BROKEN, [HEAD + chunk(TOKEN), chunk(b"data: canary-body\n\n")], False),
    (Failure.BROKEN, leaky(302), False),
    (Failure.SERVER_ERROR, leaky(500), False),
    (Failure.SERVER_ERROR, [HEAD + chunk(TOKEN), chunk(leaky_event(b"oops"))], False),
    (Failure.OVERLOADED, leaky(503), False),
    (Failure.OVERLOADED, [HEAD + chunk(leaky_event(b"overloaded_error"))], False),
    (Failure.RATE_LIMITED, [HEAD + chunk(TOKEN) + chunk(leaky_event(b"slow_down"))], False),
    (Failure.RATE_LIMITED, leaky(429, b"rate_limit_exceeded"), False),
    (Failure.DENIED, leaky(400, b"invalid_api_key"), False),
    (Failure.QUOTA, leaky(429, b"insufficient_quota"), False),
    (Failure.DENIED, leaky(401), False),
    (Failure.NOT_FOUND, leaky(404), False),
    (Failure.CALLER, [answer(400, b"<html>canary-body at canary-host</html>", *TALKATIVE)], False),
]
DIALS: list[tuple[Failure, OSError | None]] = [
    (Failure.REFUSED, ConnectionRefusedError("canary-host")),
    (Failure.UNREACHABLE, OSError("canary-host")),
    (Failure.CONNECT_TIMEOUT, None),
]


def canary_desk() -> Desk:
    one = endpoint("a", "http://canary-host:81/canary-path/v1", secret="env:CANARY")
    patience = Patience(connect_s=0.02, stall_s=0.02)
    return Desk(one, patience=patience, environ={"CANARY": "sk-canary"})


async def check_no_canary(desk: Desk, client: FakeClient, failure: Failure) -> None:
    async with asyncio.timeout(2):
        while not client.finished:
            await asyncio.sleep(0.005)
    told = b"".join(client.writes).decode("latin-1")
    assert [word for word in CANARIES if word in told] == []
    (record,) = desk.records
    assert failure is Failure.CALLER or MEANINGS[failure].words in told
    assert not [word for word in CANARIES if word in repr(record)]


@pytest.mark.parametrize(("failure", "pieces", "hangs_up"), FAILURES)
async def test_no_failure_tells_a_client_what_is_inside(
    failure: Failure, pieces: list[bytes], hangs_up: bool
) -> None:
    desk = canary_desk()
    client = await desk.ask(stream=True)
    assert b"sk-canary" in desk.network.transports[0].written
    await desk.receive(*pieces)
    if hangs_up:
        await desk.hang_up()
    await check_no_canary(desk, client, failure)


async def test_a_wrong_request_is_told_in_the_endpoints_words_but_not_with_our_key() -> None:
    desk = canary_desk()
    client = await desk.ask(stream=True)
    error = b'{"error":{"message":"max_tokens is wrong (you sent sk-canary)","code":"%b"}}'
    await desk.receive(answer(400, error % (b"c" * 500)))
    told = b"".join(client.writes)
    assert b"max_tokens is wrong (you sent [hidden])" in told
    assert b"sk-canary" not in told
    (record,) = desk.records
    assert record.error_code == "c" * CODE_CHARS_MAX


@pytest.mark.parametrize(("failure", "error"), DIALS)
async def test_no_failed_dial_tells_a_client_what_is_inside(
    failure: Failure, error: OSError | None
) -> None:
    desk = canary_desk()
    desk.network.error, desk.network.hang = error, error is None
    client = await desk.ask(stream=True)
    await check_no_canary(desk, client, failure)


def test_every_kind_of_failure_was_tried() -> None:
    # A stale connection is tried again, and ends as one of the others; to the unfit nothing goes.
    tried = {failure for failure, *_ in (*FAILURES, *DIALS)}
    assert tried == set(Failure) - {Failure.STALE, Failure.UNFIT}


async def test_what_another_dialect_misreads_does_not_hide_the_first_hosts_failure() -> None:
    one, two = endpoint("a", "http://a/v1"), replace(endpoint("b", "http://b/v1"), provider="other")
    desk = Desk(one, two, providers={**PROVIDERS, "other": ANTHROPIC["selfhosted"]})
    client = await desk.ask(messages=[{"role": "user", "content": [{"type": "new-kind"}]}])
    await desk.receive(answer(503, b"{}"))
    assert (client.status, client.error["type"]) == (503, "service_unavailable_error")
    assert client.head["x-weft-attempts"] == "1"
    await desk.pool.close()


async def test_a_hit_names_the_fields_that_its_answer_was_made_without() -> None:
    desk = Desk(endpoint("a", "http://a/v1"), providers=ANTHROPIC)
    kept = {"x-weft-cache-ttl": "60"}
    asking = [{"role": "user", "content": "x"}]
    await desk.ask(headers=kept, messages=asking, seed=7)
    await desk.receive(answer(200, MESSAGE))
    again = await desk.ask(headers=kept, messages=asking, seed=7)
    assert (again.head["x-weft-cache"], again.head["x-weft-dropped"]) == ("hit", "seed")
    await desk.pool.close()
