"""Responses that are made whether or not anybody stays."""

import orjson
import pytest

from tests.fakes.desk import answer
from tests.fakes.kept_desk import (
    HEAD,
    LAST,
    MESSAGE,
    WHOLE,
    Json,
    KeptDesk,
    host_events,
    unchunked,
)
from tests.fakes.responses_wire import parsed
from weftline_core.dialects.chat.back import BACK as CHAT_BACK
from weftline_core.hosts import Host
from weftline_core.record import Outcome

EVENTS = host_events()


async def queued(desk: KeptDesk, **body: object) -> str:
    client = await desk.create(background=True, **body)
    assert (client.status, client.finished) == (200, ["keep"])
    told = orjson.loads(client.body)
    assert told["status"] == "queued"
    return str(told["id"])


def now(desk: KeptDesk, name: str) -> Json:
    found: Json = orjson.loads(desk.responses.find("acme", name).snapshot())
    return found


async def test_the_client_is_told_at_once_and_the_answer_is_made_without_it() -> None:
    desk = KeptDesk()
    name = await queued(desk)
    assert (desk.responses.running, desk.responses.count) == (1, 1)
    assert desk.sent()["stream"] is True
    assert "background" not in desk.sent()
    await desk.streams(*EVENTS[:3], head=HEAD)
    assert now(desk, name)["status"] == "in_progress"
    assert now(desk, name)["output"][0]["content"][0]["text"] == "one "
    await desk.streams(*EVENTS[3:])
    await desk.receive(LAST)
    done = now(desk, name)
    assert (done["status"], done["output"], done["id"]) == ("completed", [MESSAGE], name)
    assert done["background"] is True
    assert desk.responses.running == 0
    (record,) = desk.records
    assert (record.outcome, record.usage) == (Outcome.OK, record.usage)
    assert desk.in_flight() == 0


async def test_a_client_that_streams_is_told_the_id_before_the_host_says_a_word() -> None:
    desk = KeptDesk()
    client = await desk.create(background=True, stream=True)
    created, waiting = parsed(unchunked(client.body))
    assert (created["type"], waiting["type"]) == ("response.created", "response.queued")
    assert client.head["x-request-id"].startswith("req_")
    await desk.streams(*EVENTS, head=HEAD)
    told = parsed(unchunked(client.body))
    assert [event["sequence_number"] for event in told] == list(range(7))
    assert {e["response"]["id"] for e in told if "response" in e} == {created["response"]["id"]}
    assert client.finished == ["keep"]


async def test_a_client_that_leaves_changes_nothing() -> None:
    desk = KeptDesk()
    client = await desk.create(background=True, stream=True)
    name = parsed(unchunked(client.body))[0]["response"]["id"]
    await desk.streams(*EVENTS[:3], head=HEAD)
    assert client.responder is not None
    client.responder.client_gone()
    written = len(client.writes)
    await desk.streams(*EVENTS[3:])
    assert len(client.writes) == written
    assert now(desk, name)["status"] == "completed"
    assert [record.outcome for record in desk.records] == [Outcome.OK]


async def test_one_that_is_cancelled_leaves_the_host_at_once() -> None:
    desk = KeptDesk()
    reader = await desk.create(background=True, stream=True)
    name = parsed(unchunked(reader.body))[0]["response"]["id"]
    await desk.streams(*EVENTS[:3], head=HEAD)
    kept = desk.responses.cancel("acme", name)
    assert desk.network.transports[-1].aborted
    assert orjson.loads(kept.snapshot())["status"] == "cancelled"
    assert orjson.loads(kept.snapshot())["output"][0]["content"][0]["text"] == "one "
    assert parsed(unchunked(reader.body))[-1]["response"]["status"] == "cancelled"
    assert reader.finished == ["keep"]
    assert orjson.loads(desk.responses.cancel("acme", name).snapshot()) == now(desk, name)
    (record,) = desk.records
    assert record.outcome is Outcome.CANCELED
    assert (desk.in_flight(), desk.responses.running) == (0, 0)


async def test_one_that_breaks_ends_as_failed() -> None:
    desk = KeptDesk()
    name = await queued(desk)
    await desk.streams(*EVENTS[:3], head=HEAD)
    await desk.hang_up()
    done = now(desk, name)
    assert (done["status"], done["error"]["code"]) == ("failed", "server_error")
    assert desk.responses.find("acme", name).log is not None
    (record,) = desk.records
    assert record.outcome is Outcome.BROKEN


async def test_one_that_no_host_answers_ends_as_failed() -> None:
    desk = KeptDesk()
    reader = await desk.create(background=True, stream=True)
    error = {"error": {"message": "your prompt is bad", "type": "invalid_request_error"}}
    await desk.receive(answer(400, orjson.dumps(error)))
    said = parsed(unchunked(reader.body))
    assert [event["type"] for event in said][-2:] == ["error", "response.failed"]
    assert said[-1]["response"]["error"]["message"] == "your prompt is bad"
    assert reader.finished == ["keep"]
    assert [record.outcome for record in desk.records] == [Outcome.REJECTED]


async def test_another_host_is_asked_before_it_fails() -> None:
    desk = KeptDesk()
    name = await queued(desk)
    await desk.receive(answer(500, b"{}"))
    await desk.streams(*EVENTS, head=HEAD)
    assert now(desk, name)["status"] == "completed"
    assert desk.records[0].attempts == 2


async def test_what_cannot_even_be_asked_is_an_error_as_ever() -> None:
    desk = KeptDesk()
    client = await desk.create(background=True, model="none")
    assert client.status == 404
    translated = KeptDesk(Host(name="selfhosted", speaks=(CHAT_BACK,)))
    bad = [{"type": "function_call_output", "call_id": "nobody", "output": "x"}]
    client = await translated.create(background=True, input=bad)
    assert client.status == 400
    for one in (desk, translated):
        assert (one.responses.count, one.responses.running) == (0, 0)
        assert [record.outcome for record in one.records] == [Outcome.REJECTED]


async def test_one_that_is_stopped_fails_in_words() -> None:
    desk = KeptDesk()
    name = await queued(desk)
    await desk.streams(*EVENTS[:3], head=HEAD)
    await desk.responses.close(wait_s=0.0)
    done = now(desk, name)
    assert done["status"] == "failed"
    assert "stopped" in done["error"]["message"]
    assert desk.network.transports[-1].aborted


@pytest.mark.parametrize("cut", range(1, len(EVENTS)))
async def test_however_the_host_s_bytes_come_the_log_is_the_same(cut: int) -> None:
    desk = KeptDesk()
    name = await queued(desk)
    await desk.streams(b"".join(EVENTS[:cut]), head=HEAD)
    await desk.streams(b"".join(EVENTS[cut:]))
    log = desk.responses.find("acme", name).log
    assert log is not None
    assert [e["sequence_number"] for e in parsed(log.after(-1) or b"")] == list(range(7))
    assert now(desk, name)["output"] == WHOLE["output"]
