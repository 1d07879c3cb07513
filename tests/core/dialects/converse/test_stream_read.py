"""Streams of Converse, from Amazon's binary messages to events."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.eventstream import event
from weftline_core.chat.answer import Citation, Stop
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
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    TextDelta,
    Used,
)
from weftline_core.dialects.converse.stream_read import ConverseReader
from weftline_core.eventstream import EventStreamSplitter
from weftline_core.failures import Failure
from weftline_core.usage import Usage


def delta(block: int, **fields: object) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": block, "delta": fields, "p": "abcd"})


def start(block: int, **fields: object) -> bytes:
    return event("contentBlockStart", {"contentBlockIndex": block, "start": fields})


def stop(block: int) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": block, "p": "a"})


BEGIN = event("messageStart", {"role": "assistant", "p": "abcdefgh"})
USAGE: dict[str, Any] = {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}
METADATA = event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}, "p": "ab"})
END = event("messageStop", {"stopReason": "end_turn", "p": "abc"})
WHOLE = [
    BEGIN,
    delta(0, reasoningContent={"text": "hm"}),
    delta(0, reasoningContent={"signature": "s"}),
    delta(0, reasoningContent={"redactedContent": "eA=="}),
    stop(0),
    delta(1, text="é "),
    delta(1, text=""),
    delta(1, citation={"title": "t", "location": {"web": {"url": "https://x"}}}),
    delta(1, citation={"title": "own"}),
    stop(1),
    start(2, toolUse={"toolUseId": "a", "name": "find"}),
    delta(2, toolUse={"input": ""}),
    delta(2, toolUse={"input": '{"n":'}),
    delta(2, toolUse={"input": "1}"}),
    stop(2),
    start(3, toolUse={"toolUseId": "b", "name": "now"}),
    stop(3),
    start(4, toolUse={"toolUseId": "c", "name": "web", "type": "server_tool_use"}),
    delta(4, toolUse={"input": "{}"}),
    stop(4),
    start(5, image={"format": "jpeg"}),
    delta(5, image={"source": {"bytes": "eA=="}}),
    stop(5),
    delta(6, brandNew={}),
    event("brandNew", {}),
    event("messageStop", {"stopReason": "tool_use"}),
    METADATA,
]
MEANING: list[Event] = [
    Begin("", ""),
    ReasoningDelta("hm"),
    ReasoningProof("converse", "s"),
    ReasoningProof("converse", None, "eA=="),
    TextDelta("é "),
    Cited(Citation(url="https://x", title="t")),
    CallBegin(0, "a", "find"),
    CallDelta(0, '{"n":'),
    CallDelta(0, "1}"),
    CallEnd(0),
    CallBegin(1, "b", "now"),
    CallDelta(1, "{}"),
    CallEnd(1),
    MediaDelta("image/jpeg", "eA=="),
    Finish(Stop.TOOL_CALLS),
    Used(Usage(3, 4)),
    Done(),
]


def heard(*messages: bytes) -> list[Event]:
    reader, splitter = ConverseReader(), EventStreamSplitter()
    return reader.read(splitter.feed(b"".join(messages))) + reader.end()


@given(st.lists(st.integers(1, 90), max_size=60))
def test_every_split_gives_the_same_events(steps: list[int]) -> None:
    reader, splitter, wire, at = ConverseReader(), EventStreamSplitter(), b"".join(WHOLE), 0
    out: list[Event] = []
    for step in [*steps, len(wire)]:
        out += reader.read(splitter.feed(wire[at : at + step]))
        at += step
    assert out + reader.end() == MEANING


def test_usage_after_the_stop_ends_the_stream_at_once() -> None:
    reader = ConverseReader()
    splitter = EventStreamSplitter()
    assert reader.read(splitter.feed(END)) == [Finish(Stop.END)]
    assert reader.read(splitter.feed(METADATA)) == [Used(Usage(3, 4)), Done()]
    assert reader.read(splitter.feed(delta(0, text="late"))) == []
    assert reader.end() == []


def test_a_stop_without_usage_is_an_end_too() -> None:
    assert heard(BEGIN, END) == [Begin("", ""), Finish(Stop.END), Done()]


def test_usage_before_the_stop_is_no_end() -> None:
    assert heard(METADATA, END) == [Used(Usage(3, 4)), Finish(Stop.END), Done()]


def test_a_body_that_ends_before_the_stop_is_cut() -> None:
    assert heard(BEGIN, delta(0, text="a")) == [Begin("", ""), TextDelta("a")]
    assert heard() == []


def test_a_call_that_nobody_ended_is_ended_before_the_finish() -> None:
    assert heard(start(0, toolUse={"toolUseId": "a", "name": "f"}), END)[1:4] == [
        CallDelta(0, "{}"),
        CallEnd(0),
        Finish(Stop.END),
    ]


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("throttlingException", Failure.RATE_LIMITED),
        ("modelStreamErrorException", Failure.SERVER_ERROR),
        ("internalServerException", Failure.SERVER_ERROR),
        ("serviceUnavailableException", Failure.OVERLOADED),
        ("validationException", Failure.CALLER),
    ],
)
def test_exceptions_end_the_stream(name: str, failure: Failure) -> None:
    wrong = event(name, {"message": "oh"}, kind="exception")
    begun, failed = heard(BEGIN, wrong, delta(0, text="late"), END)
    assert begun == Begin("", "")
    assert isinstance(failed, Failed)
    assert failed.verdict.failure is failure
    assert failed.verdict.words.message == "oh"


@pytest.mark.parametrize(
    "broken",
    [
        event("contentBlockDelta", {"contentBlockIndex": 0}),
        event("contentBlockDelta", {"contentBlockIndex": "0", "delta": {"text": "a"}}),
        event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": 1}}),
        event("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {}}}),
        event("contentBlockStart", {}),
        event("contentBlockStop", []),
        event("messageStop", {}),
        event("messageStop", {"stopReason": "malformed_model_output"}),
        event("metadata", {"usage": {"inputTokens": "3"}}),
    ],
)
def test_what_breaks_the_dialect_fails(broken: bytes) -> None:
    (failed,) = heard(broken, END)
    assert isinstance(failed, Failed)
    assert failed.verdict.failure is Failure.BROKEN


def test_line_ends_in_a_payload_change_nothing() -> None:
    whole = b'event: contentBlockDelta\ndata: {"delta":\ndata: {"text":"a"}}\n\n'
    assert ConverseReader().read(whole) == [TextDelta("a")]
