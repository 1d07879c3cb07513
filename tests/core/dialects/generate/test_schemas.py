"""Schemas in Google's form become everybody's."""

import pytest

from weftline_core.dialects.generate.schemas import SCHEMA_DEPTH_MAX, to_json_schema
from weftline_core.errors import CallerError

Json = dict[str, object]


READ: list[tuple[Json, Json]] = [
    ({"type": "STRING", "minLength": "3"}, {"type": "string", "minLength": 3}),
    ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
    ({"type": "TYPE_UNSPECIFIED", "title": "x"}, {"title": "x"}),
    (
        {"type": "STRING", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    (
        {"type": "OBJECT", "properties": {"a_b": {"type": "ARRAY", "items": {}}}},
        {"type": "object", "properties": {"a_b": {"type": "array", "items": {}}}},
    ),
    (
        {"any_of": [{"type": "NUMBER"}], "nullable": True, "property_ordering": ["a"]},
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
    ),
    ({"example": 1, "default": None, "max_items": 2}, {"examples": [1], "maxItems": 2}),
    (
        {"ref": "#/$defs/a", "defs": {"a": {"type": "NULL"}}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}},
    ),
]


@pytest.mark.parametrize(("given_schema", "schema"), READ)
def test_googles_form_is_read(given_schema: Json, schema: Json) -> None:
    assert to_json_schema(given_schema, "p") == schema


BAD: list[tuple[Json, str]] = [
    ({"type": "STRUCT"}, "p.type"),
    ({"type": 3}, "p.type"),
    ({"properties": {"a": 1}}, "p.properties.a"),
    ({"items": {"type": "x"}}, "p.items.type"),
    ({"anyOf": [{}, 3]}, "p.anyOf[1]"),
]


@pytest.mark.parametrize(("schema", "param"), BAD)
def test_a_bad_schema_is_told_with_its_path(schema: Json, param: str) -> None:
    with pytest.raises(CallerError) as caught:
        to_json_schema(schema, "p")
    assert caught.value.param == param


def test_depth_is_bounded() -> None:
    schema: Json = {"type": "STRING"}
    for _ in range(SCHEMA_DEPTH_MAX):
        schema = {"items": schema}
    with pytest.raises(CallerError, match="too deeply"):
        to_json_schema(schema, "p")
