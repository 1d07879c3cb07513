"""Calls of a stream by the host's own indices."""

from weftline_core.chat.events import CallBegin, CallDelta, CallEnd
from weftline_core.dialects.open_calls import OpenCalls


def test_calls_are_numbered_whatever_their_indices() -> None:
    calls = OpenCalls()
    assert calls.begin(7, "a", "f") == [CallBegin(0, "a", "f")]
    assert calls.add(7, "") == []
    assert calls.add(7, "{1") == [CallDelta(0, "{1")]
    assert calls.end(7) == [CallEnd(0)]
    assert calls.begin(7, "b", "g", "{}") == [CallBegin(1, "b", "g"), CallDelta(1, "{}")]
    assert calls.end(7) == [CallEnd(1)]


def test_what_is_not_open_says_nothing() -> None:
    calls = OpenCalls()
    assert calls.add(0, "x") == calls.end(0) == calls.close() == []


def test_a_call_without_arguments_gets_an_object() -> None:
    calls = OpenCalls()
    calls.begin(0, "a", "f")
    calls.begin(1, "b", "f", "{}")
    assert calls.close() == [CallDelta(0, "{}"), CallEnd(0), CallEnd(1)]
    assert calls.close() == []
