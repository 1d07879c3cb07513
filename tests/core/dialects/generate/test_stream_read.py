"""Streams of hosts."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ReasoningProof,
    TextDelta,
    Used,
)
from weftline_core.dialects.generate.calls import minted_id
from weftline_core.dialects.generate.stream_read import GenerateReader
from weftline_core.failures import Failure
from weftline_core.sse import SseSplitter
from weftline_core.usage import Usage

Json = dict[str, object]
BEGIN = Begin("r", "m")


def chunk(*parts: Json, reason: str | None = None, index: int = 0, **more: object) -> bytes:
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "index": index}
    if reason is not None:
        candidate["finishReason"] = reason
    return frame({"candidates": [candidate | more], "modelVersion": "m", "responseId": "r"})


def frame(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def read(*frames: bytes) -> list[Event]:
    reader = GenerateReader()
    events = reader.read(b"".join(frames))
    return events + reader.end()


def failure(*frames: bytes) -> Failure:
    last = read(*frames)[-1]
    assert isinstance(last, Failed)
    return last.verdict.failure


def test_words_and_thoughts() -> None:
    assert read(
        chunk({"text": "hm", "thought": True}),
        chunk({"text": "a"}, {"text": "b"}),
        chunk({"text": "c", "thoughtSignature": "s1"}),
        chunk({"text": "", "thoughtSignature": "s2"}, reason="STOP"),
    ) == [
        BEGIN,
        ReasoningDelta("hm"),
        TextDelta("a"),
        TextDelta("b"),
        TextDelta("c"),
        ReasoningProof("generate", signature="s1"),
        ReasoningProof("generate", signature="s2"),
        Finish(Stop.END),
        Done(),
    ]


def test_usage_comes_with_every_chunk() -> None:
    def counted(prompt: int, made: int, reason: str | None = None) -> bytes:
        candidate: Json = {"content": {"parts": [{"text": "a"}]}, "finishReason": reason}
        counts = {"promptTokenCount": prompt, "candidatesTokenCount": made, "thoughtsTokenCount": 1}
        return frame({"candidates": [candidate], "usageMetadata": counts})

    first, last = Usage(15, 3, reasoning_tokens=1), Usage(13, 5, reasoning_tokens=1)
    assert read(counted(15, 2), counted(13, 4, "MAX_TOKENS")) == [
        Begin("", "", first),
        Used(first),
        TextDelta("a"),
        Used(last),
        TextDelta("a"),
        Finish(Stop.LENGTH),
        Done(),
    ]


def test_searches_told_once_are_kept() -> None:
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 1}
    candidate: Json = {"content": {"parts": [{"text": "a"}]}}
    searched = candidate | {"groundingMetadata": {"webSearchQueries": ["q", "r"]}}
    last = candidate | {"finishReason": "STOP"}
    events = read(
        frame({"candidates": [searched], "usageMetadata": counts}),
        frame({"candidates": [candidate]}),
        frame({"candidates": [last], "usageMetadata": counts}),
    )
    assert [e.usage for e in events if isinstance(e, Used)] == [Usage(3, 1, searches=2)] * 2


def test_whole_calls() -> None:
    events = read(
        chunk(
            {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "s"},
            {"functionCall": {"name": "g", "id": "own"}},
        ),
        chunk(reason="STOP"),
    )
    assert events == [
        BEGIN,
        CallBegin(0, minted_id("r", 0, 0, "f", '{"a":1}'), "f", "s"),
        CallDelta(0, '{"a":1}'),
        CallEnd(0),
        CallBegin(1, "own", "g"),
        CallDelta(1, "{}"),
        CallEnd(1),
        Finish(Stop.TOOL_CALLS),
        Done(),
    ]


def piece(**call: object) -> bytes:
    return chunk({"functionCall": call})


def arg(path: str, value: str, more: bool = False) -> Json:
    return {"jsonPath": path, "stringValue": value, "willContinue": more}


CALL_IN_PIECES = (
    piece(name="f", id="c", willContinue=True),
    piece(partialArgs=[arg("$.city", "Bos", more=True)], willContinue=True),
    piece(partialArgs=[arg("$.city", "ton")], willContinue=True),
    piece(),
)
WHOLE_AGAIN = [BEGIN, CallBegin(0, "c", "f"), CallDelta(0, '{"city":"Boston"}'), CallEnd(0)]


def test_calls_in_pieces() -> None:
    end = [Finish(Stop.TOOL_CALLS), Done()]
    assert read(*CALL_IN_PIECES, chunk(reason="STOP")) == WHOLE_AGAIN + end
    assert read(*CALL_IN_PIECES[:-1], chunk(reason="STOP")) == WHOLE_AGAIN + end
    two = read(*CALL_IN_PIECES[:-1], piece(name="g", id="d"), chunk(reason="STOP"))
    second = [CallBegin(1, "d", "g"), CallDelta(1, "{}"), CallEnd(1)]
    assert [type(e) for e in two] == [type(e) for e in WHOLE_AGAIN + second + end]


def test_a_limit_may_cut_a_call_in_pieces() -> None:
    events = read(*CALL_IN_PIECES[:2], chunk(reason="MAX_TOKENS"))
    assert events[-3:] == [CallEnd(0), Finish(Stop.LENGTH), Done()]
    assert CallDelta(0, '{"city":"Bos"}') in events


@pytest.mark.parametrize(
    "frames",
    [
        (*CALL_IN_PIECES[:2], chunk(reason="STOP")),
        (piece(partialArgs=[arg("$.a", "x")], willContinue=True),),
        (piece(name="f", willContinue=True), piece(partialArgs=[arg("x", "y")])),
        (chunk({"functionCall": {"name": "", "args": {"a": 1}, "willContinue": True}}),),
        (chunk(reason="STOP"), chunk({"text": "more"})),
        (frame({"candidates": [{"index": 500}]}),),
        (frame([]),),
        (b"data: {\n\n",),
        (b'data: {"candidates":[{"content":{"parts":[{"text":"\xff"}]}}]}\n\n',),
        (b'data: {"candidates":[{"content":{"parts":[{"text":7}]}}]}\n\n',),
    ],
)
def test_a_broken_stream_is_told(frames: tuple[bytes, ...]) -> None:
    assert failure(*frames) is Failure.BROKEN


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (frame({"error": {"code": 503, "status": "UNAVAILABLE"}}), Failure.OVERLOADED),
        (frame([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}]), Failure.RATE_LIMITED),
        (frame({"error": {"code": 500}}), Failure.SERVER_ERROR),
        (chunk(reason="MALFORMED_FUNCTION_CALL", finishMessage="m"), Failure.BROKEN),
        (chunk(reason="MISSING_THOUGHT_SIGNATURE"), Failure.CALLER),
    ],
)
def test_nothing_comes_after_a_failure(broken: bytes, what: Failure) -> None:
    reader = GenerateReader()
    events = reader.read(chunk({"text": "a"}) + broken + chunk({"text": "b"}, reason="STOP"))
    assert isinstance(events[-1], Failed)
    assert events[-1].verdict.failure is what
    assert events[:2] == [BEGIN, TextDelta("a")]
    assert reader.read(chunk(reason="STOP")) == []
    assert reader.end() == []


def test_a_body_that_ends_early_is_not_complete() -> None:
    assert read() == []
    assert read(chunk({"text": "a"})) == [BEGIN, TextDelta("a")]
    assert read(chunk({"text": "a"}, reason="FINISH_REASON_UNSPECIFIED"))[-1] == TextDelta("a")
    both = (chunk({"text": "a"}, reason="STOP"), chunk({"text": "b"}, index=1))
    assert Done() not in read(*both)
    assert read(*both, chunk(index=1, reason="STOP"))[-2:] == [Finish(Stop.END, choice=1), Done()]


def test_a_blocked_prompt_is_a_filtered_answer() -> None:
    assert read(frame({"promptFeedback": {"blockReason": "SAFETY"}})) == [
        Begin("", ""),
        Finish(Stop.FILTERED),
        Done(),
    ]


def test_what_may_follow_the_end_is_borne() -> None:
    events = read(chunk({"text": "a"}, reason="STOP"), chunk({"text": ""}, reason="STOP"))
    assert events == [BEGIN, TextDelta("a"), Finish(Stop.END), Done()]


def test_keep_alives_and_unknown_things_are_borne() -> None:
    events = read(
        b": ping\n\n",
        b"\n\n",
        chunk({"executableCode": {"code": "1"}}, brandNew=1),
        chunk({"text": "a\u2028"}, reason="BRAND_NEW"),
    )
    assert events == [BEGIN, TextDelta("a\u2028"), Finish(Stop.END), Done()]


def test_pictures_sources_and_log_probabilities() -> None:
    blob = {"mimeType": "image/png", "data": "eA=="}
    grounding = {"groundingChunks": [{"web": {"uri": "u"}}]}
    logprobs = {"chosenCandidates": [{"token": "a", "logProbability": -1.0}]}
    events = read(
        chunk({"inlineData": blob}, {"inlineData": blob, "thought": True}),
        chunk({"text": "a"}, groundingMetadata=grounding, logprobsResult=logprobs),
        chunk(reason="STOP", groundingMetadata=grounding),
    )
    assert events[1:-2] == [
        MediaDelta("image/png", "eA=="),
        TextDelta("a"),
        Logprobs([TokenLogprob(token="a", logprob=-1.0)]),
        Cited(Citation(url="u")),
    ]


STREAM = b"".join(
    (
        chunk({"text": "hm\u00e9", "thought": True}),
        chunk({"text": "\U0001f600"}),
        *CALL_IN_PIECES,
        chunk({"text": "", "thoughtSignature": "s"}, reason="STOP"),
    )
).replace(b"\n", b"\r\n")


@given(st.lists(st.integers(0, len(STREAM)), max_size=9))
def test_a_stream_cut_anywhere_says_the_same(sizes: list[int]) -> None:
    whole = GenerateReader().read(SseSplitter().feed(STREAM))
    assert read_in_pieces(GenerateReader(), STREAM, sizes) == [*whole, Done()]


@given(st.binary())
def test_no_event_is_too_odd(data: bytes) -> None:
    GenerateReader().read(b"data: " + data + b"\n\n")
