"""A Cog container that embeds texts: OpenAI's embeddings put to `POST /predictions`.

The predictor takes `{"texts": [...]}` and returns one vector a text. `weft bench cog` runs
one; any other that keeps to this shape does as well. Cog counts no tokens: the predictor may report
a metric `prompt_tokens`, else the number is estimated from the texts' length.

Source: replicate/cog `docs/http.md` and its Rust server `coglet`, as of cog 0.23.1.
"""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import orjson

from weftline_core.desired import Task
from weftline_core.errors import CallerError
from weftline_core.provider import UnsupportedTask

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CogHost:
    """A Cog predictor that embeds texts."""

    name: str = "cog"
    base_url: str | None = None
    key_env: str | None = None
    models: tuple[tuple[str, Task], ...] = ()
    passthrough: bool = False

    def path(self, task: Task) -> str:
        """Return where Cog takes predictions."""
        if task != "embeddings":
            raise UnsupportedTask(f"{self.name} does not offer {task}")
        return "/predictions"

    def headers(self, secret: str | None) -> tuple[tuple[str, str], ...]:
        """Return a bearer header for the gateway before the container; Cog itself asks for
        nothing.
        """
        return (("authorization", f"Bearer {secret}"),) if secret else ()

    def encode(self, task: Task, body: Mapping[str, object], model: str) -> bytes:  # noqa: ARG002
        """Return the prediction's input; a container holds one model, so its name is not sent."""
        return orjson.dumps({"input": {"texts": _texts(body)}})

    def decode(
        self,
        task: Task,  # noqa: ARG002
        model: str,
        answer: bytes,
        body: Mapping[str, object] | None = None,
    ) -> bytes:
        """Return the vectors as OpenAI's embedding list, in the encoding that `body` asked for."""
        try:
            prediction = _PREDICTION.decode(answer)
        except msgspec.DecodeError as e:
            raise ValueError(f"not a Cog prediction: {e}") from e
        if prediction.status != "succeeded" or prediction.output is None:
            why = prediction.error or "it gave no output"
            raise ValueError(f"the prediction ended as {prediction.status}: {why}")
        texts = [] if body is None else _texts(body)
        if body is not None and len(texts) != len(prediction.output):
            raise ValueError(f"{len(prediction.output)} vectors for {len(texts)} texts")
        tokens = prediction.metrics.prompt_tokens if prediction.metrics else None
        if tokens is None:
            tokens = sum(-(-len(text) // CHARS_PER_TOKEN) for text in texts)
        as_text = body is not None and body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": i, "embedding": _base64(v) if as_text else v}
            for i, v in enumerate(prediction.output)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return orjson.dumps({"object": "list", "data": data, "model": model, "usage": usage})


def _texts(body: Mapping[str, object]) -> list[str]:
    """Return the texts of an embedding request.

    Raises:
        CallerError: the input is not text (a Cog predictor has no use for token numbers), or a
            text is empty, which OpenAI refuses too.
    """
    given = body.get("input")
    texts: list[object] = [*given] if isinstance(given, list) else [given]
    words = [text for text in texts if isinstance(text, str) and text]
    if not words or len(words) != len(texts):
        raise CallerError(
            "input must be a text or a list of texts, none of them empty", param="input"
        )
    return words


def _base64(vector: list[float]) -> str:
    """Return little-endian 32-bit floats in base64, which OpenAI's SDKs ask for."""
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
    except OverflowError as e:
        raise ValueError("a number in the output is no 32-bit float") from e


HOST = CogHost()
