"""Streams of hosts, as they come and as they break."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.pieces import read_in_pieces
from tests.fakes.responses_wire import JSON, USAGE, function_call, message, response, sse
from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Failed,
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
from weftline_core.failures import Failure
from weftline_core.usage import Usage

Json = dict[str, Any]

CREATED: Json = {
    "type": "response.created",
    "response": response([], status="in_progress", usage=None),
}
COMPLETED: Json = {"type": "response.completed", "response": response([])}
BEGIN = Begin("resp_host", "gpt-dated")
USED = Used(Usage(10, 7, cache_read_tokens=4, cache_write_tokens=2, reasoning_tokens=3))


def delta(kind: str, text: object, index: int = 0, **more: object) -> Json:
    return {
        "type": f"response.{kind}.delta",
        "delta": text,
        "output_index": index,
        "item_id": "x",
        **more,
    }


def added(item: Json, index: int = 0) -> Json:
    return {"type": "response.output_item.added", "item": item, "output_index": index}


def done(item: Json, index: int = 0) -> Json:
    return {"type": "response.output_item.done", "item": item, "output_index": index}


def read(*written: Json) -> list[Event]:
    reader = ResponsesReader()
    found = reader.read(sse(*written))
    assert reader.end() == []
    return found


def test_a_plain_answer() -> None:
    found = read(
        CREATED,
        {**CREATED, "type": "response.in_progress"},
        added(message(""), 1),
        {"type": "response.content_part.added", "part": {"type": "output_text", "text": ""}},
        delta("output_text", "hi ", 1, logprobs=[]),
        delta("output_text", "you", 1, logprobs=[], obfuscation="xyz"),
        {"type": "response.output_text.done", "text": "hi you", "output_index": 1},
        done(message("hi you"), 1),
        COMPLETED,
    )
    assert found == [
        BEGIN,
        TextDelta("hi "),
        TextDelta("you"),
        USED,
        Finish(Stop.END),
        Done(),
    ]


def test_thoughts_and_their_proof() -> None:
    item: Json = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gA"}
    found = read(
        CREATED,
        added({**item, "encrypted_content": None}),
        {"type": "response.reasoning_summary_part.added", "summary_index": 0, "output_index": 0},
        delta("reasoning_summary_text", "hm"),
        {"type": "response.reasoning_summary_part.added", "summary_index": 1, "output_index": 0},
        delta("reasoning_summary_text", "so"),
        done(item),
        delta("reasoning_text", "in full", 2),
        COMPLETED,
    )
    assert found[1:-3] == [
        ReasoningDelta("hm"),
        ReasoningDelta("\n\n"),
        ReasoningDelta("so"),
        ReasoningProof("responses", redacted="rs_1 gA"),
        ReasoningDelta("in full"),
    ]


def test_calls_that_interleave_with_gaps() -> None:
    custom = {"type": "custom_tool_call", "call_id": "c2", "name": "sh", "input": "ls"}
    found = read(
        CREATED,
        added(function_call(""), 3),
        added({**custom, "input": ""}, 7),
        delta("function_call_arguments", '{"a":', 3),
        delta("custom_tool_call_input", "ls", 7),
        delta("function_call_arguments", "1}", 3),
        {
            "type": "response.function_call_arguments.done",
            "arguments": '{"a":1}',
            "output_index": 3,
        },
        done(custom, 7),
        COMPLETED,
    )
    assert found[1:] == [
        CallBegin(0, "call_1", "f"),
        CallBegin(1, "c2", "sh", free_text=True),
        CallDelta(0, '{"a":'),
        CallDelta(1, "ls"),
        CallDelta(0, "1}"),
        CallEnd(1),
        USED,
        CallEnd(0),
        Finish(Stop.TOOL_CALLS),
        Done(),
    ]


def test_an_empty_delta_is_no_content() -> None:
    assert read(CREATED, delta("output_text", ""), delta("reasoning_text", "")) == [BEGIN]


def test_words_may_come_all_at_once() -> None:
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}
    assert read(
        {"type": "response.output_text.done", "text": "hi", "output_index": 0},
        done(message("hi")),
        COMPLETED,
    )[:3] == [
        Begin("", ""),
        TextDelta("hi"),
        USED,
    ]
    assert read(CREATED, done(message("hi")), COMPLETED)[1:2] == [TextDelta("hi")]
    assert read(
        CREATED, {"type": "response.refusal.done", "refusal": "no"}, done(refusal), COMPLETED
    )[1:] == [
        RefusalDelta("no"),
        USED,
        Finish(Stop.REFUSED),
        Done(),
    ]
    assert read(CREATED, done(refusal), COMPLETED)[1] == RefusalDelta("no")


def test_all_may_come_in_the_last_event() -> None:
    output = [message("hi"), {"type": "web_search_call", "content": 7}, function_call()]
    found = read({**COMPLETED, "response": response(output)})
    assert found == [
        BEGIN,
        USED,
        TextDelta("hi"),
        CallBegin(0, "call_1", "f"),
        CallDelta(0, '{"a":1}'),
        CallEnd(0),
        Finish(Stop.TOOL_CALLS),
        Done(),
    ]


def test_what_came_is_not_told_twice() -> None:
    found = read(
        CREATED, delta("output_text", "hi", 5), {**COMPLETED, "response": response([message("hi")])}
    )
    assert found.count(TextDelta("hi")) == 1


def test_refusals_sources_probabilities_and_pictures() -> None:
    link = {
        "type": "url_citation",
        "url": "https://a",
        "title": "A",
        "start_index": 0,
        "end_index": 2,
    }
    cited = Cited(Citation(url="https://a", title="A", start=0, end=2))
    event = {"type": "response.output_text.annotation.added", "annotation": link, "output_index": 0}
    logprobs: list[Json] = [{"token": "hi", "logprob": -1.0, "top_logprobs": []}]
    image = {"type": "image_generation_call", "id": "ig", "result": "QQ"}
    found = read(
        CREATED,
        delta("output_text", "hi", logprobs=logprobs),
        event,
        {**event, "annotation": {"type": "file_path", "file_id": "f", "index": 0}},
        delta("refusal", "no"),
        done(message("hi", annotations=[link])),
        done(message("ho", annotations=[link]), 1),
        done(image, 2),
        COMPLETED,
    )
    assert found[1:9] == [
        TextDelta("hi"),
        Logprobs([TokenLogprob(token="hi", logprob=-1.0)]),
        cited,
        RefusalDelta("no"),
        TextDelta("ho"),
        cited,
        MediaDelta("image/png", "QQ"),
        USED,
    ]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("max_output_tokens", Stop.LENGTH),
        ("content_filter", Stop.FILTERED),
        ("steered", Stop.PAUSED),
        (None, Stop.LENGTH),
    ],
)
def test_an_incomplete_answer_is_no_whole_one(reason: str | None, stop: Stop) -> None:
    ended = response([], status=None, incomplete_details={"reason": reason})
    found = read(CREATED, {"type": "response.incomplete", "response": ended})
    assert found == [BEGIN, USED, Finish(stop), Done()]


FLAT: Json = {"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": None}
NESTED: Json = {"type": "error", "error": {"type": "insufficient_quota", "message": "broke"}}
FAILED: Json = {
    "type": "response.failed",
    "response": response([], status="failed", error={"code": "server_error", "message": "oh"}),
}


@pytest.mark.parametrize(
    ("event", "failure", "words"),
    [
        (FLAT, Failure.RATE_LIMITED, "slow"),
        (NESTED, Failure.QUOTA, "broke"),
        ({"type": "", "error": {"code": 503, "message": "busy"}}, Failure.OVERLOADED, "busy"),
        (FAILED, Failure.SERVER_ERROR, "oh"),
    ],
)
def test_errors_end_it(event: Json, failure: Failure, words: str) -> None:
    found = read(CREATED, delta("output_text", "hi"), event, FAILED, COMPLETED)
    last = found[-1]
    assert isinstance(last, Failed)
    assert (last.verdict.failure, last.verdict.words.message) == (failure, words)
    assert not any(isinstance(event, Done | Finish) for event in found)
    assert sum(isinstance(event, Failed) for event in found) == 1


def test_usage_of_a_failed_answer_is_told() -> None:
    assert USED in read(CREATED, FAILED)


@pytest.mark.parametrize(
    "broken",
    [
        b"data: {\n\n",
        b"data: <html>\n\n",
        b"data: []\n\n",
        b'data: {"type":"response.output_text.delta","delta":7}\n\n',
        b'data: {"type":"response.output_text.delta"}\n\n',
        b'data: {"type":"response.refusal.delta","delta":{}}\n\n',
        b'data: {"type":"response.function_call_arguments.delta","delta":"{","output_index":4}\n\n',
        b'data: {"type":"response.output_item.added","item":7}\n\n',
        b'data: {"type":"response.output_item.done"}\n\n',
        b'data: {"type":"response.completed"}\n\n',
        b'data: {"type":"response.completed","response":{"output":7}}\n\n',
        b'data: {"type":"response.output_text.delta","delta":"\xff"}\n\n',
    ],
)
def test_what_breaks_the_dialect_breaks_the_stream(broken: bytes) -> None:
    reader = ResponsesReader()
    reader.read(sse(CREATED, delta("output_text", "hi")))
    found = reader.read(broken + sse(COMPLETED))
    assert len(found) == 1
    assert isinstance(found[0], Failed)
    assert found[0].verdict.failure is Failure.BROKEN


def test_what_nobody_knows_is_passed_over() -> None:
    found = read(
        CREATED,
        {"type": "response.shell_call_output_content.delta", "delta": {"stdout": "x"}},
        {"type": "response.web_search_call.searching", "output_index": 0},
        {"type": "response.brand_new", "delta": [7], "error": None},
        {"type": "keepalive"},
        added({"type": "mcp_call", "arguments": 7}),
        done({"type": "mcp_call", "arguments": 7}),
        COMPLETED,
    )
    assert found == [BEGIN, USED, Finish(Stop.END), Done()]
    assert ResponsesReader().read(b": ping\n\nevent: x\n\ndata: [DONE]\n\n") == []


def test_half_a_character_and_line_separators() -> None:
    raw = b'data: {"type":"response.output_text.delta","delta":"\\ud83d \\u2028"}\n\n'
    assert ResponsesReader().read(raw)[1] == TextDelta("� \u2028")


def test_nothing_comes_after_the_end() -> None:
    reader = ResponsesReader()
    reader.read(sse(CREATED, COMPLETED))
    assert reader.read(sse(delta("output_text", "hi"), COMPLETED)) == []


WHOLE = sse(
    CREATED,
    delta("reasoning_summary_text", "hm"),
    added(function_call(""), 1),
    delta("output_text", "grüß", 2),
    delta("function_call_arguments", '{"a":1}', 1),
    done(function_call(), 1),
    {"type": "response.completed", "response": response([], usage=USAGE)},
)


@given(st.lists(st.integers(0, len(WHOLE)), max_size=8), st.booleans())
def test_any_cut_gives_the_same_events(sizes: list[int], crlf: bool) -> None:
    whole = WHOLE.replace(b"\n", b"\r\n") if crlf else WHOLE
    assert read_in_pieces(ResponsesReader(), whole, sizes) == ResponsesReader().read(WHOLE)


NAMES = (
    "created output_item.added output_item.done output_text.delta output_text.done refusal.delta "
    "refusal.done reasoning_summary_part.added reasoning_summary_text.delta completed failed "
    "function_call_arguments.delta function_call_arguments.done incomplete x "
    "output_text.annotation.added"
)
KINDS = st.sampled_from(NAMES.split()).map("response.{}".format) | st.just("error")
ITEMS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "image_generation_call"])},
    optional=dict.fromkeys(("content", "summary", "arguments", "encrypted_content"), JSON),
)
EVENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"type": KINDS},
    optional={
        "delta": JSON,
        "item": ITEMS | JSON,
        "output_index": st.integers(0, 2) | JSON,
        "response": st.fixed_dictionaries(
            {}, optional={"output": st.lists(ITEMS, max_size=2), "status": JSON, "error": JSON}
        ),
        "text": JSON,
        "error": JSON,
    },
)


@given(st.lists(EVENTS, max_size=5))
def test_any_stream_is_read_in_order(written: list[Json]) -> None:
    found = read(*written)
    begun: set[int] = set()
    ended: set[int] = set()
    for at, event in enumerate(found):
        match event:
            case CallBegin():
                assert event.call == len(begun)
                begun.add(event.call)
            case CallDelta():
                assert event.call in begun - ended
            case CallEnd():
                assert event.call in begun - ended
                ended.add(event.call)
            case Finish():
                assert begun == ended
            case Done() | Failed():
                assert at == len(found) - 1
            case _:
                pass
