"""Workers AI's embeddings as Cloudflare speaks them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from weftline_core.desired import Task
from weftline_core.dialects.cloudflare_errors import inner_verdict, is_error, verdict
from weftline_core.dialects.cloudflare_run import run_path
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer, Target
from weftline_core.dialects.losses import WORKERS_AI_EMBED, Losses
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import json_object
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Vectors(msgspec.Struct):
    data: list[list[float]] | None = None
    usage: _Usage | None = None


class _Envelope(_Vectors):
    """A whole answer, with or without its envelope."""

    result: _Vectors | None = None
    success: bool | None = None


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


class WorkersAiEmbedBack:
    """Workers AI's `/ai/run/{model}` for models that embed."""

    name: str = "workers_ai_embed"
    task: Task = "embeddings"
    losses: Losses = WORKERS_AI_EMBED

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return the path, in which the model stands with its slashes."""
        return run_path(target.model)

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:  # noqa: ARG002
        """Leave the model out, which stands in the path."""
        body.pop("model", None)

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return _usage(_vectors(data))

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return verdict(status, headers, body, at_unix_s)

    def write(self, request: EmbeddingRequest, target: Target) -> dict[str, object]:  # noqa: ARG002
        """Return the request's body."""
        return {"text": request.texts}

    def read(self, data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error, or has not one vector a text.
            AnswerIsError: it is an error.
        """
        told = _vectors(data)
        vectors = told.data or []
        if len(vectors) != len(request.texts):
            raise NotAnAnswer(f"it has {len(vectors)} vectors for {len(request.texts)} texts")
        return EmbeddingAnswer(vectors=vectors, usage=_usage(told))


def _vectors(data: bytes) -> _Vectors:
    envelope = typed(data, _ENVELOPE)
    told = None if envelope is None else envelope.result or envelope
    if told is None or told.data is None or (envelope and envelope.success is False):
        fields = json_object(data) or {}
        if is_error(fields):
            raise AnswerIsError(inner_verdict(fields))
        raise NotAnAnswer("its answer has no vectors")
    return told


def _usage(told: _Vectors) -> Usage | None:
    if told.usage is None or told.usage.prompt_tokens is None:
        return None
    return Usage(max(0, told.usage.prompt_tokens), 0)


BACK: Final = WorkersAiEmbedBack()
