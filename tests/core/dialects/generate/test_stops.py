"""Why answers end."""

import pytest

from weftline_core.chat.answer import Stop
from weftline_core.dialects.generate.stops import broken, fault_of, reason_of, stop_of
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("reason", "called", "stop"),
    [
        ("STOP", False, Stop.END),
        ("STOP", True, Stop.TOOL_CALLS),
        ("MAX_TOKENS", True, Stop.LENGTH),
        ("SAFETY", False, Stop.FILTERED),
        ("RECITATION", False, Stop.FILTERED),
        ("IMAGE_SAFETY", False, Stop.FILTERED),
        ("NO_IMAGE", False, Stop.FILTERED),
        ("OTHER", False, Stop.FILTERED),
        ("CONTINUATION", False, Stop.PAUSED),
        ("NEVER_HEARD_OF", False, Stop.END),
    ],
)
def test_a_reason_is_a_stop(reason: str, called: bool, stop: Stop) -> None:
    assert fault_of(reason) is None
    assert stop_of(reason, called=called) is stop


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("MALFORMED_FUNCTION_CALL", Failure.BROKEN),
        ("MALFORMED_RESPONSE", Failure.BROKEN),
        ("UNEXPECTED_TOOL_CALL", Failure.BROKEN),
        ("TOO_MANY_TOOL_CALLS", Failure.BROKEN),
        ("MISSING_THOUGHT_SIGNATURE", Failure.CALLER),
    ],
)
def test_some_reasons_are_failures(reason: str, failure: Failure) -> None:
    fault = fault_of(reason, "own words")
    assert fault is not None
    assert (fault.failure, fault.code) == (failure, reason.lower())
    assert "own words" in fault.words.message


def test_every_stop_has_a_reason() -> None:
    for stop in Stop:
        assert fault_of(reason_of(stop)) is None
    assert reason_of(Stop.TOOL_CALLS) == "STOP"


def test_a_broken_answer_is_the_endpoints_doing() -> None:
    assert broken("sent nonsense").failure is Failure.BROKEN
