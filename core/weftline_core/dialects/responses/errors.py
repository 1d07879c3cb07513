"""What errors of a Responses host mean, and how a client of Responses is told of one.

The code decides before the status: a spent quota and a burst of traffic are both 429, and only one
of them passes by itself. Sources: OpenAI's error pages; vLLM and SGLang for the statuses.
"""

from collections.abc import Mapping
from typing import Final, cast

import msgspec
import orjson

from weftline_core.dialects.responses.wire import Garbled, Misshapen, decoded
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s
from weftline_core.verdict import Verdict, Words

_BY_WORD: Final[dict[str, Failure]] = {
    **dict.fromkeys(
        (
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "billing_hard_limit_reached",
            "billing_not_active",
        ),
        Failure.QUOTA,
    ),
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "slow_down"), Failure.RATE_LIMITED),
    **dict.fromkeys(
        (
            "server_is_overloaded",
            "service_unavailable_error",
            "overloaded_error",
            "engine_overloaded",
        ),
        Failure.OVERLOADED,
    ),
    **dict.fromkeys(
        ("invalid_api_key", "incorrect_api_key", "authentication_error"), Failure.DENIED
    ),
    "model_not_found": Failure.NOT_FOUND,
}
# What an error without a status says of a request; the codes of a failed response among them.
_CALLER_WORDS: Final = frozenset(
    (
        "invalid_request_error",
        "BadRequestError",
        "context_length_exceeded",
        "invalid_prompt",
        "bio_policy",
        "misalignment_policy_violation",
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "invalid_image_url",
        "image_too_large",
        "image_too_small",
        "image_parse_error",
        "image_content_policy_violation",
        "invalid_image_mode",
        "image_file_too_large",
        "unsupported_image_media_type",
        "empty_image_file",
        "failed_to_download_image",
        "image_file_not_found",
    )
)
_BY_STATUS: Final[dict[int, Failure]] = {
    401: Failure.DENIED,
    402: Failure.QUOTA,
    403: Failure.DENIED,
    404: Failure.NOT_FOUND,
    405: Failure.NOT_FOUND,
    408: Failure.SERVER_ERROR,
    409: Failure.OVERLOADED,
    410: Failure.NOT_FOUND,
    425: Failure.OVERLOADED,
    429: Failure.RATE_LIMITED,
    503: Failure.OVERLOADED,
    529: Failure.OVERLOADED,
}
# Codes are written to logs; a stranger's may be of any length.
CODE_CHARS_MAX: Final = 64
_CALLER_STATUS_MIN, _SERVER_STATUS_MIN = 400, 500
_STATUS_DIGITS: Final = 3
_NO_REASON: Final = "the endpoint rejected the request and gave no reason"

_ANY: Final = msgspec.json.Decoder(dict[str, object])

# The last numbers that a 32-bit cursor can hold: later than all that a stream has brought.
_LAST_SEQUENCE: Final = 2**31 - 1


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    try:
        fields = decoded(body, _ANY)
    except (Garbled, Misshapen):
        fields = {}
    words = words_of(fields, "invalid_request_error")
    return Verdict(_failure(status, words), words, retry_after_s(headers, at_unix_s))


def stream_verdict(error: object) -> Verdict:
    """Return the meaning of an error whose status was 200, nested or flat."""
    fields = cast("dict[str, object]", error) if isinstance(error, dict) else {}
    words = words_of(fields, "server_error")
    code = words.code or ""
    if code.isdecimal() and len(code) == _STATUS_DIGITS:
        return Verdict(_failure(int(code), words), words)
    if words.code in _CALLER_WORDS or (words.kind in _CALLER_WORDS and words.code not in _BY_WORD):
        return Verdict(Failure.CALLER, words)
    return Verdict(_failure(_SERVER_STATUS_MIN, words), words)


def broken(what: str) -> Verdict:
    """Return the meaning of an answer that breaks its protocol."""
    message = f"the answer broke off: the endpoint sent {what}"
    return Verdict(
        Failure.BROKEN, Words(message=message, kind="upstream_error", code="upstream_failed")
    )


def words_of(outer: Mapping[str, object], kind: str) -> Words:
    """Return an error's words, whatever shape it came in. kind: where it names none.

    Seen: `{"error": {...}}`, `{"error": "text"}` (Ollama, vLLM's 401), the fields at the top
    (OpenAI's `error` event, SGLang), `{"detail": ...}` (FastAPI).
    """
    inner = outer.get("error")
    if isinstance(inner, dict):
        fields: Mapping[str, object] = cast("dict[str, object]", inner)
    elif isinstance(inner, str):
        fields = {"message": inner}
    else:
        fields = outer
    message = fields.get("message") or fields.get("detail")
    if message is not None and not isinstance(message, str):
        message = orjson.dumps(message).decode()
    named = _text(fields.get("type"))
    return Words(
        message=message or _NO_REASON,
        # A flat event's `type` is `error`, which is no kind.
        kind=named if named and named != "error" else kind,
        param=_text(fields.get("param")),
        code=(_text(fields.get("code")) or "")[:CODE_CHARS_MAX] or None,
    )


def error_object(words: Words) -> dict[str, object]:
    """Return an error in OpenAI's four fields."""
    return {
        "message": words.message,
        "type": words.kind,
        "param": words.param,
        "code": words.code,
    }


def error_answer(status: int, words: Words) -> tuple[int, bytes]:
    """Return the status and body of an error before anything was sent."""
    return status, orjson.dumps({"error": error_object(words)})


def response_error(status: int, words: Words) -> dict[str, object]:
    """Return the `error` of a failed response, whose codes are a closed list."""
    code = "server_error"
    if status == 429:  # noqa: PLR2004
        code = "rate_limit_exceeded"
    elif _CALLER_STATUS_MIN <= status < _SERVER_STATUS_MIN:
        code = "invalid_prompt"
    return {"code": code, "message": words.message}


def error_events(
    status: int, words: Words, response: dict[str, object], sequence: int = _LAST_SEQUENCE - 1
) -> bytes:
    """Return the two events that end a broken stream: `error`, which SDKs raise on, both nested and
    flat, and `response.failed`, which those that collect events read.

    response: as it failed. sequence: the first event's; by default one that is later than all that
    may have gone before.
    """
    error = error_object(words)
    flat = {
        "type": "error",
        "sequence_number": sequence,
        "code": words.code,
        "message": words.message,
        "param": words.param,
        "error": error,
    }
    failed = {
        "type": "response.failed",
        "sequence_number": sequence + 1,
        "response": response | {"status": "failed", "error": response_error(status, words)},
    }
    return b"event: error\ndata: %b\n\nevent: response.failed\ndata: %b\n\n" % (
        orjson.dumps(flat),
        orjson.dumps(failed),
    )


def _failure(status: int, words: Words) -> Failure:
    for word in (words.code, words.kind):
        if word in _BY_WORD:
            return _BY_WORD[word]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _SERVER_STATUS_MIN:
        return Failure.SERVER_ERROR
    if status >= _CALLER_STATUS_MIN:
        return Failure.CALLER
    # Redirects are never followed, and no other 2xx carries an answer.
    return Failure.BROKEN


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
