"""Workers AI's embeddings as a front."""

from typing import Any

import orjson
import pytest

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import NO_ARGS, Echo, EmbeddingFront, PathArgs
from weftline_core.dialects.workers_ai_embed.back import BACK
from weftline_core.dialects.workers_ai_embed.front import FRONT
from weftline_core.embeddings import EmbeddingAnswer
from weftline_core.errors import CallerError
from weftline_core.verdict import Words

ARGS = PathArgs(model="@cf/x")
ECHO = Echo(request_id="req_1", model="@cf/x", created_unix_s=0, body={})


def test_it_is_the_front_of_its_back() -> None:
    front: EmbeddingFront = FRONT
    assert isinstance(front, EmbeddingFront)
    assert (front.name, front.task) == (BACK.name, BACK.task)


@pytest.mark.parametrize(("text", "texts"), [("a", ["a"]), (["a", "b"], ["a", "b"])])
def test_one_text_or_several(text: Any, texts: list[str]) -> None:
    request = FRONT.request({"text": text, "pooling": "cls"}, ARGS)
    assert (request.model, request.stream) == ("@cf/x", False)
    read = FRONT.embedding_request(request)
    assert read.texts == texts
    assert read.unknown == ("pooling",)
    assert read.paths == {Feature.UNKNOWN: "pooling"}


@pytest.mark.parametrize("body", [{}, {"text": 1}, {"text": []}, {"text": ""}])
def test_a_wrong_request(body: dict[str, object]) -> None:
    with pytest.raises(CallerError):
        FRONT.embedding_request(FRONT.request(body, ARGS))
    with pytest.raises(CallerError):
        FRONT.request(body, NO_ARGS)


def test_the_answer_says_its_shape_and_is_read_again() -> None:
    data = FRONT.answer(EmbeddingAnswer(vectors=[[0.5, 1.0], [0.25, 0.0]]), ECHO)
    assert orjson.loads(data)["result"]["shape"] == [2, 2]
    request = FRONT.embedding_request(FRONT.request({"text": ["a", "b"]}, ARGS))
    assert BACK.read(data, request).vectors == [[0.5, 1.0], [0.25, 0.0]]
    empty = FRONT.answer(EmbeddingAnswer(vectors=[]), ECHO)
    assert orjson.loads(empty)["result"] == {"shape": [0, 0], "data": []}


def test_errors_are_cloudflares() -> None:
    status, body = FRONT.error(404, Words(message="no", code="model_not_found"), "r")
    assert (status, orjson.loads(body)["errors"][0]["code"]) == (400, 5007)
    assert b'"success":false' in FRONT.error_frame(500, Words(message="no"))
