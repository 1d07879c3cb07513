"""Cohere's embeddings as Cohere speaks them.

Source: Cohere's `cohere-openapi.yaml` of 2026-08-20.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from weftline_core.chat.features import Feature
from weftline_core.desired import Task
from weftline_core.dialects.cohere_errors import failed, verdict
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer, Target
from weftline_core.dialects.losses import COHERE_EMBED, Losses
from weftline_core.dialects.typed import typed
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest, Purpose
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

# Cohere wants to be told. What has no purpose is kept to be searched, which most embeddings are.
_PURPOSES: Final[dict[Purpose | None, str]] = {
    None: "search_document",
    "document": "search_document",
    "query": "search_query",
    "classification": "classification",
    "clustering": "clustering",
    "similarity": "clustering",
}


class _Billed(msgspec.Struct):
    input_tokens: float | None = None


class _Meta(msgspec.Struct):
    billed_units: _Billed | None = None


class _Vectors(msgspec.Struct):
    floats: list[list[float]] | None = msgspec.field(default=None, name="float")


class _Answer(msgspec.Struct):
    """A whole answer; or an error, which has a message."""

    embeddings: _Vectors | None = None
    message: str | None = None
    meta: _Meta | None = None


class _Unread(msgspec.Struct):
    """Vectors of any type."""


class _Checked(msgspec.Struct):
    """What is read of an answer that is passed on: its numbers are only checked to be JSON."""

    embeddings: _Unread | None = None
    message: str | None = None
    meta: _Meta | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_CHECKED: Final = msgspec.json.Decoder(_Checked)


class CohereEmbedBack:
    """Cohere's `/v2/embed`."""

    name: str = "cohere_embed"
    task: Task = "embeddings"
    losses: Losses = COHERE_EMBED

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return the path, the same for all models."""
        return "/v2/embed"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:  # noqa: ARG002
        """Name the model as it is named there."""
        body["model"] = target.model

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        told = typed(data, _CHECKED)
        if told is None or told.embeddings is None:
            raise _no_answer(told.message if told else None)
        return _usage(told.meta)

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return verdict(status, headers, body, at_unix_s)

    def write(self, request: EmbeddingRequest, target: Target) -> dict[str, object]:
        """Return the request's body."""
        told = Feature.PURPOSE not in target.refuses
        body: dict[str, object] = {
            "model": target.model,
            "input_type": _PURPOSES[request.purpose if told else None],
            "texts": request.texts,
            "embedding_types": ["float"],
        }
        if request.dimensions is not None and Feature.DIMENSIONS not in target.refuses:
            body["output_dimension"] = request.dimensions
        return body

    def read(self, data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error, or has not one vector a text.
            AnswerIsError: it is an error.
        """
        told = typed(data, _ANSWER)
        if told is None or told.embeddings is None:
            raise _no_answer(told.message if told else None)
        vectors = told.embeddings.floats or []
        if len(vectors) != len(request.texts):
            raise NotAnAnswer(f"it has {len(vectors)} vectors for {len(request.texts)} texts")
        return EmbeddingAnswer(vectors=vectors, usage=_usage(told.meta))


def _no_answer(message: str | None) -> NotAnAnswer | AnswerIsError:
    if message:
        return AnswerIsError(failed(message))
    return NotAnAnswer("its answer has no embeddings")


def _usage(meta: _Meta | None) -> Usage | None:
    units = meta.billed_units if meta else None
    if units is None or units.input_tokens is None:
        return None
    return Usage(max(0, int(units.input_tokens)), 0)


BACK: Final = CohereEmbedBack()
