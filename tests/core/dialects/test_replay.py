"""A whole answer told as a stream."""

import pytest

from weftline_core.chat.answer import Answer, Choice, Citation, Stop
from weftline_core.chat.events import (
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Finish,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import NotAnAnswer
from weftline_core.dialects.replay import Replay, events_of
from weftline_core.failures import Failure
from weftline_core.usage import Usage

ANSWER = (
    b'{"id":"a","model":"m","choices":[{"message":{"role":"assistant","content":"hi"},'
    b'"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}'
)


class Notes:
    """A writer that notes what it is given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def write(self, events: list[Event]) -> bytes:
        self.events += events
        return b"written"


def test_an_answer_is_told_from_its_beginning_to_its_end() -> None:
    notes = Notes()
    tap = Replay(CHAT, notes)
    assert tap.read(ANSWER) == b"written"
    assert (tap.begun, tap.done, tap.error, tap.usage) == (True, True, None, Usage(3, 1))
    assert tap.content_events == 1
    assert [type(event).__name__ for event in notes.events] == [
        "Begin",
        "TextDelta",
        "Finish",
        "Used",
        "Done",
    ]
    assert tap.end() == b""


def test_an_error_is_an_error() -> None:
    notes = Notes()
    tap = Replay(CHAT, notes)
    assert tap.read(b'{"error":{"message":"busy","code":"server_is_overloaded"}}') == b""
    assert tap.error is not None
    assert tap.error.failure is Failure.OVERLOADED
    assert (tap.begun, tap.done, notes.events) == (False, False, [])


def test_what_is_no_answer_is_told() -> None:
    with pytest.raises(NotAnAnswer):
        Replay(CHAT, Notes()).read(b"<html>")


def test_every_part_becomes_its_events_in_order() -> None:
    parts: list[Part] = [
        Reasoning(text="hm", signature="s", origin="messages"),
        Reasoning(text="", redacted="r", origin="messages"),
        Text(text="hi"),
        Refusal(text="no"),
        Media(kind="image", mime="image/png", data="AA=="),
        Media(kind="image", url="https://x.test/a.png"),
        ToolCall(id="1", name="f", arguments="{}"),
        ToolCall(id="2", name="g", arguments='{"a":1}', signature="t"),
    ]
    where = Citation(url="https://x.test")
    first = Choice(parts=parts, stop=Stop.TOOL_CALLS, citations=[where])
    second = Choice(parts=[Text(text="ho")], stop=Stop.SEQUENCE, stop_sequence="!")
    events = events_of(Answer(choices=[first, second], usage=Usage(1, 2)))
    assert events[1:4] == [
        ReasoningDelta("hm"),
        ReasoningProof("messages", "s", None),
        ReasoningProof("messages", None, "r"),
    ]
    assert events[4:6] == [TextDelta("hi"), RefusalDelta("no")]
    assert events[7:13] == [
        CallBegin(0, "1", "f"),
        CallDelta(0, "{}"),
        CallEnd(0),
        CallBegin(1, "2", "g", "t"),
        CallDelta(1, '{"a":1}'),
        CallEnd(1),
    ]
    assert events[13:] == [
        Cited(where),
        Finish(Stop.TOOL_CALLS),
        TextDelta("ho", 1),
        Finish(Stop.SEQUENCE, "!", 1),
        Used(Usage(1, 2)),
        Done(),
    ]
