"""Bytes that a host sent, as typed shapes."""

from typing import TypeVar

import msgspec

from weftline_core.dialects.wire import json_object

T = TypeVar("T")


def typed(data: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Return what `data` says, or None if it is not of the decoder's shape.

    Half a character that is escaped by itself is read as U+FFFD, as `json_object` does.
    """
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = json_object(data)
    try:
        return None if fields is None else msgspec.convert(fields, decoder.type)
    except (msgspec.ValidationError, RecursionError):
        return None
