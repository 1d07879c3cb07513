"""What one PoP keeps, and how much of it."""

import asyncio

import orjson
import pytest

from tests.fakes.desk import answer
from tests.fakes.kept_desk import HEAD, WHOLE, KeptDesk, host_events
from tests.fakes.pop import CHAT
from weftline_core.errors import CallerError, NotFound
from weftline_node.kept import responses as module
from weftline_node.kept.responses import RUNNING_PER_TENANT_MAX


async def test_a_plain_answer_is_kept() -> None:
    desk = KeptDesk()
    name = await desk.made()
    assert orjson.loads(desk.responses.find("acme", name).snapshot()) == WHOLE
    assert (desk.responses.count, desk.responses.running) == (1, 0)
    assert desk.responses.size > len(orjson.dumps(WHOLE))
    with pytest.raises(CallerError, match="synchronous"):
        desk.responses.cancel("acme", name)


async def test_a_stream_is_kept_once_it_is_whole() -> None:
    desk = KeptDesk()
    client = await desk.create(stream=True)
    events = host_events()
    await desk.streams(*events[:3], head=HEAD)
    assert desk.responses.count == 0
    await desk.streams(*events[3:])
    assert client.finished == ["keep"]
    assert orjson.loads(desk.responses.find("acme", "resp_host").snapshot()) == WHOLE


async def test_a_client_that_leaves_a_plain_stream_ends_it() -> None:
    desk = KeptDesk()
    client = await desk.create(stream=True)
    await desk.streams(*host_events()[:3], head=HEAD)
    assert client.responder is not None
    client.responder.client_gone()
    assert desk.network.transports[-1].aborted
    assert desk.responses.count == 0


async def test_nothing_is_kept_of_one_that_should_not_be() -> None:
    desk = KeptDesk()
    await desk.made(store=False)
    assert (desk.responses.count, desk.responses.size) == (0, 0)


async def test_an_answer_that_is_given_again_is_the_one_that_is_kept() -> None:
    desk = KeptDesk()
    request, cached = {"model": CHAT.name, "input": "hi"}, {b"cf-aig-cache-ttl": b"60"}
    await desk.call("POST", "/v1/responses", request, headers=cached)
    await desk.receive(answer(200, orjson.dumps(WHOLE)))
    again = await desk.call("POST", "/v1/responses", request, headers=cached)
    assert again.head["x-weft-cache"] == "hit"
    assert orjson.loads(again.body)["id"] == "resp_host"
    assert desk.responses.find("acme", "resp_host").log is None
    made = await desk.call("POST", "/v1/responses", request | {"background": True}, headers=cached)
    assert "x-weft-cache" not in made.head
    await desk.responses.close(wait_s=0.0)


async def test_one_goes_on_from_another_at_a_host_that_never_hears_of_it() -> None:
    desk = KeptDesk()
    name = await desk.made(input="first")
    await desk.made(input="second", previous_response_id=name)
    sent = desk.sent()
    assert "previous_response_id" not in sent
    assert [item.get("role") for item in sent["input"]] == ["user", "assistant", "user"]


async def test_deleted_is_gone_and_made_no_more() -> None:
    desk = KeptDesk()
    client = await desk.create(background=True)
    name = orjson.loads(client.body)["id"]
    desk.responses.delete("acme", name)
    assert desk.network.transports[-1].aborted
    assert (desk.responses.count, desk.responses.size, desk.responses.running) == (0, 0, 0)
    with pytest.raises(NotFound):
        desk.responses.delete("acme", name)


async def test_of_another_tenant_nothing_can_be_seen() -> None:
    desk = KeptDesk()
    name = await desk.made()
    for act in (desk.responses.find, desk.responses.cancel, desk.responses.delete):
        with pytest.raises(NotFound):
            act("other", name)
    assert desk.responses.count == 1


async def test_one_tenant_does_not_take_all_places() -> None:
    desk = KeptDesk()
    desk.network.hang = True
    for _ in range(RUNNING_PER_TENANT_MAX):
        assert (await desk.create(background=True)).status == 200
    refused = await desk.create(background=True)
    assert refused.status == 503
    assert "RUNNING_PER_TENANT_MAX" in str(refused.error["message"])
    assert (await desk.create(stream=True)).writes == [], "it waits for its endpoint"
    await desk.responses.close(wait_s=0.0)
    assert desk.responses.running == 0


async def test_only_who_reads_a_stream_needs_more_than_http_1_0() -> None:
    desk = KeptDesk()
    body = {"model": CHAT.name, "input": "count", "background": True}
    made = await desk.call("POST", "/v1/responses", body, version="1.0")
    assert (made.status, orjson.loads(made.body)["status"]) == (200, "queued")
    reader = await desk.call("POST", "/v1/responses", body | {"stream": True}, version="1.0")
    assert (reader.status, "HTTP/1.1" in str(reader.error["message"])) == (400, True)
    assert desk.responses.running == 1
    await desk.responses.close(wait_s=0.0)


async def test_there_is_an_end_to_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RUNNING_MAX", 1)
    desk = KeptDesk()
    await desk.create(background=True)
    assert "RUNNING_MAX" in str((await desk.create(background=True)).error["message"])
    await desk.responses.close(wait_s=0.0)


async def test_what_was_asked_of_those_in_progress_has_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "RUNNING_ASKED_BYTES_MAX", 5000)
    desk = KeptDesk()
    await desk.create(background=True, input="x" * 3000)
    assert desk.responses.running == 1
    await desk.create(background=True, input="x" * 3000)
    refused = await desk.create(background=True)
    assert "RUNNING_ASKED_BYTES_MAX" in str(refused.error["message"])
    assert desk.responses.running == 2
    await desk.responses.close(wait_s=0.0)


async def test_a_stop_waits_for_those_in_progress_and_takes_no_more() -> None:
    desk = KeptDesk()
    name = orjson.loads((await desk.create(background=True)).body)["id"]
    closed: list[bool] = []

    async def close() -> None:
        await desk.responses.close(wait_s=5.0)
        closed.append(True)

    async with asyncio.TaskGroup() as group:
        group.create_task(close())
        await desk.streams(*host_events()[:2], head=HEAD)
        assert closed == []
        assert (await desk.create(background=True)).status == 503
        await desk.streams(*host_events()[2:])
    assert orjson.loads(desk.responses.find("acme", name).snapshot())["status"] == "completed"
