"""How much reasoning an effort is, for models that count it in tokens, and the other way round."""

from typing import Final

from weftline_core.chat.conversation import Effort, Thinking

# Source: litellm's defaults, which its users' clients are tuned to.
BUDGET_TOKENS: Final[dict[Effort, int]] = {
    "none": 0,
    "minimal": 128,
    "low": 1024,
    "medium": 2048,
    "high": 4096,
    "xhigh": 8192,
    "max": 16384,
}


def budget_of(thinking: Thinking) -> int | None:
    """Return the tokens to reason with; 0 for none at all, None for as many as the model likes."""
    if thinking.budget_tokens is not None:
        return thinking.budget_tokens
    return None if thinking.effort is None else BUDGET_TOKENS[thinking.effort]


def effort_of(thinking: Thinking) -> Effort | None:
    """Return the effort, or the highest one whose tokens a budget covers; None for as much as the
    model likes.
    """
    if thinking.effort is not None or thinking.budget_tokens is None:
        return thinking.effort
    covered: list[Effort] = [
        effort for effort, tokens in BUDGET_TOKENS.items() if tokens <= thinking.budget_tokens
    ]
    return covered[-1] if covered else "none"
