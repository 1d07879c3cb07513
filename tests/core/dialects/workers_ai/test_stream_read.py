"""Streams of Workers AI in both of its forms."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.pieces import read_in_pieces
from weftline_core.chat.answer import Stop
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Done,
    Event,
    Failed,
    Finish,
    ReasoningDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.workers_ai.stream_read import WorkersAiReader
from weftline_core.failures import Failure
from weftline_core.sse import frame
from weftline_core.usage import Usage

USAGE = {"prompt_tokens": 3, "completion_tokens": 4}
DONE = b"data: [DONE]\n\n"


def told(**fields: object) -> bytes:
    return frame(orjson.dumps(fields))


def chunk(reason: str | None = None, **delta: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return told(id="chatcmpl-1", model="@cf/x", choices=[choice], p="abc")


NATIVE = [
    told(response="é", p="abdef"),
    told(tool_calls=[], p="abdefgh"),
    told(response=7),
    told(response=None),
    told(response="", usage=USAGE),
    DONE,
]
NATIVE_MEANING: list[Event] = [
    Begin("", ""),
    TextDelta("é"),
    TextDelta("7"),
    Used(Usage(3, 4)),
    Finish(Stop.END),
    Done(),
]
OPENAI = [
    chunk(role="assistant", content=""),
    chunk(reasoning_content="hm"),
    chunk(reasoning=" so"),
    chunk(content="é"),
    chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "find", "arguments": ""}}]),
    chunk(tool_calls=[{"index": 1, "id": "b", "function": {"name": "now"}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"n"'}}]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": ":1}"}}]),
    chunk(tool_calls=[{"index": 0, "id": None, "function": {"name": None, "arguments": None}}]),
    chunk("tool_calls"),
    told(choices=[], usage=USAGE),
    DONE,
]
OPENAI_MEANING: list[Event] = [
    Begin("chatcmpl-1", "@cf/x"),
    ReasoningDelta("hm"),
    ReasoningDelta(" so"),
    TextDelta("é"),
    CallBegin(0, "a", "find"),
    CallBegin(1, "b", "now"),
    CallDelta(0, '{"n"'),
    CallDelta(0, ":1}"),
    CallEnd(0),
    CallDelta(1, "{}"),
    CallEnd(1),
    Finish(Stop.TOOL_CALLS),
    Used(Usage(3, 4)),
    Done(),
]


def heard(*wire: bytes) -> list[Event]:
    reader = WorkersAiReader()
    return reader.read(b"".join(wire)) + reader.end()


@pytest.mark.parametrize(
    ("wire", "meaning"),
    [(NATIVE, NATIVE_MEANING), (OPENAI, OPENAI_MEANING)],
    ids=["native", "openai"],
)
@given(steps=st.lists(st.integers(1, 90), max_size=60))
def test_every_split_gives_the_same_events(
    wire: list[bytes], meaning: list[Event], steps: list[int]
) -> None:
    assert read_in_pieces(WorkersAiReader(), b"".join(wire), steps) == meaning


def test_native_calls_come_whole_and_get_ids() -> None:
    calls: list[object] = [
        {"name": "find", "arguments": {"n": 1}},
        {"name": "now", "arguments": {}},
    ]
    begin, one, _, two, argued, *rest = heard(told(tool_calls=calls, p="x"), DONE)
    assert begin == Begin("", "")
    assert isinstance(one, CallBegin)
    assert isinstance(two, CallBegin)
    assert (one.call, one.name, two.call, two.name) == (0, "find", 1, "now")
    assert one.id != two.id
    assert argued == CallDelta(1, "{}")
    assert rest == [CallEnd(0), CallEnd(1), Finish(Stop.TOOL_CALLS), Done()]


def test_a_fragment_without_an_index_is_more_of_the_last_call() -> None:
    first = {"id": "a", "name": "find", "arguments": '{"n"'}
    events = heard(told(tool_calls=[first]), told(tool_calls=[{"arguments": ":1}"}]), DONE)
    assert events[1:4] == [CallBegin(0, "a", "find"), CallDelta(0, '{"n"'), CallDelta(0, ":1}")]


def test_a_reason_without_done_is_an_end() -> None:
    assert heard(chunk("length", content="a")) == [
        Begin("chatcmpl-1", "@cf/x"),
        TextDelta("a"),
        Finish(Stop.LENGTH),
        Done(),
    ]


def test_a_call_is_the_reason_whatever_is_told() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "now", "arguments": "{}"}}
    assert heard(chunk(tool_calls=[call]), chunk("stop"))[-2:] == [
        Finish(Stop.TOOL_CALLS),
        Done(),
    ]


def test_neither_reason_nor_done_is_a_cut() -> None:
    assert heard(told(response="a"), told(response="", usage=USAGE)) == [
        Begin("", ""),
        TextDelta("a"),
        Used(Usage(3, 4)),
    ]


def test_nothing_is_read_after_done() -> None:
    assert heard(DONE, told(response="late")) == [Begin("", ""), Finish(Stop.END), Done()]


@pytest.mark.parametrize(
    ("wrong", "failure"),
    [
        (told(errors=[{"code": 3040, "message": "busy"}], success=False), Failure.OVERLOADED),
        (told(error={"message": "oh"}), Failure.SERVER_ERROR),
        (b"data: {\n\n", Failure.BROKEN),
        (told(choices=7), Failure.BROKEN),
        (chunk("error"), Failure.BROKEN),
        (chunk(tool_calls=[{"index": 0, "id": "a"}]), Failure.BROKEN),
    ],
)
def test_what_goes_wrong_ends_the_stream(wrong: bytes, failure: Failure) -> None:
    *_, failed = heard(told(response="a"), wrong, told(response="late"), DONE)
    assert isinstance(failed, Failed)
    assert failed.verdict.failure is failure
