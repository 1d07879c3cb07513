"""Streams in Workers AI's form, which its own reader reads again."""

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.answer import Stop
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Done,
    Event,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.workers_ai.stream_read import WorkersAiReader
from weftline_core.dialects.workers_ai.stream_write import WorkersAiWriter
from weftline_core.usage import Usage

DONE = b"data: [DONE]\n\n"


def written(*events: Event) -> bytes:
    writer = WorkersAiWriter()
    return b"".join(writer.write([event]) for event in events)


def test_words_and_the_end() -> None:
    out = written(Begin("i", "m"), TextDelta("a"), Used(Usage(3, 1)), Finish(Stop.END), Done())
    assert out == (
        b'data: {"response":"a"}\n\n'
        b'data: {"response":"","usage":{"prompt_tokens":3,"completion_tokens":1,'
        b'"total_tokens":4}}\n\n' + DONE
    )


def test_several_events_at_once_are_the_same() -> None:
    events: list[Event] = [Begin("i", "m"), TextDelta("a"), RefusalDelta("b"), Done()]
    assert WorkersAiWriter().write(events) == written(*events)


def test_what_the_form_does_not_know_is_left_out() -> None:
    assert written(ReasoningDelta("hm"), TextDelta("b", choice=1), Finish(Stop.END)) == b""
    assert written(Done()) == b'data: {"response":""}\n\n' + DONE


def test_a_call_comes_whole() -> None:
    out = written(
        CallBegin(0, "c0", "f"),
        CallBegin(1, "c1", "g"),
        CallDelta(1, "{}"),
        CallDelta(0, '{"x"'),
        CallDelta(0, ":1}"),
        CallEnd(0),
        CallEnd(1),
    )
    assert out == (
        b'data: {"response":"","tool_calls":[{"id":"c0","name":"f","arguments":{"x":1}}]}\n\n'
        b'data: {"response":"","tool_calls":[{"id":"c1","name":"g","arguments":{}}]}\n\n'
    )


@given(st.lists(st.text(min_size=1), max_size=5))
def test_what_is_written_is_read_again(words: list[str]) -> None:
    out = written(*(TextDelta(word) for word in words), Used(Usage(1, 2)), Done())
    events = WorkersAiReader().read(out)
    assert [event.text for event in events if isinstance(event, TextDelta)] == words
    assert Used(Usage(1, 2)) in events
    assert events[-1] == Done()
