"""How much to reason, in each style."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.conversation import Thinking
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.generate.thinking import EFFORTS, budget_of, effort_of, thinking_config


@pytest.mark.parametrize(
    ("thinking", "style", "config"),
    [
        (Thinking(effort="high"), "level", {"thinkingLevel": "HIGH"}),
        (Thinking(effort="none"), "level", {"thinkingLevel": "MINIMAL"}),
        (Thinking(effort="max"), "level", {"thinkingLevel": "XHIGH"}),
        (Thinking(budget_tokens=2000), "level", {"thinkingLevel": "LOW"}),
        (Thinking(budget_tokens=5), "level", {"thinkingLevel": "MINIMAL"}),
        (Thinking(), "level", {}),
        (Thinking(effort="low"), "effort", {"thinkingLevel": "LOW"}),
        (Thinking(effort="medium"), "budget", {"thinkingBudget": 2048}),
        (Thinking(effort="none"), "budget", {"thinkingBudget": 0}),
        (Thinking(budget_tokens=77), "budget", {"thinkingBudget": 77}),
        (Thinking(), "budget", {"thinkingBudget": -1}),
        (Thinking(effort="high"), None, {"thinkingLevel": "HIGH"}),
        (Thinking(budget_tokens=77), None, {"thinkingBudget": 77}),
        (Thinking(), None, {}),
        (Thinking(shown=True), "level", {"includeThoughts": True}),
        (Thinking(shown=False), "level", {}),
        (Thinking(shown=True), None, {}),
        (
            Thinking(budget_tokens=77, shown=True),
            None,
            {"thinkingBudget": 77, "includeThoughts": True},
        ),
    ],
)
def test_thinking_is_written_in_the_models_style(
    thinking: Thinking, style: ReasoningStyle | None, config: dict[str, object]
) -> None:
    assert thinking_config(thinking, style) == config


@given(st.integers(0, 99_999), st.sampled_from(["level", "budget", None]))
def test_level_and_budget_never_come_together(tokens: int, style: ReasoningStyle | None) -> None:
    config = thinking_config(Thinking(budget_tokens=tokens), style)
    assert len(config) == 1


def test_an_effort_is_the_highest_that_its_budget_allows() -> None:
    for effort in EFFORTS.values():
        assert effort_of(budget_of(effort)) == effort
    assert effort_of(0) == "none"
