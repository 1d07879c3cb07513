"""Reads JSON of a host into typed shapes, whatever a host may send."""

import re
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")

# One half of a character beyond the first 65,536, as JSON may escape it.
_PAIR_OR_HALF: Final = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class Garbled(ValueError):
    """It is no JSON."""


class Misshapen(ValueError):
    """It is JSON, but a field is of a wrong type."""


def decoded(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return JSON as a shape.

    Servers that stream half a character at a time escape each half by itself. Such text is no
    Unicode, but every SDK reads it, so it is no reason to break off; here it reads as U+FFFD.

    Raises:
        Garbled, Misshapen: as they say.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as e:
        raise Misshapen(str(e)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    mended = _PAIR_OR_HALF.sub(lambda m: m[1] or rb"\ufffd", data)
    try:
        return decoder.decode(mended)
    except msgspec.ValidationError as e:
        raise Misshapen(str(e)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Garbled("it is not JSON") from None


def converted(value: object, kind: type[T]) -> T | None:
    """Return parsed JSON as a shape, or None if it is none."""
    try:
        converted_value: Any = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
    found: T = converted_value
    return found
