"""Anthropic's SDK, unmodified, asks models of every dialect to think."""

from collections.abc import Generator

import anthropic
import pytest
from anthropic.types import (
    Message,
    MessageParam,
    OutputConfigParam,
    TextBlock,
    ThinkingBlock,
    ThinkingConfigParam,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlock,
)

from tests.e2e.sdk_mesh import anthropic_client, mesh_in_thread

pytestmark = pytest.mark.e2e

LIMIT = 4096
SCHEMA: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS: list[ToolParam] = [
    {"name": name, "description": "Tells.", "input_schema": SCHEMA}
    for name in ("call_weather", "call_clock")
]


@pytest.fixture(scope="module")
def client() -> Generator[anthropic.Anthropic]:
    names = ("anthropic", "gemini", "responses", "vllm")
    with mesh_in_thread(names) as mesh, anthropic_client(mesh) as made:
        yield made


def said(text: str) -> list[MessageParam]:
    return [{"role": "user", "content": text}]


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if isinstance(block, TextBlock))


AT_MOST: ThinkingConfigParam = {"type": "enabled", "budget_tokens": 2048}
AS_IT_LIKES: ThinkingConfigParam = {"type": "adaptive"}
# The older of Anthropic's models know budgets alone, and Responses know none.
THINKS: list[tuple[str, ThinkingConfigParam]] = [
    ("anthropic", AT_MOST),
    ("gemini", AT_MOST),
    ("vllm", AT_MOST),
    ("gemini", AS_IT_LIKES),
    ("responses", AS_IT_LIKES),
    ("vllm", AS_IT_LIKES),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("name", "thinking"), THINKS)
def test_thinking(
    client: anthropic.Anthropic, name: str, thinking: ThinkingConfigParam, *, stream: bool
) -> None:
    answer = thought(client, name, thinking, stream=stream)
    thoughts = [block for block in answer.content if isinstance(block, ThinkingBlock)]
    assert [block.thinking for block in thoughts] == ["Thinking about: why?"]
    assert text_of(answer) == "You said: why?"
    assert isinstance(answer.content[0], ThinkingBlock), "thoughts come first"


def thought(
    client: anthropic.Anthropic, name: str, thinking: ThinkingConfigParam, *, stream: bool
) -> Message:
    """Return an answer of a model that thinks first."""
    model, messages = f"thinks/{name}", said("why?")
    effort: OutputConfigParam = {"effort": "high"} if thinking == AS_IT_LIKES else {}
    if not stream:
        return client.messages.create(
            model=model,
            max_tokens=LIMIT,
            messages=messages,
            thinking=thinking,
            output_config=effort,
        )
    with client.messages.stream(
        model=model,
        max_tokens=LIMIT,
        messages=messages,
        thinking=thinking,
        output_config=effort,
    ) as told:
        return told.get_final_message()


@pytest.mark.parametrize("name", ["anthropic", "gemini", "responses", "vllm"])
def test_thoughts_go_back_with_the_tools_they_led_to(
    client: anthropic.Anthropic, name: str
) -> None:
    messages = said("what is it like in Paris?")
    first = client.messages.create(
        model=f"thinks/{name}",
        max_tokens=LIMIT,
        messages=messages,
        tools=TOOLS,
        thinking={"type": "enabled", "budget_tokens": 2048},
    )
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": block.id, "content": block.name}
        for block in first.content
        if isinstance(block, ToolUseBlock)
    ]
    messages.append({"role": "assistant", "content": first.content})
    messages.append({"role": "user", "content": results})
    after = client.messages.create(
        model=f"thinks/{name}",
        max_tokens=LIMIT,
        messages=messages,
        tools=TOOLS,
        thinking={"type": "enabled", "budget_tokens": 2048},
    )
    assert text_of(after) == "result: call_weather, call_clock"
