"""Bytes of hosts as JSON."""

import orjson
import pytest

from weftline_core.dialects.wire import broken, compact, is_utf8, json_object
from weftline_core.failures import Failure


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'\n\n {"a":1}', {"a": 1}),
        (b'{"a":"\\ud83d"}', {"a": "\ufffd"}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a":"\\ud83d \\ud83d\\ude00 \\\\ud83d"}', {"a": "\ufffd \U0001f600 \\ud83d"}),
        (b"[1]", None),
        (b"null", None),
        (b"", None),
        (b"<html>", None),
        (b'{"a":"\xff"}', None),
        (b'{"a":"\\ud8zz"}', None),
    ],
)
def test_only_an_object_is_one(data: bytes, value: object) -> None:
    assert json_object(data) == value


def test_text_in_utf8_is_told_from_other_bytes() -> None:
    assert is_utf8(b"abc")
    assert is_utf8("é".encode())
    assert not is_utf8(b"\xff")


def test_what_breaks_the_protocol_says_whose_fault_it_is() -> None:
    found = broken("sent nonsense")
    assert found.failure is Failure.BROKEN
    assert found.words.message == "the answer broke off: the endpoint sent nonsense"
    assert found.code == "upstream_failed"


def test_whole_numbers_of_any_size_stay_what_they_are() -> None:
    value = {"id": 12345678901234567890123, "n": 1.5, "s": "\u00e9"}
    assert compact(value) == '{"id":12345678901234567890123,"n":1.5,"s":"\u00e9"}'
    for levels, number in ((300, 1), (100_000, 2**64)):
        deep: object = 1
        for _ in range(levels):
            deep = [number, deep]
        with pytest.raises(orjson.JSONEncodeError):
            compact(deep)
