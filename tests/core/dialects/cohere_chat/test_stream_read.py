"""Streams of Cohere."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.pieces import read_in_pieces
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
    ReasoningDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.cohere_chat.stream_read import CohereReader
from weftline_core.failures import Failure
from weftline_core.usage import Usage


def event(name: str, index: int | None = None, **fields: object) -> bytes:
    data = {"type": name, **fields}
    if index is not None:
        data["index"] = index
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data))


def message(name: str, index: int | None = None, **fields: object) -> bytes:
    return event(name, index, delta={"message": fields})


def call(**function: str) -> dict[str, object]:
    return {"id": "a", "type": "function", "function": function}


EMPTY: dict[str, object] = {
    "role": "assistant",
    "content": [],
    "tool_plan": "",
    "tool_calls": [],
    "citations": [],
}
BEGIN = event("message-start", id="m1", delta={"message": EMPTY})
USAGE = {"billed_units": {"input_tokens": 3.0, "output_tokens": 4.0}, "cached_tokens": 9}
END = event("message-end", delta={"finish_reason": "COMPLETE", "usage": USAGE})
CITED = {
    "start": 0,
    "end": 2,
    "sources": [{"type": "tool", "id": "t", "tool_output": {"url": "https://x"}}],
    "content_index": 1,
    "type": "TEXT_CONTENT",
}
WHOLE = [
    BEGIN,
    message("tool-plan-delta", tool_plan="I will"),
    message("tool-plan-delta", tool_plan=""),
    message("content-start", 0, content={"type": "thinking", "thinking": ""}),
    message("content-delta", 0, content={"thinking": "hm"}),
    event("content-end", 0),
    message("content-start", 1, content={"type": "text", "text": ""}),
    message("content-delta", 1, content={"text": "é "}),
    message("citation-start", 0, citations=CITED),
    event("citation-end", 0),
    event("content-end", 1),
    message("tool-call-start", 0, tool_calls=call(name="find", arguments="")),
    message("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"n"'}}),
    message("tool-call-delta", 0, tool_calls={"function": {"arguments": ":1}"}}),
    event("tool-call-end", 0),
    message("tool-call-start", 1, tool_calls=call(name="now", arguments="")),
    event("tool-call-end", 1),
    message("tool-call-start", 2, tool_calls=call(name="now", arguments="{}")),
    event("tool-call-end", 2),
    event("debug", prompt="x"),
    event("message-end", delta={"finish_reason": "TOOL_CALL", "usage": USAGE}),
]
MEANING: list[Event] = [
    Begin("m1", ""),
    TextDelta("I will"),
    ReasoningDelta("hm"),
    TextDelta("é "),
    Cited(Citation(url="https://x", start=6, end=8)),
    CallBegin(0, "a", "find"),
    CallDelta(0, '{"n"'),
    CallDelta(0, ":1}"),
    CallEnd(0),
    CallBegin(1, "a", "now"),
    CallDelta(1, "{}"),
    CallEnd(1),
    CallBegin(2, "a", "now"),
    CallDelta(2, "{}"),
    CallEnd(2),
    Finish(Stop.TOOL_CALLS),
    Used(Usage(3, 4)),
    Done(),
]


def heard(*wire: bytes) -> list[Event]:
    reader = CohereReader()
    return reader.read(b"".join(wire)) + reader.end()


@given(st.lists(st.integers(1, 90), max_size=60), st.booleans())
def test_every_split_gives_the_same_events(steps: list[int], crlf: bool) -> None:
    wire = b"".join(WHOLE)
    if crlf:
        wire = wire.replace(b"\n", b"\r\n")
    assert read_in_pieces(CohereReader(), wire, steps) == MEANING


def test_data_without_names_and_a_done_line_are_tolerated() -> None:
    nameless = b"".join(one.partition(b"\n")[2] for one in WHOLE)
    assert heard(b": ping\n\n", nameless, b"data: [DONE]\n\n") == MEANING
    assert heard(b"data: [DONE]\n\n") == []


def test_nothing_is_read_after_the_end() -> None:
    late = message("content-delta", 0, content={"text": "late"})
    assert heard(END, late) == [Finish(Stop.END), Used(Usage(3, 4)), Done()]


def test_a_body_that_ends_before_its_end_is_cut() -> None:
    assert heard(BEGIN, message("content-delta", 0, content={"text": "a"})) == [
        Begin("m1", ""),
        TextDelta("a"),
    ]


def test_a_call_that_nobody_ended_is_ended_before_the_finish() -> None:
    begun = message("tool-call-start", 0, tool_calls=call(name="now"))
    assert heard(begun, END)[1:4] == [CallDelta(0, "{}"), CallEnd(0), Finish(Stop.END)]


@pytest.mark.parametrize(
    ("wrong", "failure", "words"),
    [
        (event("message-end", delta={"finish_reason": "ERROR"}), Failure.SERVER_ERROR, "gave up"),
        (
            event("message-end", delta={"finish_reason": "ERROR", "error": "no GPU"}),
            Failure.SERVER_ERROR,
            "no GPU",
        ),
        (event("message-end", delta={"finish_reason": "TIMEOUT"}), Failure.SERVER_ERROR, "gave"),
        (event("message-end", delta={}), Failure.BROKEN, "without a reason"),
        (event("message-end"), Failure.BROKEN, "without a reason"),
        (b'data: {"message":"oh no"}\n\n', Failure.SERVER_ERROR, "oh no"),
        (b"data: {\n\n", Failure.BROKEN, "none of Cohere's"),
        (b'data: {"type":"content-delta","delta":7}\n\n', Failure.BROKEN, "none of Cohere's"),
        (message("tool-call-start", 0, tool_calls={}), Failure.BROKEN, "without an id"),
        (message("tool-call-start", 0, tool_calls={"id": "a"}), Failure.BROKEN, "without a name"),
    ],
)
def test_what_goes_wrong_ends_the_stream(wrong: bytes, failure: Failure, words: str) -> None:
    (failed,) = heard(wrong, END)
    assert isinstance(failed, Failed)
    assert failed.verdict.failure is failure
    assert words in failed.verdict.words.message
