"""Samples amount to what a dumb count says."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_bench.record import (
    ANSWERS_MIN,
    QUANTILES,
    Sample,
    added,
    percentile,
    percentiles,
    summarise,
)

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=400)


def sample(ttft_ms: float, *, number: int = 0, error: str | None = None, **more: object) -> Sample:
    due_s = 100.0 + number
    content = (due_s + ttft_ms / 1000, due_s + ttft_ms / 1000 + 0.010)
    fields: dict[str, object] = {"served_by": None, "held": False, **more}
    return Sample(
        target=0,
        round=number,
        scheduled_s=due_s,
        sent_s=due_s + 0.001,
        ended_s=due_s + ttft_ms / 1000 + 0.020,
        content_s=content if error is None else (),
        error=error,
        served_by=str(fields["served_by"]) if fields["served_by"] else None,
        held=bool(fields["held"]),
    )


@given(values=VALUES, q=st.sampled_from(QUANTILES))
def test_a_percentile_is_the_smallest_value_that_so_many_are_not_above(
    values: list[float], q: float
) -> None:
    ordered = sorted(values)
    found = percentile(ordered, q)
    share = {0.5: 2, 0.9: 10, 0.99: 100, 0.999: 1000}[q]
    if len(values) < share:
        assert found is None
        return
    # The dumb twin, in whole numbers: of n values at least n * q are not above it.
    enough = [
        v for v in ordered if share * sum(w <= v for w in ordered) >= len(ordered) * (share - 1)
    ]
    assert found == enough[0]


def test_a_thousand_carry_one_in_a_thousand_and_fewer_do_not() -> None:
    ordered = [float(n) for n in range(1, 1001)]
    assert percentiles(ordered) == {
        "p50": 500.0,
        "p90": 900.0,
        "p99": 990.0,
        "p99_9": 999.0,
        "min": 1.0,
        "max": 1000.0,
    }
    assert percentile(ordered[:999], 0.999) is None
    assert percentile(ordered[:100], 0.99) == 99.0
    assert percentile(ordered[:99], 0.99) is None
    assert percentiles([])["p50"] is None


def test_every_latency_counts_from_when_the_request_was_due() -> None:
    one = sample(30.0)
    assert one.ttft_ms == pytest.approx(30.0)
    assert one.total_ms == pytest.approx(50.0)
    assert one.gaps_ms() == pytest.approx([10.0])


def test_a_summary_counts_what_failed_and_measures_what_did_not() -> None:
    good = [sample(float(n), number=n, served_by="a") for n in range(1, 31)]
    bad = [sample(0, error="refused"), sample(0, error="refused"), sample(0, error="http_503")]
    held = [sample(31, held=True, served_by="b")]
    found = summarise("x", [*bad, *good, *held])
    assert (found.requests, found.answers, found.held) == (34, 31, 1)
    assert found.errors == {"refused": 2, "http_503": 1}
    assert found.served_by == {"a": 30, "b": 1}
    assert found.ttft_ms["p50"] == pytest.approx(16.0)
    assert found.ttft_ms["p99"] is None
    assert found.lag_ms["max"] == pytest.approx(1.0)
    assert not found.void
    assert summarise("x", good[: ANSWERS_MIN - 1]).void


def test_what_is_added_is_found_under_noise_that_both_share() -> None:
    rng = random.Random(5)
    noise = [rng.expovariate(0.1) for _ in range(300)]
    first = [sample(10 + noise[n], number=n) for n in range(300)]
    second = [sample(10.5 + noise[n] + rng.uniform(-0.1, 0.1), number=n) for n in range(300)]
    rng.shuffle(second)
    found = added(first, second)
    assert found is not None
    assert found.pairs == 300
    assert found.low_ms <= found.median_ms <= found.high_ms
    assert found.median_ms == pytest.approx(0.5, abs=0.05)
    assert found.high_ms - found.low_ms < 0.1
    assert found.ratio_p50 > 1


def test_a_pair_with_a_failure_is_no_pair() -> None:
    first = [sample(1.0, number=n) for n in range(ANSWERS_MIN)]
    second = [sample(2.0, number=n) for n in range(ANSWERS_MIN)]
    assert added(first, second) is not None
    assert added([sample(0, error="reset"), *first[1:]], second) is None
