"""Cog: texts put to a predictor, and its vectors."""

from typing import cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.dialect import NotAnAnswer, Target
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.errors import CallerError
from weftline_core.hosts import back_for
from weftline_core.usage import Usage
from weftline_providers.cog import HOST, CogBack

BACK = cast("CogBack", HOST.speaks[0])
TARGET = Target(model="mini")
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VECTORS = st.lists(st.lists(FLOATS, min_size=3, max_size=3), min_size=1, max_size=4)


def prediction(**fields: object) -> bytes:
    return orjson.dumps({"id": "p", "logs": "", "status": "succeeded", **fields})


def asked(*texts: str) -> EmbeddingRequest:
    return EmbeddingRequest(texts=list(texts))


def test_the_input_is_a_list_of_texts() -> None:
    assert BACK.write(asked("one", "two"), TARGET) == {"input": {"texts": ["one", "two"]}}


@pytest.mark.parametrize("texts", [("",), ("a", "")])
def test_an_empty_text_is_the_callers_mistake(texts: tuple[str, ...]) -> None:
    with pytest.raises(CallerError, match="none of the texts may be empty") as caught:
        BACK.write(asked(*texts), TARGET)
    assert caught.value.param == "input"


@given(vectors=VECTORS)
def test_vectors_come_back_as_they_are(vectors: list[list[float]]) -> None:
    answer = BACK.read(prediction(output=vectors), asked(*["text"] * len(vectors)))
    assert answer.vectors == vectors


def test_usage_is_what_the_predictor_counted() -> None:
    answer = prediction(output=[[1.0]], metrics={"prompt_tokens": 11, "predict_time": 0.02})
    assert BACK.read(answer, asked("four words stand here")).usage == Usage(11, 0)


def test_usage_is_estimated_where_the_predictor_counts_nothing() -> None:
    answer = BACK.read(prediction(output=[[1.0], [2.0]]), asked("12345", "1234"))
    assert answer.usage == Usage(3, 0)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"id":"p","error":"out of memory","logs":"","status":"failed"}', "ended as failed"),
        (b'{"id":"p","logs":"","status":"canceled"}', "ended as canceled"),
        (prediction(), "gave no output"),
        (prediction(output="text"), "not a Cog prediction"),
        (prediction(output=[["x"]]), "not a Cog prediction"),
        (prediction(output=[[1.0], [2.0]]), "2 vectors for 1 texts"),
        (b"<html>", "not a Cog prediction"),
        (b"", "not a Cog prediction"),
    ],
)
def test_a_failure_inside_a_200_is_a_failure(answer: bytes, reason: str) -> None:
    with pytest.raises(NotAnAnswer, match=reason):
        BACK.read(answer, asked("x"))


@given(answer=st.binary(max_size=60))
def test_garbage_is_no_answer_and_nothing_else(answer: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        BACK.check(answer)


def test_it_chats_with_nobody() -> None:
    assert BACK.path(TARGET, stream=False) == "/predictions"
    assert back_for(HOST, "mini", "chat", "chat") is None
    assert back_for(HOST, "mini", "embeddings", "embeddings") is BACK
