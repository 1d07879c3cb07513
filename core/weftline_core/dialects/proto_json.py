"""Google's JSON of protocol buffers: a field may be named in snake_case or in camelCase.

Answers are always in camelCase, and so is everything that goes on from here; clients mix both, the
official Python SDK in one and the same body.
"""

from typing import Final, cast
from urllib.parse import quote

from weftline_core.dialects.dialect import PathArgs
from weftline_core.errors import CallerError

# Below these names stand keys that are the caller's own words, not the API's.
_OPAQUE: Final = frozenset(
    (
        "args",
        "headers",
        "labels",
        "parameters",
        "parametersJsonSchema",
        "partMetadata",
        "response",
        "responseJsonSchema",
        "responseSchema",
    )
)
# As names of models are written in lists and bodies.
_PREFIX: Final = "models/"
# No message of the API is nested deeper than half of this.
_DEPTH_MAX: Final = 16


def camel_name(name: str) -> str:
    """Return a field's name in camelCase, as `protoc` makes it."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def to_camel(fields: dict[str, object], depth: int = _DEPTH_MAX) -> None:
    """Rename all fields of a message to camelCase, in place; of two spellings the camelCase one
    wins.
    """
    # One search of all names is faster than one of each, and most clients' names have none.
    if "_" in "".join(fields):
        for name in [name for name in fields if "_" in name]:
            fields.setdefault(camel_name(name), fields.pop(name))
    if depth == 0:
        return
    for name, value in fields.items():
        # A parser makes no subclasses, and to compare types is the quicker.
        kind = type(value)
        if kind is dict:
            if name not in _OPAQUE:
                to_camel(cast("dict[str, object]", value), depth - 1)
        elif kind is list:
            for item in cast("list[object]", value):
                if type(item) is dict:
                    to_camel(cast("dict[str, object]", item), depth - 1)


def standard_base64(data: str) -> str:
    """Return base64 in the standard alphabet: Google takes the URL-safe one too, and its Python SDK
    sends it; nobody else does.
    """
    return data.replace("-", "+").replace("_", "/") if "-" in data or "_" in data else data


def model_in_path(args: PathArgs) -> str:
    """Return the name of the model that a client's path holds, without `models/`.

    Raises:
        CallerError: there is none.
    """
    model = (args.model or "").removeprefix(_PREFIX)
    if not model:
        raise CallerError("the path names no model: write /models/NAME:METHOD", param="model")
    return model


def model_path(models_path: str, model: str, method: str) -> str:
    """Return the path of a model's method; the name is one segment, percent-encoded."""
    return f"{models_path}{quote(model.removeprefix(_PREFIX), safe='')}:{method}"


def full_name(model: str) -> str:
    """Return a model's name as bodies have it."""
    return model if model.startswith(_PREFIX) else _PREFIX + model
