"""What a conversation says stands in Cohere's request."""

import msgspec
import pytest

from tests.fakes.every_feature import NEVER_LEFT_OUT, TOOL, cases, chat, shows, user
from weftline_core.chat.conversation import AnswerFormat, Thinking, Tool, ToolChoice
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.cohere_chat.request_write import write_request
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import COHERE

CASES = cases("cohere_chat")
TARGET = Target(model="command-a")
NEEDLES = {Feature.TOOL_CHOICE: "REQUIRED", Feature.REASONING_EFFORT: "4096"}


@pytest.mark.parametrize("feature", CASES)
def test_what_is_not_lost_is_in_the_body(feature: Feature) -> None:
    case = CASES[feature]
    needle = NEEDLES.get(feature, case.needle)
    assert shows(write_request(case.conversation, TARGET), needle) == (feature not in COHERE)


@pytest.mark.parametrize("feature", sorted(CASES.keys() - NEVER_LEFT_OUT))
def test_what_the_model_refuses_is_left_out(feature: Feature) -> None:
    case = CASES[feature]
    target = Target(model="m", refuses=frozenset({feature}))
    assert not shows(write_request(case.conversation, target), NEEDLES.get(feature, case.needle))


def test_a_whole_request() -> None:
    conversation = chat(user(Text(text="hi")))
    conversation.stream = True
    conversation.max_tokens = 9
    conversation.temperature = 0.7
    conversation.top_p = 0.5
    conversation.top_k = 40
    conversation.stop = ("a", "b", "c", "d", "e", "f")
    conversation.frequency_penalty = -1.5
    conversation.presence_penalty = 1.5
    assert write_request(conversation, TARGET) == {
        "model": "command-a",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "max_tokens": 9,
        "temperature": 0.7,
        "p": 0.5,
        "k": 40,
        "stop_sequences": ["a", "b", "c", "d", "e"],
        "frequency_penalty": 0.0,
        "presence_penalty": 1.0,
    }


@pytest.mark.parametrize(
    ("choice", "names", "wanted"),
    [
        (None, ["find", "other"], None),
        (ToolChoice(mode="auto"), ["find", "other"], None),
        (ToolChoice(mode="auto", names=("other",)), ["other"], None),
        (ToolChoice(mode="any"), ["find", "other"], "REQUIRED"),
        (ToolChoice(mode="one", names=("find",)), ["find"], "REQUIRED"),
        (ToolChoice(mode="none"), ["find", "other"], "NONE"),
    ],
)
def test_choices_among_tools(choice: ToolChoice | None, names: list[str], wanted: object) -> None:
    conversation = chat(user())
    conversation.tools = [TOOL, Tool(name="other")]
    conversation.tool_choice = choice
    body = write_request(conversation, TARGET)
    tools = msgspec.convert(body["tools"], list[dict[str, dict[str, object] | str]])
    assert [msgspec.convert(tool["function"], Tool).name for tool in tools] == names
    assert body.get("tool_choice") == wanted


def test_a_tool_without_arguments_gets_an_empty_schema() -> None:
    conversation = chat(user())
    conversation.tools = [Tool(name="now")]
    empty: dict[str, object] = {"type": "object", "properties": {}}
    assert write_request(conversation, TARGET)["tools"] == [
        {"type": "function", "function": {"name": "now", "parameters": empty}}
    ]


@pytest.mark.parametrize(
    ("thinking", "wanted"),
    [
        (Thinking(), {"type": "enabled"}),
        (Thinking(effort="none"), {"type": "disabled"}),
        (Thinking(budget_tokens=0), {"type": "disabled"}),
        (Thinking(effort="low"), {"type": "enabled", "token_budget": 1024}),
        (Thinking(budget_tokens=77), {"type": "enabled", "token_budget": 77}),
    ],
)
def test_thoughts_are_counted_in_tokens(thinking: Thinking, wanted: object) -> None:
    conversation = chat(user())
    conversation.thinking = thinking
    assert write_request(conversation, TARGET)["thinking"] == wanted


def test_forms_of_the_answer() -> None:
    conversation = chat(user())
    conversation.format = AnswerFormat()
    assert write_request(conversation, TARGET)["response_format"] == {"type": "json_object"}
    conversation.format = AnswerFormat(schema={"type": "object"}, name="x")
    assert write_request(conversation, TARGET)["response_format"] == {
        "type": "json_object",
        "json_schema": {"type": "object"},
    }
