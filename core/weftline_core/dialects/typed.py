"""Bytes that a host sent, as typed shapes."""

from typing import TypeVar

import msgspec

from weftline_core.dialects.wire import without_halves

T = TypeVar("T")


class Garbled(ValueError):
    """It is no JSON."""


class Misshapen(ValueError):
    """It is JSON, but a field is of a wrong type."""


def decoded(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return JSON as a shape. Half a character that is escaped by itself is read as U+FFFD.

    Raises:
        Garbled, Misshapen: as they say.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as e:
        raise Misshapen(str(e)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decoder.decode(without_halves(data))
    except msgspec.ValidationError as e:
        raise Misshapen(str(e)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Garbled("it is not JSON") from None


def typed(data: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Return JSON as a shape, or None if it is of another."""
    try:
        # One call less, in every event of every stream.
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decoded(data, decoder)
    except (Garbled, Misshapen):
        return None


def converted(value: object, kind: type[T]) -> T | None:
    """Return parsed JSON as a shape, or None if it is of another."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
