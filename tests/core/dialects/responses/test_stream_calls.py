"""Calls in pieces, all at once, or both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.events import CallBegin, CallDelta, CallEnd, Event
from weftline_core.dialects.responses.answer_shapes import ItemShape
from weftline_core.dialects.responses.stream_calls import Calls
from weftline_core.dialects.typed import Misshapen

ITEM = ItemShape(type="function_call", id="fc", call_id="c", name="f", arguments='{"a":1}')
CUSTOM = ItemShape(type="custom_tool_call", id="ctc", name="sh", input="ls")
BEGIN = CallBegin(0, "c", "f")


def test_arguments_in_pieces_are_not_told_twice() -> None:
    calls = Calls()
    assert not calls.begun
    found = calls.begin(ITEM, 3) + calls.add('{"a"', 3) + calls.add("", 3) + calls.add(":1}", 3)
    assert not calls.lacks_arguments(3)
    found += calls.end(ITEM, 3) + calls.end(ITEM, 3) + calls.close()
    assert found == [BEGIN, CallDelta(0, '{"a"'), CallDelta(0, ":1}"), CallEnd(0)]
    assert calls.begun


@pytest.mark.parametrize("begun", [True, False])
def test_arguments_may_come_all_at_once(begun: bool) -> None:
    calls = Calls()
    found = calls.begin(ITEM, 0) if begun else []
    assert calls.lacks_arguments(0)
    assert found + calls.end(ITEM, 0) == [BEGIN, CallDelta(0, '{"a":1}'), CallEnd(0)]


def test_no_arguments_are_an_empty_object_and_no_text_is_none() -> None:
    bare = ItemShape(type="function_call", call_id="c", name="f")
    assert Calls().end(bare, 0)[1] == CallDelta(0, "{}")
    empty = ItemShape(type="custom_tool_call", call_id="c", name="sh")
    assert Calls().end(empty, 0) == [CallBegin(0, "c", "sh", free_text=True), CallEnd(0)]


def test_calls_are_told_apart_by_their_places() -> None:
    calls = Calls()
    found = calls.begin(ITEM, 2) + calls.begin(CUSTOM, 7) + calls.add("l", 7) + calls.add("{}", 2)
    assert found == [
        BEGIN,
        CallBegin(1, "ctc", "sh", free_text=True),
        CallDelta(1, "l"),
        CallDelta(0, "{}"),
    ]
    assert calls.close() == [CallEnd(0), CallEnd(1)]
    assert calls.close() == []


def test_an_open_call_alone_takes_arguments() -> None:
    calls = Calls()
    with pytest.raises(Misshapen):
        calls.add("{}", 0)
    calls.end(ITEM, 0)
    with pytest.raises(Misshapen):
        calls.add("{}", 0)


STEPS = st.lists(st.tuples(st.sampled_from(["begin", "add", "end"]), st.integers(0, 2)))


@given(STEPS)
def test_every_call_begins_once_and_ends_once(steps: list[tuple[str, int]]) -> None:
    calls = Calls()
    found: list[Event] = []
    for step, place in steps:
        if step == "begin":
            found += calls.begin(ITEM, place)
        elif step == "end":
            found += calls.end(ITEM, place)
        else:
            try:
                found += calls.add("x", place)
            except Misshapen:
                continue
    found += calls.close()
    begun = [event.call for event in found if isinstance(event, CallBegin)]
    ended = [event.call for event in found if isinstance(event, CallEnd)]
    assert begun == list(range(len(begun)))
    assert sorted(ended) == begun
