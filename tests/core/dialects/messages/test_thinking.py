"""How thought is asked for in each style, and what goes with it."""

from typing import Any

import pytest

from weftline_core.chat.conversation import Conversation, Thinking, ToolChoice, Turn
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Part, Reasoning, Text, ToolCall, ToolResult
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.messages.thinking import is_replayable, write_thinking

CALL = ToolCall(id="a", name="f", arguments="{}")
RESULT = ToolResult(call_id="a", name="f", parts=[])
PROVEN = Reasoning(text="hm", signature="s", origin="messages")


def asked(
    thinking: Thinking | None,
    style: ReasoningStyle | None,
    max_tokens: int = 5000,
    *,
    most: int | None = None,
    refuses: frozenset[str] = frozenset(),
    **more: Any,
) -> dict[str, object]:
    body: dict[str, object] = {"max_tokens": max_tokens, "temperature": 0.5, "top_p": 1, "top_k": 2}
    target = Target(model="m", reasoning=style, output_tokens_max=most, refuses=refuses)
    if "tool_choice" in more:
        body["tools"] = []
    write_thinking(body, Conversation(thinking=thinking, **more), target)
    return body


def enabled(budget: int) -> dict[str, object]:
    return {"type": "enabled", "budget_tokens": budget}


@pytest.mark.parametrize(
    ("thinking", "style", "written"),
    [
        (None, "adaptive", {}),
        (Thinking(effort="high"), None, {}),
        (Thinking(effort="high"), "effort", {"output_config": {"effort": "high"}}),
        (Thinking(effort="none"), "effort", {}),
        (Thinking(effort="none"), "adaptive", {"thinking": {"type": "disabled"}}),
        (Thinking(effort="none"), "budget", {"thinking": {"type": "disabled"}}),
        (
            Thinking(effort="minimal"),
            "adaptive",
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ),
        (
            Thinking(budget_tokens=5000, shown=True),
            "adaptive",
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "high"},
            },
        ),
        (Thinking(), "adaptive", {"thinking": {"type": "adaptive"}}),
        # A Gemini client that says no more than that it wants to see thoughts.
        (
            Thinking(shown=True),
            "adaptive",
            {"thinking": {"type": "adaptive", "display": "summarized"}},
        ),
        (
            Thinking(shown=True),
            "budget",
            {"thinking": {**enabled(2048), "display": "summarized"}},
        ),
        (Thinking(shown=True), None, {}),
        (Thinking(effort="medium"), "budget", {"thinking": enabled(2048)}),
        (Thinking(effort="minimal"), "budget", {"thinking": enabled(1024)}),
        (
            Thinking(budget_tokens=3000, shown=False),
            "budget",
            {"thinking": {**enabled(3000), "display": "omitted"}},
        ),
        (Thinking(budget_tokens=0), "budget", {}),
    ],
)
def test_each_style_has_its_words(
    thinking: Thinking | None, style: ReasoningStyle | None, written: dict[str, object]
) -> None:
    body = asked(thinking, style)
    assert {k: body[k] for k in ("thinking", "output_config") if k in body} == written
    config = written.get("thinking")
    on = config is not None and config != {"type": "disabled"}
    assert all((name in body) is not on for name in ("temperature", "top_p", "top_k"))


@pytest.mark.parametrize(
    ("max_tokens", "most", "budget", "limit", "thought"),
    [
        (5000, None, 4096, 5000, 4096),
        (1000, None, 4096, 5096, 4096),
        (4096, None, 4096, 8192, 4096),
        (1000, 4000, 4096, 4000, 3000),
        (4000, 4000, 9999, 4000, 2000),
        (0, None, 1024, 1025, 1024),
        (9000, 8000, 9999, 9000, 4500),
    ],
)
def test_the_budget_fits_in_the_limit(
    max_tokens: int, most: int | None, budget: int, limit: int, thought: int
) -> None:
    body = asked(Thinking(budget_tokens=budget), "budget", max_tokens, most=most)
    assert (body["max_tokens"], body["thinking"]) == (limit, enabled(thought))


def test_no_thinking_where_there_is_no_room() -> None:
    body = asked(Thinking(effort="max"), "budget", 1500, most=1500)
    assert "thinking" not in body
    assert (body["max_tokens"], body["temperature"]) == (1500, 0.5)


def test_the_older_models_are_never_forced_to_call_while_thinking() -> None:
    for choice in (ToolChoice(mode="any"), ToolChoice(mode="one", names=("f",))):
        assert "thinking" not in asked(Thinking(effort="high"), "budget", tool_choice=choice)
    body = asked(Thinking(effort="high"), "adaptive", tool_choice=ToolChoice(mode="any"))
    assert body["thinking"] == {"type": "adaptive"}


@pytest.mark.parametrize(
    ("parts", "on"),
    [
        ([CALL], False),
        ([PROVEN, CALL], True),
        ([Reasoning(text="hm"), CALL], False),
        ([Reasoning(text="hm", signature="s", origin="generate"), CALL], False),
        ([Text(text="x")], True),
    ],
)
def test_calls_made_without_thoughts_are_continued_without(parts: list[Part], *, on: bool) -> None:
    turns = [Turn(role="assistant", parts=parts), Turn(role="tool", parts=[RESULT])]
    assert ("thinking" in asked(Thinking(effort="high"), "budget", turns=turns)) is on
    turns.append(Turn(role="user", parts=[Text(text="next")]))
    assert "thinking" in asked(Thinking(effort="high"), "budget", turns=turns)


def test_what_is_refused_is_left_out() -> None:
    thinking = Thinking(effort="high", budget_tokens=3000, shown=True)
    refuses = frozenset({F.REASONING_SHOWN, F.REASONING_BUDGET})
    body = asked(thinking, "budget", refuses=refuses)
    assert body["thinking"] == enabled(4096)
    body = asked(thinking, "adaptive", refuses=frozenset({F.REASONING_EFFORT, F.REASONING_BUDGET}))
    assert "output_config" not in body


def test_only_proven_thoughts_of_this_dialect_go_back() -> None:
    assert is_replayable(PROVEN)
    assert is_replayable(Reasoning(text="", redacted="x", origin="messages"))
    assert not is_replayable(Reasoning(text="hm", origin="messages"))
    assert not is_replayable(Reasoning(text="", redacted="x", origin="responses"))
