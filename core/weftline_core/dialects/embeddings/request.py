"""Requests for embeddings, from clients and to hosts."""

from typing import Annotated, Final, Literal

import msgspec

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.shape import shaped, strays
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.errors import CallerError


class RequestShape(msgspec.Struct):
    """A request for embeddings. output_dimension: what Mistral's SDK calls `dimensions`."""

    input: str | list[str | int | list[int]]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1)] | None = None
    output_dimension: Annotated[int, msgspec.Meta(ge=1)] | None = None
    user: str | None = None


_FIELDS: Final = frozenset((*RequestShape.__struct_fields__, "model", "stream"))


def read_request(body: dict[str, object]) -> EmbeddingRequest:
    """Return all that a request says.

    Raises:
        CallerError: it breaks the dialect; `param` is the path of the field at fault.
    """
    shape = shaped(body, RequestShape)
    texts, tokens = _inputs(shape.input)
    size = "dimensions" if shape.dimensions is not None else "output_dimension"
    paths = {
        feature: path
        for feature, path, given in (
            (Feature.TOKENS, "input", tokens),
            (Feature.DIMENSIONS, size, shape.dimensions or shape.output_dimension),
            (Feature.USER_ID, "user", shape.user),
        )
        if given
    }
    unknown = strays(body, _FIELDS)
    if unknown:
        paths[Feature.UNKNOWN] = unknown[0]
    return EmbeddingRequest(
        texts=texts,
        tokens=tokens,
        dimensions=shape.dimensions or shape.output_dimension,
        user_id=shape.user,
        base64=shape.encoding_format == "base64",
        paths=paths,
        unknown=tuple(unknown),
    )


def write_request(
    request: EmbeddingRequest, target: Target, *, ask_base64: bool
) -> dict[str, object]:
    """Return the body. ask_base64: the host sends vectors so, in a third of the bytes."""
    body: dict[str, object] = {"model": target.model, "input": request.tokens or request.texts}
    if ask_base64:
        body["encoding_format"] = "base64"
    if request.dimensions is not None and Feature.DIMENSIONS not in target.refuses:
        body["dimensions"] = request.dimensions
    if request.user_id is not None and Feature.USER_ID not in target.refuses:
        body["user"] = request.user_id
    return body


def _inputs(given: str | list[str | int | list[int]]) -> tuple[list[str], list[list[int]]]:
    """Return the texts, or instead of them the lists of token numbers."""
    if isinstance(given, str):
        given = [given]
    if not given or given == [""]:
        raise CallerError("input: there must be at least one text to embed", param="input")
    texts: list[str] = []
    tokens: list[list[int]] = []
    numbers: list[int] = []
    for item in given:
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, int):
            numbers.append(item)
        else:
            tokens.append(item)
    if numbers:
        tokens.append(numbers)
    if sum(map(bool, (texts, numbers, len(tokens) > bool(numbers)))) != 1:
        raise CallerError("input: give texts, or token numbers, but not both", param="input")
    return texts, tokens
