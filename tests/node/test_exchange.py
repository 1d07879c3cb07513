"""One request in progress, write by write, on a network of fakes."""

import asyncio

import orjson
import pytest

from tests.fakes.desk import (
    ANSWER,
    DONE,
    ERROR,
    HEAD,
    LAST,
    ROLE,
    TOKEN,
    USAGE,
    Desk,
    answer,
    chunk,
)
from tests.fakes.pop import CHAT
from tests.fakes.wires import turns
from weftline_core.ask import Ask
from weftline_core.attempts import Patience
from weftline_core.record import Outcome
from weftline_node.delivery import ONE_WRITE_BYTES_MAX

BUSY = answer(503, b'{"error":{"message":"busy","code":"server_is_overloaded"}}', "retry-after: 7")
WRONG = answer(
    400, b'{"error":{"message":"too hot","type":"invalid_request_error","param":"temperature"}}'
)


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_head_and_first_content_go_out_in_one_write_and_not_before(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD, chunk(ROLE))
    assert client.writes == []
    await desk.receive(chunk(TOKEN))
    (first,) = client.writes
    assert first.endswith(b"\r\n\r\n" + chunk(ROLE + TOKEN))
    assert client.head["x-weft-endpoint"] == "a"
    assert client.head["x-weft-attempts"] == "1"
    assert client.head["x-weft-pop"] == "ams"
    assert client.head["x-weft-revision"] == "7"
    assert client.head["x-request-id"].startswith("req_")
    assert client.head["cache-control"] == "no-store"
    assert client.head["server-timing"].startswith("route;dur=")
    assert "connection" not in client.head


async def test_bytes_go_out_in_the_call_that_brought_them(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(TOKEN))
    desk.network.transports[0].protocol.data_received(chunk(TOKEN))
    assert client.writes[1:] == [chunk(TOKEN)]


async def test_only_whole_events_go_out(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(TOKEN), chunk(TOKEN + TOKEN[:9]), chunk(TOKEN[9:]))
    assert client.writes[1:] == [chunk(TOKEN), chunk(TOKEN)]


async def test_the_terminal_event_ends_the_answer_at_once(desk: Desk) -> None:
    client = await desk.ask(stream=True, stream_options={"include_usage": True})
    await desk.receive(HEAD + chunk(TOKEN), chunk(USAGE + DONE))
    assert client.writes[-1] == chunk(USAGE + DONE) + LAST
    assert client.finished == ["keep"]
    assert not desk.pool.warm("a"), "the end of the upstream's own body has not come"
    await desk.receive(LAST)
    assert desk.pool.warm("a")
    (record,) = desk.records
    assert (record.outcome, record.status, record.endpoint) == (Outcome.OK, 200, "a")
    assert (record.usage.prompt_tokens, record.usage.completion_tokens) == (3, 1)
    assert record.usage_source == "reported"
    assert record.ttft_ms is not None
    assert desk.in_flight() == 0
    await desk.pool.close()


