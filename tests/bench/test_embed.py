"""Hashed embeddings: the likeness of letters, the same everywhere."""

import base64
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.vectors import cosine
from weftline_bench.embed import DIMENSIONS, as_base64, embedding, parts


@given(text=st.text(max_size=80), dimensions=st.integers(1, 300))
def test_a_vector_has_length_1_or_is_zero(text: str, dimensions: int) -> None:
    vector = embedding(text, dimensions)
    assert len(vector) == dimensions
    length = math.sqrt(sum(x * x for x in vector))
    assert length == pytest.approx(1.0) or set(vector) == {0.0}


def test_related_texts_are_closer_than_unrelated_ones() -> None:
    lamp = embedding("The lamp on the point is lit early.")
    related = cosine(lamp, embedding("They lit the lamps on that point."))
    unrelated = cosine(lamp, embedding("Quantum chromodynamics describes gluons."))
    assert related > 0.4
    assert abs(unrelated) < 0.2
    assert cosine(lamp, lamp) == pytest.approx(1.0)


def test_the_numbers_are_the_same_on_every_machine() -> None:
    vector = embedding("ab", 8)
    assert [round(x, 3) for x in vector] == [0.0, 0.0, 0.0, -0.383, -0.924, 0.0, 0.0, 0.0]


def test_case_does_not_matter_and_repetition_counts() -> None:
    assert embedding("Lamp") == embedding("lamp")
    assert parts("ab ab")["<ab>"] == 2 * parts("ab")["<ab>"]


def test_base64_is_little_endian_floats() -> None:
    vector = embedding("a text")
    back = struct.unpack(f"<{DIMENSIONS}f", base64.b64decode(as_base64(vector)))
    assert back == pytest.approx(vector, abs=1e-7)
