"""What errors look like and mean in all dialects of OpenAI.

The code decides before the status: a spent quota and a burst of traffic are both 429, and only one
of them passes by itself. Sources: OpenAI's error pages; Azure, vLLM, SGLang, TGI, llama.cpp,
Ollama, xAI, DeepSeek, Mistral, Groq, Together, Fireworks, Alibaba, ByteDance, MiniMax for theirs.
"""

import re
from collections.abc import Mapping
from typing import Final, cast

import orjson

from weftline_core.dialects.plain_verdict import CODE_CHARS_MAX, NO_REASON, failure_of
from weftline_core.dialects.wire import json_object
from weftline_core.errors import UpstreamFailed
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
    "datainspectionfailed string_above_max_length invalid_prompt unsupported_parameter refusal",
}
_BY_WORD: Final = {word: failure for failure, words in _WORDS.items() for word in words.split()}
# What hosts call a 400 where there is no status.
_CALLER_KINDS: Final = frozenset(("invalid_request_error", "BadRequestError"))
# Beyond what a status means anywhere.
_BY_STATUS: Final[dict[int, Failure]] = {
    # Cog: all its slots are busy.
    409: Failure.OVERLOADED,
    # Fireworks: the account is suspended.
    412: Failure.QUOTA,
    # Groq: no capacity for the flex tier.
    498: Failure.OVERLOADED,
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
# Mistral's guardrails and OpenRouter's tell with a 403 that a prompt was refused.
_FORBIDDEN: Final = 403
_FLAGGED: Final = re.compile(
    r"\b(?:guardrails?|moderation|flagged|content[ _-](?:filter|policy)|prompt injection)\b",
    re.IGNORECASE,
)
_CALLER_STATUS_MIN, _SERVER_STATUS_MIN, _STATUS_MAX = 400, 500, 599


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
        message = said if isinstance(said, str) and said else NO_REASON
        words = Words(message=message, kind=UpstreamFailed.kind, code=str(base)[:CODE_CHARS_MAX])
        return Verdict(_BY_BASE.get(base, Failure.SERVER_ERROR), words)
    words = _words(outer)
    return Verdict(_failure(_status_in(outer), words), words)


def is_error(outer: Mapping[str, object]) -> bool:
    """Return whether a JSON object that came with status 200 is an error, in any spelling."""
    if outer.get("error") or outer.get("object") == "error":
        return True
    return _base_status(outer) != 0


def error_object(words: Words) -> dict[str, object]:
    """Return an error in OpenAI's four fields."""
    return {
        "message": words.message,
        "type": words.kind,
        "param": words.param,
        "code": words.code,
    }


def error_body(words: Words) -> bytes:
    """Return the body of an error, as the SDKs read it."""
    return orjson.dumps({"error": error_object(words)})


def _base_status(outer: Mapping[str, object]) -> int:
    base = outer.get("base_resp")
    status = cast("dict[str, object]", base).get("status_code") if isinstance(base, dict) else 0
    return status if isinstance(status, int) else 0


def _failure(status: int, words: Words) -> Failure:
    for word in (words.code, words.kind):
        failure = _BY_WORD.get(word.partition(".")[0].lower()) if word else None
        if failure is not None:
            return failure
    failure = _BY_STATUS.get(status) or failure_of(status)
    if failure is Failure.CALLER and _OUR_KEY.search(words.message):
        return Failure.DENIED
    if status == _FORBIDDEN and _FLAGGED.search(words.message):
        return Failure.CALLER
    return failure


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
    `error_type` (TGI), the fields at the top (SGLang, Mistral), `{"detail": ...}` (FastAPI), the
    code in `metadata` (OpenRouter).
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
        message=message or NO_REASON,
        kind=_text(fields.get("type")) or "invalid_request_error",
        param=param,
        code=(_code_in(fields.get("metadata")) or _text(fields.get("code")) or "")[:CODE_CHARS_MAX]
        or None,
    )


def _code_in(metadata: object) -> str | None:
    """Return what OpenRouter calls an error, whose code is the status."""
    fields = cast("dict[str, object]", metadata) if isinstance(metadata, dict) else {}
    if "flagged_input" in fields:
        return "content_filter"
    return _text(fields.get("error_type"))


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
