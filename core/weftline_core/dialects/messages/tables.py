"""Words of the Messages dialect and what they are in no dialect."""

from typing import Final

from weftline_core.chat.answer import Stop
from weftline_core.chat.conversation import Effort
from weftline_core.chat.effort import BUDGET_TOKENS, covered_by

NAME: Final = "messages"

# Source of every table here: anthropic 2.12.0 (Python SDK).
STOPS: Final[dict[str, Stop]] = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.SEQUENCE,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "tool_use": Stop.TOOL_CALLS,
    "refusal": Stop.REFUSED,
    "pause_turn": Stop.PAUSED,
}

STOP_REASONS: Final[dict[Stop, str]] = {
    Stop.END: "end_turn",
    Stop.SEQUENCE: "stop_sequence",
    Stop.LENGTH: "max_tokens",
    Stop.TOOL_CALLS: "tool_use",
    Stop.FILTERED: "refusal",
    Stop.REFUSED: "refusal",
    Stop.PAUSED: "pause_turn",
}

assert set(STOP_REASONS) == set(Stop), "every stop has a reason"

# What the dialect knows of our efforts, by the nearest name.
EFFORTS: Final[dict[Effort, str]] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}


def effort_of(budget_tokens: int) -> Effort:
    """Return the highest effort whose tokens fit in a budget."""
    return covered_by(max(budget_tokens, BUDGET_TOKENS["minimal"]))
