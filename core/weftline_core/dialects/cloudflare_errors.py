"""What Cloudflare's errors mean, for all tasks of Workers AI and its gateway.

Source: Cloudflare's "Workers AI errors" page and its AI Gateway, whose list is called `error`.
"""

from collections.abc import Mapping
from typing import Final, cast

from weftline_core.dialects.plain_verdict import failure_of, plain_verdict
from weftline_core.dialects.wire import json_object
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s
from weftline_core.verdict import Verdict

_BY_CODE: Final[dict[int, Failure]] = {
    # The gateway: there is none of this name; it wants credentials; the model is not sold through
    # it.
    2001: Failure.NOT_FOUND,
    2009: Failure.DENIED,
    2021: Failure.QUOTA,
    # Incomplete, too large, timed out, aborted.
    3003: Failure.CALLER,
    3006: Failure.CALLER,
    3007: Failure.SERVER_ERROR,
    3008: Failure.SERVER_ERROR,
    # The account is blocked, or may not use the model.
    3023: Failure.DENIED,
    3041: Failure.DENIED,
    5016: Failure.DENIED,
    5018: Failure.DENIED,
    # A day's free neurons are used up, which is no matter of waiting a minute.
    3036: Failure.QUOTA,
    3039: Failure.CALLER,
    3040: Failure.OVERLOADED,
    3042: Failure.NOT_FOUND,
    5004: Failure.CALLER,
    5005: Failure.CALLER,
    5007: Failure.NOT_FOUND,
    7003: Failure.NOT_FOUND,
    10000: Failure.DENIED,
}
_LISTS: Final = ("errors", "error")
_INNER_STATUS: Final = 500


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    return _verdict(status, json_object(body) or {}, retry_after_s(headers, at_unix_s))


def inner_verdict(fields: Mapping[str, object]) -> Verdict:
    """Return the meaning of an error that came with status 200, whole or in a stream."""
    return _verdict(_INNER_STATUS, fields, None)


def is_error(fields: Mapping[str, object]) -> bool:
    """Return whether an object that came with status 200 is an error."""
    return fields.get("success") is False or any(fields.get(name) for name in _LISTS)


def _verdict(status: int, fields: Mapping[str, object], wait_s: float | None) -> Verdict:
    code, message = _first(fields)
    failure = _BY_CODE.get(code) if code is not None else None
    told = None if code is None else str(code)
    return plain_verdict(failure or failure_of(status), message, told, wait_s)


def _first(fields: Mapping[str, object]) -> tuple[int | None, str]:
    """Return the code and words of the first error, in any spelling: a list, OpenAI's object, a
    text, or the fields themselves, as inside a Worker.
    """
    found: object = next((fields[name] for name in _LISTS if fields.get(name)), fields)
    if isinstance(found, list):
        found = cast("list[object]", found)[0]
    if isinstance(found, str):
        return None, found
    inner: Mapping[str, object] = {}
    if isinstance(found, dict):
        inner = cast("dict[str, object]", found)
    code = inner.get("code", inner.get("internalCode"))
    if isinstance(code, str) and code.isdecimal():
        code = int(code)
    message = inner.get("message")
    return code if isinstance(code, int) else None, message if isinstance(message, str) else ""
