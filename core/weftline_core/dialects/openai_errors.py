"""What an upstream's error in OpenAI's format means for the mesh.

The code decides before the status: a spent quota and a burst of traffic are both 429, and only one
of them passes by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import orjson

from weftline_core.dialects.openai import json_object
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s

# Sources: OpenAI's error pages; vLLM, SGLang and DeepSeek for the statuses.
_QUOTA = frozenset(
    (
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "billing_not_active",
    )
)
_RATE_LIMITED = frozenset(("rate_limit_exceeded", "rate_limit_error", "slow_down"))
# Some hosts say it with a 400; it is our key all the same.
_DENIED = frozenset(("invalid_api_key", "incorrect_api_key", "authentication_error"))
_OVERLOADED = frozenset(
    (
        "server_is_overloaded",
        "service_unavailable_error",
        "overloaded_error",
        "engine_overloaded",
    )
)
_BY_WORD = (
    (_QUOTA, Failure.QUOTA),
    (_RATE_LIMITED, Failure.RATE_LIMITED),
    (_OVERLOADED, Failure.OVERLOADED),
    (_DENIED, Failure.DENIED),
)
_BY_STATUS: dict[int, Failure] = {
    401: Failure.DENIED,
    402: Failure.QUOTA,
    403: Failure.DENIED,
    404: Failure.NOT_FOUND,
    405: Failure.NOT_FOUND,
    408: Failure.SERVER_ERROR,
    # Cog answers 409 when all its slots are busy.
    409: Failure.OVERLOADED,
    410: Failure.NOT_FOUND,
    425: Failure.OVERLOADED,
    429: Failure.RATE_LIMITED,
    503: Failure.OVERLOADED,
    529: Failure.OVERLOADED,
}
# Codes are written to logs; a stranger's may be of any length.
CODE_CHARS_MAX = 64
SECRET_SHOWN = b"[hidden]"
_CALLER_STATUS_MIN, _SERVER_STATUS_MIN = 400, 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong at an endpoint.

    retry_after_s: how long it asks to be left alone. code: its own `error.code`, for the record.
    answer: its error in OpenAI's shape, for a client that must see it: the request was wrong, or
    the stream had begun.
    """

    failure: Failure
    code: str | None
    answer: bytes
    retry_after_s: float | None = None


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    error = _error_object(body)
    answer = orjson.dumps({"error": error})
    wait_s = retry_after_s(headers, at_unix_s)
    return Verdict(_failure(status, error), error["code"], answer, wait_s)


def stream_verdict(data: bytes) -> Verdict:
    """Return the meaning of an error event inside a stream whose status was 200."""
    error = _error_object(data)
    code = error["code"]
    status = int(code) if code is not None and code.isdecimal() and len(code) == 3 else 500  # noqa: PLR2004
    return Verdict(_failure(status, error), code, orjson.dumps({"error": error}))


def without(secret: str | None, answer: bytes) -> bytes:
    """Return an endpoint's error without our key, should it have quoted that back at us."""
    if not secret:
        return answer
    return answer.replace(orjson.dumps(secret)[1:-1], SECRET_SHOWN)


def _failure(status: int, error: Mapping[str, str | None]) -> Failure:
    for word in (error["code"], error["type"]):
        for words, failure in _BY_WORD:
            if word in words:
                return failure
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _SERVER_STATUS_MIN:
        return Failure.SERVER_ERROR
    if status >= _CALLER_STATUS_MIN:
        return Failure.CALLER
    # Redirects are never followed, and no other 2xx carries an answer.
    return Failure.BROKEN


def _error_object(body: bytes) -> dict[str, str | None]:
    """Return the error in the four fields of OpenAI's shape, whatever shape it came in.

    Seen: `{"error": {...}}`, `{"error": "text"}` (Ollama), the fields at the top (vLLM, SGLang),
    `{"detail": ...}` (FastAPI).
    """
    outer = json_object(body) or {}
    inner = outer.get("error")
    if isinstance(inner, dict):
        fields = cast("dict[str, object]", inner)
    elif isinstance(inner, str):
        fields = {"message": inner}
    else:
        fields = outer
    message = fields.get("message") or fields.get("detail")
    if message is not None and not isinstance(message, str):
        message = orjson.dumps(message).decode()
    return {
        "message": message or "the endpoint rejected the request and gave no reason",
        "type": _text(fields.get("type")) or "invalid_request_error",
        "param": _text(fields.get("param")),
        "code": (_text(fields.get("code")) or "")[:CODE_CHARS_MAX] or None,
    }


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
