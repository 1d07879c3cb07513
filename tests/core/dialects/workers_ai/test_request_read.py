"""Requests to Workers AI, as conversations and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.conversation import AnswerFormat, Tool, ToolChoice
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Text
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import WORKERS_AI, Loss
from weftline_core.dialects.workers_ai.request_read import read_request
from weftline_core.dialects.workers_ai.request_write import write_request
from weftline_core.errors import CallerError

TARGET = Target(model="@cf/x")
USER = [{"role": "user", "content": "hi"}]


def test_a_prompt_is_one_turn() -> None:
    read = read_request({"prompt": "hi"}, stream=True)
    assert read.turns[0].parts == [Text(text="hi")]
    assert read.stream
    assert read.usage_in_stream


def test_every_number_is_read_and_noted() -> None:
    numbers: dict[str, Any] = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    }
    read = read_request({"messages": USER, "max_tokens": 9, **numbers}, stream=False)
    assert read.max_tokens == 9
    for name, value in numbers.items():
        assert getattr(read, name) == value
        assert read.paths[Feature(name)] == name


def test_tools_in_both_forms() -> None:
    schema: dict[str, object] = {"type": "object"}
    bare = {"name": "a", "description": "A", "parameters": schema}
    wrapped = {"type": "function", "function": {"name": "b", "strict": True}}
    body: dict[str, object] = {
        "messages": USER,
        "tools": [bare, wrapped],
        "tool_choice": "required",
    }
    read = read_request(body, stream=False)
    assert read.tools == [
        Tool(name="a", description="A", schema=schema),
        Tool(name="b", strict=True),
    ]
    assert read.tool_choice == ToolChoice(mode="any")
    assert read.paths[Feature.TOOLS] == "tools"
    assert read.paths[Feature.TOOL_STRICT] == "tools[1].function.strict"


@pytest.mark.parametrize(
    ("given_choice", "wanted"), [("none", ToolChoice(mode="none")), ("auto", None), (None, None)]
)
def test_a_choice_of_tools(given_choice: str | None, wanted: ToolChoice | None) -> None:
    body: dict[str, object] = {"messages": USER, "tools": [{"name": "a"}]}
    body["tool_choice"] = given_choice
    assert read_request(body, stream=False).tool_choice == wanted


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ({"type": "json_object"}, AnswerFormat()),
        (
            {"type": "json_schema", "json_schema": {"type": "object"}},
            AnswerFormat(schema={"type": "object"}),
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}},
            AnswerFormat(schema={"a": 1}),
        ),
        ({"type": "text"}, None),
        (None, None),
    ],
)
def test_the_answers_form(form: Any, wanted: AnswerFormat | None) -> None:
    read = read_request({"messages": USER, "response_format": form}, stream=False)
    assert read.format == wanted


def test_the_one_image_of_older_models() -> None:
    read = read_request({"prompt": "what?", "image": [0xFF, 0xD8, 1]}, stream=False)
    assert read.turns[0].parts[1] == Media(kind="image", mime="image/jpeg", data="/9gB")
    read = read_request({"prompt": "what?", "image_b64": "AA=="}, stream=False)
    assert read.turns[0].parts[1] == Media(kind="image", mime="image/png", data="AA==")
    assert read.paths[Feature.IMAGE] == "image_b64"


def test_what_only_cloudflare_can_do_is_refused_elsewhere() -> None:
    body: dict[str, object] = {
        "messages": USER,
        "functions": [{"name": "f", "code": "x"}],
        "lora": "mine",
    }
    paths = read_request(body, stream=False).paths
    for feature, name in ((Feature.HOSTED_TOOL, "functions"), (Feature.FOREIGN_PART, "lora")):
        assert paths[feature] == name
        assert WORKERS_AI[feature] is Loss.REFUSE


def test_strange_fields_are_told() -> None:
    body: dict[str, object] = {
        "prompt": "x",
        "repetition_penalty": 1.1,
        "raw": True,
        "options": {},
        "model": "m",
    }
    read = read_request(body, stream=False)
    assert set(read.unknown) == {"repetition_penalty", "raw"}
    assert read.paths[Feature.UNKNOWN] == "repetition_penalty"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": USER, "tool_choice": "f", "tools": [{"name": "f"}]}, "tool_choice"),
        ({"messages": USER, "tools": [{"description": "x"}]}, "tools[0].name"),
        (
            {"messages": USER, "response_format": {"type": "json_schema"}},
            "response_format.json_schema",
        ),
        ({"prompt": "x", "image": [256]}, "image"),
        ({"messages": [{"role": "system", "content": "x"}], "image": [1]}, "image"),
    ],
)
def test_mistakes_are_told_with_their_path(body: dict[str, object], path: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_request(body, stream=False)
    assert caught.value.param == path


WORDS = st.text(min_size=1, max_size=20)
MESSAGE = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": WORDS})


@given(st.lists(MESSAGE, min_size=1, max_size=5), st.integers(1, 9000))
def test_what_is_read_is_written_again(messages: list[dict[str, str]], most: int) -> None:
    read = read_request({"messages": messages, "max_tokens": most}, stream=False)
    again = write_request(read, TARGET)
    assert again["messages"] == messages
    assert again["max_tokens"] == most
