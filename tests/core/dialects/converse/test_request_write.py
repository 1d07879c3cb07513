"""What a conversation says stands in Converse's request, in a form that Amazon's model accepts."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from tests.fakes.botocore_oracle import problems
from tests.fakes.every_feature import NEVER_LEFT_OUT, TOOL, assistant, cases, chat, shows, user
from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Effort,
    Thinking,
    Tool,
    ToolChoice,
)
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text, ToolCall
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.converse.request_write import write_request
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import CONVERSE

CASES = cases("converse")
TARGET = Target(model="m", reasoning="effort")
# Where Converse says it in words of its own, or only with a model that counts its thoughts.
NEEDLES = {Feature.TOOL_CHOICE: '"any"', Feature.TOOL_RESULT_ERROR: '"status":"error"'}


def target_for(feature: Feature) -> Target:
    if feature is Feature.REASONING_BUDGET:
        return Target(model="m", reasoning="budget")
    return TARGET


def body_of(conversation: Conversation, target: Target = TARGET) -> Mapping[str, Any]:
    body = write_request(conversation, target)
    assert problems("Converse", body) == ""
    return body


@pytest.mark.parametrize("feature", CASES)
def test_what_is_not_lost_is_in_the_body(feature: Feature) -> None:
    case, target = CASES[feature], target_for(feature)
    needle = NEEDLES.get(feature, case.needle)
    assert shows(body_of(case.conversation, target), needle) == (feature not in CONVERSE)


@pytest.mark.parametrize("feature", sorted(CASES.keys() - NEVER_LEFT_OUT))
def test_what_the_model_refuses_is_left_out(feature: Feature) -> None:
    case = CASES[feature]
    target = msgspec.structs.replace(target_for(feature), refuses=frozenset({feature}))
    assert not shows(write_request(case.conversation, target), NEEDLES.get(feature, case.needle))


def test_a_whole_request() -> None:
    conversation = chat(user(Text(text="hi")))
    conversation.system = [Text(text="be brief", cache="5m"), Text(text="")]
    conversation.max_tokens = 9
    conversation.temperature = 1.7
    conversation.top_p = 0.5
    conversation.stop = ("END", " \n")
    assert body_of(conversation) == {
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "system": [{"text": "be brief"}, {"cachePoint": {"type": "default"}}],
        "inferenceConfig": {
            "maxTokens": 9,
            "temperature": 1.0,
            "topP": 0.5,
            "stopSequences": ["END"],
        },
    }


def test_a_tool_without_arguments_gets_an_empty_schema() -> None:
    conversation = chat(user())
    conversation.tools = [
        Tool(name="now", cache="1h"),
        Tool(name="any", schema={"properties": {}}, strict=False),
    ]
    empty: dict[str, object] = {"type": "object", "properties": {}}
    assert body_of(conversation)["toolConfig"] == {
        "tools": [
            {"toolSpec": {"name": "now", "inputSchema": {"json": empty}}},
            {"cachePoint": {"type": "default", "ttl": "1h"}},
            {"toolSpec": {"name": "any", "inputSchema": {"json": empty}, "strict": False}},
        ]
    }


@pytest.mark.parametrize(
    ("choice", "names", "wanted"),
    [
        (None, ["find", "other"], None),
        (ToolChoice(mode="auto"), ["find", "other"], None),
        (ToolChoice(mode="auto", names=("other",)), ["other"], None),
        (ToolChoice(mode="any"), ["find", "other"], {"any": {}}),
        (ToolChoice(mode="any", names=("find",)), ["find"], {"any": {}}),
        (ToolChoice(mode="one", names=("find",)), ["find", "other"], {"tool": {"name": "find"}}),
    ],
)
def test_choices_among_tools(choice: ToolChoice | None, names: list[str], wanted: object) -> None:
    conversation = chat(user())
    conversation.tools = [TOOL, Tool(name="other")]
    conversation.tool_choice = choice
    config = body_of(conversation)["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == names
    assert config.get("toolChoice") == wanted


def test_no_tools_are_offered_when_none_may_be_called() -> None:
    conversation = chat(user())
    conversation.tools = [TOOL]
    conversation.tool_choice = ToolChoice(mode="none")
    assert "toolConfig" not in body_of(conversation)


def test_tools_of_the_history_are_declared() -> None:
    call = ToolCall(id="a", name="gone", arguments="{}")
    conversation = chat(user(), assistant(call), user())
    stub: dict[str, object] = {
        "toolSpec": {
            "name": "gone",
            "inputSchema": {"json": {"type": "object", "properties": {}}},
        }
    }
    assert body_of(conversation)["toolConfig"] == {"tools": [stub]}
    conversation.tools = [TOOL]
    conversation.tool_choice = ToolChoice(mode="none")
    assert body_of(conversation)["toolConfig"] == {"tools": [stub]}


@pytest.mark.parametrize(
    ("thinking", "style", "fields", "effort"),
    [
        (Thinking(effort="low"), "effort", None, "low"),
        (Thinking(effort="minimal"), "effort", None, "low"),
        (Thinking(effort="low"), None, None, "low"),
        (Thinking(effort="none"), "effort", None, None),
        (Thinking(budget_tokens=5000), "effort", None, "high"),
        (Thinking(effort="max"), "adaptive", {"type": "adaptive"}, "max"),
        (Thinking(), "adaptive", {"type": "adaptive"}, None),
        (Thinking(effort="none"), "adaptive", {"type": "disabled"}, None),
        (
            Thinking(effort="low", shown=False),
            "adaptive",
            {"type": "adaptive", "display": "omitted"},
            "low",
        ),
        (Thinking(effort="high"), "budget", {"type": "enabled", "budget_tokens": 4096}, None),
        (Thinking(effort="minimal"), "budget", {"type": "enabled", "budget_tokens": 1024}, None),
        (Thinking(), "budget", {"type": "enabled", "budget_tokens": 1024}, None),
        (Thinking(budget_tokens=0), "budget", {"type": "disabled"}, None),
    ],
)
def test_reasoning_is_told_in_the_models_way(
    thinking: Thinking, style: ReasoningStyle | None, fields: object, effort: Effort | None
) -> None:
    conversation = chat(user())
    conversation.thinking = thinking
    body = body_of(conversation, Target(model="m", reasoning=style))
    assert body.get("additionalModelRequestFields", {}).get("thinking") == fields
    assert body.get("outputConfig", {}).get("effort") == effort


@pytest.mark.parametrize(
    ("asked", "most", "limit", "budget"),
    [(100, None, 2148, 2048), (None, None, 6144, 2048), (100, 2000, 2000, 1999)],
)
def test_thoughts_get_room_of_their_own(
    asked: int | None, most: int | None, limit: int, budget: int
) -> None:
    conversation = chat(user())
    conversation.thinking = Thinking(effort="medium")
    conversation.max_tokens = asked
    body = body_of(conversation, Target(model="m", reasoning="budget", output_tokens_max=most))
    assert body["inferenceConfig"] == {"maxTokens": limit}
    assert body["additionalModelRequestFields"]["thinking"]["budget_tokens"] == budget


def test_a_schema_is_json_text_with_its_name() -> None:
    conversation = chat(user())
    conversation.format = AnswerFormat(schema={"type": "object"}, name="x", description="y")
    assert body_of(conversation)["outputConfig"] == {
        "textFormat": {
            "type": "json_schema",
            "structure": {
                "jsonSchema": {"schema": '{"type":"object"}', "name": "x", "description": "y"}
            },
        }
    }


def test_metadata_is_cut_to_what_amazon_takes() -> None:
    conversation = chat(user())
    conversation.metadata = {f"k{i}": "é" * 300 for i in range(20)} | {"": "x"}
    metadata = body_of(conversation)["requestMetadata"]
    assert len(metadata) == 16
    assert metadata["k0"] == "_" * 256


def test_the_usual_tier_is_not_named() -> None:
    conversation = chat(user())
    conversation.service_tier = "auto"
    assert "serviceTier" not in body_of(conversation)
    conversation.service_tier = "flex"
    assert body_of(conversation)["serviceTier"] == {"type": "flex"}
