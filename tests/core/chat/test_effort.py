"""Efforts and budgets in tokens are two words for one thing."""

import pytest

from weftline_core.chat.conversation import Effort, Thinking
from weftline_core.chat.effort import (
    BUDGET_TOKENS,
    EFFORTS,
    budget_of,
    effort_in_words,
    effort_of,
    nearest_effort,
)


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


@pytest.mark.parametrize(
    ("thinking", "always", "if_known"),
    [
        (Thinking(effort="max"), "max", "max"),
        (Thinking(effort="low", budget_tokens=9999), "low", "low"),
        (Thinking(budget_tokens=1), None, "low"),
        (Thinking(budget_tokens=2500), None, "medium"),
        (Thinking(budget_tokens=99_999), None, "high"),
        (Thinking(), None, None),
    ],
)
def test_a_budget_is_told_in_words_where_they_are_known(
    thinking: Thinking, always: Effort | None, if_known: Effort | None
) -> None:
    assert effort_in_words(thinking, known=False) == always
    assert effort_in_words(thinking, known=True) == if_known


@pytest.mark.parametrize(
    ("wanted", "known", "told"),
    [
        ("max", EFFORTS, "max"),
        ("max", ("none", "low", "high"), "high"),
        ("low", ("none", "high"), "high"),
        ("none", ("low", "high"), "low"),
        ("low", ("none",), "none"),
    ],
)
def test_to_reason_does_not_become_not_to(
    wanted: Effort, known: tuple[Effort, ...], told: Effort
) -> None:
    assert nearest_effort(wanted, known) == told
