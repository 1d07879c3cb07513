"""A whole request, field by field."""

from typing import Any

import pytest

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Text, ToolCall, ToolResult
from weftline_core.dialects.messages.request_read import read_request
from weftline_core.errors import CallerError

HI = {"role": "user", "content": "hi"}
TOOL = {"name": "f", "input_schema": {"type": "object"}}


def read(**fields: Any) -> Conversation:
    return read_request({"model": "m", "max_tokens": 9, "messages": [HI], **fields})


def test_a_plain_request_uses_nothing() -> None:
    conversation = read(tool_choice={"type": "auto"}, service_tier="auto", stream=True)
    assert conversation.turns == [Turn(role="user", parts=[Text(text="hi")])]
    assert (conversation.max_tokens, conversation.stream) == (9, True)
    assert conversation.usage_in_stream
    assert conversation.paths == {}
    assert conversation.unknown == ()


FIELDS: list[Any] = [
    ({"system": "be"}, {"system": [Text(text="be")]}, {}),
    (
        {"system": [{"type": "text", "text": "be", "cache_control": {"type": "ephemeral"}}]},
        {"system": [Text(text="be", cache="5m")]},
        {F.CACHE_HINT: "system[0].cache_control"},
    ),
    ({"temperature": 0.5}, {"temperature": 0.5}, {F.TEMPERATURE: "temperature"}),
    ({"temperature": 1}, {"temperature": 1.0}, {F.TEMPERATURE: "temperature"}),
    ({"top_p": 0.5}, {"top_p": 0.5}, {F.TOP_P: "top_p"}),
    ({"top_k": 5}, {"top_k": 5}, {F.TOP_K: "top_k"}),
    ({"stop_sequences": ["a", " "]}, {"stop": ("a", " ")}, {F.STOP: "stop_sequences"}),
    ({"stop_sequences": []}, {"stop": ()}, {}),
    ({"metadata": {"user_id": "u"}}, {"user_id": "u"}, {F.USER_ID: "metadata.user_id"}),
    (
        {"service_tier": "standard_only"},
        {"service_tier": "default"},
        {F.SERVICE_TIER: "service_tier"},
    ),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}},
        {"thinking": Thinking(budget_tokens=2000, shown=False)},
        {
            F.REASONING_EFFORT: "thinking",
            F.REASONING_BUDGET: "thinking.budget_tokens",
            F.REASONING_SHOWN: "thinking.display",
        },
    ),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        {"thinking": Thinking(budget_tokens=2000, shown=True)},
        {F.REASONING_EFFORT: "thinking", F.REASONING_BUDGET: "thinking.budget_tokens"},
    ),
    (
        {
            "thinking": {"type": "adaptive", "display": "summarized"},
            "output_config": {"effort": "high"},
        },
        {"thinking": Thinking(effort="high", shown=True)},
        {F.REASONING_EFFORT: "output_config.effort", F.REASONING_SHOWN: "thinking.display"},
    ),
    (
        {"thinking": {"type": "adaptive"}},
        {"thinking": Thinking(shown=True)},
        {F.REASONING_EFFORT: "thinking"},
    ),
    (
        {"thinking": {"type": "adaptive", "display": "omitted"}},
        {"thinking": Thinking(shown=False)},
        {F.REASONING_EFFORT: "thinking", F.REASONING_SHOWN: "thinking.display"},
    ),
    (
        {"thinking": {"type": "disabled"}},
        {"thinking": Thinking(effort="none")},
        {F.REASONING_EFFORT: "thinking"},
    ),
    (
        {"output_config": {"effort": "low"}},
        {"thinking": Thinking(effort="low")},
        {F.REASONING_EFFORT: "output_config.effort"},
    ),
    (
        {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}}}},
        {"format": AnswerFormat(schema={"a": 1})},
        {F.JSON_SCHEMA: "output_config.format"},
    ),
    (
        {"tools": [{**TOOL, "type": "custom", "description": "d", "strict": True}]},
        {"tools": [Tool(name="f", description="d", schema={"type": "object"}, strict=True)]},
        {F.TOOL_STRICT: "tools[0].strict", F.TOOLS: "tools"},
    ),
    (
        {"tools": [{**TOOL, "cache_control": {"ttl": "1h"}}]},
        {"tools": [Tool(name="f", schema={"type": "object"}, cache="1h")]},
        {F.CACHE_HINT: "tools[0].cache_control", F.TOOLS: "tools"},
    ),
    (
        {"tools": [{"type": "web_search_20260318", "name": "web_search"}]},
        {"tools": []},
        {F.HOSTED_TOOL: "tools[0]"},
    ),
    (
        {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"tool_choice": ToolChoice(mode="any"), "parallel_tools": False},
        {
            F.TOOL_SERIAL: "tool_choice.disable_parallel_tool_use",
            F.TOOL_CHOICE: "tool_choice",
        },
    ),
    (
        {"tool_choice": {"type": "tool", "name": "f"}},
        {"tool_choice": ToolChoice(mode="one", names=("f",))},
        {F.TOOL_CHOICE: "tool_choice"},
    ),
    (
        {"tool_choice": {"type": "none"}},
        {"tool_choice": ToolChoice(mode="none")},
        {F.TOOL_CHOICE: "tool_choice"},
    ),
    ({"mcp_servers": [{}]}, {}, {F.HOSTED_TOOL: "mcp_servers"}),
    ({"thread": {"type": "continue"}}, {}, {F.FOREIGN_PART: "thread"}),
]


