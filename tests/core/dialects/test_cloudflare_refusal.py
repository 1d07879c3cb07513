"""Cloudflare's numbers for errors, and its two envelopes."""

import orjson
import pytest

from weftline_core.dialects.cloudflare_refusal import (
    Fault,
    gateway_body,
    rest_body,
    run_fault,
)
from weftline_core.verdict import Words


@pytest.mark.parametrize(
    ("status", "code", "hosted", "found"),
    [
        (404, "model_not_found", True, (400, 5007)),
        (404, "model_not_found", False, (404, 7003)),
        (401, "invalid_api_key", True, (401, 2009)),
        (413, "request_too_large", True, (413, 3006)),
        (404, "not_found", True, (404, 7002)),
        (405, "method_not_allowed", True, (405, 7000)),
        # What a host of Cloudflare's has said itself goes on.
        (400, "3039", True, (400, 3039)),
        (400, None, True, (400, 5004)),
        (422, "some_word", False, (422, 5004)),
        (402, None, True, (402, 2021)),
        (429, "rate_limit_exceeded", False, (429, 3040)),
        (503, "upstream_overloaded", True, (429, 3040)),
        (504, "upstream_timeout", True, (408, 3007)),
        (502, "upstream_failed", True, (502, 2002)),
    ],
)
def test_errors_have_cloudflares_numbers(
    status: int, code: str | None, hosted: bool, found: tuple[int, int]
) -> None:
    fault = run_fault(status, Words(message="why", code=code), hosted=hosted)
    assert (fault.status, fault.code, fault.message) == (*found, "why")


def test_the_two_envelopes_differ() -> None:
    fault = Fault(400, 5004, "why")
    error = {"code": 5004, "message": "why"}
    assert orjson.loads(rest_body(fault)) == {
        "errors": [error],
        "success": False,
        "result": None,
        "messages": [],
    }
    assert orjson.loads(gateway_body(fault)) == {"success": False, "error": [error]}
