"""What errors mean, and how they are told."""

import pytest

from tests.fakes.responses_wire import parsed, response
from weftline_core.dialects.responses.errors import (
    error_events,
    response_error,
    stream_verdict,
)
from weftline_core.failures import Failure
from weftline_core.verdict import Words


@pytest.mark.parametrize(
    ("error", "failure", "kind"),
    [
        (
            {"type": "error", "code": "rate_limit_exceeded", "message": "x"},
            Failure.RATE_LIMITED,
            "server_error",
        ),
        (
            {"type": "error", "error": {"type": "insufficient_quota", "message": "x"}},
            Failure.QUOTA,
            "insufficient_quota",
        ),
        ({"error": {"code": "server_error", "message": "x"}}, Failure.SERVER_ERROR, "server_error"),
        ({"error": {"code": "invalid_prompt", "message": "x"}}, Failure.CALLER, "server_error"),
        (
            {"error": {"type": "invalid_request_error", "code": "model_not_found"}},
            Failure.NOT_FOUND,
            "invalid_request_error",
        ),
        ({"error": {"type": "invalid_request_error"}}, Failure.CALLER, "invalid_request_error"),
        ({"error": {"type": "BadRequestError", "code": 400}}, Failure.CALLER, "BadRequestError"),
        ({"error": {"code": 503}}, Failure.OVERLOADED, "server_error"),
        ({}, Failure.SERVER_ERROR, "server_error"),
        ({"error": "x"}, Failure.SERVER_ERROR, "server_error"),
        ({"error": {"code": "image_too_large"}}, Failure.CALLER, "server_error"),
        (None, Failure.SERVER_ERROR, "server_error"),
    ],
)
def test_errors_inside_a_stream(error: object, failure: Failure, kind: str) -> None:
    found = stream_verdict(error)
    assert (found.failure, found.words.kind) == (failure, kind)


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "rate_limit_exceeded"), (400, "invalid_prompt"), (502, "server_error")],
)
def test_a_failed_response_has_a_code_that_sdks_know(status: int, code: str) -> None:
    assert response_error(status, Words(message="x"))["code"] == code


def test_the_last_events_carry_on_the_numbers() -> None:
    held = response([], parallel_tool_calls=True, tool_choice="auto", tools=[])
    error, failed = parsed(error_events(502, Words(message="x", param="p"), held, 7))
    assert (error["sequence_number"], failed["sequence_number"]) == (7, 8)
    assert (error["param"], error["error"]["param"]) == ("p", "p")
    assert failed["response"]["id"] == "resp_host"
    assert failed["response"]["status"] == "failed"
