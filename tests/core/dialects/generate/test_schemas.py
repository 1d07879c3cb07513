"""Schemas in Google's form and in everybody's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.generate.schemas import (
    SCHEMA_DEPTH_MAX,
    from_json_schema,
    to_json_schema,
)
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
    assert from_json_schema(schema)


WRITTEN: list[tuple[Json, Json]] = [
    ({"type": "string", "format": "uri", "default": "x"}, {"type": "STRING"}),
    ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
    ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
    (
        {"type": ["string", "number"]},
        {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]},
    ),
    ({"const": "a"}, {"type": "STRING", "enum": ["a"]}),
    ({"enum": ["a", None]}, {"type": "STRING", "enum": ["a"], "nullable": True}),
    ({"type": "integer", "enum": [1, 2]}, {"type": "INTEGER"}),
    ({"type": "array"}, {"type": "ARRAY", "items": {}}),
    (
        {"oneOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "STRING", "nullable": True},
    ),
    (
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"type": "null"}},
            "required": ["a", "gone"],
            "additionalProperties": False,
            "patternProperties": {},
            "$defs": {"x": {"type": "boolean", "title": "t"}},
        },
        {
            "type": "OBJECT",
            "properties": {"a": {"type": "BOOLEAN", "title": "t"}, "b": {"type": "NULL"}},
            "required": ["a"],
        },
    ),
    (
        {
            "allOf": [
                {"properties": {"a": {}}, "required": ["a"]},
                {"$ref": "#/$defs/x"},
            ],
            "$defs": {"x": {"properties": {"b": {}}, "required": ["b"]}},
        },
        {"type": "OBJECT", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
    ),
    ({"$ref": "elsewhere"}, {"type": "OBJECT"}),
    ({"minItems": True, "maxItems": 2}, {"maxItems": 2}),
]


@pytest.mark.parametrize(("schema", "written"), WRITTEN)
def test_googles_form_is_written(schema: Json, written: Json) -> None:
    assert from_json_schema(schema) == written


def test_a_schema_that_holds_itself_ends() -> None:
    node: Json = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/n"}},
    }
    assert from_json_schema({"$ref": "#/$defs/n", "$defs": {"n": node}}) == {
        "type": "OBJECT",
        "properties": {"next": {"type": "OBJECT"}},
    }


def test_references_cannot_make_a_schema_huge() -> None:
    defs: Json = {"d0": {"type": "string"}}
    for n in range(1, 40):
        ref = {"$ref": f"#/$defs/d{n - 1}"}
        defs[f"d{n}"] = {"type": "object", "properties": {"a": ref, "b": ref}}
    assert from_json_schema({"$ref": "#/$defs/d39", "$defs": defs})


SCHEMAS = st.recursive(
    st.sampled_from(["string", "number", "integer", "boolean"]).map(lambda t: {"type": t}),
    lambda inner: st.one_of(
        inner.map(lambda i: {"type": "array", "items": i}),
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2).map(
            lambda p: {"type": "object", "properties": p, "required": sorted(p)}
        ),
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_plain_schemas_survive_the_way_there_and_back(schema: Json) -> None:
    assert to_json_schema(from_json_schema(schema), "p") == schema
