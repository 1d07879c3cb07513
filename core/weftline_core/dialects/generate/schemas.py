"""Reads the subset of OpenAPI's schemas that clients may put into `parameters` and
`responseSchema`; hosts are sent JSON Schema.

Google's form writes types in capitals and says `nullable`. Source: the Schema message of the Gemini
API.
"""

from typing import Final, cast

from weftline_core.dialects.proto_json import camel_name
from weftline_core.dialects.shape import wrong

# Deeper than any sane schema, and far from Python's own limit.
SCHEMA_DEPTH_MAX: Final = 64

_TYPES: Final = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))
# Protobuf JSON writes 64-bit integers as strings.
_LONGS: Final = frozenset(
    ("minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength")
)


def to_json_schema(schema: object, path: str, depth: int = SCHEMA_DEPTH_MAX) -> dict[str, object]:
    """Return the JSON Schema of one in Google's form. path: the client's own, for its mistakes.

    Raises:
        CallerError: it is no schema, or nested too deeply.
    """
    if not isinstance(schema, dict):
        raise wrong(path, "a schema must be an object")
    if depth == 0:
        raise wrong(path, "the schema is nested too deeply")
    out: dict[str, object] = {}
    for given, value in cast("dict[str, object]", schema).items():
        name = given if given.startswith("$") else camel_name(given)
        if value is not None:
            _convert(out, name, value, f"{path}.{given}", depth - 1)
    if out.pop("nullable", None) is True:
        _allow_null(out)
    return out


def _convert(out: dict[str, object], name: str, value: object, path: str, depth: int) -> None:
    if name == "type":
        kind = value.lower() if isinstance(value, str) else ""
        if kind in _TYPES:
            out["type"] = kind
        elif kind != "type_unspecified":
            raise wrong(path, "no type of a schema")
    elif name in ("properties", "$defs", "defs") and isinstance(value, dict):
        named = cast("dict[str, object]", value)
        out["properties" if name == "properties" else "$defs"] = {
            key: to_json_schema(inner, f"{path}.{key}", depth) for key, inner in named.items()
        }
    elif name == "anyOf" and isinstance(value, list):
        options = cast("list[object]", value)
        out[name] = [to_json_schema(o, f"{path}[{i}]", depth) for i, o in enumerate(options)]
    elif name == "items":
        out[name] = to_json_schema(value, path, depth)
    elif name != "propertyOrdering":
        out.update(_plain(name, value))


def _plain(name: str, value: object) -> dict[str, object]:
    """Return a field that holds no schema."""
    if name in _LONGS and isinstance(value, str) and value.isdecimal():
        return {name: int(value)}
    if name == "example":
        return {"examples": [value]}
    return {"$ref" if name == "ref" else name: value}


def _allow_null(out: dict[str, object]) -> None:
    if isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
        if isinstance(enum := out.get("enum"), list):
            out["enum"] = [*cast("list[object]", enum), None]
    elif isinstance(options := out.get("anyOf"), list):
        out["anyOf"] = [*cast("list[object]", options), {"type": "null"}]
