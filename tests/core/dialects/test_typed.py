"""Whatever a host sends, it is read, or told to be wrong."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.typed import Garbled, Misshapen, converted, decoded, typed


class Shape(msgspec.Struct):
    a: str = ""


SHAPE = msgspec.json.Decoder(Shape)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"a":"b"}', "b"),
        (b'{"a":"\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"a":"\\ud83d"}', "�"),
        (b'{"a":"\\ude00 \\ud83d\\ude00"}', "� \U0001f600"),
        (b'{"a":"\\ud83d \\\\ud83d"}', "� \\ud83d"),
    ],
)
def test_half_a_character_is_no_reason_to_break_off(data: bytes, text: str) -> None:
    assert decoded(data, SHAPE).a == text


@pytest.mark.parametrize("data", [b"", b"{", b"<html>", b'{"a":"\xff"}', b'{"b":' + b"[" * 100_000])
def test_no_json_is_garbled(data: bytes) -> None:
    with pytest.raises(Garbled):
        decoded(data, SHAPE)


@pytest.mark.parametrize("data", [b"[]", b'{"a":1}', b'{"b":"\\ud83d","a":1}'])
def test_other_json_is_misshapen(data: bytes) -> None:
    with pytest.raises(Misshapen):
        decoded(data, SHAPE)


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = decoded(data, SHAPE)
    except (Garbled, Misshapen):
        return
    assert isinstance(found, Shape)


def test_parsed_json_is_read_or_none() -> None:
    assert converted({"a": "b"}, Shape) == Shape("b")
    assert converted({"a": 1}, Shape) is None
    assert converted(None, Shape) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"a":1}', b'{"a":"\xff"}', b"null"])
def test_of_bytes_that_may_be_anything_the_rest_is_none(data: bytes) -> None:
    assert typed(data, SHAPE) is None
    assert typed(b'{"a":"b","other":1}', SHAPE) == Shape("b")
