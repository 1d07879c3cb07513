"""What a host is sent, feature by feature, checked by the SDK's own types."""

from typing import Any

import pytest
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import TypeAdapter

from tests.fakes.responses_wire import TARGET
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
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import RESPONSES
from weftline_core.dialects.responses.request_read import conversation_of
from weftline_core.dialects.responses.request_write import request_body

PARAMS: TypeAdapter[Any] = TypeAdapter(ResponseCreateParams)
TURNS = [Turn(role="user", parts=[Text(text="hi")])]
TOOLS = [Tool(name="f", strict=True)]


def write(target: Target = TARGET, **fields: Any) -> dict[str, Any]:
    body = request_body(Conversation(turns=TURNS, **fields), target)
    PARAMS.validate_python(body)
    return body


def test_a_plain_request_says_little_and_is_not_kept() -> None:
    assert write() == {
        "model": "gpt-host",
        "store": False,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
    }


CARRIED: list[tuple[F | None, dict[str, Any], dict[str, Any]]] = [
    (None, {"stream": True}, {"stream": True}),
    (None, {"max_tokens": 9}, {"max_output_tokens": 9}),
    (None, {"system": [Text(text="a"), Text(text="b")]}, {"instructions": "a\n\nb"}),
    (F.TEMPERATURE, {"temperature": 0.0}, {"temperature": 0.0}),
    (F.TOP_P, {"top_p": 0.5}, {"top_p": 0.5}),
    (
        F.LOGPROBS,
        {"logprobs": 2},
        {"top_logprobs": 2, "include": ["message.output_text.logprobs"]},
    ),
    (F.JSON_OBJECT, {"format": AnswerFormat()}, {"text": {"format": {"type": "json_object"}}}),
    (
        F.JSON_SCHEMA,
        {"format": AnswerFormat(schema={"type": "object"}, strict=True)},
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "answer",
                    "schema": {"type": "object"},
                    "strict": True,
                }
            }
        },
    ),
    (F.VERBOSITY, {"verbosity": "low"}, {"text": {"verbosity": "low"}}),
    (
        F.REASONING_EFFORT,
        {"thinking": Thinking(effort="low")},
        {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
    ),
    (
        F.REASONING_SHOWN,
        {"thinking": Thinking(shown=True)},
        {"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    ),
    (F.USER_ID, {"user_id": "u"}, {"safety_identifier": "u"}),
    (F.CACHE_KEY, {"cache_key": "k"}, {"prompt_cache_key": "k"}),
    (F.METADATA, {"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
    (F.SERVICE_TIER, {"service_tier": "flex"}, {"service_tier": "flex"}),
    (
        F.TOOL_CHOICE,
        {"tools": TOOLS, "tool_choice": ToolChoice(mode="any")},
        {"tool_choice": "required"},
    ),
    (F.TOOL_SERIAL, {"tools": TOOLS, "parallel_tools": False}, {"parallel_tool_calls": False}),
]


@pytest.mark.parametrize(("feature", "fields", "written"), CARRIED)
def test_what_is_carried_is_written_unless_the_model_refuses_it(
    feature: F | None, fields: dict[str, Any], written: dict[str, Any]
) -> None:
    body = write(**fields)
    assert {name: body[name] for name in written} == written
    if feature is not None:
        assert feature not in RESPONSES
        without = write(Target(model="m", refuses=frozenset((feature.value,))), **fields)
        assert not without.keys() & written.keys()


@pytest.mark.parametrize(
    "fields",
    [
        {"top_k": 3},
        {"seed": 3},
        {"stop": ("x",)},
        {"frequency_penalty": 1.0},
        {"presence_penalty": 1.0},
        {"logit_bias": {"1": 2.0}},
        {"choices": 2},
        {"thinking": Thinking(budget_tokens=1024)},
        {"store": True},
        {"thinking": Thinking()},
        {"parallel_tools": False, "tool_choice": ToolChoice(mode="none")},
    ],
)
def test_what_is_lost_is_left_out(fields: dict[str, Any]) -> None:
    assert write(**fields) == write()


def test_strictness_goes_where_it_is_refused() -> None:
    assert write(tools=TOOLS)["tools"][0]["strict"] is True
    refusing = Target(model="m", refuses=frozenset(("tool_strict",)))
    assert write(refusing, tools=TOOLS)["tools"][0]["strict"] is False


def test_a_subset_of_tools_is_named() -> None:
    choice = ToolChoice(mode="auto", names=("f",))
    assert write(tools=TOOLS, tool_choice=choice)["tool_choice"] == {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "f"}],
    }


def test_thoughts_are_asked_for_of_a_model_that_thinks_unasked() -> None:
    body = write(Target(model="m", reasoning="effort"))
    assert body["include"] == ["reasoning.encrypted_content"]
    off = write(Target(model="m", reasoning="effort"), thinking=Thinking(effort="none"))
    assert off["reasoning"] == {"effort": "none"}
    assert "include" not in off


def test_system_words_alone_are_an_input() -> None:
    body = request_body(Conversation(system=[Text(text="be short")]), TARGET)
    assert body["input"] == [{"role": "system", "content": "be short"}]
    assert "instructions" not in body


def test_what_a_client_wrote_comes_out_with_the_same_meaning() -> None:
    body: dict[str, object] = {
        "model": "m",
        "instructions": "be short",
        "input": [
            {"role": "user", "content": "add"},
            {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "gA"},
            {"role": "assistant", "content": "wait"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "4"},
            {"role": "system", "content": "now"},
        ],
        "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "reasoning": {"effort": "high", "summary": "auto"},
        "max_output_tokens": 77,
    }
    once = conversation_of(body)
    written = request_body(once, TARGET)
    PARAMS.validate_python(written)
    again = conversation_of(written)
    once.paths, again.paths = {}, {}
    assert again == once


def conversation_of_2_kb() -> dict[str, object]:
    items: list[dict[str, object]] = [{"role": "user", "content": "why? " * 60}]
    for i in range(3):
        more: list[dict[str, object]] = [
            {"type": "function_call", "call_id": f"c{i}", "name": "f", "arguments": '{"a": 1}'},
            {"type": "function_call_output", "call_id": f"c{i}", "output": "x" * 200},
        ]
        items += more
    items.append({"role": "user", "content": [{"type": "input_text", "text": "go on " * 40}]})
    tool: dict[str, object] = {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "properties": {}},
    }
    return {"model": "m", "input": items, "tools": [tool], "temperature": 0.5, "stream": True}


def test_a_usual_request_goes_through() -> None:
    found = request_body(conversation_of(conversation_of_2_kb()), TARGET)
    kinds = [turn.role for turn in conversation_of(found).turns]
    assert kinds == ["user", *["assistant", "tool"] * 3, "user"]


def test_results_without_tools_are_still_told() -> None:
    call = ToolCall(id="c", name="f", arguments="{}")
    result = ToolResult(call_id="c", name="f", parts=[Text(text="4")])
    turns = [Turn(role="assistant", parts=[call]), Turn(role="tool", parts=[result])]
    body = request_body(Conversation(turns=turns), TARGET)
    PARAMS.validate_python(body)
    assert "tools" not in body
