"""The fronts of embedContent and batchEmbedContents."""

import orjson
import pytest

from weftline_core.dialects.dialect import Echo, EmbeddingFront, PathArgs
from weftline_core.dialects.embed_content.back import BACK
from weftline_core.dialects.embed_content.front import FRONT, FRONT_SINGLE
from weftline_core.embeddings import EmbeddingAnswer
from weftline_core.errors import CallerError
from weftline_core.usage import Usage
from weftline_core.verdict import Words

ECHO = Echo(request_id="r", model="m", created_unix_s=0, body={})
ARGS = PathArgs(model="models/m")
CONTENT: dict[str, object] = {"parts": [{"text": "a"}]}


def test_only_the_batch_is_a_hosts_own_dialect() -> None:
    fronts: tuple[EmbeddingFront, ...] = (FRONT, FRONT_SINGLE)
    assert all(isinstance(front, EmbeddingFront) for front in fronts)
    assert FRONT.name == BACK.name
    assert FRONT_SINGLE.name != BACK.name
    assert FRONT.task == FRONT_SINGLE.task == BACK.task == "embeddings"


def test_each_form_is_read_and_answered_in_its_own_way() -> None:
    answer = EmbeddingAnswer(vectors=[[1.0, 2.0]], usage=Usage(3, 0))
    counts = {"promptTokenCount": 3, "totalTokenCount": 3}
    single = FRONT_SINGLE.request({"content": CONTENT, "output_dimensionality": 2}, ARGS)
    asked = FRONT_SINGLE.embedding_request(single)
    assert (single.model, asked.texts, asked.dimensions) == ("m", ["a"], 2)
    assert orjson.loads(FRONT_SINGLE.answer(answer, ECHO)) == {
        "embedding": {"values": [1.0, 2.0]},
        "usageMetadata": counts,
    }
    batch = FRONT.request({"requests": [{"content": CONTENT}]}, ARGS)
    assert FRONT.embedding_request(batch).texts == ["a"]
    assert orjson.loads(FRONT.answer(EmbeddingAnswer(vectors=[[1.0]]), ECHO)) == {
        "embeddings": [{"values": [1.0]}]
    }


@pytest.mark.parametrize(
    ("requests", "param"),
    [(None, "requests"), ("x", "requests"), ([CONTENT, 3], "requests[1]")],
)
def test_a_batch_into_which_no_name_can_be_written_is_refused(requests: object, param: str) -> None:
    with pytest.raises(CallerError) as caught:
        FRONT.request({"requests": requests}, ARGS)
    assert caught.value.param == param


def test_errors_are_googles() -> None:
    status, body = FRONT.error(400, Words(message="m", param="requests[0]"), "r")
    assert (status, orjson.loads(body)["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert FRONT.error_frame(500, Words(message="m")).startswith(b"data: ")
