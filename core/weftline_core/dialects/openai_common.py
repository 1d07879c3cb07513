"""What all dialects of OpenAI share: the model's name, and what errors look like and mean.

The code decides before the status: a spent quota and a burst of traffic are both 429, and only one
of them passes by itself. Sources: OpenAI's error pages; Azure, vLLM, SGLang, TGI, llama.cpp,
Ollama, xAI, DeepSeek, Mistral, Groq, Together, Fireworks, Alibaba, ByteDance, MiniMax for theirs.
"""

import re
from collections.abc import Mapping
from typing import Final, cast

import orjson

from weftline_core.dialects.wire import json_object
from weftline_core.errors import CallerError
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s
from weftline_core.verdict import Verdict, Words

# Words that hosts use as `code` or `type`, in lower case, to the first dot.
_WORDS: Final[dict[Failure, str]] = {
    Failure.QUOTA: "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded "
    "project_spend_limit_exceeded organization_usage_limit_exceeded billing_hard_limit_reached "
    "billing_not_active arrearage accountoverdueerror insufficient_balance",
    Failure.RATE_LIMITED: "rate_limit_exceeded rate_limit_error slow_down throttling "
    "ratelimitexceeded concurrency_limit_exceeded",
    Failure.OVERLOADED: "server_is_overloaded service_unavailable_error overloaded_error "
    "engine_overloaded overloaded serveroverloaded serviceunavailable service_unavailable "
    "capacity_exceeded unavailable_error",
    # Some hosts say it with a 400; it is our key all the same.
    Failure.DENIED: "invalid_api_key incorrect_api_key authentication_error authenticationerror "
    "invalidapikey accessdenied permission_error",
    Failure.NOT_FOUND: "model_not_found deploymentnotfound modelnotopen invalidendpointormodel",
    # Some hosts say it with a 403, or in a stream, where there is no status.
    Failure.CALLER: "context_length_exceeded content_filter content_policy_violation "
    "datainspectionfailed string_above_max_length invalid_prompt unsupported_parameter",
}
_BY_WORD: Final = {word: failure for failure, words in _WORDS.items() for word in words.split()}
# What hosts call a 400 where there is no status.
_CALLER_KINDS: Final = frozenset(("invalid_request_error", "BadRequestError"))
_BY_STATUS: Final[dict[int, Failure]] = {
    401: Failure.DENIED,
    402: Failure.QUOTA,
    403: Failure.DENIED,
    404: Failure.NOT_FOUND,
    405: Failure.NOT_FOUND,
    408: Failure.SERVER_ERROR,
    # Cog answers 409 when all its slots are busy.
    409: Failure.OVERLOADED,
    410: Failure.NOT_FOUND,
    # Fireworks: the account is suspended.
    412: Failure.QUOTA,
    # TGI, Groq and Azure: the model, or what it depends on, failed.
    424: Failure.SERVER_ERROR,
    425: Failure.OVERLOADED,
    429: Failure.RATE_LIMITED,
    # Groq: no capacity for the flex tier.
    498: Failure.OVERLOADED,
    # The host gave up the request as if we had gone; we had not.
    499: Failure.SERVER_ERROR,
    503: Failure.OVERLOADED,
    529: Failure.OVERLOADED,
}
# MiniMax's `base_resp.status_code`.
_BY_BASE: Final[dict[int, Failure]] = {
    1002: Failure.RATE_LIMITED,
    1004: Failure.DENIED,
    1008: Failure.QUOTA,
    1026: Failure.CALLER,
    1027: Failure.CALLER,
    1028: Failure.QUOTA,
    1030: Failure.QUOTA,
    1039: Failure.CALLER,
    2013: Failure.CALLER,
    2038: Failure.DENIED,
    2049: Failure.DENIED,
    2061: Failure.QUOTA,
}
# xAI tells a wrong key with a 400 and nothing but a sentence.
_OUR_KEY: Final = re.compile(
    r"\b(?:incorrect|invalid|wrong)\b.{0,20}\bapi[ _-]?key\b", re.IGNORECASE
)
# Codes are written to logs; a stranger's may be of any length.
CODE_CHARS_MAX: Final = 64
_CALLER_STATUS_MIN, _SERVER_STATUS_MIN, _STATUS_MAX = 400, 500, 599
_NO_REASON: Final = "the endpoint rejected the request and gave no reason"


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    outer = json_object(body) or {}
    words = _words(outer)
    return Verdict(_failure(status, words), words, retry_after_s(headers, at_unix_s))


