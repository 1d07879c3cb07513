"""The dialect as clients speak it, as a whole."""

from typing import Any

import orjson
import pytest

from weftline_core.dialects.dialect import NO_ARGS, Echo, EmbeddingFront
from weftline_core.dialects.embeddings.front import FRONT
from weftline_core.embeddings import EmbeddingAnswer
from weftline_core.errors import CallerError
from weftline_core.verdict import Words

BODY: dict[str, Any] = {"model": "m", "input": "hi"}


def test_it_is_a_front_for_embeddings() -> None:
    front: EmbeddingFront = FRONT
    assert isinstance(FRONT, EmbeddingFront)
    assert (front.name, front.task) == ("embeddings", "embeddings")


@pytest.mark.parametrize(
    ("more", "param"), [({"model": None}, "model"), ({"stream": True}, "stream")]
)
def test_what_the_mesh_needs_is_refused_when_wrong(more: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        FRONT.request(BODY | more, NO_ARGS)
    assert told.value.param == param


def test_a_request_is_read_and_answered() -> None:
    request = FRONT.request({**BODY, "stream": False}, NO_ARGS)
    assert (request.dialect, request.task, request.stream) == ("embeddings", "embeddings", False)
    asked = FRONT.embedding_request(request)
    assert asked.texts == ["hi"]
    echo = Echo(request_id="1", model="m", created_unix_s=5, body=BODY, asked=asked)
    told = orjson.loads(FRONT.answer(EmbeddingAnswer(vectors=[[1.0]]), echo))
    assert told["data"][0]["embedding"] == [1.0]


def test_errors_are_openais() -> None:
    words = Words(message="no")
    status, body = FRONT.error(400, words, "1")
    assert (status, orjson.loads(body)["error"]["message"]) == (400, "no")
    assert FRONT.error_frame(400, words) == b"data: " + body + b"\n\n"
