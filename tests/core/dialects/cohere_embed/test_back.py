"""Cohere's embeddings as a back."""

import orjson
import pytest

from weftline_core.dialects.cohere_embed.back import BACK
from weftline_core.dialects.dialect import AnswerIsError, EmbeddingBack, NotAnAnswer, Target
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest, Purpose
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="embed-v5.0-pro")
TWO = EmbeddingRequest(texts=["a", "b"])


def wire(vectors: object, **more: object) -> bytes:
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7.0}}
    return orjson.dumps({"id": "x", "embeddings": {"float": vectors}, "meta": meta} | more)


def test_it_is_a_back_for_embeddings() -> None:
    back: EmbeddingBack = BACK
    assert isinstance(back, EmbeddingBack)
    assert (back.name, back.task) == ("cohere_embed", "embeddings")
    assert back.path(TARGET, stream=False) == "/v2/embed"
    assert back.verdict(429, {}, b"", 0.0).failure is Failure.RATE_LIMITED


def test_a_request() -> None:
    assert BACK.write(TWO, TARGET) == {
        "model": "embed-v5.0-pro",
        "input_type": "search_document",
        "texts": ["a", "b"],
        "embedding_types": ["float"],
    }


@pytest.mark.parametrize(
    ("purpose", "wanted"),
    [
        ("query", "search_query"),
        ("document", "search_document"),
        ("classification", "classification"),
        ("clustering", "clustering"),
        ("similarity", "clustering"),
    ],
)
def test_purposes_and_dimensions(purpose: Purpose, wanted: str) -> None:
    request = EmbeddingRequest(texts=["a"], purpose=purpose, dimensions=256, title="t", user_id="u")
    assert BACK.write(request, TARGET) == {
        "model": "embed-v5.0-pro",
        "input_type": wanted,
        "texts": ["a"],
        "embedding_types": ["float"],
        "output_dimension": 256,
    }


def test_what_the_model_refuses_is_left_out() -> None:
    refusing = Target(model="m", refuses=frozenset({"dimensions", "purpose"}))
    body = BACK.write(EmbeddingRequest(texts=["a"], purpose="query", dimensions=2), refusing)
    assert body["input_type"] == "search_document"
    assert "output_dimension" not in body


def test_its_own_requests_get_the_models_name_there() -> None:
    body: dict[str, object] = {"model": "ours", "images": ["x"]}
    BACK.own(body, TARGET, stream=False)
    assert body == {"model": "embed-v5.0-pro", "images": ["x"]}


def test_an_answer() -> None:
    data = wire([[1.0, 2.0], [3.0, 4]])
    wanted = EmbeddingAnswer(vectors=[[1.0, 2.0], [3.0, 4.0]], usage=Usage(7, 0))
    assert BACK.read(data, TWO) == wanted
    assert BACK.check(data) == Usage(7, 0)
    assert BACK.check(wire([[1.0]], meta=None)) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", wire([[1.0]]), wire(None), wire([["a"], ["b"]]), wire([[1.0], [2.0]])[:-9]],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        BACK.read(data, TWO)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", wire([[1.0]])[:-9]])
def test_what_is_not_even_passed_on(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        BACK.check(data)


def test_an_error_with_status_200() -> None:
    data = b'{"message":"oh"}'
    with pytest.raises(AnswerIsError) as e:
        BACK.check(data)
    assert e.value.verdict.words.message == "oh"
    with pytest.raises(AnswerIsError):
        BACK.read(data, TWO)
