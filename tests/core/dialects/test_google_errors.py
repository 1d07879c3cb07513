"""Google's errors, read and written."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.google_errors import (
    error_body,
    error_frame,
    error_in,
    of_error,
    verdict,
)
from weftline_core.failures import Failure
from weftline_core.verdict import Words

_TYPE = "type.googleapis.com/google.rpc."


def error(status: str, code: int = 0, message: str = "no", *details: object) -> bytes:
    fields = {"code": code, "message": message, "status": status, "details": list(details)}
    return orjson.dumps({"error": fields})


def quota(quota_id: str) -> dict[str, object]:
    return {"@type": f"{_TYPE}QuotaFailure", "violations": [{"quotaId": quota_id}]}


RETRY = {"@type": f"{_TYPE}RetryInfo", "retryDelay": "34.4s"}


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, error("INVALID_ARGUMENT"), Failure.CALLER),
        (400, error("FAILED_PRECONDITION"), Failure.DENIED),
        (400, error("INVALID_ARGUMENT", 400, "x", {"reason": "API_KEY_INVALID"}), Failure.DENIED),
        (401, error("UNAUTHENTICATED"), Failure.DENIED),
        (403, error("PERMISSION_DENIED"), Failure.DENIED),
        (404, error("NOT_FOUND"), Failure.NOT_FOUND),
        (429, error("RESOURCE_EXHAUSTED"), Failure.RATE_LIMITED),
        (429, error("RESOURCE_EXHAUSTED", 429, "x", quota("A-PerMinute-B")), Failure.RATE_LIMITED),
        (429, error("RESOURCE_EXHAUSTED", 429, "x", quota("A-PerDay-B")), Failure.QUOTA),
        (499, error("CANCELLED"), Failure.SERVER_ERROR),
        (500, error("INTERNAL"), Failure.SERVER_ERROR),
        (503, error("UNAVAILABLE"), Failure.OVERLOADED),
        (504, error("DEADLINE_EXCEEDED"), Failure.SERVER_ERROR),
        (503, b"[" + error("UNAVAILABLE") + b"]", Failure.OVERLOADED),
        (502, b"<html>", Failure.SERVER_ERROR),
        (429, b"", Failure.RATE_LIMITED),
        (418, b"{}", Failure.CALLER),
        (302, b"", Failure.BROKEN),
        (400, b'{"error": "text"}', Failure.CALLER),
        (400, b'{"error": {"status": 7, "details": "x", "message": "m"}}', Failure.CALLER),
        (400, b'{"error": {"status": "NOT_FOUND", "details": "x"}}', Failure.NOT_FOUND),
        (400, error("INVALID_ARGUMENT", 400, "x", "y", {"reason": 3}), Failure.CALLER),
    ],
)
def test_an_error_means_one_thing(status: int, body: bytes, failure: Failure) -> None:
    found = verdict(status, {}, body, 0.0)
    assert found.failure is failure
    assert found.words.message


def test_the_wait_stands_in_the_body_or_else_in_a_header() -> None:
    body = error("RESOURCE_EXHAUSTED", 429, "slow", RETRY)
    assert verdict(429, {b"retry-after": b"3"}, body, 0.0).retry_after_s == 34.4
    assert verdict(429, {b"retry-after": b"3"}, b"{}", 0.0).retry_after_s == 3
    long = error("RESOURCE_EXHAUSTED", 429, "x", {"retryDelay": "9999s"})
    assert verdict(429, {}, long, 0.0).retry_after_s == 120.0
    odd = error("RESOURCE_EXHAUSTED", 429, "x", {"retryDelay": "soon"})
    assert verdict(429, {}, odd, 0.0).retry_after_s is None


def test_the_words_are_the_hosts_own() -> None:
    violation = {"fieldViolations": [{"field": "contents[0]", "description": "bad"}]}
    words = verdict(400, {}, error("INVALID_ARGUMENT", 400, "bad field", violation), 0.0).words
    assert words == Words(message="bad field", param="contents[0]", code="invalid_argument")
    text = "The input token count (9) exceeds the maximum number of tokens allowed (8)."
    words = verdict(400, {}, error("INVALID_ARGUMENT", 400, text), 0.0).words
    assert words.code == "context_length_exceeded"
    long = verdict(400, {}, error("X" * 999), 0.0).words
    assert len(long.code or "") == 64


def test_inside_a_stream_the_code_in_the_error_counts() -> None:
    assert of_error({"code": 503, "message": "m"}).failure is Failure.OVERLOADED
    assert of_error({"message": "m"}).failure is Failure.SERVER_ERROR


@pytest.mark.parametrize(
    ("value", "found"),
    [({"error": 1}, 1), ([{"error": 1}], 1), ([{"error": 1}] * 2, None), ([1], None), (3, None)],
)
def test_an_error_is_found_bare_or_in_an_array(value: object, found: object) -> None:
    assert error_in(value) == found


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (413, "INVALID_ARGUMENT"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
        (599, "INTERNAL"),
    ],
)
def test_a_status_has_googles_word(status: int, word: str) -> None:
    body = orjson.loads(error_body(status, Words(message="m")))
    assert body == {"error": {"code": status, "message": "m", "status": word}}


def test_an_error_tells_field_wait_and_request() -> None:
    words = Words(message="m", param="contents[0]", code="bad_thing", retry_after_s=1.5)
    details = orjson.loads(error_body(429, words, "r1"))["error"]["details"]
    assert [d["@type"].removeprefix(_TYPE) for d in details] == [
        "BadRequest",
        "ErrorInfo",
        "RetryInfo",
        "RequestInfo",
    ]
    assert details[0]["fieldViolations"] == [{"field": "contents[0]", "description": "m"}]
    assert (details[1]["reason"], details[2]["retryDelay"]) == ("BAD_THING", "1.5s")
    again = verdict(429, {}, error_body(429, words, "r1"), 0.0)
    assert (again.retry_after_s, again.words.param) == (1.5, "contents[0]")


def test_a_frame_holds_one_error() -> None:
    frame = error_frame(503, Words(message="a\nb"))
    assert frame.startswith(b'data: {"error":')
    assert frame.count(b"\n") == 2


ODD = st.recursive(
    st.none() | st.text(max_size=5) | st.integers(-9, 9),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["code", "message", "details", "reason"]), inner)
    ),
    max_leaves=8,
)


@given(error=ODD)
def test_no_error_is_too_odd(error: object) -> None:
    found = verdict(500, {}, orjson.dumps({"error": error}), 0.0)
    assert found.failure is Failure.SERVER_ERROR
    assert found.words.message


@given(st.binary())
def test_no_body_is_too_odd(body: bytes) -> None:
    assert verdict(500, {}, body, 0.0).failure is Failure.SERVER_ERROR
