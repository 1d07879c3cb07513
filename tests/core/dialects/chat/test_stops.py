"""Why an answer ended."""

import pytest

from weftline_core.chat.answer import Stop
from weftline_core.dialects.chat.stops import failure_of, reason_of, stop_of
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("insufficient_system_resource", Failure.OVERLOADED),
        ("network_error", Failure.SERVER_ERROR),
        ("error", Failure.SERVER_ERROR),
        ("abort", Failure.TRUNCATED),
    ],
)
def test_a_hosts_own_fault_is_no_stop(reason: str, failure: Failure) -> None:
    found = failure_of(reason)
    assert found is not None
    assert (found.failure, found.code) == (failure, reason)


@pytest.mark.parametrize("reason", ["stop", "length", "zzz", "", None, 7, []])
def test_anything_else_is_no_failure(reason: object) -> None:
    assert failure_of(reason) is None


@pytest.mark.parametrize(
    ("reason", "matched", "called", "refused", "stop"),
    [
        ("stop", None, False, False, Stop.END),
        ("eos", None, False, False, Stop.END),
        ("zzz", None, False, False, Stop.END),
        ("", None, False, False, Stop.END),
        ("length", None, True, False, Stop.LENGTH),
        ("model_length", None, False, False, Stop.LENGTH),
        ("tool_calls", None, True, False, Stop.TOOL_CALLS),
        ("stop", None, True, False, Stop.TOOL_CALLS),
        ("tool_calls", None, False, False, Stop.END),
        ("content_filter", None, False, False, Stop.FILTERED),
        ("stop", None, False, True, Stop.REFUSED),
        ("stop", "END", False, False, Stop.SEQUENCE),
        ("stop", 128009, False, False, Stop.END),
        ("stop_sequence", None, False, False, Stop.SEQUENCE),
    ],
)
def test_a_reason_is_a_stop(
    reason: str, matched: object, called: bool, refused: bool, stop: Stop
) -> None:
    assert stop_of(reason, matched, called=called, refused=refused) is stop


@pytest.mark.parametrize(
    ("stop", "refusal", "reason"),
    [
        (Stop.END, False, "stop"),
        (Stop.SEQUENCE, False, "stop"),
        (Stop.PAUSED, False, "stop"),
        (Stop.LENGTH, False, "length"),
        (Stop.TOOL_CALLS, False, "tool_calls"),
        (Stop.FILTERED, False, "content_filter"),
        (Stop.REFUSED, False, "content_filter"),
        (Stop.REFUSED, True, "stop"),
        (Stop.LENGTH, True, "length"),
    ],
)
def test_a_stop_is_a_reason(stop: Stop, refusal: bool, reason: str) -> None:
    assert reason_of(stop, refusal=refusal) == reason
