"""Retries are paid for by requests and by time, up to a bound."""

import pytest

from weftline_core.retry_budget import (
    RETRIES_PER_REQUEST,
    RETRIES_PER_S,
    RETRIES_SAVED_MAX,
    RetryBudget,
)


def drained(now_s: float) -> RetryBudget:
    budget = RetryBudget(now_s)
    while budget.withdraw(now_s):
        pass
    return budget


def test_a_full_endpoint_may_die_at_once() -> None:
    budget = RetryBudget(0.0)
    assert sum(budget.withdraw(0.0) for _ in range(1000)) == RETRIES_SAVED_MAX


def test_requests_pay_for_a_fifth_of_a_retry_each() -> None:
    budget = drained(5.0)
    for _ in range(100):
        budget.deposit()
    granted = sum(budget.withdraw(5.0) for _ in range(100))
    assert granted == pytest.approx(100 * RETRIES_PER_REQUEST, abs=1)


def test_a_quiet_node_earns_retries_by_waiting_and_time_never_runs_back() -> None:
    budget = drained(5.0)
    assert not budget.withdraw(4.0)
    assert sum(budget.withdraw(7.0) for _ in range(100)) == 2 * RETRIES_PER_S


def test_credit_has_a_bound() -> None:
    budget = RetryBudget(0.0)
    budget.deposit()
    assert sum(budget.withdraw(1e9) for _ in range(1000)) == RETRIES_SAVED_MAX
