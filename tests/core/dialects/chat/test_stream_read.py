"""Streams of every host, read into events."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.odd_json import odd_json
from tests.fakes.pieces import read_in_pieces
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
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.chat.stream_read import ChatReader
from weftline_core.dialects.chat.usage import standard
from weftline_core.failures import Failure
from weftline_core.usage import Usage

DONE = b"data: [DONE]\n\n"
COUNTS = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def event(**fields: Any) -> bytes:
    return b"data: " + orjson.dumps({"id": "x1", "model": "m1", **fields}) + b"\n\n"


def chunk(delta: Any = None, finish: Any = None, /, index: Any = 0, **more: Any) -> bytes:
    inner: dict[str, object] = {
        k: more.pop(k) for k in ("logprobs", "stop_reason", "matched_stop") if k in more
    }
    choice: dict[str, object] = {
        "index": index,
        "delta": delta or {},
        "finish_reason": finish,
        **inner,
    }
    return event(choices=[choice], **more)


def read(*parts: bytes) -> list[Event]:
    return ChatReader(standard).read(b"".join(parts))


def last(stop: Stop = Stop.END) -> list[Event]:
    return [Finish(stop), Done()]


ROLE = chunk({"role": "assistant", "content": "", "refusal": None})
HI = chunk({"content": "hi"})
STOP = chunk({}, "stop")
BEGIN = Begin("x1", "m1")
USED = Used(Usage(3, 4))


@pytest.mark.parametrize(
    ("parts", "events"),
    [
        pytest.param(
            [ROLE, HI, HI, STOP, event(choices=[], usage=COUNTS), DONE],
            [TextDelta("hi"), TextDelta("hi"), USED, *last()],
            id="openai",
        ),
        pytest.param(
            [chunk({"role": "assistant", "content": "hi"}), STOP, DONE],
            [TextDelta("hi"), *last()],
            id="role folded in",
        ),
        pytest.param(
            [ROLE, chunk({"content": "hi"}, "stop", usage=COUNTS), DONE],
            [TextDelta("hi"), USED, *last()],
            id="usage and words on the finish chunk",
        ),
        pytest.param(
            [
                chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
                chunk({"content": None, "reasoning_content": "hm"}),
                chunk({"content": "hi", "reasoning_content": None}),
                STOP,
                DONE,
            ],
            [ReasoningDelta("hm"), TextDelta("hi"), *last()],
            id="deepseek",
        ),
        pytest.param(
            [ROLE, chunk({"reasoning": "hm", "channel": "analysis"}), HI, STOP, DONE],
            [ReasoningDelta("hm"), TextDelta("hi"), *last()],
            id="groq and vllm",
        ),
        pytest.param(
            [
                chunk({"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}]}),
                chunk({"content": [{"type": "text", "text": "hi"}]}),
                chunk({"content": ""}, "stop", usage=COUNTS),
                DONE,
            ],
            [ReasoningDelta("hm"), TextDelta("hi"), USED, *last()],
            id="mistral",
        ),
        pytest.param(
            [
                event(choices=[], id="", model="", prompt_filter_results=[{}]),
                ROLE,
                HI,
                event(choices=[], content_filter_offsets={}),
                STOP,
                DONE,
            ],
            [TextDelta("hi"), *last()],
            id="azure",
        ),
        pytest.param(
            [ROLE, HI, STOP, chunk({"content": None, "tool_calls": None}), STOP, DONE],
            [TextDelta("hi"), *last()],
            id="nulls and a second finish",
        ),
        pytest.param(
            [b": keep-alive\n\n", ROLE, b": x\n\n", HI, b"event: ping\n\n", STOP, DONE],
            [TextDelta("hi"), *last()],
            id="comments",
        ),
        pytest.param(
            [chunk({"content": "hi"}, index=None), chunk({}, "eos", index=None), DONE],
            [TextDelta("hi"), *last()],
            id="no index",
        ),
        pytest.param(
            [HI, chunk({}, "null"), chunk({}, ""), chunk({}, "model_length"), DONE],
            [TextDelta("hi"), *last(Stop.LENGTH)],
            id="finish reasons that say nothing yet",
        ),
        pytest.param(
            [HI, chunk({}, "stop", stop_reason="END"), DONE],
            [TextDelta("hi"), Finish(Stop.SEQUENCE, "END"), Done()],
            id="the caller's own stop",
        ),
        pytest.param(
            [HI, chunk({}, "stop", matched_stop=128009), DONE],
            [TextDelta("hi"), *last()],
            id="a stop token",
        ),
        pytest.param(
            [chunk({"refusal": "no"}), STOP, DONE],
            [RefusalDelta("no"), *last(Stop.REFUSED)],
            id="refusal",
        ),
        pytest.param(
            [
                chunk(
                    {
                        "content": None,
                        "tool_calls": [
                            {"index": 0, "id": "c1", "function": {"name": "f", "arguments": ""}}
                        ],
                    }
                ),
                chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
                STOP,
                DONE,
            ],
            [CallBegin(0, "c1", "f"), CallDelta(0, "{}"), CallEnd(0), *last(Stop.TOOL_CALLS)],
            id="a tool call that ends with stop",
        ),
        pytest.param(
            [
                chunk({"images": [{"image_url": {"url": "data:image/png;base64,AA"}}]}),
                chunk({"annotations": [{"url_citation": {"url": "https://x"}}]}),
                chunk({"content": "a"}, logprobs={"content": [{"token": "a", "logprob": -1}]}),
                STOP,
                DONE,
            ],
            [
                MediaDelta("image/png", "AA"),
                Cited(Citation(url="https://x")),
                TextDelta("a"),
                Logprobs([TokenLogprob(token="a", logprob=-1.0)]),
                *last(),
            ],
            id="rare ones",
        ),
        pytest.param(
            [HI, chunk({"content": "ho"}, index=1), chunk({}, "length", index=1), STOP, DONE],
            [
                TextDelta("hi"),
                TextDelta("ho", 1),
                Finish(Stop.END),
                Finish(Stop.LENGTH, None, 1),
                Done(),
            ],
            id="two choices",
        ),
    ],
)
def test_streams_of_every_host_are_read(parts: list[bytes], events: list[Event]) -> None:
    assert read(*parts) == [BEGIN, *events]


@pytest.mark.parametrize(
    ("bad", "failure"),
    [
        (b'data: {"error":{"message":"m","code":"server_is_overloaded"}}\n\n', Failure.OVERLOADED),
        (b'event: error\ndata: {"error":{"message":"m","status_code":400}}\n\n', Failure.CALLER),
        (b'data:{"error":"m","error_type":"overloaded"}\n\n', Failure.OVERLOADED),
        (b'data: {"object":"error","message":"m","code":503}\n\n', Failure.OVERLOADED),
        (b'data: {"object":"error","message":"m","id":7,"code":503}\n\n', Failure.OVERLOADED),
        (b'data: {"base_resp":{"status_code":1002},"choices":null}\n\n', Failure.RATE_LIMITED),
        (chunk({}, "insufficient_system_resource"), Failure.OVERLOADED),
        (chunk({}, "network_error"), Failure.SERVER_ERROR),
        (chunk({}, "error"), Failure.SERVER_ERROR),
        (chunk({}, "abort"), Failure.TRUNCATED),
        (b"data: {cut\n\n", Failure.BROKEN),
        (b'data: {"choices":7}\n\n', Failure.BROKEN),
        (chunk({"content": 7}), Failure.BROKEN),
        (DONE, Failure.BROKEN),
        (chunk({"tool_calls": [{"index": 0}]}, "stop") + DONE, Failure.BROKEN),
    ],
)
def test_what_goes_wrong_is_a_failure_and_the_end(bad: bytes, failure: Failure) -> None:
    reader = ChatReader(standard)
    *before, failed = reader.read(HI + bad + HI + STOP + DONE)
    assert before == [BEGIN, TextDelta("hi")]
    assert isinstance(failed, Failed)
    assert failed.verdict.failure is failure
    assert reader.read(HI) == []


def test_an_end_without_a_beginning_is_a_failure() -> None:
    (failed,) = read(DONE)
    assert isinstance(failed, Failed)


def test_a_base_status_of_zero_is_no_failure() -> None:
    fine = {"base_resp": {"status_code": 0}}
    assert read(chunk({"content": "hi"}, **fine), chunk({}, "stop", **fine), DONE) == [
        BEGIN,
        TextDelta("hi"),
        *last(),
    ]


def test_a_body_that_just_ends_is_not_done() -> None:
    reader = ChatReader(standard)
    assert reader.read(HI + STOP) == [BEGIN, TextDelta("hi")]
    assert reader.end() == []


STREAM = b"".join(
    [
        b": hello\n\n",
        ROLE,
        chunk({"content": "h\u2028i \U0001f600"}),
        chunk({"reasoning": "hm"}),
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
        chunk({}, "tool_calls"),
        event(choices=[], usage=COUNTS),
        DONE,
    ]
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=6), st.sampled_from([b"\n", b"\r\n"]))
def test_a_stream_cut_anywhere_says_the_same(sizes: list[int], newline: bytes) -> None:
    found = read_in_pieces(ChatReader(standard), STREAM.replace(b"\n", newline), sizes)
    assert found == read(STREAM)
    assert found[-1] == Done()


NAMES = "choices delta content tool_calls function name arguments index finish_reason usage error"
JSON = odd_json(*NAMES.split(), "logprobs")


@given(st.lists(JSON | st.binary(max_size=9), max_size=4))
def test_no_stream_is_too_odd_to_read(items: list[object]) -> None:
    reader = ChatReader(standard)
    failed = False
    for item in items:
        data = item if isinstance(item, bytes) else orjson.dumps(item)
        out = reader.read(b"data: " + data.replace(b"\n", b"") + b"\n\n")
        assert not (failed and out)
        failed = failed or any(isinstance(e, Failed) for e in out)
        assert all(not isinstance(e, Failed) for e in out[:-1])


def test_the_tier_that_served_is_read_with_the_usage() -> None:
    for tier, kept in (("priority", "priority"), ("default", None), (3, None)):
        told = read(event(choices=[], usage=COUNTS, service_tier=tier))
        assert told[-1] == Used(Usage(3, 4, service_tier=kept))
