"""Bytes that a host sent, as JSON, whatever a host sends."""

import re
from typing import Any, Final, cast

import orjson

from weftline_core.errors import UpstreamFailed
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

# One half of a character beyond the first 65,536, as JSON may escape it.
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def json_object(data: bytes) -> dict[str, object] | None:
    """Return the JSON object that `data` is, or None if it is none.

    Servers that stream half a character at a time escape each half by itself. Such text is no
    Unicode, but every SDK reads it, so it is no reason to break off; here it reads as U+FFFD.
    """
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = orjson.loads(_SURROGATE.sub(rb"\\ufffd", data))
        except orjson.JSONDecodeError:
            return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def is_utf8(data: bytes) -> bool:
    """Return whether `data` is text in UTF-8."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def broken(what: str) -> Verdict:
    """Return the verdict on a stream that breaks its protocol; `what` completes "the endpoint"."""
    words = Words(
        message=f"the answer broke off: the endpoint {what}",
        kind=UpstreamFailed.kind,
        code=UpstreamFailed.code,
    )
    return Verdict(Failure.BROKEN, words)
