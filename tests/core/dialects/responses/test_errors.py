"""What errors mean, and how they are told."""

import orjson
import pytest

from tests.fakes.responses_wire import parsed, response
from weftline_core.dialects.responses.errors import (
    CODE_CHARS_MAX,
    broken,
    error_answer,
    error_events,
    response_error,
    stream_verdict,
    verdict,
)
from weftline_core.failures import Failure
from weftline_core.verdict import Words


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        (400, {"type": "invalid_request_error"}, Failure.CALLER),
        (401, {}, Failure.DENIED),
        (402, {}, Failure.QUOTA),
        (403, {}, Failure.DENIED),
        (404, {"code": "model_not_found"}, Failure.NOT_FOUND),
        (409, {}, Failure.OVERLOADED),
        (422, {}, Failure.CALLER),
        (429, {}, Failure.RATE_LIMITED),
        (429, {"type": "insufficient_quota", "code": "credit_balance_exhausted"}, Failure.QUOTA),
        (429, {"type": "rate_limit_error", "code": "slow_down"}, Failure.RATE_LIMITED),
        (400, {"code": "invalid_api_key"}, Failure.DENIED),
        (500, {}, Failure.SERVER_ERROR),
        (503, {"type": "server_error"}, Failure.OVERLOADED),
        (500, {"code": "server_is_overloaded"}, Failure.OVERLOADED),
        (529, {}, Failure.OVERLOADED),
        (302, {}, Failure.BROKEN),
    ],
)
def test_the_code_decides_before_the_status(
    status: int, error: dict[str, str], failure: Failure
) -> None:
    body = orjson.dumps({"error": {"message": "x", **error}})
    assert verdict(status, {}, body, 0.0).failure is failure


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"a"}}', "a"),
        (b'{"error":"Unauthorized"}', "Unauthorized"),
        (b'{"message":"a","code":400}', "a"),
        (b'{"detail":[{"loc":["x"]}]}', '[{"loc":["x"]}]'),
        (b"<html>", "the endpoint rejected the request and gave no reason"),
        (b"[]", "the endpoint rejected the request and gave no reason"),
        (b"\xff", "the endpoint rejected the request and gave no reason"),
    ],
)
def test_words_are_found_in_every_shape(body: bytes, message: str) -> None:
    assert verdict(400, {}, body, 0.0).words.message == message


def test_the_wait_and_the_code_are_kept() -> None:
    body = orjson.dumps({"error": {"message": "x", "code": "y" * 100, "param": "input"}})
    found = verdict(429, {b"retry-after": b"7"}, body, 0.0)
    assert (found.retry_after_s, found.words.param) == (7.0, "input")
    assert found.code == "y" * CODE_CHARS_MAX


@pytest.mark.parametrize(
    ("error", "failure", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "x"}, Failure.RATE_LIMITED, "server_error"),
        ({"type": "error", "error": {"type": "insufficient_quota", "message": "x"}}, Failure.QUOTA, "insufficient_quota"),
        ({"error": {"code": "server_error", "message": "x"}}, Failure.SERVER_ERROR, "server_error"),
        ({"error": {"code": "invalid_prompt", "message": "x"}}, Failure.CALLER, "server_error"),
        ({"error": {"type": "invalid_request_error", "code": "model_not_found"}}, Failure.NOT_FOUND, "invalid_request_error"),
        ({"error": {"type": "invalid_request_error"}}, Failure.CALLER, "invalid_request_error"),
        ({"error": {"type": "BadRequestError", "code": 400}}, Failure.CALLER, "BadRequestError"),
        ({"error": {"code": 503}}, Failure.OVERLOADED, "server_error"),
        ({}, Failure.SERVER_ERROR, "server_error"),
        (None, Failure.SERVER_ERROR, "server_error"),
    ],
)  # fmt: skip
def test_errors_inside_a_stream(error: object, failure: Failure, kind: str) -> None:
    found = stream_verdict(error)
    assert (found.failure, found.words.kind) == (failure, kind)


def test_a_broken_answer_is_told() -> None:
    found = broken("an event that is not JSON")
    assert found.failure is Failure.BROKEN
    assert "not JSON" in found.words.message


def test_a_whole_error() -> None:
    assert error_answer(404, Words(message="x", code="c"))[0] == 404


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
