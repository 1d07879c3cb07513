"""Field names in either spelling, and the names of models in paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.dialect import PathArgs
from weftline_core.dialects.proto_json import (
    camel_name,
    full_name,
    model_in_path,
    model_path,
    standard_base64,
    to_camel,
)
from weftline_core.errors import CallerError


def test_names_are_renamed_at_every_depth_of_the_api() -> None:
    body: dict[str, object] = {
        "generation_config": {"thinking_config": {"include_thoughts": True}, "topP": 1},
        "contents": [{"parts": [{"inline_data": {"mime_type": "image/png"}}, "x"]}],
    }
    to_camel(body)
    assert body == {
        "generationConfig": {"thinkingConfig": {"includeThoughts": True}, "topP": 1},
        "contents": [{"parts": [{"inlineData": {"mimeType": "image/png"}}, "x"]}],
    }


def test_the_callers_own_names_are_left_alone() -> None:
    own: dict[str, object] = {"my_key": {"a_b": 1}}
    for name in ("args", "response", "labels", "parameters", "responseSchema", "headers"):
        body: dict[str, object] = {name: dict(own)}
        to_camel(body)
        assert body == {name: own}


def test_of_two_spellings_camel_case_wins() -> None:
    body: dict[str, object] = {"top_p": 1, "topP": 2}
    to_camel(body)
    assert body == {"topP": 2}


def test_no_depth_is_too_much() -> None:
    body: dict[str, object] = {"a_b": 1}
    for _ in range(5000):
        body = {"x_y": body}
    to_camel(body)
    assert "xY" in body


@given(st.from_regex(r"[a-z]{1,5}(_[a-z0-9]{1,5}){0,3}", fullmatch=True))
def test_a_name_is_renamed_once(name: str) -> None:
    assert "_" not in camel_name(name)
    assert camel_name(camel_name(name)) == camel_name(name)


def test_base64_is_put_into_the_common_alphabet() -> None:
    assert standard_base64("a-_b") == "a+/b"
    same = "a+/b"
    assert standard_base64(same) is same


@pytest.mark.parametrize(("given_name", "model"), [("gemini-3", "gemini-3"), ("models/a/b", "a/b")])
def test_the_path_names_the_model(given_name: str, model: str) -> None:
    assert model_in_path(PathArgs(model=given_name)) == model


@pytest.mark.parametrize("name", [None, "", "models/"])
def test_a_path_without_a_model_is_refused(name: str | None) -> None:
    with pytest.raises(CallerError, match="names no model"):
        model_in_path(PathArgs(model=name))


def test_a_model_is_one_segment_of_a_path() -> None:
    assert model_path("/models/", "models/a/b?c:d", "x") == "/models/a%2Fb%3Fc%3Ad:x"
    assert (full_name("m"), full_name("models/m")) == ("models/m", "models/m")
