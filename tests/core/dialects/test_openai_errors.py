"""What each error of an upstream means, by code, then by status."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.openai_errors import (
    CODE_CHARS_MAX,
    SECRET_SHOWN,
    stream_verdict,
    verdict,
    without,
)
from weftline_core.failures import Failure


def error(code: object = None, kind: object = None) -> bytes:
    return orjson.dumps({"error": {"message": "no", "type": kind, "param": None, "code": code}})


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (429, error("rate_limit_exceeded"), Failure.RATE_LIMITED),
        (429, error("slow_down", "rate_limit_error"), Failure.RATE_LIMITED),
        (429, b"", Failure.RATE_LIMITED),
        (400, error("invalid_api_key"), Failure.DENIED),
        (429, error("insufficient_quota", "insufficient_quota"), Failure.QUOTA),
        (429, error("project_spend_limit_exceeded", "insufficient_quota"), Failure.QUOTA),
        (429, error(None, "insufficient_quota"), Failure.QUOTA),
        (402, b"{}", Failure.QUOTA),
        (503, error("server_is_overloaded"), Failure.OVERLOADED),
        (529, b"{}", Failure.OVERLOADED),
        (409, b'{"error":"At capacity - all prediction slots busy"}', Failure.OVERLOADED),
        (500, b"<html>", Failure.SERVER_ERROR),
        (502, b"", Failure.SERVER_ERROR),
        (504, b"", Failure.SERVER_ERROR),
        (408, b"", Failure.SERVER_ERROR),
        (401, error("invalid_api_key"), Failure.DENIED),
        (403, b"", Failure.DENIED),
        (404, error("model_not_found"), Failure.NOT_FOUND),
        (400, error("context_length_exceeded"), Failure.CALLER),
        (413, b"", Failure.CALLER),
        (422, b'{"detail":[{"loc":["body"]}]}', Failure.CALLER),
        (302, b"", Failure.BROKEN),
        (204, b"", Failure.BROKEN),
    ],
)
def test_the_code_decides_before_the_status(status: int, body: bytes, failure: Failure) -> None:
    assert verdict(status, {}, body, 0.0).failure is failure


def test_a_wait_is_passed_on() -> None:
    found = verdict(429, {b"retry-after": b"7"}, error("rate_limit_exceeded"), 0.0)
    assert (found.retry_after_s, found.code) == (7.0, "rate_limit_exceeded")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (error("c", "t"), {"message": "no", "type": "t", "param": None, "code": "c"}),
        (b'{"error":"model not found"}', {"message": "model not found"}),
        (
            b'{"object":"error","message":"too long","type":"BadRequestError","code":400}',
            {"message": "too long", "type": "BadRequestError", "code": "400"},
        ),
        (b'{"detail":[{"msg":"x"}]}', {"message": '[{"msg":"x"}]'}),
        (b"<html>", {"message": "the endpoint rejected the request and gave no reason"}),
    ],
)
def test_every_error_is_shown_in_openais_shape(body: bytes, shown: dict[str, object]) -> None:
    answer = orjson.loads(verdict(400, {}, body, 0.0).answer)["error"]
    assert set(answer) == {"message", "type", "param", "code"}
    assert answer == {"type": "invalid_request_error", "param": None, "code": None} | shown


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (error("server_is_overloaded"), Failure.OVERLOADED),
        (error("insufficient_quota"), Failure.QUOTA),
        (error(400, "BadRequestError"), Failure.CALLER),
        (error(None, "server_error"), Failure.SERVER_ERROR),
        (b'{"error":"out of memory"}', Failure.SERVER_ERROR),
    ],
)
def test_an_error_inside_a_stream(data: bytes, failure: Failure) -> None:
    found = stream_verdict(data)
    assert found.failure is failure
    assert set(orjson.loads(found.answer)["error"]) == {"message", "type", "param", "code"}


@given(st.integers(100, 599), st.binary(max_size=60))
def test_any_answer_has_a_verdict(status: int, body: bytes) -> None:
    verdict(status, {}, body, 0.0)
    stream_verdict(body)


@pytest.mark.parametrize("secret", ["sk-1", 'a"b', "a\\b"])
def test_our_key_is_taken_out_of_what_an_endpoint_quotes(secret: str) -> None:
    said = orjson.dumps({"error": {"message": f"bad key {secret}!"}})
    answer = without(secret, verdict(400, {}, said, 0.0).answer)
    message = orjson.loads(answer)["error"]["message"]
    assert message == f"bad key {SECRET_SHOWN.decode()}!"
    assert without(None, answer) == answer


def test_a_code_of_any_length_is_cut() -> None:
    found = verdict(400, {}, error("c" * 1000), 0.0)
    assert found.code == "c" * CODE_CHARS_MAX
