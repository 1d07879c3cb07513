"""How long an endpoint asks to be left alone, in every form that is used on the wire."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Longer waits are cut to this: a clock that is wrong at the provider, or one bad header, must not
# take an endpoint away for hours. openai-python gives up at the same value.
RETRY_AFTER_S_MAX = 120.0

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# The one date form that may be sent. Source: RFC 9110 section 5.6.7.
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


def retry_after_s(headers: Mapping[bytes, bytes], at_unix_s: float) -> float | None:
    """Return the wait that `retry-after-ms` or else `retry-after` asks for, or None.

    Units: seconds in [0, RETRY_AFTER_S_MAX]. Negative and unreadable values count as absent.
    Source: openai-python, which reads the headers in this order.
    """
    milliseconds = _number(headers.get(b"retry-after-ms"))
    if milliseconds is not None:
        return min(milliseconds / 1000.0, RETRY_AFTER_S_MAX)
    value = headers.get(b"retry-after")
    seconds = _number(value)
    if seconds is None and value is not None:
        until_s = _http_date(value.decode("latin-1"))
        seconds = None if until_s is None else max(0.0, until_s - at_unix_s)
    return None if seconds is None else min(seconds, RETRY_AFTER_S_MAX)


def header_value(wait_s: float) -> str:
    """Return a wait as a `retry-after` value: whole seconds, rounded up."""
    return str(math.ceil(wait_s))


def _number(value: bytes | None) -> float | None:
    text = "" if value is None else value.decode("latin-1").strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _http_date(text: str) -> float | None:
    match = _HTTP_DATE.fullmatch(text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[i]) for i in (1, 3, 4, 5, 6))
    try:
        when = datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return when.timestamp()
