"""Cloudflare's codes decide before the status, in every spelling."""

import orjson
import pytest

from weftline_core.dialects.cloudflare_errors import inner_verdict, is_error, verdict
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, 5007, Failure.NOT_FOUND),
        (400, 5004, Failure.CALLER),
        (400, 3003, Failure.CALLER),
        (403, 3041, Failure.DENIED),
        (403, 3023, Failure.DENIED),
        (405, 5005, Failure.CALLER),
        (404, 3042, Failure.NOT_FOUND),
        (413, 3006, Failure.CALLER),
        (408, 3007, Failure.SERVER_ERROR),
        (408, 3008, Failure.SERVER_ERROR),
        (429, 3036, Failure.QUOTA),
        (429, 3040, Failure.OVERLOADED),
        (400, 2001, Failure.NOT_FOUND),
        (401, 2009, Failure.DENIED),
        (402, 2021, Failure.QUOTA),
        (404, 7003, Failure.NOT_FOUND),
        (429, 99999, Failure.RATE_LIMITED),
        (500, 99999, Failure.SERVER_ERROR),
        (400, 99999, Failure.CALLER),
    ],
)
def test_codes(status: int, code: int, failure: Failure) -> None:
    one = {"code": code, "message": "why"}
    spellings: list[object] = [
        {"errors": [one], "success": False, "result": None, "messages": []},
        {"success": False, "error": [one]},
        {"error": one | {"code": str(code), "type": "x"}},
        {"internalCode": code, "message": "why", "name": "InferenceUpstreamError"},
    ]
    for body in spellings:
        found = verdict(status, {b"retry-after": b"1"}, orjson.dumps(body), 0.0)
        assert found.failure is failure
        assert (found.words.message, found.code, found.retry_after_s) == ("why", str(code), 1.0)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"errors":[7]}'])
def test_without_a_code_the_status_decides(body: bytes) -> None:
    found = verdict(503, {}, body, 0.0)
    assert (found.failure, found.code) == (Failure.OVERLOADED, None)
    assert "no reason" in found.words.message


def test_a_text_is_an_error_too() -> None:
    assert verdict(400, {}, b'{"error":"bad input"}', 0.0).words.message == "bad input"


def test_errors_with_status_200() -> None:
    assert is_error({"success": False})
    assert is_error({"errors": [{"code": 1}]})
    assert not is_error({"success": True, "errors": [], "error": None})
    assert inner_verdict({"errors": [{"code": 3040}]}).failure is Failure.OVERLOADED
    assert inner_verdict({}).failure is Failure.SERVER_ERROR
