"""A conversation as the provider takes it."""

from typing import Any

import pytest

from weftline_core.chat.conversation import AnswerFormat, Conversation, Tool, ToolChoice, Turn
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Part, Text, ToolCall, ToolResult
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.messages.request_write import OUTPUT_TOKENS_DEFAULT, write_request

HI = Turn(role="user", parts=[Text(text="hi")])
TOOL = Tool(name="f", description="d", schema={"type": "object"}, strict=True)
NO_ARGUMENTS: Any = {"type": "object", "properties": {}}


def asked(turns: list[Turn] | None = None, **fields: Any) -> Conversation:
    return Conversation(turns=[HI] if turns is None else turns, **fields)


def write(*refuses: str, most: int | None = None, **fields: Any) -> dict[str, Any]:
    target = Target(model="m", refuses=frozenset(refuses), output_tokens_max=most)
    return write_request(asked(**fields), target)


def test_a_plain_request() -> None:
    assert write() == {
        "max_tokens": OUTPUT_TOKENS_DEFAULT,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }


def test_the_limit_is_the_clients_or_the_models() -> None:
    assert write(most=9)["max_tokens"] == 9
    assert write(most=9, max_tokens=5)["max_tokens"] == 5


# Every feature of one field that this dialect carries: how it is asked for, what is written.
CARRIED: dict[F, tuple[dict[str, Any], str, Any]] = {
    F.TEMPERATURE: ({"temperature": 1.7}, "temperature", 1.0),
    F.TOP_P: ({"top_p": 0.5}, "top_p", 0.5),
    F.TOP_K: ({"top_k": 5}, "top_k", 5),
    F.STOP: ({"stop": ("a", " ", "\n\n")}, "stop_sequences", ["a"]),
    F.JSON_SCHEMA: (
        {"format": AnswerFormat(schema={"type": "object"}, name="n", strict=True)},
        "output_config",
        {"format": {"type": "json_schema", "schema": {"type": "object"}}},
    ),
    F.USER_ID: ({"user_id": "u"}, "metadata", {"user_id": "u"}),
    F.SERVICE_TIER: ({"service_tier": "flex"}, "service_tier", "standard_only"),
    F.TOOLS: (
        {"tools": [TOOL]},
        "tools",
        [{"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": True}],
    ),
    F.TOOL_CHOICE: (
        {"tools": [TOOL], "tool_choice": ToolChoice(mode="any")},
        "tool_choice",
        {"type": "any"},
    ),
    F.TOOL_SERIAL: (
        {"tools": [TOOL], "parallel_tools": False},
        "tool_choice",
        {"type": "auto", "disable_parallel_tool_use": True},
    ),
}


@pytest.mark.parametrize("feature", CARRIED)
def test_a_feature_is_carried_unless_the_model_refuses_it(feature: F) -> None:
    fields, name, value = CARRIED[feature]
    assert write(**fields)[name] == value
    assert name not in write(feature, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"seed": 1},
        {"frequency_penalty": 1.0},
        {"presence_penalty": 1.0},
        {"logit_bias": {"1": 1.0}},
        {"logprobs": 3},
        {"format": AnswerFormat()},
        {"verbosity": "low"},
        {"cache_key": "k"},
        {"metadata": {"a": "b"}},
        {"store": True},
        {"turns": [Turn(role="user", parts=[Text(text="hi")], name="Bob")]},
        {"tools": [Tool(name="f", free_text=True)]},
        {"stop": (" ",)},
        {"parallel_tools": False},
        {"tool_choice": ToolChoice(mode="any")},
        {"usage_in_stream": True},
    ],
)
def test_what_the_dialect_cannot_carry_is_left_out(fields: dict[str, Any]) -> None:
    assert write(**fields) == write()


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        (ToolChoice(mode="auto"), None),
        (ToolChoice(mode="none"), {"type": "none"}),
        (ToolChoice(mode="one", names=("f",)), {"type": "tool", "name": "f"}),
    ],
)
def test_each_choice_has_its_words(choice: ToolChoice, written: object) -> None:
    assert write(tools=[TOOL], tool_choice=choice).get("tool_choice") == written


def test_nobody_calls_one_by_one_what_may_not_be_called() -> None:
    body = write(tools=[TOOL], tool_choice=ToolChoice(mode="none"), parallel_tools=False)
    assert body["tool_choice"] == {"type": "none"}


def test_only_the_allowed_tools_are_offered() -> None:
    tools, choice = [TOOL, Tool(name="g")], ToolChoice(mode="any", names=("g",))
    body = write(tools=tools, tool_choice=choice)
    assert body["tools"] == [{"name": "g", "input_schema": NO_ARGUMENTS}]
    assert len(write(F.TOOL_SUBSET, tools=tools, tool_choice=choice)["tools"]) == 2


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        (None, NO_ARGUMENTS),
        ({}, NO_ARGUMENTS),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
    ],
)
def test_a_tool_always_has_a_schema_of_an_object(schema: Any, written: object) -> None:
    assert write(tools=[Tool(name="f", schema=schema)])["tools"][0]["input_schema"] == written


def test_strictness_may_be_refused_alone() -> None:
    assert "strict" not in write(F.TOOL_STRICT, tools=[TOOL])["tools"][0]


def test_a_history_with_calls_comes_with_tools_that_nobody_may_call() -> None:
    calls: list[Part] = [ToolCall(id=i, name=i, arguments="{}") for i in "aab"]
    results: list[Part] = [ToolResult(call_id=i, name=i, parts=[]) for i in "ab"]
    turns = [HI, Turn(role="assistant", parts=calls), Turn(role="tool", parts=results)]
    body = write(turns=turns)
    assert body["tools"] == [{"name": n, "input_schema": NO_ARGUMENTS} for n in "ab"]
    assert body["tool_choice"] == {"type": "none"}


def test_the_systems_words_are_one_text_or_blocks() -> None:
    assert write(system=[Text(text="be"), Text(text="")])["system"] == "be"
    both = write(system=[Text(text="be"), Text(text="brief", cache="5m")])["system"]
    assert [block["text"] for block in both] == ["be", "brief"]
    assert both[1]["cache_control"] == {"type": "ephemeral"}


def test_a_system_turn_is_the_systems_only_at_the_beginning() -> None:
    system = Turn(role="system", parts=[Text(text="now")])
    first = write(turns=[system, HI])
    assert first["system"] == "now"
    assert len(first["messages"]) == 1
    later = write(turns=[HI, system])
    assert "system" not in later
    assert [b["text"] for b in later["messages"][0]["content"]] == ["hi", "now"]


def test_a_given_beginning_has_no_space_at_its_end() -> None:
    prefill = Turn(role="assistant", parts=[Text(text="So: ")])
    assert write(turns=[HI, prefill])["messages"][1]["content"][0]["text"] == "So:"
    assert len(write(F.PREFILL, turns=[HI, prefill])["messages"]) == 1
    history = asked([HI, prefill])
    write_request(history, Target(model="m", refuses=frozenset({F.PREFILL})))
    assert len(history.turns) == 2


def test_the_earliest_hints_of_all_give_way() -> None:
    tools = [Tool(name=n, cache="5m") for n in "abc"]
    turns = [Turn(role="user", parts=[Text(text="x", cache="5m")])]
    body = write(tools=tools, system=[Text(text="s", cache="5m")], turns=turns)
    assert ["cache_control" in tool for tool in body["tools"]] == [False, True, True]
    assert "cache_control" in body["system"][0]
