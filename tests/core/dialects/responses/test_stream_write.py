"""Streams to clients: the order of events, their numbers, and the SDK's own reading of them."""

from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.responses_wire import as_response, echo, parsed
from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Finish,
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.responses.stream_read import ResponsesReader
from weftline_core.dialects.responses.stream_write import ResponsesWriter
from weftline_core.usage import Usage
from weftline_core.verdict import Words

Json = dict[str, Any]
BEGIN = Begin("up", "up")
END: list[Event] = [Used(Usage(3, 4)), Done()]


def write(*stream: Event, body: Json | None = None) -> list[Json]:
    """Return what is written of events given one by one."""
    writer = ResponsesWriter(echo(body))
    found = parsed(b"".join(writer.write([event]) for event in stream))
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    return found


def kinds(found: list[Json]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in found]


def test_a_plain_answer() -> None:
    found = write(BEGIN, TextDelta("hi "), TextDelta("you"), Finish(Stop.END), *END)
    assert kinds(found) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert found[0]["response"]["status"] == "in_progress"
    assert [found[4]["delta"], found[5]["delta"], found[6]["text"]] == ["hi ", "you", "hi you"]
    final = as_response(found[-1]["response"])
    assert (final["id"], final["model"], final["status"]) == ("resp_00ab", "m", "completed")
    assert final["output"] == [found[8]["item"]]
    assert final["output"][0]["content"][0]["text"] == "hi you"
    assert final["usage"]["total_tokens"] == 7


def test_what_runs_in_the_background_is_queued_first() -> None:
    found = write(BEGIN, Finish(Stop.END), *END, body={"background": True})
    assert kinds(found) == ["created", "queued", "in_progress", "completed"]
    states = [event["response"]["status"] for event in found]
    assert states == ["queued", "queued", "in_progress", "completed"]


