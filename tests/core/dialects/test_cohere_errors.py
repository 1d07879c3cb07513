"""Cohere's statuses, some of its own, and its sentences."""

import orjson
import pytest

from weftline_core.dialects.cohere_errors import failed, message_of, verdict
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.CALLER),
        (401, Failure.DENIED),
        (403, Failure.DENIED),
        (404, Failure.NOT_FOUND),
        (422, Failure.CALLER),
        (429, Failure.RATE_LIMITED),
        (498, Failure.CALLER),
        (499, Failure.SERVER_ERROR),
        (500, Failure.SERVER_ERROR),
        (501, Failure.CALLER),
        (503, Failure.OVERLOADED),
        (504, Failure.SERVER_ERROR),
    ],
)
def test_statuses(status: int, failure: Failure) -> None:
    found = verdict(status, {b"retry-after": b"2"}, b'{"id":"x","message":"why"}', 0.0)
    assert (found.failure, found.retry_after_s) == (failure, 2.0)
    assert found.words.message == "why"
    assert verdict(status, {}, b"<html>", 0.0).failure is failure


def test_a_spent_month_does_not_pass_by_itself() -> None:
    message = "You are using a Trial key, which is limited to 1000 API calls / month."
    assert verdict(429, {}, orjson.dumps({"message": message}), 0.0).failure is Failure.QUOTA


def test_a_request_that_is_too_long_has_its_code() -> None:
    body = b'{"message":"too many tokens: total number of tokens in the prompt exceeds"}'
    assert verdict(400, {}, body, 0.0).code == "context_length_exceeded"


def test_sentences() -> None:
    assert message_of({"message": 7}) == ""
    assert failed("oh").words.message == "oh"
    assert failed(None).failure is Failure.SERVER_ERROR
