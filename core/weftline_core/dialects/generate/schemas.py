"""Schemas: JSON Schema, and the subset of OpenAPI's that `parameters` and `responseSchema` take.

Google's form writes types in capitals, says `nullable`, and knows neither references nor
`additionalProperties`. Source: the Schema message of the Gemini API.
"""

from collections.abc import Mapping
from typing import Final, cast

from weftline_core.dialects.proto_json import camel_name
from weftline_core.errors import CallerError

# Deeper than any sane schema, and far from Python's own limit.
SCHEMA_DEPTH_MAX: Final = 64
# References are written out, so that a small schema may become a huge one.
SCHEMA_NODES_MAX: Final = 5_000

_TYPES: Final = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))
# Kept as they are, if they are of this type.
_PLAIN: Final[dict[str, tuple[type, ...]]] = {
    "title": (str,),
    "description": (str,),
    "pattern": (str,),
    "minItems": (int,),
    "maxItems": (int,),
    "minProperties": (int,),
    "maxProperties": (int,),
    "minLength": (int,),
    "maxLength": (int,),
    "minimum": (int, float),
    "maximum": (int, float),
}
# Protobuf JSON writes 64-bit integers as strings.
_LONGS: Final = frozenset(
    ("minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength")
)
_FORMATS: Final = frozenset(("enum", "date-time", "int32", "int64", "float", "double"))


def to_json_schema(schema: object, path: str, depth: int = SCHEMA_DEPTH_MAX) -> dict[str, object]:
    """Return the JSON Schema of one in Google's form. path: the client's own, for its mistakes.

    Raises:
        CallerError: it is no schema, or nested too deeply.
    """
    if not isinstance(schema, dict):
        raise CallerError(f"{path}: a schema must be an object", param=path)
    if depth == 0:
        raise CallerError(f"{path}: the schema is nested too deeply", param=path)
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
            raise CallerError(f"{path}: no type of a schema", param=path)
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


def from_json_schema(schema: Mapping[str, object]) -> dict[str, object]:
    """Return a JSON Schema in Google's form, without what that cannot say."""
    return _Writer(schema).write(schema, (), SCHEMA_DEPTH_MAX)


class _Writer:
    """Writes one schema; `_left` bounds what references may unfold to."""

    __slots__ = ("_left", "_root")

    def __init__(self, root: Mapping[str, object]) -> None:
        self._root = root
        self._left = SCHEMA_NODES_MAX

    def write(self, schema: object, open_refs: tuple[str, ...], depth: int) -> dict[str, object]:
        """Return `schema` in Google's form. open_refs: those it stands in, which end there."""
        self._left -= 1
        if not isinstance(schema, dict) or depth == 0 or self._left < 0:
            return {}
        fields = cast("dict[str, object]", schema)
        if isinstance(ref := fields.get("$ref"), str):
            found = None if ref in open_refs else _resolved(self._root, ref)
            if found is None:
                return {"type": "OBJECT"}
            rest = {name: value for name, value in fields.items() if name != "$ref"}
            return self.write({**found, **rest}, (*open_refs, ref), depth - 1)
        if isinstance(all_of := fields.get("allOf"), list):
            rest = {name: value for name, value in fields.items() if name != "allOf"}
            fields = _merged([rest, *cast("list[object]", all_of)], self._root)
        out: dict[str, object] = {
            name: value
            for name, value in fields.items()
            if name in _PLAIN and isinstance(value, _PLAIN[name]) and not isinstance(value, bool)
        }
        self._write_type(out, fields)
        _write_enum(out, fields)
        self._write_inner(out, fields, open_refs, depth - 1)
        if fields.get("format") in _FORMATS:
            out["format"] = fields["format"]
        return out

    def _write_type(self, out: dict[str, object], fields: Mapping[str, object]) -> None:
        given = fields.get("type")
        types = [given] if isinstance(given, str) else given
        if not isinstance(types, list):
            if "properties" in fields:
                out["type"] = "OBJECT"
            return
        names = [t for t in cast("list[object]", types) if isinstance(t, str) and t in _TYPES]
        others = [t for t in names if t != "null"]
        if len(others) < len(names) and others:
            out["nullable"] = True
        if len(others) == 1:
            out["type"] = others[0].upper()
        elif others:
            out["anyOf"] = [{"type": t.upper()} for t in others]
        elif names:
            out["type"] = "NULL"

    def _write_inner(
        self,
        out: dict[str, object],
        fields: Mapping[str, object],
        open_refs: tuple[str, ...],
        depth: int,
    ) -> None:
        if isinstance(properties := fields.get("properties"), dict):
            named = cast("dict[str, object]", properties)
            out["properties"] = {k: self.write(v, open_refs, depth) for k, v in named.items()}
            if isinstance(required := fields.get("required"), list):
                wanted = [r for r in cast("list[object]", required) if r in named]
                if wanted:
                    out["required"] = wanted
        if isinstance(items := fields.get("items"), dict):
            out["items"] = self.write(cast("dict[str, object]", items), open_refs, depth)
        elif out.get("type") == "ARRAY":
            # The API demands it.
            out["items"] = {}
        options = fields.get("anyOf") or fields.get("oneOf")
        if isinstance(options, list):
            written = [self.write(o, open_refs, depth) for o in cast("list[object]", options)]
            some = [o for o in written if o != {"type": "NULL"}]
            if len(some) < len(written):
                out["nullable"] = True
            if len(some) == 1:
                out.update({k: v for k, v in some[0].items() if k not in out})
            elif some:
                out["anyOf"] = some


def _write_enum(out: dict[str, object], fields: Mapping[str, object]) -> None:
    """Write allowed values: Google takes strings only."""
    given = [fields["const"]] if "const" in fields else fields.get("enum")
    if not isinstance(given, list):
        return
    values = cast("list[object]", given)
    if None in values:
        out["nullable"] = True
    texts = [v for v in values if isinstance(v, str)]
    if texts and len(texts) == sum(v is not None for v in values):
        out["enum"] = texts
        out["type"] = "STRING"


def _resolved(root: Mapping[str, object], ref: str) -> dict[str, object] | None:
    """Return the schema that a reference within the document means, or None."""
    if not ref.startswith("#/"):
        return None
    here = root
    for step in ref[2:].split("/"):
        inner = here.get(step.replace("~1", "/").replace("~0", "~"))
        if not isinstance(inner, dict):
            return None
        here = cast("dict[str, object]", inner)
    return dict(here)


def _merged(schemas: list[object], root: Mapping[str, object]) -> dict[str, object]:
    """Return schemas that must all hold, as one: properties and required add up."""
    out: dict[str, object] = {}
    for schema in schemas:
        fields = cast("dict[str, object]", schema) if isinstance(schema, dict) else {}
        if isinstance(ref := fields.get("$ref"), str):
            fields = _resolved(root, ref) or {}
        for name, value in fields.items():
            held = out.get(name)
            if name == "properties" and isinstance(held, dict) and isinstance(value, dict):
                out[name] = {**cast("dict[str, object]", held), **cast("dict[str, object]", value)}
            elif name == "required" and isinstance(held, list) and isinstance(value, list):
                out[name] = [*cast("list[object]", held), *cast("list[object]", value)]
            else:
                out[name] = value
    return out
