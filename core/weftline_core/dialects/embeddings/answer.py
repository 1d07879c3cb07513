"""Answers with embeddings, from hosts and to clients.

They are big: 34 MB for 2,048 vectors of 1,536 numbers. One that is passed on is only checked to be
JSON, which takes 5 to 15 ms; to build it takes ten times as long.
"""

from typing import Final

import msgspec
import orjson

from weftline_core.dialects.dialect import AnswerIsError, Echo, NotAnAnswer
from weftline_core.dialects.embeddings.vectors import from_base64, to_base64
from weftline_core.dialects.openai_errors import inner_verdict, is_error
from weftline_core.dialects.wire import is_utf8, json_object
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.usage import Usage


class _Usage(msgspec.Struct, gc=False):
    """Tokens of one answer; a host may say only one of the two."""

    prompt_tokens: int | None = None
    total_tokens: int | None = None


class _Glimpse(msgspec.Struct):
    """What is read of an answer that is passed on."""

    error: object = None
    base_resp: object = None
    usage: object = None
    data: list[msgspec.Raw] | None = None


class _Vector(msgspec.Struct, gc=False):
    """One vector: numbers, or base64 of them."""

    embedding: list[float] | str
    index: int | None = None


class _Answer(msgspec.Struct):
    """An answer that is read."""

    data: list[_Vector]
    model: str | None = None
    usage: object = None
    error: object = None


_GLIMPSE: Final = msgspec.json.Decoder(_Glimpse)
_ANSWER: Final = msgspec.json.Decoder(_Answer)
_NO_JSON: Final = "its answer is not a JSON object"


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in a whole answer that is passed on as it is.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    try:
        answer = _GLIMPSE.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _no_answer(data) from None
    if answer.data is None or answer.error or answer.base_resp:
        fault = _no_answer(data)
        if answer.data is None or isinstance(fault, AnswerIsError):
            raise fault
    if not is_utf8(data):
        raise NotAnAnswer(_NO_JSON)
    return _usage(answer.usage)


def read_answer(data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
    """Return a whole answer, its vectors in the order of the texts.

    Raises:
        NotAnAnswer: it is neither an answer to `request` nor an error.
        AnswerIsError: it is an error.
    """
    try:
        answer = _ANSWER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _no_answer(data) from None
    if answer.error:
        raise _no_answer(data)
    wanted = len(request.tokens or request.texts)
    if len(answer.data) != wanted:
        raise NotAnAnswer(f"its answer has {len(answer.data)} vectors for {wanted} inputs")
    vectors: list[list[float]] = [[]] * wanted
    for at, item in enumerate(answer.data):
        index = at if item.index is None else item.index
        if not 0 <= index < wanted or vectors[index]:
            raise NotAnAnswer("its answer numbers the vectors wrongly")
        vectors[index] = _numbers(item.embedding)
    return EmbeddingAnswer(vectors=vectors, model=answer.model or "", usage=_usage(answer.usage))


def write_answer(answer: EmbeddingAnswer, echo: Echo) -> bytes:
    """Return the body, in base64 if the client wants that. Usage is required here: 0 if unknown."""
    asked = echo.asked
    base64 = isinstance(asked, EmbeddingRequest) and asked.base64
    prompt = answer.usage.prompt_tokens if answer.usage is not None else 0
    body = {
        # OpenAI has none; Mistral's SDK cannot do without.
        "id": f"embd-{echo.request_id}",
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": i,
                "embedding": to_base64(vector) if base64 else vector,
            }
            for i, vector in enumerate(answer.vectors)
        ],
        "model": echo.model,
        "usage": {"prompt_tokens": prompt, "total_tokens": prompt},
    }
    return orjson.dumps(body)


def _numbers(embedding: list[float] | str) -> list[float]:
    if isinstance(embedding, str):
        try:
            embedding = from_base64(embedding)
        except ValueError:
            raise NotAnAnswer("its answer has a vector that is no base64 of floats") from None
    if not embedding:
        raise NotAnAnswer("its answer has an empty vector")
    return embedding


def _usage(usage: object) -> Usage | None:
    try:
        counts = msgspec.convert(usage, _Usage)
    except msgspec.ValidationError:
        return None
    prompt = counts.total_tokens if counts.prompt_tokens is None else counts.prompt_tokens
    return None if prompt is None else Usage(max(0, prompt), 0)


def _no_answer(data: bytes) -> Exception:
    """Return why `data` is no answer that can be used."""
    fields = json_object(data)
    if fields is None:
        return NotAnAnswer(_NO_JSON)
    if is_error(fields):
        return AnswerIsError(inner_verdict(fields))
    return NotAnAnswer("its answer has no list 'data' of vectors")
