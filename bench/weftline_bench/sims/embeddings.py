"""OpenAI's embeddings, of a few numbers made from the text's bytes."""

import base64
import struct
from typing import Annotated, Literal

import msgspec

from weftline_bench.sims.exchange import Answer, read, whole
from weftline_bench.sims.script import Json, pieces

DIMENSIONS = 8

# OpenAI's own bounds.
INPUTS_MAX = 2048
DIMENSIONS_MAX = 3072


class EmbeddingRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An embedding request."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    input: str | list[str | int | list[int]]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=DIMENSIONS_MAX)] | None = None
    user: str | None = None


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return numbers between -1 and 1 that float32 holds exactly, foreseeable from the text."""
    seed = text.encode() or b"\0"
    return [(seed[i % len(seed)] + i) % 256 / 128 - 1 for i in range(dimensions)]


def embed(body: Json, more: Json | None = None) -> Answer:
    """Answer an embedding request. more: what else the answer has."""
    asked = read(body, EmbeddingRequest)
    texts = _texts(asked.input)
    tokens = sum(len(pieces(text)) for text in texts)
    rows = [
        {"object": "embedding", "index": at, "embedding": _spelled(text, asked)}
        for at, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    told: Json = {"object": "list", "data": rows, "model": asked.model, "usage": usage}
    return whole({**told, **(more or {})})


def _texts(given: str | list[str | int | list[int]]) -> list[str]:
    if isinstance(given, str):
        return [given]
    if given and isinstance(given[0], int):
        return [" ".join(map(str, given))]
    return [" ".join(map(str, item)) if isinstance(item, list) else str(item) for item in given]


def _spelled(text: str, asked: EmbeddingRequest) -> object:
    values = vector(text, asked.dimensions or DIMENSIONS)
    if asked.encoding_format == "base64":
        return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
    return values