@pytest.mark.parametrize(("fields", "read_as", "paths"), FIELDS)
def test_a_field_is_read_and_noted(
    fields: dict[str, Any], read_as: dict[str, Any], paths: dict[F, str]
) -> None:
    conversation = read(**fields)
    for name, value in read_as.items():
        assert getattr(conversation, name) == value
    assert conversation.paths == paths
    assert conversation.unknown == ()


@pytest.mark.parametrize(
    ("fields", "unknown"),
    [
        ({"speed": "fast", "container": None}, ("speed",)),
        ({"metadata": {"user_id": None, "team": "x"}}, ("metadata.team",)),
        ({"output_config": {"x": 1}}, ("output_config.x",)),
        ({"tools": [{**TOOL, "defer_loading": True}]}, ("tools[0].defer_loading",)),
        ({"messages": [{**HI, "name": "Bob"}]}, ("messages[0].name",)),
        (
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}},
            ("output_config.effort",),
        ),
        ({"thinking": {"type": "between_tools"}}, ("thinking.type",)),
        ({"anthropic_version": "bedrock-2023-05-31"}, ()),
    ],
)
def test_what_has_no_meaning_abroad_is_noted(
    fields: dict[str, Any], unknown: tuple[str, ...]
) -> None:
    conversation = read(**fields)
    assert conversation.unknown == unknown
    assert conversation.paths.get(F.UNKNOWN) == (unknown[0] if unknown else None)


def test_results_stand_before_what_the_user_says_with_them() -> None:
    call: Any = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": "ok"}
    words = {"type": "text", "text": "go on"}
    turns = read(
        messages=[
            HI,
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [words, result]},
        ]
    ).turns
    assert turns[1:] == [
        Turn(role="assistant", parts=[ToolCall(id="a", name="f", arguments="{}")]),
        Turn(role="tool", parts=[ToolResult(call_id="a", name="f", parts=[Text(text="ok")])]),
        Turn(role="user", parts=[Text(text="go on")]),
    ]


def test_a_system_message_is_late_only_after_the_first_turn() -> None:
    late = {"role": "system", "content": "now"}
    first = read(messages=[late, HI])
    assert first.system == [Text(text="now")]
    assert first.paths == {}
    later = read(messages=[HI, late])
    assert later.turns[1] == Turn(role="system", parts=[Text(text="now")])
    assert later.paths == {F.LATE_SYSTEM: "messages[1]"}


def test_a_beginning_of_the_answer_is_noted() -> None:
    conversation = read(messages=[HI, {"role": "assistant", "content": "{"}])
    assert conversation.paths == {F.PREFILL: "messages[1]"}


def test_a_hint_of_the_whole_request_stands_on_its_last_block() -> None:
    conversation = read(messages=[HI, HI], cache_control={"type": "ephemeral", "ttl": "1h"})
    assert conversation.turns[1].parts == [Text(text="hi", cache="1h")]
    assert conversation.turns[0].parts == [Text(text="hi")]
    assert conversation.paths == {F.CACHE_HINT: "cache_control"}


def test_a_count_has_no_limit() -> None:
    assert read_request({"model": "m", "messages": [HI]}).max_tokens is None


MISTAKES: list[Any] = [
    ({"messages": []}, "messages"),
    ({"messages": None}, "messages"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    (
        {"tools": [{"name": "f", "input_schema": {"type": "array"}}]},
        "tools[0].input_schema.type",
    ),
    ({"tools": [{"input_schema": {}}]}, "tools[0]"),
    ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
    ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format"),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0]"),
]


@pytest.mark.parametrize(("fields", "param"), MISTAKES)
def test_a_mistake_is_told_with_its_path(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        read(**fields)
    assert told.value.param == param
