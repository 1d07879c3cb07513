"""Ids of tool calls, and JSON as text."""

import re

import pytest

from weftline_core.dialects.generate.calls import json_text, minted_id


def test_an_id_is_the_same_for_the_same_call_only() -> None:
    ids = {
        minted_id("r1", 0, 0, "f", "{}"),
        minted_id("r1", 0, 1, "f", "{}"),
        minted_id("r1", 1, 0, "f", "{}"),
        minted_id("r2", 0, 0, "f", "{}"),
    }
    assert len(ids) == 4
    assert minted_id("r1", 0, 0, "f", "{}") in ids
    assert all(re.fullmatch(r"call_[0-9a-f]{24}", i) for i in ids)


def test_json_is_compact_and_not_too_deep() -> None:
    assert json_text({"a": [1, "\u00e9"]}) == '{"a":[1,"\u00e9"]}'
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        json_text(deep)