def test_thoughts_then_words() -> None:
    found = write(
        BEGIN,
        ReasoningDelta("h"),
        ReasoningDelta("m"),
        ReasoningProof("responses", redacted="rs_9 gA"),
        ReasoningDelta("so"),
        ReasoningProof("messages", signature="SIG"),
        ReasoningProof("messages", redacted="R"),
        TextDelta("hi"),
        Finish(Stop.END),
        *END,
    )
    assert kinds(found)[2:9] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    first, second, third, message = found[-1]["response"]["output"]
    assert first["encrypted_content"] == "gA"
    assert first["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert second["encrypted_content"] == "weft.messages.s.SIG"
    assert (third["encrypted_content"], third["summary"]) == ("weft.messages.r.R", [])
    assert message["content"][0]["text"] == "hi"


def test_thoughts_without_proof_are_closed_by_what_follows() -> None:
    for after in (TextDelta("hi"), CallBegin(0, "c", "f"), MediaDelta("image/png", "QQ")):
        found = write(BEGIN, ReasoningDelta("hm"), after, Finish(Stop.END), *END)
        order = kinds(found)
        assert order.index("output_item.done") < order.index("output_item.added", 3)


def test_calls_that_interleave() -> None:
    found = write(
        BEGIN,
        TextDelta("let me"),
        CallBegin(0, "c0", "f"),
        CallBegin(1, "c1", "sh", free_text=True),
        CallDelta(1, "l"),
        CallDelta(0, '{"a"'),
        CallDelta(1, "s"),
        CallDelta(0, ":1}"),
        CallEnd(1),
        CallDelta(0, ""),
        CallEnd(0),
        CallBegin(2, "c2", "g"),
        Finish(Stop.TOOL_CALLS),
        *END,
    )
    _, first, second, third = found[-1]["response"]["output"]
    assert (first["call_id"], first["arguments"]) == ("c0", '{"a":1}')
    assert (second["call_id"], second["input"]) == ("c1", "ls")
    # No arguments are an empty object, and no call stays open.
    assert (third["call_id"], third["arguments"]) == ("c2", "{}")
    for index, kind in ((1, "function_call_arguments"), (2, "custom_tool_call_input")):
        own = [e for e in found if e.get("output_index") == index]
        assert kinds(own) == [
            "output_item.added",
            f"{kind}.delta",
            f"{kind}.delta",
            f"{kind}.done",
            "output_item.done",
        ]


def test_a_calls_signature_goes_before_it() -> None:
    found = write(BEGIN, CallBegin(0, "c", "f", signature="G"), Finish(Stop.TOOL_CALLS), *END)
    signed, call = found[-1]["response"]["output"]
    assert signed["encrypted_content"] == "weft.call.c.G"
    assert call["type"] == "function_call"


def test_refusals_sources_and_probabilities() -> None:
    tokens = [TokenLogprob(token="hi", logprob=-1.0, top=[TokenLogprob(token="ho", logprob=-2.0)])]
    writer = ResponsesWriter(echo())
    found = parsed(
        writer.write([BEGIN, TextDelta("hi"), Logprobs(tokens)])
        + writer.write([Cited(Citation(url="https://a", title="A", start=0, end=2))])
        + writer.write([RefusalDelta("n"), RefusalDelta("o"), Finish(Stop.END), Done()])
    )
    delta = next(e for e in found if e["type"].endswith("text.delta"))
    assert delta["logprobs"][0]["token"] == "hi"
    text, refusal = found[-1]["response"]["output"][0]["content"]
    assert text["logprobs"] == delta["logprobs"]
    assert text["annotations"][0]["title"] == "A"
    assert refusal == {"type": "refusal", "refusal": "no"}
    assert kinds(found)[4:] == [
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "content_part.added",
        "refusal.delta",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_pictures_are_items_and_sounds_are_not() -> None:
    found = write(
        BEGIN, MediaDelta("image/png", "QQ"), MediaDelta("audio/wav", "QQ"), Finish(Stop.END), *END
    )
    (image,) = found[-1]["response"]["output"]
    assert (image["type"], image["result"]) == ("image_generation_call", "QQ")


@pytest.mark.parametrize(
    ("stop", "kind", "reason"),
    [
        (Stop.LENGTH, "incomplete", "max_output_tokens"),
        (Stop.FILTERED, "incomplete", "content_filter"),
        (Stop.REFUSED, "incomplete", "content_filter"),
        (Stop.PAUSED, "completed", None),
        (Stop.SEQUENCE, "completed", None),
    ],
)
def test_how_it_ends(stop: Stop, kind: str, reason: str | None) -> None:
    found = write(BEGIN, TextDelta("hi"), Finish(stop), *END)
    final = found[-1]
    assert final["type"] == f"response.{kind}"
    assert final["response"]["output"][0]["status"] == kind
    assert final["response"]["incomplete_details"] == (reason and {"reason": reason})


def test_empty_events_open_nothing() -> None:
    found = write(
        BEGIN, TextDelta(""), ReasoningDelta(""), CallDelta(7, "x"), Finish(Stop.END), *END
    )
    assert kinds(found) == ["created", "in_progress", "completed"]


def test_usage_of_the_beginning_is_kept() -> None:
    found = write(Begin("u", "u", Usage(5, 0)), Finish(Stop.END), Done())
    assert found[-1]["response"]["usage"]["input_tokens"] == 5


def test_what_it_repeats_outlives_the_request() -> None:
    body: Json = {"input": "hi", "instructions": "be short", "conversation": "c"}
    writer = ResponsesWriter(echo(body))
    body.clear()
    final = parsed(writer.write([BEGIN, Finish(Stop.END), Done()]))[-1]["response"]
    assert (final["instructions"], final["conversation"]) == ("be short", {"id": "c"})
    assert "input" not in final


def answering(data: bytes) -> openai.OpenAI:
    """Return the official client of a server that answers so."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return openai.OpenAI(api_key="k", base_url="http://127.0.0.1", http_client=http, max_retries=0)


def test_the_official_client_collects_it() -> None:
    whole = ResponsesWriter(echo()).write(
        [
            BEGIN,
            ReasoningDelta("hm"),
            TextDelta("hi "),
            TextDelta("you"),
            CallBegin(0, "c0", "f"),
            CallBegin(1, "c1", "g"),
            CallDelta(0, '{"a"'),
            CallDelta(1, "{}"),
            CallDelta(0, ":1}"),
            Finish(Stop.TOOL_CALLS),
            *END,
        ]
    )
    with (
        answering(whole) as client,
        client.responses.stream(model="m", input="hi") as stream,
    ):
        final = stream.get_final_response()
    assert final.output_text == "hi you"
    assert [item.type for item in final.output] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]


def test_the_official_client_raises_when_it_breaks() -> None:
    writer = ResponsesWriter(echo())
    whole = writer.write([BEGIN, TextDelta("hi")]) + writer.failed(502, Words(message="broke"))
    with answering(whole) as client, pytest.raises(openai.APIError, match="broke"):
        list(client.responses.create(model="m", input="hi", stream=True))


def test_a_stream_that_never_began_ends_in_form() -> None:
    assert kinds(write(Done())) == ["created", "in_progress", "completed"]


def test_a_broken_stream_ends_with_its_own_numbers() -> None:
    writer = ResponsesWriter(echo())
    written = writer.write([BEGIN, ReasoningDelta("hm"), TextDelta("hi")])
    found = parsed(written + writer.failed(502, Words(message="broke", code="upstream_failed")))
    assert kinds(found)[-2:] == ["error", "failed"]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    final = as_response(found[-1]["response"])
    assert (final["id"], final["status"]) == ("resp_00ab", "failed")
    assert final["error"] == {"code": "server_error", "message": "broke"}
    # What is whole is told; the words that were cut are not.
    assert [item["type"] for item in final["output"]] == ["reasoning"]


def test_a_stream_may_break_before_it_began() -> None:
    found = parsed(ResponsesWriter(echo()).failed(429, Words(message="slow")))
    assert kinds(found) == ["created", "in_progress", "error", "failed"]
    assert found[-1]["response"]["error"]["code"] == "rate_limit_exceeded"


CALLS = st.lists(st.text("ab", min_size=1), max_size=3)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
PLAIN: st.SearchStrategy[list[Event]] = st.lists(
    st.builds(TextDelta, TEXT)
    | st.builds(ReasoningDelta, TEXT)
    | st.builds(RefusalDelta, TEXT)
    | st.builds(MediaDelta, st.just("image/png"), st.just("QQ")),
    max_size=6,
)


def told(stream: list[Event]) -> list[tuple[str, str]]:
    """Return what a stream says, without how it is cut into deltas."""
    found: list[tuple[str, str]] = []
    for event in stream:
        match event:
            case TextDelta(text) | RefusalDelta(text) | ReasoningDelta(text):
                kind = type(event).__name__
                if found and found[-1][0] == kind:
                    text = found.pop()[1] + text
                found.append((kind, text))
            case CallBegin():
                found.append((event.id, ""))
            case CallDelta():
                found.append((found.pop()[0], event.arguments))
            case MediaDelta():
                found.append(("media", event.data))
            case _:
                pass
    return found


@given(PLAIN, CALLS)
def test_what_is_written_is_what_is_read(plain: list[Event], calls: list[str]) -> None:
    stream: list[Event] = [BEGIN, *plain]
    for i, name in enumerate(calls):
        stream += [CallBegin(i, f"c{i}", name), CallDelta(i, '{"a":1}'), CallEnd(i)]
    stream += [Finish(Stop.TOOL_CALLS if calls else Stop.END), *END]
    whole = ResponsesWriter(echo()).write(stream)
    parsed(whole)
    read = ResponsesReader().read(whole)
    assert told(read) == told(stream)
    assert read[-1] == Done()
    assert Used(Usage(3, 4)) in read
