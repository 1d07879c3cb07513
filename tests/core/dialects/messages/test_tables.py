"""The tables fit each other."""

import pytest

from weftline_core.chat.effort import BUDGET_TOKENS
from weftline_core.dialects.messages.tables import (
    EFFORTS,
    STOP_REASONS,
    STOPS,
    effort_of,
)


def test_every_written_reason_reads_as_its_stop() -> None:
    for stop, reason in STOP_REASONS.items():
        assert STOPS[reason] is stop or stop.value == "filtered"


def test_every_effort_has_tokens_and_a_name() -> None:
    assert EFFORTS.keys() == BUDGET_TOKENS.keys() - {"none"}


@pytest.mark.parametrize(
    ("budget", "effort"),
    [(0, "minimal"), (128, "minimal"), (1024, "low"), (4095, "medium"), (99999, "max")],
)
def test_a_budget_is_the_nearest_lower_effort(budget: int, effort: str) -> None:
    assert effort_of(budget) == effort
