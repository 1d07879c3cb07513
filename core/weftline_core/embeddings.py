"""A request for embeddings and its answer, in no dialect."""

from typing import Literal, TypeAlias

import msgspec

from weftline_core.chat.features import Feature
from weftline_core.usage import Usage

# What the vectors are for, where a provider wants to know.
Purpose: TypeAlias = Literal["document", "query", "classification", "clustering", "similarity"]


class EmbeddingRequest(msgspec.Struct, kw_only=True):
    """Texts to embed. tokens: the same as token numbers, instead of texts. paths and unknown as in
    `Conversation`; base64: the client wants 32-bit floats in base64.
    """

    texts: list[str]
    tokens: list[list[int]] = []
    dimensions: int | None = None
    purpose: Purpose | None = None
    title: str | None = None
    user_id: str | None = None
    base64: bool = False
    paths: dict[Feature, str] = {}
    unknown: tuple[str, ...] = ()


class EmbeddingAnswer(msgspec.Struct, kw_only=True):
    """One vector a text, in their order."""

    vectors: list[list[float]]
    model: str = ""
    usage: Usage | None = None
