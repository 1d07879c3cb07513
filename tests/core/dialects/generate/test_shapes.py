"""The shapes are Google's: names in camelCase, nothing required that Google leaves out."""

import msgspec
import pytest

from weftline_core.dialects.generate.shapes import CANDIDATES_MAX, Candidate, GenerateAnswer, Part


def test_names_are_in_camel_case() -> None:
    part = msgspec.convert({"inlineData": {"mimeType": "a/b", "data": "x"}}, Part)
    assert part.inline_data is not None
    assert part.inline_data.mime_type == "a/b"


def test_an_empty_answer_has_the_shape() -> None:
    assert msgspec.convert({}, GenerateAnswer) == GenerateAnswer()


@pytest.mark.parametrize("index", [-1, CANDIDATES_MAX])
def test_an_index_is_bounded(index: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"index": index}, Candidate)
