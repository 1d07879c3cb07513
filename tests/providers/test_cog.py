"""Cog: OpenAI's embeddings put to a predictor and back."""

import base64
import struct

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.errors import CallerError
from weftline_core.provider import UnsupportedTask
from weftline_providers.cog import HOST

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
VECTORS = st.lists(st.lists(FLOATS, min_size=3, max_size=3), min_size=1, max_size=4)


def prediction(**fields: object) -> bytes:
    return orjson.dumps({"id": "p", "logs": "", "status": "succeeded", **fields})


@pytest.mark.parametrize(
    ("asked", "texts"), [("one", ["one"]), (["one"], ["one"]), (["one", "two"], ["one", "two"])]
)
def test_the_input_becomes_a_list_of_texts(asked: object, texts: list[str]) -> None:
    sent = orjson.loads(HOST.encode("embeddings", {"input": asked, "model": "x"}, "mini"))
    assert sent == {"input": {"texts": texts}}


@pytest.mark.parametrize("wrong", [None, 5, [], [1, 2], ["a", 3], [["a"]], "", ["a", ""]])
def test_what_is_no_text_is_the_callers_mistake(wrong: object) -> None:
    with pytest.raises(CallerError, match="input must be a text") as caught:
        HOST.encode("embeddings", {"input": wrong}, "mini")
    assert caught.value.param == "input"


@given(vectors=VECTORS, base64_asked=st.booleans())
def test_vectors_come_back_as_asked_for(vectors: list[list[float]], base64_asked: bool) -> None:
    body: dict[str, object] = {"input": ["text"] * len(vectors)}
    if base64_asked:
        body["encoding_format"] = "base64"
    answer = orjson.loads(HOST.decode("embeddings", "mini", prediction(output=vectors), body))
    assert answer["object"] == "list"
    assert answer["model"] == "mini"
    assert [item["index"] for item in answer["data"]] == list(range(len(vectors)))
    got = [item["embedding"] for item in answer["data"]]
    if base64_asked:
        got = [list(struct.unpack("<3f", base64.b64decode(text))) for text in got]
    assert got == vectors


def test_usage_is_what_the_predictor_counted() -> None:
    answer = prediction(output=[[1.0]], metrics={"prompt_tokens": 11, "predict_time": 0.02})
    body: dict[str, object] = {"input": "four words stand here"}
    usage = orjson.loads(HOST.decode("embeddings", "mini", answer, body))["usage"]
    assert usage == {"prompt_tokens": 11, "total_tokens": 11}


def test_usage_is_estimated_where_the_predictor_counts_nothing() -> None:
    body: dict[str, object] = {"input": ["12345", "1234"]}
    answer = HOST.decode("embeddings", "mini", prediction(output=[[1.0], [2.0]]), body)
    assert orjson.loads(answer)["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"id":"p","error":"out of memory","logs":"","status":"failed"}', "out of memory"),
        (b'{"id":"p","logs":"","status":"canceled"}', "ended as canceled"),
        (prediction(), "it gave no output"),
        (prediction(output="text"), "not a Cog prediction"),
        (prediction(output=[["x"]]), "not a Cog prediction"),
        (prediction(output=[[1.0], [2.0]]), "2 vectors for 1 texts"),
        (prediction(output=[[1e300]]), "no 32-bit float"),
        (b"<html>", "not a Cog prediction"),
        (b"", "not a Cog prediction"),
    ],
)
def test_a_failure_inside_a_200_is_a_failure(answer: bytes, reason: str) -> None:
    body: dict[str, object] = {"input": "x", "encoding_format": "base64"}
    with pytest.raises(ValueError, match=reason):
        HOST.decode("embeddings", "mini", answer, body)


@given(answer=st.binary(max_size=60))
def test_garbage_is_a_value_error_and_nothing_else(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any reason will do
        HOST.decode("embeddings", "mini", answer)


def test_it_chats_with_nobody() -> None:
    assert HOST.path("embeddings") == "/predictions"
    with pytest.raises(UnsupportedTask, match="cog does not offer chat"):
        HOST.path("chat")
