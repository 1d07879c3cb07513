"""The dialect as hosts speak it, as a whole."""

from weftline_core.dialects.dialect import EmbeddingBack, Target
from weftline_core.dialects.embeddings.back import BACK, EmbeddingsBack
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="there")
ANSWER = b'{"data":[{"embedding":[1.0]}],"usage":{"prompt_tokens":1}}'


def test_it_is_a_back_for_embeddings() -> None:
    back: EmbeddingBack = BACK
    assert isinstance(BACK, EmbeddingBack)
    assert (back.name, back.task) == ("embeddings", "embeddings")
    assert back.path(TARGET, stream=False) == "/embeddings"


def test_a_clients_own_request_is_made_ready() -> None:
    body: dict[str, object] = {"model": "here", "input": "a"}
    BACK.own(body, TARGET, stream=False)
    assert body == {"model": "there", "input": "a"}


def test_it_writes_reads_checks_and_judges() -> None:
    asked = EmbeddingRequest(texts=["a"])
    assert BACK.write(asked, TARGET) == {"model": "there", "input": ["a"]}
    assert EmbeddingsBack(ask_base64=True).write(asked, TARGET)["encoding_format"] == "base64"
    assert BACK.check(ANSWER) == Usage(1, 0)
    assert BACK.read(ANSWER, asked).vectors == [[1.0]]
    assert BACK.verdict(503, {}, b"", 0.0).failure is Failure.OVERLOADED
