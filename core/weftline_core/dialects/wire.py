"""Bytes that a host sent, as JSON, whatever a host sends."""

import re
from typing import Any, Final, cast

import msgspec
import orjson

from weftline_core.errors import UpstreamFailed
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

# What JSON may escape: a backslash, a character beyond the first 65,536 in its two halves; or one
# half of such a character by itself.
_PAIR_OR_HALF: Final = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def json_object(data: bytes) -> dict[str, object] | None:
    """Return the JSON object that `data` is, or None if it is none. A lone half of a character is
    read as U+FFFD.
    """
    if not data:
        # Of a keep-alive. To find out by failing, twice, would take ten times as long.
        return None
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            value = orjson.loads(without_halves(data))
        except orjson.JSONDecodeError:
            return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def without_halves(data: bytes) -> bytes:
    """Return JSON in which each half of a character that is escaped by itself is U+FFFD instead.

    Servers that stream half a character at a time send such text. It is no Unicode, but every SDK
    reads it, so that it is no reason to break off.
    """
    return _PAIR_OR_HALF.sub(lambda found: found[1] or rb"\ufffd", data)


def compact(value: object) -> str:
    """Return parsed JSON as compact text, with whole numbers of any size as they are.

    Raises:
        orjson.JSONEncodeError: it is nested too deeply.
    """
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as e:
        if not str(e).startswith("Integer"):
            raise
        try:
            # Slower, and at home with numbers of more than 64 bits.
            return msgspec.json.encode(value).decode()
        except RecursionError:
            raise e from None


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
