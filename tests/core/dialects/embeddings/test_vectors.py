"""Vectors in base64."""

import struct
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.embeddings.vectors import from_base64, to_base64


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=20))
def test_they_are_floats_of_32_bits_lowest_byte_first(vector: list[float]) -> None:
    expected = b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    assert to_base64(vector) == expected
    assert from_base64(expected) == vector


@pytest.mark.parametrize("text", ["A", "AAA=", "****", "AAAA", "é"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_base64(text)
