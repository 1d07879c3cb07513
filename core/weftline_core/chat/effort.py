"""How much reasoning an effort is, for models that count it in tokens, and the other way round."""

from typing import Final, get_args

from weftline_core.chat.conversation import Effort, Thinking

EFFORTS: Final[tuple[Effort, ...]] = get_args(Effort)

# What every model knows that is told an effort at all.
SAFE_EFFORTS: Final[tuple[Effort, ...]] = ("low", "medium", "high")

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
    return covered_by(thinking.budget_tokens)


def covered_by(budget_tokens: int) -> Effort:
    """Return the highest effort whose tokens a budget covers."""
    covered: list[Effort] = [e for e, tokens in BUDGET_TOKENS.items() if tokens <= budget_tokens]
    return covered[-1] if covered else "none"


def effort_in_words(thinking: Thinking, *, known: bool) -> Effort | None:
    """Return the effort to tell a model, or None. A budget becomes the nearest lower one that every
    model knows, but only for models known to be told one: others refuse the field.
    """
    if thinking.effort is not None or not known:
        return thinking.effort
    covered = effort_of(thinking)
    return None if covered is None else nearest_effort(covered, SAFE_EFFORTS)


def nearest_effort(wanted: Effort, known: tuple[Effort, ...]) -> Effort:
    """Return the strongest of the known efforts, of which there is one, that is not over `wanted`;
    to reason never becomes not to reason, while there is a choice.
    """
    if wanted in known:
        return wanted
    rank = EFFORTS.index(wanted)
    best: Effort | None = None
    for effort in known:
        if effort != "none" and (best is None or EFFORTS.index(effort) <= rank):
            best = effort
    return best or known[0]
