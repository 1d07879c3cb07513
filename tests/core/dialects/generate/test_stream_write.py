"""Streams for clients."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.chat.conversation import Conversation, Thinking
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
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.generate.stream_read import GenerateReader
from weftline_core.dialects.generate.stream_write import GenerateWriter
from weftline_core.sse import SseSplitter
from weftline_core.usage import Usage

Json = dict[str, object]


def writer(shown: bool = True) -> GenerateWriter:
    asked = Conversation(thinking=Thinking(shown=shown))
    return GenerateWriter(Echo(request_id="r1", model='m"', created_unix_s=0, body={}, asked=asked))


def written(*events: Event, shown: bool = True) -> list[Json]:
    out = writer(shown).write(list(events))
    frames = out.split(b"\r\n\r\n")
    assert frames.pop() == b""
    assert all(f.startswith(b"data: {") and b"\n" not in f for f in frames)
    return [orjson.loads(f[6:]) for f in frames]


def candidates(*events: Event, shown: bool = True) -> list[object]:
    return [frame["candidates"] for frame in written(*events, shown=shown)]


def part(value: object, index: int = 0, **more: object) -> list[Json]:
    return [{"content": {"parts": [value], "role": "model"}, "index": index} | more]


def test_a_whole_stream() -> None:
    frames = written(
        Begin("theirs", "their-model"),
        TextDelta("a"),
        Finish(Stop.LENGTH),
        Used(Usage(3, 4)),
        Done(),
    )
    ids = {"modelVersion": 'm"', "responseId": "r1"}
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7}
    assert frames == [
        {"candidates": part({"text": "a"})} | ids,
        {"candidates": part({"text": ""}, finishReason="MAX_TOKENS"), "usageMetadata": counts}
        | ids,
    ]


def test_an_event_is_one_frame_at_once() -> None:
    out = writer()
    assert out.write([Begin("x", "y")]) == b""
    assert out.write([TextDelta("a"), TextDelta("b")]).count(b"\r\n\r\n") == 2
    assert out.write([Finish(Stop.END)]) == b""
    assert out.write([Done()]).count(b"finishReason") == 1


NO_TOP: list[object] = []

EVENTS: list[tuple[Event, list[object]]] = [
    (TextDelta("b", 1), [part({"text": "b"}, 1)]),
    (ReasoningDelta("hm"), [part({"text": "hm", "thought": True})]),
    (
        ReasoningProof("generate", signature="s"),
        [part({"text": "", "thoughtSignature": "s"})],
    ),
    (ReasoningProof("messages", signature="s"), []),
    (ReasoningProof("generate", redacted="x"), []),
    (
        MediaDelta("image/png", "eA=="),
        [part({"inlineData": {"mimeType": "image/png", "data": "eA=="}})],
    ),
    (RefusalDelta("no"), [part({"text": "no"})]),
    (
        Logprobs([TokenLogprob(token="a", logprob=-1.0)]),
        [
            part(
                {"text": ""},
                logprobsResult={
                    "chosenCandidates": [{"token": "a", "logProbability": -1.0}],
                    "topCandidates": [{"candidates": NO_TOP}],
                },
            )
        ],
    ),
]


@pytest.mark.parametrize(("event", "frames"), EVENTS)
def test_an_event_is_written(event: Event, frames: list[object]) -> None:
    assert candidates(event) == frames


def test_thoughts_are_shown_only_when_asked_for() -> None:
    assert candidates(ReasoningDelta("hm"), shown=False) == []


def test_interleaved_calls_wait_until_they_are_whole() -> None:
    frames = candidates(
        CallBegin(0, "c0", "f", "s"),
        CallDelta(0, '{"a"'),
        CallBegin(1, "c1", "g"),
        CallEnd(1),
        CallDelta(0, ":1}"),
        CallEnd(0),
        CallEnd(7),
        CallDelta(7, "x"),
    )
    first = {"functionCall": {"id": "c0", "name": "f", "args": {"a": 1}}, "thoughtSignature": "s"}
    second: Json = {"functionCall": {"id": "c1", "name": "g", "args": {}}}
    assert frames == [part(second), part(first)]


@pytest.mark.parametrize(
    ("stop", "reason"),
    [(Stop.TOOL_CALLS, "MALFORMED_FUNCTION_CALL"), (Stop.LENGTH, "MAX_TOKENS")],
)
def test_arguments_that_are_no_object_are_said_to_be_none(stop: Stop, reason: str) -> None:
    frames = candidates(
        CallBegin(0, "c", "f"), CallDelta(0, '{"a'), CallEnd(0), Finish(stop), Done()
    )
    assert frames == [part({"text": ""}, finishReason=reason)]


def test_the_last_frame_tells_of_all_candidates() -> None:
    frames = candidates(
        RefusalDelta("no", 1),
        Cited(Citation(url="u", title="t")),
        Finish(Stop.END, choice=1),
        Finish(Stop.SEQUENCE),
        Done(),
    )
    sources = {"groundingChunks": [{"web": {"uri": "u", "title": "t"}}]}
    assert frames[-1] == [
        *part({"text": ""}, finishReason="STOP", groundingMetadata=sources),
        *part({"text": ""}, 1, finishReason="SAFETY"),
    ]


TEXTS = st.text(min_size=1, max_size=9)
DELTAS = st.one_of(
    st.builds(TextDelta, TEXTS),
    st.builds(ReasoningDelta, TEXTS),
    st.builds(TextDelta, TEXTS, st.just(1)),
)


@given(st.lists(DELTAS, min_size=1, max_size=9))
def test_what_is_written_is_read_again(deltas: list[Event]) -> None:
    choices = sorted({d.choice for d in deltas if isinstance(d, TextDelta | ReasoningDelta)})
    ends: list[Event] = [Finish(Stop.LENGTH, choice=c) for c in choices]
    usage = Used(Usage(3, 4, reasoning_tokens=1))
    out = writer().write([*deltas, *ends, usage, Done()])
    reader = GenerateReader()
    events = reader.read(SseSplitter().feed(out)) + reader.end()
    assert events == [Begin("r1", 'm"'), *deltas, usage, *ends, Done()]
