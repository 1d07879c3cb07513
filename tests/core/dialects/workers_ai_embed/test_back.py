"""Workers AI's embeddings as a back."""

import orjson
import pytest

from weftline_core.dialects.dialect import AnswerIsError, EmbeddingBack, NotAnAnswer, Target
from weftline_core.dialects.workers_ai_embed.back import BACK
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="@cf/baai/bge-m3")
TWO = EmbeddingRequest(texts=["a", "b"], purpose="query", user_id="u")


def enveloped(result: object) -> bytes:
    return orjson.dumps({"result": result, "success": True, "errors": [], "messages": []})


def test_it_is_a_back_for_embeddings() -> None:
    back: EmbeddingBack = BACK
    assert isinstance(back, EmbeddingBack)
    assert (back.name, back.task) == ("workers_ai_embed", "embeddings")
    assert back.path(TARGET, stream=False) == "/ai/run/@cf/baai/bge-m3"
    assert back.verdict(429, {}, b"", 0.0).failure is Failure.RATE_LIMITED
    assert back.losses


def test_a_request() -> None:
    assert BACK.write(TWO, TARGET) == {"text": ["a", "b"]}
    body: dict[str, object] = {"model": "ours", "text": "a"}
    BACK.own(body, TARGET, stream=False)
    assert body == {"text": "a"}


def test_an_answer() -> None:
    result = {"shape": [2, 2], "data": [[1.0, 2.0], [3, 4.0]], "pooling": "cls"}
    wanted = EmbeddingAnswer(vectors=[[1.0, 2.0], [3.0, 4.0]])
    assert BACK.read(enveloped(result), TWO) == wanted
    assert BACK.read(orjson.dumps(result), TWO) == wanted
    counted = enveloped(result | {"usage": {"prompt_tokens": 5, "total_tokens": 5}})
    assert BACK.read(counted, TWO).usage == BACK.check(counted) == Usage(5, 0)
    assert BACK.check(enveloped(result)) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", enveloped(None), enveloped({"data": [[1.0]]}), enveloped({"data": ["a"]})],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        BACK.read(data, TWO)


def test_an_error_with_status_200() -> None:
    data = b'{"success":false,"result":{"data":[]},"errors":[{"code":3036,"message":"used up"}]}'
    with pytest.raises(AnswerIsError) as e:
        BACK.check(data)
    assert e.value.verdict.failure is Failure.QUOTA
    assert e.value.verdict.words.message == "used up"
