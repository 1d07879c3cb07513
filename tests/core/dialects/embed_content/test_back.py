"""The back of batchEmbedContents."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import AnswerIsError, EmbeddingBack, NotAnAnswer, Target
from weftline_core.dialects.embed_content.back import BACK
from weftline_core.dialects.embed_content.request_read import read_request
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest, Purpose
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="models/embed-1")


def test_it_is_a_back() -> None:
    back: EmbeddingBack = BACK
    assert isinstance(back, EmbeddingBack)
    assert BACK.path(TARGET, stream=False) == "/models/embed-1:batchEmbedContents"


def test_the_models_name_is_written_into_a_copy() -> None:
    request: dict[str, object] = {"model": "models/alias", "content": {}}
    body: dict[str, object] = {"requests": [request]}
    BACK.own(body, TARGET, stream=False)
    assert body == {"requests": [{"model": "models/embed-1", "content": {}}]}
    assert request["model"] == "models/alias"


def test_every_text_has_its_request() -> None:
    asked = EmbeddingRequest(texts=["a", "b"], purpose="document", title="t", dimensions=8)
    wishes = {
        "model": "models/embed-1",
        "taskType": "RETRIEVAL_DOCUMENT",
        "title": "t",
        "outputDimensionality": 8,
    }
    assert BACK.write(asked, TARGET) == {
        "requests": [wishes | {"content": {"parts": [{"text": text}]}} for text in ("a", "b")]
    }


def test_only_documents_have_titles() -> None:
    body = BACK.write(EmbeddingRequest(texts=["a"], title="t", purpose="query"), TARGET)
    assert b"title" not in orjson.dumps(body)


def test_what_the_model_refuses_is_left_out() -> None:
    asked = EmbeddingRequest(texts=["a"], purpose="document", title="t", dimensions=8)
    bare = BACK.write(EmbeddingRequest(texts=["a"]), TARGET)
    for lacks in ({"purpose", "title", "dimensions"}, {"dimensions"}):
        refusing = Target(model=TARGET.model, refuses=frozenset(lacks))
        assert (BACK.write(asked, refusing) == bare) is (len(lacks) > 1)
        assert b"outputDimensionality" not in orjson.dumps(BACK.write(asked, refusing))


def test_an_answer_is_read() -> None:
    body = b'{"embeddings":[{"values":[1,2.5]}],"usageMetadata":{"promptTokenCount":3}}'
    found = BACK.read(body, EmbeddingRequest(texts=["a"]))
    assert found == EmbeddingAnswer(vectors=[[1.0, 2.5]], usage=Usage(3, 0))
    assert BACK.check(body) == Usage(3, 0)
    assert BACK.check(b'{"embeddings":[]}') is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no",
        b"[]",
        b"{}",
        b'{"embeddings":[]}',
        b'{"embeddings":[{"values":["x"]}]}',
        b'{"embeddings":[{"values":[1]},{"values":[1]}]}',
        b'{"embedding":{"values":[1]}}',
    ],
)
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        BACK.read(body, EmbeddingRequest(texts=["a"]))


@pytest.mark.parametrize(
    "body", [b'{"error":{"status":"UNAVAILABLE"}}', b'[{"error":{"status":"UNAVAILABLE"}}]']
)
def test_an_error_with_status_200_is_one(body: bytes) -> None:
    with pytest.raises(AnswerIsError) as caught:
        BACK.check(body)
    assert caught.value.verdict.failure is Failure.OVERLOADED
    with pytest.raises(AnswerIsError):
        BACK.read(body, EmbeddingRequest(texts=["a"]))
    assert BACK.verdict(503, {}, body, 0.0).failure is Failure.OVERLOADED


PURPOSE: st.SearchStrategy[Purpose | None] = st.sampled_from(
    [None, "document", "query", "classification", "clustering", "similarity"]
)


@given(
    texts=st.lists(st.text(), min_size=1, max_size=4),
    purpose=PURPOSE,
    dimensions=st.none() | st.integers(1, 9),
)
def test_a_request_keeps_its_meaning_there_and_back(
    texts: list[str], purpose: Purpose | None, dimensions: int | None
) -> None:
    asked = EmbeddingRequest(texts=texts, purpose=purpose, dimensions=dimensions)
    again = read_request(BACK.write(asked, TARGET), single=False)
    assert again.paths.keys() == {
        feature
        for feature, wish in ((Feature.PURPOSE, purpose), (Feature.DIMENSIONS, dimensions))
        if wish is not None
    }
    again.paths = {}
    assert again == asked
