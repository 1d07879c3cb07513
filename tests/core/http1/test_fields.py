"""Header fields: names in lower case, values without the space around them, lists joined."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.http1.fields import FIELD, RepeatedField, fields_of

VALUE = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=12)


def test_names_are_lowered_and_values_stripped() -> None:
    block = b"Host: a\r\nX-A:\t b c \t\r\nEmpty:\r\nBlank: \t \r\nTime: 1:2\r\n"
    assert fields_of(block) == {
        b"host": b"a",
        b"x-a": b"b c",
        b"empty": b"",
        b"blank": b"",
        b"time": b"1:2",
    }


def test_repeated_fields_are_joined_unless_they_must_be_single() -> None:
    block = b"A: 1\r\nb: 2\r\na:3 \r\n"
    assert fields_of(block) == {b"a": b"1, 3", b"b": b"2"}
    with pytest.raises(RepeatedField, match="'a' is given more than once"):
        fields_of(block, single=(b"a",))


@given(st.lists(st.tuples(st.sampled_from(["a", "B", "x-c"]), VALUE), max_size=6))
def test_it_reads_what_the_strict_form_lets_through(pairs: list[tuple[str, str]]) -> None:
    block = "".join(f"{name}:{value}\r\n" for name, value in pairs).encode("latin-1")
    assert re.fullmatch(rb"(?:" + FIELD + rb")*", block)
    expected: dict[bytes, bytes] = {}
    for name, value in pairs:
        key, said = name.lower().encode(), value.encode("latin-1").strip(b" \t")
        expected[key] = expected[key] + b", " + said if key in expected else said
    assert fields_of(block) == expected
