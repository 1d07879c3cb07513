"""What each error of a host means, by code, then by status, in every shape it comes in."""

from typing import cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.odd_json import odd_json
from weftline_core.dialects.openai_errors import (
    error_body,
    inner_verdict,
    is_error,
    verdict,
)
from weftline_core.dialects.plain_verdict import CODE_CHARS_MAX
from weftline_core.failures import Failure
from weftline_core.verdict import Words


def error(code: object = None, kind: object = None, message: str = "no") -> bytes:
    inner = {"message": message, "type": kind, "param": None, "code": code}
    return orjson.dumps({"error": inner})


def routed(status: int, **metadata: object) -> bytes:
    """Return an error of OpenRouter's."""
    inner = {"message": "Provider returned error", "code": status, "metadata": metadata}
    return orjson.dumps({"error": inner, "user_id": "u"})


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (429, error("rate_limit_exceeded"), Failure.RATE_LIMITED),
        (413, error("rate_limit_exceeded"), Failure.RATE_LIMITED),
        (429, error("slow_down", "rate_limit_error"), Failure.RATE_LIMITED),
        (429, error("Throttling.RateQuota"), Failure.RATE_LIMITED),
        (429, b"", Failure.RATE_LIMITED),
        (400, error("invalid_api_key"), Failure.DENIED),
        (400, error(None, None, "Incorrect API key provided: xa***1"), Failure.DENIED),
        (400, b'{"code":"Client","error":"Incorrect API key provided"}', Failure.DENIED),
        (400, b'{"error":"Invalid API-key"}', Failure.DENIED),
        (400, error(None, None, "the key `api` is invalid"), Failure.CALLER),
        (429, error("insufficient_quota", "insufficient_quota"), Failure.QUOTA),
        (429, error("project_spend_limit_exceeded", "insufficient_quota"), Failure.QUOTA),
        (429, error(None, "insufficient_quota"), Failure.QUOTA),
        (403, error("AccountOverdueError"), Failure.QUOTA),
        (402, b"{}", Failure.QUOTA),
        (412, b"{}", Failure.QUOTA),
        (503, error("server_is_overloaded"), Failure.OVERLOADED),
        (498, error("capacity_exceeded"), Failure.OVERLOADED),
        (498, b"", Failure.OVERLOADED),
        (529, b"{}", Failure.OVERLOADED),
        (503, b'{"error":{"code":503,"message":"Loading model"}}', Failure.OVERLOADED),
        (429, b'{"error":"Model is overloaded","error_type":"overloaded"}', Failure.OVERLOADED),
        (409, b'{"error":"At capacity - all prediction slots busy"}', Failure.OVERLOADED),
        (424, b'{"error":"Request failed","error_type":"generation"}', Failure.SERVER_ERROR),
        (500, b"<html>", Failure.SERVER_ERROR),
        (500, b"", Failure.SERVER_ERROR),
        (502, b"", Failure.SERVER_ERROR),
        (504, b"", Failure.SERVER_ERROR),
        (524, b"", Failure.SERVER_ERROR),
        (408, b"", Failure.SERVER_ERROR),
        (499, b"", Failure.SERVER_ERROR),
        (401, error("invalid_api_key"), Failure.DENIED),
        (401, b'{"error":"Unauthorized"}', Failure.DENIED),
        (401, error(None, "invalid_request_error"), Failure.DENIED),
        (403, b"", Failure.DENIED),
        (404, error("model_not_found"), Failure.NOT_FOUND),
        (400, error("model_not_found"), Failure.NOT_FOUND),
        (404, error("DeploymentNotFound"), Failure.NOT_FOUND),
        (404, error(404, "NotFoundError"), Failure.NOT_FOUND),
        (400, error("context_length_exceeded"), Failure.CALLER),
        (403, error("context_length_exceeded"), Failure.CALLER),
        (400, error("content_filter"), Failure.CALLER),
        (403, error(None, "content_filter"), Failure.CALLER),
        (403, error("3400", None, "The guardrail 'x' has blocked the request"), Failure.CALLER),
        (403, error(None, None, "Request blocked: prompt injection detected"), Failure.CALLER),
        (403, error("unsupported_country_region_territory", "request_forbidden"), Failure.DENIED),
        (403, routed(403, reasons=["violence"], flagged_input="x"), Failure.CALLER),
        (403, routed(403, error_type="content_policy_violation"), Failure.CALLER),
        (403, routed(403, error_type="permission_denied"), Failure.DENIED),
        (502, routed(502, raw="{}", provider_name="x"), Failure.SERVER_ERROR),
        (502, routed(502, raw="flagged"), Failure.SERVER_ERROR),
        (413, b"", Failure.CALLER),
        (422, b'{"detail":[{"loc":["body"]}]}', Failure.CALLER),
        (302, b"", Failure.BROKEN),
        (202, b'{"request_id":"x"}', Failure.BROKEN),
        (204, b"", Failure.BROKEN),
    ],
)
def test_the_code_decides_before_the_status(status: int, body: bytes, failure: Failure) -> None:
    assert verdict(status, {}, body, 0.0).failure is failure


