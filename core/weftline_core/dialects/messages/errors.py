"""Errors of the Messages dialect, both ways. Source: anthropic 2.12.0 and its error table."""

from collections.abc import Mapping
from typing import Final, cast

import orjson

from weftline_core.dialects import amazon_errors, openai_errors
from weftline_core.dialects.plain_verdict import CODE_CHARS_MAX, NO_REASON, TOO_LONG
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
_TOO_LONG_WORDS: Final = "prompt is too long"

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
_SERVER_STATUS_MIN: Final = 500


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200. Amazon tells its errors in its own
    way, and hosts that speak this dialect beside others may do so in OpenAI's.
    """
    known = _known(json_object(body) or {})
    if known is None:
        if amazon_errors.ERROR_TYPE in headers:
            return amazon_errors.verdict(status, headers, body, at_unix_s)
        return openai_errors.verdict(status, headers, body, at_unix_s)
    wait_s = None if known.failure is Failure.QUOTA else retry_after_s(headers, at_unix_s)
    return Verdict(known.failure, known.words, wait_s)


def inner_verdict(outer: Mapping[str, object]) -> Verdict:
    """Return the meaning of an error that came with status 200, in a stream or as a whole."""
    return _known(outer) or openai_errors.inner_verdict(outer)


def is_error(outer: Mapping[str, object]) -> bool:
    """Return whether a JSON object that came with status 200 is an error, in any spelling."""
    return outer.get("type") == "error" or openai_errors.is_error(outer)


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
        message = NO_REASON
    details = fields.get("details")
    own = cast("dict[str, object]", details).get("error_code") if isinstance(details, dict) else ""
    own = own if isinstance(own, str) else ""
    if own in _SPENT or message.startswith(_SPENT_WORDS):
        failure, openai_kind, code = _TYPES["billing_error"]
    elif failure is Failure.CALLER and message.startswith(_TOO_LONG_WORDS):
        code = TOO_LONG
    if own:
        code = own[:CODE_CHARS_MAX]
    return Verdict(failure, Words(message=message, kind=openai_kind, code=code))
