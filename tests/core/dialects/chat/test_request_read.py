"""Requests, read into conversations."""

from typing import Any

import pytest

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Thinking,
    Tool,
    ToolChoice,
)
from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.request_read import read_request
from weftline_core.errors import CallerError

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True},
}
BARE: dict[str, Any] = {"type": "function", "function": {"name": "g"}}


def read(**more: Any) -> Conversation:
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **more}
    return read_request(body, stream=False)


def test_a_plain_request_uses_no_feature() -> None:
    found = read(
        temperature=None,
        n=1,
        stream=True,
        stream_options={"include_usage": True, "include_obfuscation": False},
        tool_choice="auto",
        parallel_tool_calls=True,
        response_format={"type": "text"},
        modalities=["text"],
        store=False,
        logprobs=False,
        service_tier="auto",
        max_tokens=5,
    )
    assert (found.paths, found.unknown) == ({}, ())
    assert (found.usage_in_stream, found.max_tokens) == (True, 5)


@pytest.mark.parametrize(
    ("field", "value", "feature", "name", "read_as"),
    [
        ("temperature", 0, Feature.TEMPERATURE, "temperature", 0.0),
        ("top_p", 0.5, Feature.TOP_P, "top_p", 0.5),
        ("top_k", 5, Feature.TOP_K, "top_k", 5),
        ("seed", 0, Feature.SEED, "seed", 0),
        ("stop", "x", Feature.STOP, "stop", ("x",)),
        ("stop", ["x", "y"], Feature.STOP, "stop", ("x", "y")),
        ("frequency_penalty", 0.1, Feature.FREQUENCY_PENALTY, "frequency_penalty", 0.1),
        ("presence_penalty", 0.1, Feature.PRESENCE_PENALTY, "presence_penalty", 0.1),
        ("logit_bias", {"5": 1}, Feature.LOGIT_BIAS, "logit_bias", {"5": 1.0}),
        ("logprobs", True, Feature.LOGPROBS, "logprobs", 0),
        ("n", 2, Feature.CHOICES, "choices", 2),
        ("verbosity", "low", Feature.VERBOSITY, "verbosity", "low"),
        ("user", "u", Feature.USER_ID, "user_id", "u"),
        ("safety_identifier", "u", Feature.USER_ID, "user_id", "u"),
        ("metadata", {"a": "b"}, Feature.METADATA, "metadata", {"a": "b"}),
        ("service_tier", "flex", Feature.SERVICE_TIER, "service_tier", "flex"),
        ("prompt_cache_key", "k", Feature.CACHE_KEY, "cache_key", "k"),
        ("store", True, Feature.STORE, "store", True),
        ("reasoning_effort", "low", Feature.REASONING_EFFORT, "thinking", Thinking(effort="low")),
        (
            "response_format",
            {"type": "json_object"},
            Feature.JSON_OBJECT,
            "format",
            AnswerFormat(),
        ),
    ],
)
def test_each_field_is_read_and_noted(
    field: str, value: object, feature: Feature, name: str, read_as: object
) -> None:
    found = read(**{field: value})
    assert getattr(found, name) == read_as
    assert found.paths == {feature: field}


@pytest.mark.parametrize(
    ("field", "value", "feature"),
    [
        ("audio", {"voice": "x"}, Feature.AUDIO_OUT),
        ("modalities", ["text", "audio"], Feature.AUDIO_OUT),
        ("modalities", ["image"], Feature.IMAGE_OUT),
        ("prediction", {"type": "content"}, Feature.PREDICTION),
        ("web_search_options", {}, Feature.HOSTED_TOOL),
        ("moderation", {"model": "x"}, Feature.SAFETY),
        ("tools", [{"type": "web_search"}], Feature.HOSTED_TOOL),
        ("thinking", {"type": "enabled"}, Feature.REASONING_EFFORT),
    ],
)
def test_what_only_this_dialect_has_is_noted(field: str, value: object, feature: Feature) -> None:
    assert read(**{field: value}).paths[feature].startswith(field)


