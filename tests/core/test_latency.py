"""The estimators: what makes them move, and what must not."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.latency import DECAY_S, RTT_BUCKET_S, RTT_BUCKETS, PeakEwma, RttWindow

DELAY_MS = st.floats(min_value=0.0, max_value=1e6)


def ewma(*samples: tuple[float, float]) -> PeakEwma:
    kept = PeakEwma()
    for at_s, sample_ms in samples:
        kept.add(sample_ms, at_s)
    return kept


def test_without_a_sample_the_rest_is_believed() -> None:
    assert PeakEwma().read(5.0, rest_ms=42.0) == 42.0
    assert PeakEwma().weight(5.0) == 0.0


def test_a_rise_counts_half_and_a_fall_an_eighth() -> None:
    assert ewma((0.0, 40.0), (0.0, 440.0)).value_ms == 240.0
    assert ewma((0.0, 440.0), (0.0, 40.0)).value_ms == 390.0


def test_two_slow_answers_turn_traffic_away_and_ten_fast_ones_bring_it_back() -> None:
    kept = ewma((0.0, 30.0), (0.0, 500.0), (0.0, 500.0))
    assert kept.read(0.0, 30.0) > 350.0
    for _ in range(15):
        kept.add(30.0, 0.1)
    assert kept.read(0.1, 30.0) < 90.0


def test_a_read_changes_nothing_and_drifts_to_rest() -> None:
    kept = ewma((10.0, 500.0))
    assert kept.read(10.0 + DECAY_S, 100.0) == pytest.approx(100.0 + 400.0 * exp(-1))
    assert kept.read(10.0 + 100 * DECAY_S, 100.0) == pytest.approx(100.0)
    assert kept.read(10.0, 100.0) == 500.0


def test_after_a_long_silence_a_new_sample_is_taken_almost_whole() -> None:
    assert ewma((0.0, 500.0), (10 * DECAY_S, 30.0)).value_ms == pytest.approx(30.0, abs=0.1)


@given(st.lists(st.tuples(st.floats(0, 1e6), DELAY_MS), min_size=1), DELAY_MS)
def test_ewma_stays_between_its_extremes(
    samples: list[tuple[float, float]], rest_ms: float
) -> None:
    kept = ewma(*sorted(samples))
    seen = [ms for _, ms in samples]
    value = kept.read(2e6, rest_ms)
    slack = 1e-6 * max(*seen, rest_ms, 1.0)
    assert min(*seen, rest_ms) - slack <= value <= max(*seen, rest_ms) + slack


def window(*samples: tuple[float, float]) -> float | None:
    kept = RttWindow()
    for at_s, rtt_ms in samples:
        kept.add(rtt_ms, at_s)
    return kept.rtt_ms


def test_a_queue_is_not_distance() -> None:
    assert window((0.0, 20.0), (1.0, 900.0), (6.0, 700.0), (7.0, 22.0)) == 20.0


def test_the_lower_half_is_averaged() -> None:
    assert window((0.0, 20.0), (6.0, 24.0), (11.0, 90.0), (16.0, 80.0)) == 22.0


def test_a_changed_route_is_believed_within_the_window() -> None:
    minute_s = RTT_BUCKET_S * RTT_BUCKETS
    old = [(float(t), 20.0) for t in range(int(minute_s))]
    new = [(minute_s + t, 100.0) for t in range(int(minute_s))]
    assert window(*old, *new) == 100.0
    assert window(*old, *new[: int(minute_s * 0.6)]) != 20.0


def test_old_samples_leave_and_the_last_one_stays() -> None:
    assert window((0.0, 20.0), (1000.0, 100.0)) == 100.0
    kept = RttWindow()
    kept.add(7.0, 3.0)
    assert (kept.rtt_ms, kept.at_s) == (7.0, 3.0)


def test_without_a_sample_there_is_no_round_trip() -> None:
    assert RttWindow().rtt_ms is None


@given(st.lists(st.tuples(st.floats(0, 1e6), DELAY_MS), min_size=1))
def test_window_is_between_its_extremes_and_bounded(samples: list[tuple[float, float]]) -> None:
    seen = [ms for _, ms in samples]
    value = window(*sorted(samples))
    assert value is not None
    assert min(seen) * (1 - 1e-9) <= value <= max(seen) * (1 + 1e-9)
