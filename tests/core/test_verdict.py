"""What an endpoint's error says, in no dialect."""

import dataclasses

import pytest

from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words


def test_the_record_gets_the_endpoints_own_code() -> None:
    assert Verdict(Failure.CALLER, Words(message="m", code="too_long")).code == "too_long"
    assert Verdict(Failure.CALLER, Words(message="m")).code is None


def test_words_alone_are_a_wrong_request() -> None:
    words = Words(message="m")
    assert (words.kind, words.param, words.code, words.retry_after_s) == (
        "invalid_request_error",
        None,
        None,
        None,
    )


def test_a_verdict_is_never_changed() -> None:
    verdict = Verdict(Failure.QUOTA, Words(message="m"), 7.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(verdict, "failure", Failure.CALLER)  # noqa: B010
    with pytest.raises(AttributeError):
        setattr(verdict.words, "message", "other")  # noqa: B010