def test_a_code_of_words_goes_before_a_status() -> None:
    flagged = routed(403, reasons=["violence"], flagged_input="x", provider_name="y")
    assert verdict(403, {}, flagged, 0.0).code == "content_filter"
    assert verdict(502, {}, routed(502, raw="{}"), 0.0).code == "502"


def test_a_wait_is_passed_on() -> None:
    found = verdict(429, {b"retry-after": b"7"}, error("rate_limit_exceeded"), 0.0)
    assert (found.retry_after_s, found.code) == (7.0, "rate_limit_exceeded")


NO_REASON = "the endpoint rejected the request and gave no reason"
FASTAPI = b'{"detail":[{"loc":["body","messages",0],"msg":"too short"},{"loc":[],"msg":"bad"}]}'
MISTRAL = (
    b'{"object":"error","message":{"detail":[{"loc":["body","n"],"msg":"bad"}]},'
    b'"type":"invalid_request_error","code":null}'
)
AZURE = (
    b'{"error":{"code":"content_filter","message":"blocked","param":"prompt","type":null,'
    b'"status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}'
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (error("c", "t"), Words(message="no", kind="t", code="c")),
        (b'{"error":"model not found"}', Words(message="model not found")),
        (b'{"code":"x","error":"text"}', Words(message="text", code="x")),
        (b'{"error":"t","error_type":"validation"}', Words(message="t", kind="validation")),
        (
            b'{"object":"error","message":"too long","type":"BadRequestError","code":400}',
            Words(message="too long", kind="BadRequestError", code="400"),
        ),
        (FASTAPI, Words(message="messages.0: too short; bad", param="messages.0")),
        (b'{"detail":"Not Found"}', Words(message="Not Found")),
        (b'{"detail":[{"msg":7}]}', Words(message='[{"msg":7}]')),
        (MISTRAL, Words(message="n: bad", param="n")),
        (AZURE, Words(message="blocked", param="prompt", code="content_filter")),
        (b"<html>", Words(message=NO_REASON)),
        (b'{"error":{}}', Words(message=NO_REASON)),
        (b'{"error":{"message":{"a":1}}}', Words(message='{"a":1}')),
    ],
)
def test_every_error_is_put_in_words(body: bytes, words: Words) -> None:
    assert verdict(400, {}, body, 0.0).words == words


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (error("server_is_overloaded"), Failure.OVERLOADED),
        (error("insufficient_quota"), Failure.QUOTA),
        (error(None, "invalid_request_error"), Failure.CALLER),
        (error("context_length_exceeded"), Failure.CALLER),
        (error(400), Failure.CALLER),
        (error("503"), Failure.OVERLOADED),
        (error(7), Failure.SERVER_ERROR),
        (b'{"error":{"message":"bad call","status_code":400}}', Failure.CALLER),
        (b'{"error":"it failed"}', Failure.SERVER_ERROR),
        (b'{"error":"busy","error_type":"overloaded"}', Failure.OVERLOADED),
        (b'{"object":"error","message":"m","code":503}', Failure.OVERLOADED),
        (b'{"base_resp":{"status_code":1002,"status_msg":"rate"}}', Failure.RATE_LIMITED),
        (b'{"base_resp":{"status_code":1008}}', Failure.QUOTA),
        (b'{"base_resp":{"status_code":1000}}', Failure.SERVER_ERROR),
    ],
)
def test_an_error_with_status_200_is_one(data: bytes, failure: Failure) -> None:
    outer = orjson.loads(data)
    assert is_error(outer)
    assert inner_verdict(outer).failure is failure


@pytest.mark.parametrize(
    "data", [b"{}", b'{"error":null}', b'{"base_resp":{"status_code":0}}', b'{"base_resp":7}']
)
def test_what_is_no_error_is_none(data: bytes) -> None:
    assert not is_error(orjson.loads(data))


def test_a_base_status_keeps_its_words() -> None:
    found = inner_verdict({"base_resp": {"status_code": 1004, "status_msg": "login fail"}})
    assert (found.words.message, found.code) == ("login fail", "1004")


def test_a_strangers_code_is_cut() -> None:
    assert verdict(400, {}, error("x" * 1000), 0.0).code == "x" * CODE_CHARS_MAX


def test_an_error_has_all_four_fields() -> None:
    told = orjson.loads(error_body(Words(message="m", kind="k", param="p", code="c")))
    assert told == {"error": {"message": "m", "type": "k", "param": "p", "code": "c"}}


JSON = odd_json("error", "code", "message", "type", "detail", "loc", "msg", "base_resp", "x")


@given(JSON, st.integers(100, 599))
def test_no_body_is_too_odd_to_judge(body: object, status: int) -> None:
    found = verdict(status, {}, orjson.dumps(body), 0.0)
    assert found.words.message
    outer = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    if is_error(outer):
        assert inner_verdict(outer).words.message


@given(st.binary(max_size=40))
def test_no_bytes_are_too_odd_to_judge(body: bytes) -> None:
    assert verdict(500, {}, body, 0.0).words.message
