"""How much to reason: Gemini's levels and budgets, and the words of others.

Gemini 3 and later know levels and cannot stop thinking, 2.5 knows budgets; a request that gives
both is refused.
"""

from typing import Final

from weftline_core.chat.conversation import Effort, Thinking
from weftline_core.chat.effort import BUDGET_TOKENS, covered_by
from weftline_core.desired import ReasoningStyle

_LEVELS: Final[dict[Effort, str]] = {
    "none": "MINIMAL",
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "XHIGH",
    "max": "XHIGH",
}
EFFORTS: Final[dict[str, Effort]] = {
    "MINIMAL": "minimal",
    "LOW": "low",
    "MEDIUM": "medium",
    "HIGH": "high",
    "XHIGH": "xhigh",
}
# Think as much as you like.
DYNAMIC: Final = -1


def budget_of(effort: Effort) -> int:
    """Return the budget in tokens that an effort stands for."""
    return BUDGET_TOKENS[effort]


def effort_of(budget_tokens: int) -> Effort:
    """Return the highest effort that a budget allows."""
    if budget_tokens <= 0:
        return "none"
    return covered_by(max(budget_tokens, BUDGET_TOKENS["minimal"]))


def thinking_config(thinking: Thinking, style: ReasoningStyle | None) -> dict[str, object]:
    """Return the thinkingConfig for a model that reasons in this style; empty if nothing is asked.
    For a model of no known style it says what was asked in the form in which it was asked.
    """
    config: dict[str, object] = {}
    effort, budget = thinking.effort, thinking.budget_tokens
    in_tokens = style == "budget" or (style is None and effort is None)
    if effort is None and budget is None:
        if style == "budget":
            config["thinkingBudget"] = DYNAMIC
    elif in_tokens:
        config["thinkingBudget"] = budget if budget is not None else budget_of(effort or "none")
    else:
        config["thinkingLevel"] = _LEVELS[effort or effort_of(budget or 0)]
    if thinking.shown and (config or style is not None):
        # A model of which nobody says that it can think may refuse to show what it thinks.
        config["includeThoughts"] = True
    return config
