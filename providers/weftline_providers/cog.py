"""A Cog container that embeds texts: `POST /predictions`.

The predictor takes `{"texts": [...]}` and returns one vector a text. `weft bench cog` runs
one; any other that keeps to this shape does as well. Cog counts no tokens: the predictor may report
a metric `prompt_tokens`, else the number is estimated from the texts' length.

Source: replicate/cog `docs/http.md` and its Rust server `coglet`, as of cog 0.23.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from weftline_core.desired import Task
from weftline_core.dialects.dialect import NotAnAnswer, Target
from weftline_core.dialects.losses import COG, Losses
from weftline_core.dialects.openai_errors import verdict
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.errors import CallerError
from weftline_core.hosts import Host
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

# English text has about four characters a token with the common tokenizers.
CHARS_PER_TOKEN: Final = 4


class _Metrics(msgspec.Struct):
    prompt_tokens: int | None = None


class _Prediction(msgspec.Struct):
    """What Cog answers, with HTTP 200 also when the model failed."""

    status: str
    output: list[list[float]] | None = None
    error: str | None = None
    metrics: _Metrics | None = None


_PREDICTION = msgspec.json.Decoder(_Prediction)


@dataclass(frozen=True, slots=True)
class CogBack:
    """Predictions of a Cog container. No client speaks this, so that it is always translated."""

    name: str = "cog"
    task: Task = "embeddings"

    @property
    def losses(self) -> Losses:
        """Return what a predictor has no use for."""
        return COG

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return where Cog takes predictions."""
        return "/predictions"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Do nothing: a container holds one model, so that its name is not sent."""

    def write(self, request: EmbeddingRequest, target: Target) -> dict[str, object]:  # noqa: ARG002
        """Return the prediction's input.

        Raises:
            CallerError: a text is empty, which OpenAI refuses too.
        """
        if not all(request.texts):
            raise CallerError("input: none of the texts may be empty", param="input")
        return {"input": {"texts": request.texts}}

    def read(self, data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
        """Return the vectors of a prediction.

        Raises:
            NotAnAnswer: the model failed, or this is no prediction of one vector a text.
        """
        prediction = _prediction(data)
        vectors = prediction.output
        if vectors is None or len(vectors) != len(request.texts):
            raise NotAnAnswer(f"{len(vectors or ())} vectors for {len(request.texts)} texts")
        tokens = prediction.metrics.prompt_tokens if prediction.metrics else None
        if tokens is None:
            tokens = sum(-(-len(text) // CHARS_PER_TOKEN) for text in request.texts)
        return EmbeddingAnswer(vectors=vectors, usage=Usage(tokens, 0))

    def check(self, data: bytes) -> Usage | None:
        """Return no usage, of an answer that is a prediction.

        Raises:
            NotAnAnswer: it is none.
        """
        _prediction(data)
        return None

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200; 409 means that it is busy."""
        return verdict(status, headers, body, at_unix_s)


def _prediction(data: bytes) -> _Prediction:
    try:
        prediction = _PREDICTION.decode(data)
    except msgspec.DecodeError as e:
        raise NotAnAnswer(f"not a Cog prediction: {e}") from None
    if prediction.status != "succeeded":
        raise NotAnAnswer(f"the prediction ended as {prediction.status}")
    if prediction.output is None:
        raise NotAnAnswer("the prediction gave no output")
    return prediction


HOST = Host(name="cog", speaks=(CogBack(),))
