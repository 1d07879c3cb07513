"""Efforts and budgets in tokens are two words for one thing."""

import pytest

from weftline_core.chat.conversation import Effort, Thinking
from weftline_core.chat.effort import BUDGET_TOKENS, budget_of, effort_of


@pytest.mark.parametrize("effort", BUDGET_TOKENS)
def test_an_effort_survives_the_way_there_and_back(effort: Effort) -> None:
    tokens = budget_of(Thinking(effort=effort))
    assert tokens == BUDGET_TOKENS[effort]
    assert effort_of(Thinking(budget_tokens=tokens)) == effort


@pytest.mark.parametrize(
    ("tokens", "effort"),
    [(0, "none"), (127, "none"), (1023, "minimal"), (5000, "high"), (10**6, "max"), (-1, "none")],
)
def test_a_budget_is_the_next_lower_effort(tokens: int, effort: Effort) -> None:
    assert effort_of(Thinking(budget_tokens=tokens)) == effort


def test_efforts_have_the_usual_tokens() -> None:
    tokens = [budget_of(Thinking(effort=effort)) for effort in BUDGET_TOKENS]
    assert tokens == [0, 128, 1024, 2048, 4096, 8192, 16384]
    assert budget_of(Thinking(effort="xhigh")) == 8192


def test_as_the_model_likes_is_neither() -> None:
    assert budget_of(Thinking()) is None
    assert effort_of(Thinking()) is None
    assert budget_of(Thinking(effort="low", budget_tokens=7)) == 7
