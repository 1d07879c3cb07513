"""What a conversation says stands in Workers AI's request."""

import msgspec
import pytest

from tests.fakes.every_feature import NEVER_LEFT_OUT, TOOL, cases, chat, shows, user
from weftline_core.chat.conversation import AnswerFormat, Tool, ToolChoice
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import WORKERS_AI
from weftline_core.dialects.workers_ai.request_write import write_request

CASES = cases("workers_ai")
TARGET = Target(model="@cf/meta/llama-3")
NEEDLES = {Feature.TOOL_CHOICE: "required"}


@pytest.mark.parametrize("feature", CASES)
def test_what_is_not_lost_is_in_the_body(feature: Feature) -> None:
    case = CASES[feature]
    needle = NEEDLES.get(feature, case.needle)
    assert shows(write_request(case.conversation, TARGET), needle) == (feature not in WORKERS_AI)


@pytest.mark.parametrize("feature", sorted(CASES.keys() - NEVER_LEFT_OUT))
def test_what_the_model_refuses_is_left_out(feature: Feature) -> None:
    case = CASES[feature]
    target = Target(model="m", refuses=frozenset({feature}))
    assert not shows(write_request(case.conversation, target), NEEDLES.get(feature, case.needle))


def test_a_whole_request() -> None:
    conversation = chat(user(Text(text="hi")))
    conversation.stream = True
    conversation.max_tokens = 9
    conversation.temperature = 0.5
    conversation.tools = [Tool(name="now")]
    empty: dict[str, object] = {"type": "object", "properties": {}}
    assert write_request(conversation, TARGET) == {
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "max_tokens": 9,
        "temperature": 0.5,
        "tools": [
            {
                "type": "function",
                "function": {"name": "now", "description": "", "parameters": empty},
            }
        ],
    }


@pytest.mark.parametrize(("most", "wanted"), [(None, 4096), (1000, 1000), (100_000, 4096)])
def test_answers_are_not_cut_at_cloudflares_default(most: int | None, wanted: int) -> None:
    target = Target(model="m", output_tokens_max=most)
    assert write_request(chat(user()), target)["max_tokens"] == wanted


@pytest.mark.parametrize(
    ("choice", "names", "wanted"),
    [
        (None, ["find", "other"], None),
        (ToolChoice(mode="auto"), ["find", "other"], "auto"),
        (ToolChoice(mode="any", names=("other",)), ["other"], "required"),
        (ToolChoice(mode="one", names=("find",)), ["find"], "required"),
        (ToolChoice(mode="none"), ["find", "other"], "none"),
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


def test_a_schema_stands_bare() -> None:
    conversation = chat(user())
    conversation.format = AnswerFormat(schema={"type": "object"}, name="x", strict=True)
    assert write_request(conversation, TARGET)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"type": "object"},
    }
