"""Foreseeable embeddings."""

from typing import Any

import orjson
import pytest

from weftline_bench.sims.embeddings import embed, vector
from weftline_bench.sims.exchange import Refused


def told(**body: Any) -> Any:
    return orjson.loads(embed({"model": "e", **body}).body())


def test_texts_and_tokens_have_vectors() -> None:
    assert told(input="ab")["data"][0]["embedding"] == vector("ab")
    assert told(input=[1, 2])["data"][0]["embedding"] == vector("1 2")
    rows = told(input=[[1], [2, 3]], dimensions=3)["data"]
    assert [row["embedding"] for row in rows] == [vector("1", 3), vector("2 3", 3)]
    assert told(input=["one two", "x"])["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_an_answer_may_have_more() -> None:
    told = orjson.loads(embed({"model": "e", "input": "a"}, {"id": "x"}).body())
    assert told["id"] == "x"


def test_vectors_are_small_and_differ() -> None:
    assert all(-1 <= v <= 1 for v in vector("anything at all", 100))
    assert vector("a") != vector("b")
    assert len(vector("")) == 8


def test_a_wrong_request_is_refused() -> None:
    with pytest.raises(Refused):
        told(input="x", encoding_format="hex")
