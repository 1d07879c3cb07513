"""What errors mean, and how they are told."""

import orjson
import pytest

from weftline_core.dialects.messages.errors import (
    error_answer,
    error_event,
    inner_verdict,
    is_error,
    verdict,
)
from weftline_core.failures import Failure
from weftline_core.verdict import Words


def body(kind: str, message: str = "m", **details: str) -> bytes:
    error: dict[str, object] = {"type": kind, "message": message}
    if details:
        error["details"] = details
    return orjson.dumps({"type": "error", "error": error, "request_id": "req_x"})


@pytest.mark.parametrize(
    ("status", "answer", "failure", "code"),
    [
        (400, body("invalid_request_error"), Failure.CALLER, None),
        (
            400,
            body("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"),
            Failure.CALLER,
            "context_length_exceeded",
        ),
        (
            400,
            body("invalid_request_error", "Your credit balance is too low to access"),
            Failure.QUOTA,
            "insufficient_quota",
        ),
        (
            400,
            body("invalid_request_error", "tools.0: 'Your credit balance is too low' is no name"),
            Failure.CALLER,
            None,
        ),
        (401, body("authentication_error"), Failure.DENIED, "invalid_api_key"),
        (402, body("billing_error"), Failure.QUOTA, "insufficient_quota"),
        (403, body("permission_error"), Failure.DENIED, "permission_denied"),
        (404, body("not_found_error"), Failure.NOT_FOUND, "model_not_found"),
        (409, body("conflict_error"), Failure.OVERLOADED, "conflict"),
        (413, body("request_too_large"), Failure.CALLER, "request_too_large"),
        (429, body("rate_limit_error"), Failure.RATE_LIMITED, "rate_limit_exceeded"),
        (
            429,
            body("rate_limit_error", error_code="ramp_limit_exceeded"),
            Failure.RATE_LIMITED,
            "ramp_limit_exceeded",
        ),
        (
            429,
            body("rate_limit_error", error_code="enforced_spend_limit_reached"),
            Failure.QUOTA,
            "enforced_spend_limit_reached",
        ),
        (500, body("api_error"), Failure.SERVER_ERROR, "api_error"),
        (504, body("timeout_error"), Failure.SERVER_ERROR, "timeout"),
        (529, body("overloaded_error"), Failure.OVERLOADED, "server_is_overloaded"),
        # Other hosts' own ways.
        (503, b'{"object":"error","message":"full","code":503}', Failure.OVERLOADED, "503"),
        (429, b'{"message":"Too many requests"}', Failure.RATE_LIMITED, None),
        (403, b"<html>", Failure.DENIED, None),
        (502, b"", Failure.SERVER_ERROR, None),
        (400, body("made_up_error"), Failure.CALLER, None),
        (302, b"", Failure.BROKEN, None),
    ],
)
def test_each_error_has_its_meaning(
    status: int, answer: bytes, failure: Failure, code: str | None
) -> None:
    told = verdict(status, {}, answer, 0.0)
    assert (told.failure, told.code) == (failure, code)


def test_amazons_errors_have_names() -> None:
    def told(name: bytes, status: int) -> Failure:
        return verdict(status, {b"x-amzn-errortype": name}, b'{"message":"m"}', 0.0).failure

    assert told(b"ServiceQuotaExceededException:http://x", 400) is Failure.QUOTA
    assert told(b"a.b#ModelNotReadyException", 429) is Failure.OVERLOADED
    assert told(b"ValidationException", 400) is Failure.CALLER
    assert told(b"ModelErrorException", 424) is Failure.SERVER_ERROR


def test_a_wait_is_heeded_unless_waiting_does_not_help() -> None:
    headers = {b"retry-after": b"7"}
    assert verdict(429, headers, body("rate_limit_error"), 0.0).retry_after_s == 7.0
    assert verdict(402, headers, body("billing_error"), 0.0).retry_after_s is None


def test_an_error_inside_an_answer_has_the_same_meaning() -> None:
    overloaded = orjson.loads(body("overloaded_error", "Overloaded"))
    assert is_error(overloaded)
    assert inner_verdict(overloaded).failure is Failure.OVERLOADED
    assert inner_verdict(overloaded).words.message == "Overloaded"
    assert is_error({"type": "error"})
    assert inner_verdict({"type": "error"}).failure is Failure.SERVER_ERROR
    odd: dict[str, object] = {"error_code": []}
    error = {"type": "api_error", "message": 7, "details": odd}
    assert inner_verdict({"type": "error", "error": error}).failure is Failure.SERVER_ERROR
    assert not is_error({"type": "message", "error": None})


@pytest.mark.parametrize(
    ("status", "seen", "kind"),
    [
        (400, 400, "invalid_request_error"),
        (401, 401, "authentication_error"),
        (402, 402, "billing_error"),
        (403, 403, "permission_error"),
        (404, 404, "not_found_error"),
        (405, 405, "invalid_request_error"),
        (408, 408, "timeout_error"),
        (409, 409, "conflict_error"),
        (413, 413, "request_too_large"),
        (429, 429, "rate_limit_error"),
        (500, 500, "api_error"),
        (502, 502, "api_error"),
        (503, 529, "overloaded_error"),
        (504, 504, "timeout_error"),
        (529, 529, "overloaded_error"),
    ],
)
def test_each_status_has_its_type(status: int, seen: int, kind: str) -> None:
    answered, data = error_answer(status, Words(message="sorry"), "req_1")
    assert answered == seen
    assert orjson.loads(data) == {
        "type": "error",
        "error": {"type": kind, "message": "sorry"},
        "request_id": "req_1",
    }
    event = error_event(status, Words(message="sorry"))
    assert event.startswith(b"event: error\ndata: ")
    assert event.endswith(b"\n\n")
    assert orjson.loads(event[19:])["error"] == {"type": kind, "message": "sorry"}
