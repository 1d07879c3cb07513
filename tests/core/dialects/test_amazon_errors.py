"""Bedrock's errors are known by their names, wherever those stand."""

import orjson
import pytest

from weftline_core.dialects.amazon_errors import named_verdict, verdict
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("status", "name", "failure"),
    [
        (429, "ThrottlingException", Failure.RATE_LIMITED),
        (429, "ModelNotReadyException", Failure.OVERLOADED),
        (400, "ServiceQuotaExceededException", Failure.QUOTA),
        (408, "ModelTimeoutException", Failure.SERVER_ERROR),
        (424, "ModelErrorException", Failure.SERVER_ERROR),
        (403, "AccessDeniedException", Failure.DENIED),
        (403, "UnrecognizedClientException", Failure.DENIED),
        (403, "ExpiredTokenException", Failure.DENIED),
        (404, "ResourceNotFoundException", Failure.NOT_FOUND),
        (400, "ValidationException", Failure.CALLER),
        (500, "InternalServerException", Failure.SERVER_ERROR),
        (503, "ServiceUnavailableException", Failure.OVERLOADED),
        (429, "", Failure.RATE_LIMITED),
        (418, "BrandNewException", Failure.CALLER),
        (302, "", Failure.BROKEN),
    ],
)
def test_names_decide_before_the_status(status: int, name: str, failure: Failure) -> None:
    body = orjson.dumps({"message": "what it said"})
    found = verdict(status, {b"x-amzn-errortype": name.encode()}, body, 0.0)
    assert found.failure is failure
    assert found.words.message == "what it said"
    assert found.code == (name or None)
    typed = orjson.dumps({"__type": f"com.amazon.coral.service#{name}", "Message": "m"})
    assert verdict(status, {}, typed, 0.0).failure is failure
    address = {b"x-amzn-errortype": f"{name}:http://internal.amazon.com/".encode()}
    assert verdict(status, address, b"<html>", 0.0).failure is failure


@pytest.mark.parametrize(
    ("message", "failure", "code"),
    [
        ("The provided model identifier is invalid.", Failure.NOT_FOUND, "ValidationException"),
        (
            "Invocation of model ID x with on-demand throughput isn't supported.",
            Failure.NOT_FOUND,
            "ValidationException",
        ),
        ("Input is too long for requested model.", Failure.CALLER, "context_length_exceeded"),
    ],
)
def test_a_bad_request_may_be_another_fault(message: str, failure: Failure, code: str) -> None:
    headers = {b"x-amzn-errortype": b"ValidationException"}
    found = verdict(400, headers, orjson.dumps({"message": message}), 0.0)
    assert (found.failure, found.code) == (failure, code)


def test_the_wait_is_kept() -> None:
    assert verdict(429, {b"retry-after": b"3"}, b"", 0.0).retry_after_s == 3.0


def test_exceptions_in_a_stream() -> None:
    assert named_verdict("throttlingException", b'{"message":"m"}').failure is Failure.RATE_LIMITED
    assert named_verdict("validationException", b"{}").failure is Failure.CALLER
    assert named_verdict("modelStreamErrorException", b"").failure is Failure.SERVER_ERROR
    assert named_verdict("", b"[]").failure is Failure.SERVER_ERROR