async def test_usage_that_only_the_mesh_asked_for_is_taken_out_again(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    assert b'"stream_options":{"include_usage":true}' in desk.network.transports[-1].written
    await desk.receive(HEAD + chunk(TOKEN), chunk(USAGE + DONE))
    assert client.writes[-1] == chunk(DONE) + LAST
    assert desk.records[-1].usage.prompt_tokens == 3


async def test_a_stream_that_is_one_piece(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(ROLE + TOKEN + DONE) + LAST)
    assert client.writes[0].endswith(chunk(ROLE + TOKEN + DONE) + LAST)
    assert client.finished == ["keep"]
    (record,) = desk.records
    assert (record.usage.completion_tokens, record.usage_source) == (1, "estimated")
    await desk.pool.close()


async def test_a_failure_before_content_is_another_endpoints_answer(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(ROLE + ERROR))
    await desk.receive(HEAD + chunk(TOKEN + DONE))
    assert client.status == 200
    assert (client.head["x-weft-endpoint"], client.head["x-weft-attempts"]) == ("b", "2")
    assert ERROR not in client.body
    assert [t.writes[0].split(b"\r\n")[1] for t in desk.network.transports] == [
        b"host: a",
        b"host: b",
    ]
    assert desk.network.transports[0].aborted
    assert desk.in_flight() == 0
    await desk.pool.close()


async def test_each_endpoint_gets_its_own_model_name(desk: Desk) -> None:
    await desk.ask(temperature=1)
    sent = desk.network.transports[0].written.partition(b"\r\n\r\n")[2]
    assert orjson.loads(sent) == {"model": "their-chat", "temperature": 1}


async def test_when_all_fail_the_client_gets_a_status_and_a_wait(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(BUSY)
    await desk.receive(BUSY)
    assert client.status == 503
    assert client.head["retry-after"] == "7"
    assert client.error["code"] == "upstream_overloaded"
    assert client.finished == ["keep"]
    (record,) = desk.records
    assert (record.outcome, record.attempts, record.error_code) == (
        Outcome.FAILED,
        2,
        "upstream_overloaded",
    )
    assert record.usage_source == "none"
    await desk.pool.close()


@pytest.mark.parametrize("stream", [True, False])
async def test_the_callers_error_is_passed_on_and_the_twin_not_asked(
    desk: Desk, stream: bool
) -> None:
    client = await desk.ask(stream=stream)
    await desk.receive(WRONG)
    assert client.status == 400
    assert client.error == {
        "message": "too hot",
        "type": "invalid_request_error",
        "param": "temperature",
        "code": None,
    }
    assert len(desk.network.dialled) == 1
    assert desk.records[0].outcome is Outcome.REJECTED
    assert desk.in_flight() == 0
    await desk.pool.close()


async def test_a_stale_connection_is_replaced_in_silence(desk: Desk) -> None:
    await desk.ask()
    await desk.receive(answer(200, ANSWER))
    client = await desk.ask()
    await desk.hang_up(0)
    await desk.receive(answer(200, ANSWER))
    assert (client.status, client.head["x-weft-endpoint"]) == (200, "a")
    assert client.head["x-weft-attempts"] == "1"
    assert [str(address) for address, _ in desk.network.dialled] == ["a:80", "a:80"]
    await desk.pool.close()


@pytest.mark.parametrize("ending", ["cut", "clean end", "garbled", "error event", "half an event"])
async def test_a_stream_that_breaks_off_ends_with_an_error_the_sdks_raise(
    desk: Desk, ending: str
) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(TOKEN))
    wire = {
        "clean end": LAST,
        "garbled": chunk(b"data: {oops\n\n"),
        "error event": chunk(TOKEN + ERROR),
        "half an event": chunk(TOKEN[:12]),
    }.get(ending)
    if wire is not None:
        await desk.receive(wire)
    if ending in ("cut", "half an event"):
        await desk.hang_up()
    body = b"".join(client.writes[1:])
    assert body.endswith(LAST)
    assert TOKEN[:12] + b"\r\n" not in body
    last = body.split(b"data: ")[-1].partition(b"\n\n")[0]
    assert set(orjson.loads(last)["error"]) == {"message", "type", "param", "code"}
    assert client.finished == ["close"]
    (record,) = desk.records
    assert (record.outcome, record.status, record.usage_source) == (
        Outcome.BROKEN,
        200,
        "estimated",
    )
    assert record.error_code is not None
    assert desk.in_flight() == 0


async def test_nobody_else_is_asked_after_the_first_content(desk: Desk) -> None:
    await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(TOKEN))
    await desk.hang_up()
    assert len(desk.network.dialled) == 1


async def test_a_stall_is_an_error_the_client_sees() -> None:
    desk = Desk(patience=Patience(connect_s=0.01, stall_s=0.03))
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(TOKEN))
    async with asyncio.timeout(2):
        while not client.finished:
            # Keep-alives are no sign of life.
            if not desk.network.transports[0].is_closing():
                await desk.receive(chunk(b": still here\n\n"))
            await asyncio.sleep(0.005)
    assert b"stopped sending" in client.body
    assert desk.network.transports[0].aborted


async def test_a_slow_client_is_not_taken_for_a_stalled_endpoint() -> None:
    desk = Desk(patience=Patience(connect_s=0.01, stall_s=0.03))
    client = await desk.ask(stream=True)
    transport = await desk.receive(HEAD + chunk(TOKEN))
    assert client.responder is not None
    client.responder.pause()
    await asyncio.sleep(0.08)
    read_meanwhile = transport.reading
    assert not client.finished
    client.responder.resume()
    assert (read_meanwhile, transport.reading) == (False, True)
    await desk.receive(chunk(DONE) + LAST)
    assert client.finished == ["keep"]
    await desk.pool.close()


@pytest.mark.parametrize("when", ["dialling", "waiting", "streaming", "whole"])
async def test_a_client_that_leaves_frees_the_endpoint_at_once(desk: Desk, when: str) -> None:
    desk.network.hang = when == "dialling"
    client = await desk.ask(stream=when != "whole")
    if when == "streaming":
        await desk.receive(HEAD + chunk(TOKEN))
    assert client.responder is not None
    client.responder.client_gone()
    client.responder.client_gone()
    await turns()
    assert [t.aborted for t in desk.network.transports] == [True] * (when != "dialling")
    (record,) = desk.records
    assert record.outcome is Outcome.CANCELED
    assert record.status == (200 if when == "streaming" else 0)
    assert desk.in_flight() == 0
    assert len(desk.network.dialled) == 1, "the twin is not asked for nobody"