def test_limits_logprobs_and_schemas_are_read() -> None:
    schema: dict[str, object] = {"type": "object"}
    wanted = {"name": "n", "schema": schema, "strict": True, "description": "d"}
    found = read(
        max_tokens=5,
        max_completion_tokens=7,
        logprobs=True,
        top_logprobs=3,
        response_format={"type": "json_schema", "json_schema": wanted},
        thinking={"type": "enabled", "budget_tokens": 2000},
    )
    assert (found.max_tokens, found.logprobs) == (7, 3)
    assert found.format == AnswerFormat(schema=schema, name="n", description="d", strict=True)
    assert found.thinking == Thinking(budget_tokens=2000)
    assert found.paths[Feature.REASONING_BUDGET] == "thinking.budget_tokens"
    assert read(thinking={"type": "disabled"}).thinking == Thinking(effort="none")


def test_tools_are_read() -> None:
    custom = {"type": "custom", "custom": {"name": "c", "format": {"type": "grammar"}}}
    plain = {"type": "custom", "custom": {"name": "p", "format": {"type": "text"}}}
    found = read(tools=[TOOL, BARE, custom, plain], parallel_tool_calls=False)
    assert found.tools == [
        Tool(name="f", description="d", schema={"type": "object"}, strict=True),
        Tool(name="g"),
        Tool(name="c", free_text=True),
        Tool(name="p", free_text=True),
    ]
    assert found.paths == {
        Feature.TOOLS: "tools",
        Feature.TOOL_STRICT: "tools[0].function.strict",
        Feature.TOOL_FREE_TEXT: "tools[2].custom",
        Feature.TOOL_SERIAL: "parallel_tool_calls",
        Feature.UNKNOWN: "tools[2].custom.format",
    }
    assert found.unknown == ("tools[2].custom.format",)


@pytest.mark.parametrize(
    ("choice", "read_as"),
    [
        ("none", ToolChoice(mode="none")),
        ("required", ToolChoice(mode="any")),
        ("any", ToolChoice(mode="any")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="one", names=("f",))),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [
                        {"type": "function", "function": {"name": "f"}},
                        {"type": "function", "name": "g"},
                    ],
                },
            },
            ToolChoice(mode="any", names=("f", "g")),
        ),
    ],
)
def test_tool_choices_are_read(choice: object, read_as: ToolChoice) -> None:
    found = read(tools=[TOOL, BARE], tool_choice=choice)
    assert found.tool_choice == read_as
    assert found.paths[Feature.TOOL_CHOICE] == "tool_choice"
    assert (Feature.TOOL_SUBSET in found.paths) == (len(read_as.names) > 1)


def test_strange_fields_are_all_named() -> None:
    found = read(
        prompt_cache_retention="24h",
        min_p=0.1,
        service_tier="scale",
        nothing=None,
        modalities=["x"],
    )
    assert set(found.unknown) == {"prompt_cache_retention", "min_p", "service_tier", "modalities"}
    assert found.paths[Feature.UNKNOWN] in found.unknown


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"messages": None}, "messages"),
        ({"functions": []}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice.function"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "z"}}},
            "tool_choice.function.name",
        ),
        (
            {
                "tools": [TOOL],
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]},
                },
            },
            "tool_choice.allowed_tools.tools[0]",
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "custom"}]}, "tools[0].custom"),
        (
            {
                "tools": [
                    {"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}
                ]
            },
            "tools[0].function.parameters.type",
        ),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {}}},
            "response_format.json_schema.schema",
        ),
    ],
)
def test_what_breaks_the_dialect_is_refused(more: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        read(**more)
    assert told.value.param == param


def test_a_choice_of_no_tools_is_none() -> None:
    assert read(tool_choice="none").tool_choice is None


def test_a_choice_out_of_many_tools_is_read_in_steps_that_do_not_grow() -> None:
    tools = [{"type": "function", "function": {"name": f"f{i}"}} for i in range(20_000)]
    chosen = {"mode": "auto", "tools": tools[1:]}
    found = read(tools=tools, tool_choice={"type": "allowed_tools", "allowed_tools": chosen})
    assert found.tool_choice is not None
    assert len(found.tool_choice.names) == len(tools) - 1
