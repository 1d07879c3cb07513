"""Reads a client's JSON into typed shapes, so that every mistake is told with its path."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final, TypeVar

import msgspec

from weftline_core.dialects.dialect import NO_ARGS, PathArgs
from weftline_core.errors import CallerError

T = TypeVar("T")

_AT: Final = " - at `$"

# A path, or a name in it, is quoted back to the client, cut to what fits a line.
PATH_CHARS_MAX: Final = 200


def shaped(body: object, kind: type[T], under: str = "") -> T:
    """Return parsed JSON as a `kind`. under: the path of `body` itself.

    Raises:
        CallerError: it is none; `param` is the path of the field at fault, as in
            `messages[0].content`.
    """
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as e:
        raise fault(str(e), under) from None


def model_of(body: Mapping[str, object], args: PathArgs = NO_ARGS) -> str:
    """Return the model that a client names; the path wins over the body.

    Raises:
        CallerError: it names none.
    """
    model = args.model or body.get("model")
    if not isinstance(model, str) or not model:
        what = "is missing" if model is None else "must be a non-empty string"
        raise CallerError(f"'model' {what}; GET /v1/models lists the names", param="model")
    return model


def stream_of(body: Mapping[str, object], args: PathArgs = NO_ARGS) -> bool:
    """Return whether a client wants a stream; the path wins over the body.

    Raises:
        CallerError: it is neither true nor false.
    """
    stream = body.get("stream") if args.stream is None else args.stream
    if stream is not None and not isinstance(stream, bool):
        raise CallerError("'stream' must be true or false", param="stream")
    return bool(stream)


def fault(text: str, under: str = "") -> CallerError:
    """Return the error of a msgspec message, such as "Expected `int`, got `str` - at `$.n`"."""
    what, _, where = text.partition(_AT)
    inner = where.rstrip("`").removeprefix(".") if where else ""
    joint = "." if under and inner and not inner.startswith("[") else ""
    path = f"{under}{joint}{inner}"[:PATH_CHARS_MAX]
    what = what[:PATH_CHARS_MAX].replace("`", "")
    return CallerError(f"{path or 'the body'}: {what[:1].lower()}{what[1:]}", param=path or None)


def wrong(path: str, what: str) -> CallerError:
    """Return the error of one field; what: completes the sentence that its path begins."""
    return CallerError(f"{path}: {what}", param=path)


def strays(fields: Mapping[str, object], known: AbstractSet[str], under: str = "") -> list[str]:
    """Return the paths of fields that are not in `known` (a set, for speed) and not null."""
    if fields.keys() <= known:
        return []
    joint = f"{under}." if under else ""
    extra = [name for name in fields if name not in known and fields[name] is not None]
    return [f"{joint}{name}"[:PATH_CHARS_MAX] for name in extra]
