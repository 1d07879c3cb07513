"""A status and a sentence make a verdict."""

import pytest

from weftline_core.dialects.plain_verdict import CODE_CHARS_MAX, failure_of, plain_verdict
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.CALLER),
        (422, Failure.CALLER),
        (401, Failure.DENIED),
        (402, Failure.QUOTA),
        (403, Failure.DENIED),
        (404, Failure.NOT_FOUND),
        (408, Failure.SERVER_ERROR),
        (429, Failure.RATE_LIMITED),
        (500, Failure.SERVER_ERROR),
        (503, Failure.OVERLOADED),
        (301, Failure.BROKEN),
        (204, Failure.BROKEN),
    ],
)
def test_a_status_has_a_meaning(status: int, failure: Failure) -> None:
    assert failure_of(status) is failure


def test_words_are_openais() -> None:
    verdict = plain_verdict(Failure.CALLER, "too long", "x" * 99, 2.0)
    assert (verdict.failure, verdict.retry_after_s) == (Failure.CALLER, 2.0)
    assert verdict.words.kind == "invalid_request_error"
    assert verdict.words.message == "too long"
    assert verdict.code == "x" * CODE_CHARS_MAX


def test_silence_is_told_as_such() -> None:
    verdict = plain_verdict(Failure.SERVER_ERROR, "", "")
    assert verdict.words.message == "the endpoint rejected the request and gave no reason"
    assert verdict.words.kind == "upstream_error"
    assert verdict.code is None
