"""Requests for embeddings."""

from typing import Any

import pytest

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.embeddings.request import read_request, write_request
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.errors import CallerError

TARGET = Target(model="there")


@pytest.mark.parametrize(
    ("given", "texts", "tokens"),
    [
        ("a", ["a"], []),
        (["a", "b"], ["a", "b"], []),
        ([1, 2], [], [[1, 2]]),
        ([[1, 2], [3]], [], [[1, 2], [3]]),
    ],
)
def test_each_form_of_input_is_read(given: Any, texts: list[str], tokens: list[list[int]]) -> None:
    found = read_request({"model": "m", "input": given})
    assert (found.texts, found.tokens, found.unknown) == (texts, tokens, ())
    assert found.paths == ({Feature.TOKENS: "input"} if tokens else {})


def test_each_field_is_read() -> None:
    body: dict[str, object] = {
        "model": "m",
        "input": "a",
        "encoding_format": "base64",
        "dimensions": 8,
        "user": "u",
        "input_type": "query",
        "nothing": None,
    }
    assert read_request(body) == EmbeddingRequest(
        texts=["a"],
        dimensions=8,
        user_id="u",
        base64=True,
        paths={
            Feature.DIMENSIONS: "dimensions",
            Feature.USER_ID: "user",
            Feature.UNKNOWN: "input_type",
        },
        unknown=("input_type",),
    )


def test_mistrals_word_for_dimensions_is_known() -> None:
    asked = read_request({"input": "a", "output_dimension": 8})
    assert (asked.dimensions, asked.unknown) == (8, ())
    assert asked.paths == {Feature.DIMENSIONS: "output_dimension"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, None),
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", 1]}, "input"),
        ({"input": [1, [2]]}, "input"),
        ({"input": ["a", [2]]}, "input"),
        ({"input": [1.5]}, "input[0]"),
        ({"input": [["a"]]}, "input[0][0]"),
        ({"input": "a", "dimensions": 0}, "dimensions"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_what_breaks_the_dialect_is_refused(body: dict[str, object], param: str | None) -> None:
    with pytest.raises(CallerError) as told:
        read_request(body)
    assert told.value.param == param


def test_it_is_written_as_the_host_wants_it() -> None:
    request = EmbeddingRequest(
        texts=["a"], dimensions=8, user_id="u", purpose="query", title="t", base64=True
    )
    plain = {"model": "there", "input": ["a"], "dimensions": 8, "user": "u"}
    assert write_request(request, TARGET, ask_base64=False) == plain
    asked = write_request(request, TARGET, ask_base64=True)
    assert asked == plain | {"encoding_format": "base64"}
    refusing = Target(model="there", refuses=frozenset({Feature.USER_ID, Feature.DIMENSIONS}))
    body = write_request(request, refusing, ask_base64=False)
    assert body == {"model": "there", "input": ["a"]}


def test_tokens_go_instead_of_texts() -> None:
    request = EmbeddingRequest(texts=[], tokens=[[1, 2]])
    body = write_request(request, TARGET, ask_base64=False)
    assert body == {"model": "there", "input": [[1, 2]]}
