"""Events of a stream: which of them commit the mesh to an answer."""

from typing import get_args

from weftline_core.chat.events import (
    CONTENT,
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

QUIET = {Begin, ReasoningProof, CallDelta, CallEnd, Cited, Logprobs, Used, Done, Failed}


def test_every_event_is_content_or_is_not() -> None:
    assert set(CONTENT) == {
        TextDelta,
        RefusalDelta,
        ReasoningDelta,
        CallBegin,
        MediaDelta,
        Finish,
    }
    assert set(get_args(Event)) == set(CONTENT) | QUIET
    assert set(CONTENT).isdisjoint(QUIET)


def test_what_comes_with_every_token_is_no_work_for_the_collector() -> None:
    for kind in (TextDelta, ReasoningDelta, CallDelta):
        assert not kind.__struct_config__.gc


def test_a_choice_is_the_first_unless_it_says_so() -> None:
    assert [event.choice for event in (TextDelta("a"), CallBegin(0, "c", "f"), CallEnd(0))] == [
        0,
        0,
        0,
    ]
    assert TextDelta("a", 1) != TextDelta("a")
