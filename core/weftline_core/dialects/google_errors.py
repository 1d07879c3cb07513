"""Google's errors, both ways: `google.rpc.Status` as JSON.

How long to wait stands in the body, as `RetryInfo`, and not in a header; a quota of a day is told
from one of a minute by its id. Source: recorded errors of the Gemini API; google/rpc/code.proto and
error_details.proto.
"""

import re
from collections.abc import Mapping
from typing import Final, cast

import msgspec
import orjson

from weftline_core.dialects.plain_verdict import (
    CODE_CHARS_MAX,
    NO_REASON,
    TOO_LONG,
    failure_of,
)
from weftline_core.failures import Failure
from weftline_core.retry_after import RETRY_AFTER_S_MAX, retry_after_s
from weftline_core.sse import frame
from weftline_core.verdict import Verdict, Words

_TYPE: Final = "type.googleapis.com/google.rpc."

_BY_WORD: Final[dict[str, Failure]] = {
    "CANCELLED": Failure.SERVER_ERROR,
    "UNKNOWN": Failure.SERVER_ERROR,
    "INVALID_ARGUMENT": Failure.CALLER,
    "DEADLINE_EXCEEDED": Failure.SERVER_ERROR,
    "NOT_FOUND": Failure.NOT_FOUND,
    "PERMISSION_DENIED": Failure.DENIED,
    "UNAUTHENTICATED": Failure.DENIED,
    "RESOURCE_EXHAUSTED": Failure.RATE_LIMITED,
    # Billing is off, or the service is not offered where we ask from.
    "FAILED_PRECONDITION": Failure.DENIED,
    "ABORTED": Failure.SERVER_ERROR,
    "OUT_OF_RANGE": Failure.CALLER,
    "UNIMPLEMENTED": Failure.NOT_FOUND,
    "INTERNAL": Failure.SERVER_ERROR,
    "UNAVAILABLE": Failure.OVERLOADED,
    "DATA_LOSS": Failure.SERVER_ERROR,
}
_KINDS: Final[dict[Failure, str]] = {
    Failure.CALLER: "invalid_request_error",
    Failure.RATE_LIMITED: "rate_limit_error",
    Failure.QUOTA: "insufficient_quota",
    Failure.DENIED: "authentication_error",
    Failure.NOT_FOUND: "not_found_error",
    Failure.OVERLOADED: "service_unavailable_error",
}
_WORD_OF: Final[dict[int, str]] = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    529: "UNAVAILABLE",
}
_SERVER_STATUS_MIN: Final = 500
_DURATION: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?s")
# A prompt over the model's context is a plain INVALID_ARGUMENT; only its text tells.
_TOO_LONG: Final = re.compile(r"exceeds the maximum number of tokens")


class _Violation(msgspec.Struct, rename="camel"):
    field: str = ""
    quota_id: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    kind: str = msgspec.field(name="@type", default="")
    reason: str = ""
    retry_delay: str = ""
    violations: list[_Violation] = []
    field_violations: list[_Violation] = []


class _Error(msgspec.Struct):
    code: int = 0
    message: str = ""
    status: str = ""
    details: list[object] = []


def error_in(value: object) -> object:
    """Return the error that parsed JSON is, bare or in an array of one as streams have it; None if
    it is none.
    """
    if isinstance(value, list):
        only = cast("list[object]", value)
        value = only[0] if len(only) == 1 else None
    return cast("dict[str, object]", value).get("error") if isinstance(value, dict) else None


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    found = of_error(error_in(value), status)
    wait_s = found.retry_after_s
    if wait_s is None:
        wait_s = retry_after_s(headers, at_unix_s)
    return Verdict(found.failure, found.words, wait_s)


def of_error(error: object, status: int | None = None) -> Verdict:
    """Return the meaning of an error object. status: of the answer; None inside a stream, whose
    status was 200, so that the object's own code counts.
    """
    read = _read(error)
    details = [d for d in map(_detail, read.details) if d is not None]
    failure = _failure(read, details, status if status is not None else read.code or 500)
    word = read.status[:CODE_CHARS_MAX].lower() or None
    if failure is Failure.CALLER and _TOO_LONG.search(read.message):
        word = TOO_LONG
    fields = [v.field for d in details for v in d.field_violations if v.field]
    words = Words(
        message=read.message or NO_REASON,
        kind=_KINDS.get(failure, "server_error"),
        param=fields[0] if fields else None,
        code=word,
    )
    return Verdict(failure, words, _wait_s(details))


def error_body(status: int, words: Words, request_id: str | None = None) -> bytes:
    """Return an error as Google's SDKs read it."""
    details: list[dict[str, object]] = []
    if words.param is not None:
        violation = {"field": words.param, "description": words.message}
        details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]})
    if words.code is not None:
        reason = {"reason": words.code.upper(), "domain": "weftline"}
        details.append({"@type": f"{_TYPE}ErrorInfo", **reason})
    if words.retry_after_s is not None:
        delay = f"{words.retry_after_s:.3f}".rstrip("0").rstrip(".")
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{delay}s"})
    if request_id is not None:
        details.append({"@type": f"{_TYPE}RequestInfo", "requestId": request_id})
    error: dict[str, object] = {"code": status, "message": words.message, "status": _word(status)}
    if details:
        error["details"] = details
    return orjson.dumps({"error": error})


def error_frame(status: int, words: Words) -> bytes:
    """Return the event that ends a broken stream: the SDKs raise on it."""
    return frame(error_body(status, words))


def _word(status: int) -> str:
    return _WORD_OF.get(status) or (
        "INTERNAL" if status >= _SERVER_STATUS_MIN else "INVALID_ARGUMENT"
    )


def _read(error: object) -> _Error:
    if isinstance(error, str):
        return _Error(message=error)
    try:
        return msgspec.convert(error, _Error)
    except msgspec.ValidationError:
        pass
    fields = cast("dict[str, object]", error) if isinstance(error, dict) else {}
    message, status = fields.get("message"), fields.get("status")
    return _Error(
        message=message if isinstance(message, str) else "",
        status=status if isinstance(status, str) else "",
    )


def _detail(value: object) -> _Detail | None:
    """Return a detail as far as it is one of those that matter here."""
    try:
        return msgspec.convert(value, _Detail)
    except msgspec.ValidationError:
        return None


def _failure(error: _Error, details: list[_Detail], status: int) -> Failure:
    if any(d.reason.startswith("API_KEY_") for d in details):
        # Our key, though the status says 400.
        return Failure.DENIED
    failure = _BY_WORD.get(error.status) or failure_of(status)
    if failure is Failure.RATE_LIMITED and any(
        "PerDay" in v.quota_id for d in details for v in d.violations
    ):
        return Failure.QUOTA
    return failure


def _wait_s(details: list[_Detail]) -> float | None:
    for detail in details:
        if _DURATION.fullmatch(detail.retry_delay):
            return min(float(detail.retry_delay[:-1]), RETRY_AFTER_S_MAX)
    return None