def inner_verdict(outer: Mapping[str, object]) -> Verdict:
    """Return the meaning of an error whose status was 200: a whole answer, or one of a stream."""
    base = _base_status(outer)
    if base:
        said = cast("dict[str, object]", outer["base_resp"]).get("status_msg")
        message = said if isinstance(said, str) and said else _NO_REASON
        words = Words(message=message, kind="upstream_error", code=str(base)[:CODE_CHARS_MAX])
        return Verdict(_BY_BASE.get(base, Failure.SERVER_ERROR), words)
    words = _words(outer)
    return Verdict(_failure(_status_in(outer), words), words)


def is_error(outer: Mapping[str, object]) -> bool:
    """Return whether a JSON object that came with status 200 is an error, in any spelling."""
    if outer.get("error") or outer.get("object") == "error":
        return True
    return _base_status(outer) != 0


def error_body(words: Words) -> bytes:
    """Return OpenAI's error object, as the SDKs read it."""
    error = {
        "message": words.message,
        "type": words.kind,
        "param": words.param,
        "code": words.code,
    }
    return orjson.dumps({"error": error})


def model_of(body: Mapping[str, object]) -> str:
    """Return the model that a client names.

    Raises:
        CallerError: it names none.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        what = "is missing" if model is None else "must be a non-empty string"
        raise CallerError(f"'model' {what}; GET /v1/models lists the names", param="model")
    return model


def _base_status(outer: Mapping[str, object]) -> int:
    base = outer.get("base_resp")
    status = cast("dict[str, object]", base).get("status_code") if isinstance(base, dict) else 0
    return status if isinstance(status, int) else 0


def _failure(status: int, words: Words) -> Failure:
    for word in (words.code, words.kind):
        failure = _BY_WORD.get(word.partition(".")[0].lower()) if word else None
        if failure is not None:
            return failure
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _SERVER_STATUS_MIN:
        return Failure.SERVER_ERROR
    if status >= _CALLER_STATUS_MIN:
        return Failure.DENIED if _OUR_KEY.search(words.message) else Failure.CALLER
    # Redirects are never followed, and no other 2xx carries an answer.
    return Failure.BROKEN


def _status_in(outer: Mapping[str, object]) -> int:
    """Return the HTTP status that an error says it would have had, or else 500."""
    inner = outer.get("error")
    fields = cast("dict[str, object]", inner) if isinstance(inner, dict) else outer
    for name in ("code", "status_code", "status", "http_code"):
        text = _text(fields.get(name)) or ""
        if (
            len(text) == len("500")
            and text.isdecimal()
            and _CALLER_STATUS_MIN <= int(text) <= _STATUS_MAX
        ):
            return int(text)
    return _CALLER_STATUS_MIN if _text(fields.get("type")) in _CALLER_KINDS else _SERVER_STATUS_MIN


def _words(outer: Mapping[str, object]) -> Words:
    """Return an error in words, whatever shape it came in.

    Seen: `{"error": {...}}`, `{"error": "text"}` (Ollama), with `code` beside it (xAI) or
    `error_type` (TGI), the fields at the top (SGLang, Mistral), `{"detail": ...}` (FastAPI).
    """
    inner = outer.get("error")
    if isinstance(inner, dict):
        fields: Mapping[str, object] = cast("dict[str, object]", inner)
    elif isinstance(inner, str):
        fields = {
            "message": inner,
            "type": outer.get("error_type"),
            "code": outer.get("code"),
        }
    else:
        fields = outer
    param = _text(fields.get("param"))
    message = fields.get("message") or fields.get("detail")
    if isinstance(message, dict):
        message = cast("dict[str, object]", message).get("detail") or cast("object", message)
    if isinstance(message, list):
        message, where = _details(cast("list[object]", message))
        param = param or where
    if message is not None and not isinstance(message, str):
        message = orjson.dumps(message).decode()
    return Words(
        message=message or _NO_REASON,
        kind=_text(fields.get("type")) or "invalid_request_error",
        param=param,
        code=(_text(fields.get("code")) or "")[:CODE_CHARS_MAX] or None,
    )


def _details(details: list[object]) -> tuple[str, str | None]:
    """Return FastAPI's list of mistakes as one text, and the path of the first."""
    told: list[str] = []
    first: str | None = None
    for detail in details:
        fields = cast("dict[str, object]", detail) if isinstance(detail, dict) else {}
        what = fields.get("msg")
        if not isinstance(what, str):
            return orjson.dumps(details).decode(), None
        where = fields.get("loc")
        steps = cast("list[object]", where) if isinstance(where, list) else []
        path = ".".join(str(step) for step in steps if step != "body")
        first = first or path or None
        told.append(f"{path}: {what}" if path else what)
    return "; ".join(told), first


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