async def test_leaving_after_the_terminal_event_is_success(desk: Desk) -> None:
    client = await desk.ask(stream=True)
    await desk.receive(HEAD + chunk(TOKEN + DONE))
    assert client.responder is not None
    client.responder.client_gone()
    assert [r.outcome for r in desk.records] == [Outcome.OK]
    await desk.pool.close()


async def test_a_whole_answer_goes_out_in_one_write_with_its_length(desk: Desk) -> None:
    client = await desk.ask()
    await desk.receive(answer(200, ANSWER)[:-5], answer(200, ANSWER)[-5:])
    assert len(client.writes) == 1
    assert client.head["content-length"] == str(len(ANSWER))
    assert client.body == ANSWER
    (record,) = desk.records
    assert (record.usage.prompt_tokens, record.usage.completion_tokens) == (3, 4)
    assert not record.streamed
    assert desk.pool.warm("a")
    await desk.pool.close()


@pytest.mark.parametrize(
    "wire",
    [
        answer(200, b"<html>", "content-type: text/html"),
        answer(200, b""),
        answer(200, b"{}"),
        answer(200, b'{"error":{"message":"no"}}'),
        answer(302, b"", "location: http://c/"),
        answer(500, b""),
        b"HTTP/1.1 204 No\r\n\r\n",
        b"rubbish",
        answer(200, ANSWER, "content-encoding: br"),
        answer(500, b"x" * 100_000),
    ],
)
async def test_a_useless_answer_is_another_endpoints_turn(desk: Desk, wire: bytes) -> None:
    client = await desk.ask()
    await desk.receive(wire)
    await desk.receive(answer(200, ANSWER))
    assert (client.status, client.head["x-weft-endpoint"], client.body) == (200, "b", ANSWER)
    await desk.pool.close()


async def test_the_prompt_is_let_go_once_nobody_else_can_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forgotten: list[str] = []

    def forget(ask: Ask) -> None:
        forgotten.append(ask.request.model)

    monkeypatch.setattr(Ask, "forget", forget)
    desk = Desk()
    client = await desk.ask(stream=True, messages=[{"role": "user", "content": "x" * 1000}])
    assert forgotten == []
    await desk.receive(HEAD + chunk(TOKEN))
    assert forgotten == [CHAT.name]
    assert client.responder is not None
    client.responder.client_gone()


async def test_a_large_answer_is_not_copied_to_join_its_head(desk: Desk) -> None:
    client = await desk.ask()
    large = ANSWER[:-1] + b',"x":"' + b"y" * ONE_WRITE_BYTES_MAX + b'"}'
    await desk.receive(answer(200, large))
    assert client.writes[0].endswith(b"\r\n\r\n")
    assert client.writes[1:] == [large]
    assert client.head["content-length"] == str(len(large))
    assert client.finished == ["keep"]
    await desk.pool.close()


WHOLE = (
    b'{"choices":[{"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":1}}'
)


async def test_a_whole_answer_to_a_request_for_events_is_told_as_events(desk: Desk) -> None:
    client = await desk.ask(stream=True, messages=[{"role": "user", "content": "x"}])
    await desk.receive(answer(200, WHOLE, "content-type: application/json"))
    assert client.status == 200
    assert client.head["content-type"].startswith("text/event-stream")
    assert b'"content":"hi"' in client.body
    assert client.body.endswith(b"data: [DONE]\n\n\r\n" + LAST)
    assert desk.records[-1].usage.prompt_tokens == 3
    await desk.pool.close()


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", WHOLE[:-1]])
async def test_what_is_neither_events_nor_an_answer_goes_to_the_next(
    desk: Desk, body: bytes
) -> None:
    client = await desk.ask(stream=True, messages=[{"role": "user", "content": "x"}])
    await desk.receive(answer(200, body, "content-type: application/json"))
    await desk.receive(HEAD + chunk(TOKEN))
    assert client.head["x-weft-endpoint"] == "b"
    await desk.pool.close()


async def test_an_error_in_place_of_events_is_an_error_status(desk: Desk) -> None:
    client = await desk.ask(stream=True, messages=[{"role": "user", "content": "x"}])
    refused = b'{"error":{"message":"too hot","type":"invalid_request_error","code":"bad"}}'
    await desk.receive(answer(200, refused, "content-type: application/json"))
    assert (client.status, client.error["message"]) == (400, "too hot")
    await desk.pool.close()
