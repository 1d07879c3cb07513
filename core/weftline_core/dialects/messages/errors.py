"""Errors of the Messages dialect, both ways. Source: anthropic 2.12.0 and its error table."""

from collections.abc import Mapping
from typing import Final, cast

import orjson

from weftline_core.dialects import openai_common
from weftline_core.dialects.wire import json_object
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s
from weftline_core.verdict import Verdict, Words

OVERLOADED_STATUS: Final = 529

# The dialect's error types: what each means, and OpenAI's `type` and `code` for it.
_TYPES: Final[dict[str, tuple[Failure, str, str | None]]] = {
    "invalid_request_error": (Failure.CALLER, "invalid_request_error", None),
    "request_too_large": (Failure.CALLER, "invalid_request_error", "request_too_large"),
    "authentication_error": (Failure.DENIED, "invalid_request_error", "invalid_api_key"),
    "permission_error": (Failure.DENIED, "invalid_request_error", "permission_denied"),
    "billing_error": (Failure.QUOTA, "insufficient_quota", "insufficient_quota"),
    "not_found_error": (Failure.NOT_FOUND, "invalid_request_error", "model_not_found"),
    # The SDKs try again after a conflict.
    "conflict_error": (Failure.OVERLOADED, "server_error", "conflict"),
    "rate_limit_error": (Failure.RATE_LIMITED, "rate_limit_error", "rate_limit_exceeded"),
    "api_error": (Failure.SERVER_ERROR, "server_error", "api_error"),
    "timeout_error": (Failure.SERVER_ERROR, "server_error", "timeout"),
    "overloaded_error": (
        Failure.OVERLOADED,
        "service_unavailable_error",
        "server_is_overloaded",
    ),
}
# A limit on money looks like a burst of traffic, and does not pass by itself.
_SPENT: Final = frozenset(("enforced_spend_limit_reached", "contract_spend_limit_reached"))
# So does a limit that the account's owner set, which comes as a mistake of the caller's. Only the
# beginning counts: later words may be the client's own.
_SPENT_WORDS: Final = ("Your credit balance is too low", "You have reached your specified")
_TOO_LONG: Final = "prompt is too long"

_BY_STATUS: Final[dict[int, str]] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    OVERLOADED_STATUS: "overloaded_error",
}
# Amazon names its errors, in streams and in a header; in lower case and without `Exception`, the
# status that says the same. Source: botocore 1.44, `bedrock-runtime`.
_AMAZON: Final[dict[str, int]] = {
    "throttling": 429,
    # A model that is still being loaded comes as a 429 too.
    "modelnotready": 503,
    "serviceunavailable": 503,
    "servicequotaexceeded": 402,
    "accessdenied": 403,
    "resourcenotfound": 404,
    "validation": 400,
}
_SERVER_STATUS_MIN: Final = 500
_NO_REASON: Final = "the endpoint rejected the request and gave no reason"


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200. Hosts that speak this dialect beside
    others may still tell their errors in OpenAI's way.
    """
    known = _known(json_object(body) or {})
    if known is None:
        named = headers.get(b"x-amzn-errortype", b"").decode("latin-1")
        status = _AMAZON.get(_amazon_key(named), status)
        return openai_common.verdict(status, headers, body, at_unix_s)
    wait_s = None if known.failure is Failure.QUOTA else retry_after_s(headers, at_unix_s)
    return Verdict(known.failure, known.words, wait_s)


def inner_verdict(outer: Mapping[str, object]) -> Verdict:
    """Return the meaning of an error that came with status 200, in a stream or as a whole."""
    return _known(outer) or openai_common.inner_verdict(outer)


def exception_verdict(name: str, data: bytes) -> Verdict:
    """Return the meaning of an exception in one of Amazon's streams, by its name."""
    status = _AMAZON.get(_amazon_key(name), _SERVER_STATUS_MIN)
    return openai_common.verdict(status, {}, data, 0.0)


def is_error(outer: Mapping[str, object]) -> bool:
    """Return whether a JSON object that came with status 200 is an error, in any spelling."""
    return outer.get("type") == "error" or openai_common.is_error(outer)


def error_answer(status: int, words: Words, request_id: str) -> tuple[int, bytes]:
    """Return the status and body that an error has for a client."""
    if status == 503:  # noqa: PLR2004  # an HTTP status
        status = OVERLOADED_STATUS
    body = {"type": "error", "error": _error(status, words), "request_id": request_id}
    return status, orjson.dumps(body)


def error_event(status: int, words: Words) -> bytes:
    """Return the event that ends a broken stream: the SDKs raise on it."""
    data = orjson.dumps({"type": "error", "error": _error(status, words)})
    return b"event: error\ndata: " + data + b"\n\n"


def _amazon_key(name: str) -> str:
    """Return the name in `com.amazon.coral.service#ThrottlingException` and its other forms."""
    return name.rpartition("#")[2].partition(":")[0].lower().removesuffix("exception")


def _error(status: int, words: Words) -> dict[str, object]:
    fallback = "api_error" if status >= _SERVER_STATUS_MIN else "invalid_request_error"
    return {"type": _BY_STATUS.get(status, fallback), "message": words.message}


def _known(outer: Mapping[str, object]) -> Verdict | None:
    """Return the verdict on an error of one of the dialect's own types; None for any other."""
    inner = outer.get("error")
    if not isinstance(inner, dict):
        return None
    fields = cast("dict[str, object]", inner)
    kind = fields.get("type")
    known = _TYPES.get(kind) if isinstance(kind, str) else None
    if known is None or outer.get("type") != "error":
        return None
    failure, openai_kind, code = known
    message = fields.get("message")
    if not isinstance(message, str) or not message:
        message = _NO_REASON
    details = fields.get("details")
    own = cast("dict[str, object]", details).get("error_code") if isinstance(details, dict) else ""
    own = own if isinstance(own, str) else ""
    if own in _SPENT or message.startswith(_SPENT_WORDS):
        failure, openai_kind, code = _TYPES["billing_error"]
    elif failure is Failure.CALLER and message.startswith(_TOO_LONG):
        code = "context_length_exceeded"
    if own:
        code = own[: openai_common.CODE_CHARS_MAX]
    return Verdict(failure, Words(message=message, kind=openai_kind, code=code))
