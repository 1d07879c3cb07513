"""What Google is asked for."""

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
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Text
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.generate.request_write import write_request
from weftline_core.dialects.losses import GENERATE

Json = dict[str, object]
HELLO = [Turn(role="user", parts=[Text(text="hi")])]
CONTENTS = [{"role": "user", "parts": [{"text": "hi"}]}]
SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}}


def written(
    refuses: frozenset[str] = frozenset(),
    reasoning: ReasoningStyle | None = "level",
    **fields: Any,
) -> Json:
    given: dict[str, Any] = {"turns": HELLO, **fields}
    asked = Conversation(**given)
    target = Target(model="m", refuses=refuses, reasoning=reasoning)
    return write_request(asked, target)


def test_a_plain_request_is_plain() -> None:
    assert written() == {"contents": CONTENTS}
    assert written(max_tokens=5, system=[Text(text="be"), Text(text="")]) == {
        "contents": CONTENTS,
        "systemInstruction": {"parts": [{"text": "be"}]},
        "generationConfig": {"maxOutputTokens": 5},
    }


def test_a_lone_system_instruction_is_asked_as_a_message() -> None:
    assert written(turns=[], system=[Text(text="be")]) == {
        "contents": [{"role": "user", "parts": [{"text": "be"}]}]
    }


IMAGE_OUT = {Feature.IMAGE_OUT: "modalities"}
DETAILED = [
    Turn(role="user", parts=[Media(kind="image", mime="image/png", data="x", detail="low")])
]

CARRIED: list[tuple[Feature, dict[str, Any], Json]] = [
    (Feature.TEMPERATURE, {"temperature": 0.5}, {"temperature": 0.5}),
    (Feature.TOP_P, {"top_p": 0.5}, {"topP": 0.5}),
    (Feature.TOP_K, {"top_k": 5}, {"topK": 5}),
    (Feature.SEED, {"seed": 2**40 + 3}, {"seed": 3}),
    (Feature.STOP, {"stop": ("a", "", "b", "c", "d", "e", "f")}, {"stopSequences": list("abcde")}),
    (Feature.FREQUENCY_PENALTY, {"frequency_penalty": 1.0}, {"frequencyPenalty": 1.0}),
    (Feature.PRESENCE_PENALTY, {"presence_penalty": 1.0}, {"presencePenalty": 1.0}),
    (Feature.CHOICES, {"choices": 2}, {"candidateCount": 2}),
    (Feature.LOGPROBS, {"logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
    (Feature.LOGPROBS, {"logprobs": 0}, {"responseLogprobs": True}),
    (
        Feature.JSON_OBJECT,
        {"format": AnswerFormat()},
        {"responseMimeType": "application/json"},
    ),
    (
        Feature.JSON_SCHEMA,
        {"format": AnswerFormat(schema=SCHEMA, name="n", strict=True)},
        {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    ),
    (Feature.IMAGE_OUT, {"paths": IMAGE_OUT}, {"responseModalities": ["TEXT", "IMAGE"]}),
    (Feature.IMAGE_DETAIL, {"turns": DETAILED}, {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
    (
        Feature.REASONING_EFFORT,
        {"thinking": Thinking(effort="high")},
        {"thinkingConfig": {"thinkingLevel": "HIGH"}},
    ),
    (
        Feature.REASONING_BUDGET,
        {"thinking": Thinking(budget_tokens=1024)},
        {"thinkingConfig": {"thinkingLevel": "LOW"}},
    ),
    (
        Feature.REASONING_SHOWN,
        {"thinking": Thinking(shown=True)},
        {"thinkingConfig": {"includeThoughts": True}},
    ),
]


@pytest.mark.parametrize(("feature", "fields", "config"), CARRIED)
def test_a_feature_is_carried_unless_the_model_refuses_it(
    feature: Feature, fields: dict[str, Any], config: Json
) -> None:
    assert feature not in GENERATE
    assert written(**fields)["generationConfig"] == config
    assert "generationConfig" not in written(frozenset((feature.value,)), **fields)


def test_what_cannot_be_carried_is_left_out() -> None:
    body = written(
        logit_bias={"1": 2.0},
        verbosity="low",
        user_id="u",
        metadata={"a": "b"},
        cache_key="k",
        store=True,
        parallel_tools=False,
        tools=[Tool(name="f", strict=True, cache="5m"), Tool(name="g", free_text=True)],
        turns=[Turn(role="user", name="Ann", parts=[Text(text="hi", cache="1h")])],
        unknown=("x",),
    )
    assert body == {"contents": CONTENTS, "tools": [{"functionDeclarations": [{"name": "f"}]}]}


def test_a_budget_for_models_that_know_budgets() -> None:
    config = written(reasoning="budget", thinking=Thinking(effort="none", shown=True))
    assert config["generationConfig"] == {
        "thinkingConfig": {"thinkingBudget": 0, "includeThoughts": True}
    }


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        (None, False),
        ({}, False),
        ({"type": "object", "properties": {}}, False),
        ({"type": "object", "properties": {}, "additionalProperties": False}, False),
        (SCHEMA, True),
        ({"$ref": "#/$defs/a", "$defs": {"a": SCHEMA}}, True),
    ],
)
def test_a_function_without_arguments_has_no_schema(schema: Json | None, kept: bool) -> None:
    body = written(tools=[Tool(name="f", schema=schema)])
    function: Json = {"name": "f"}
    if kept:
        function["parametersJsonSchema"] = schema
    assert body["tools"] == [{"functionDeclarations": [function]}]


TOOLS = [Tool(name="f"), Tool(name="g"), Tool(name="h")]


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        (ToolChoice(mode="auto"), None),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="any"), {"mode": "ANY"}),
        (
            ToolChoice(mode="one", names=("g",)),
            {"mode": "ANY", "allowedFunctionNames": ["g"]},
        ),
        (
            ToolChoice(mode="any", names=("f", "g")),
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
        ),
    ],
)
def test_tool_choice(choice: ToolChoice, calling: Json | None) -> None:
    body = written(tools=TOOLS, tool_choice=choice)
    assert body.get("toolConfig") == (calling and {"functionCallingConfig": calling})
    refused = written(frozenset(("tool_choice",)), tools=TOOLS, tool_choice=choice)
    assert "toolConfig" not in refused
    assert "tools" not in written(frozenset(("tools",)), tools=TOOLS, tool_choice=choice)


def test_tools_that_may_not_be_called_are_not_shown() -> None:
    choice = ToolChoice(mode="auto", names=("f", "h"))
    body = written(tools=TOOLS, tool_choice=choice)
    assert body["tools"] == [{"functionDeclarations": [{"name": "f"}, {"name": "h"}]}]
    whole = written(frozenset(("tool_subset",)), tools=TOOLS, tool_choice=choice)
    assert whole["tools"] == written(tools=TOOLS)["tools"]


@pytest.mark.parametrize(
    ("tier", "there"),
    [("flex", "flex"), ("priority", "priority"), ("default", "standard"), ("auto", None)],
)
def test_service_tier(tier: str, there: str | None) -> None:
    assert written(service_tier=tier).get("serviceTier") == there
    assert "serviceTier" not in written(frozenset(("service_tier",)), service_tier=tier)
