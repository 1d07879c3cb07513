"""Values to words and back, within bounds."""

from dataclasses import replace
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.switch import info
from weftline_core.gossip.messages import (
    ERROR_RATE_STEPS,
    IN_FLIGHT_MAX,
    ROW_MS_MAX,
    ROW_STEPS_PER_MS,
    alive,
    info_of,
    row_of,
    row_word,
)
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row

ROW = Row(NodeId("ams"), EndpointId("e"), 1, EndpointState.UP, 84.37, 301.5, 3, 0.25)


def test_an_introduction_says_all_and_comes_back_whole() -> None:
    me = info("ams", 3, incarnation=7)
    assert info_of(alive(me)) == me


def test_a_row_comes_back_with_the_version_it_was_told_under() -> None:
    assert row_of(row_word(ROW, 42)) == replace(ROW, version=42)
    bare = Row(NodeId("ams"), EndpointId("e"), 1, EndpointState.DOWN)
    assert row_of(row_word(bare, 1)) == bare


@given(st.floats(), st.floats(), st.integers(), st.floats())
def test_whatever_was_measured_stays_within_the_bounds(
    rtt_ms: float, ttft_ms: float, in_flight: int, error_rate: float
) -> None:
    word = row_word(
        replace(ROW, rtt_ms=rtt_ms, ttft_ms=ttft_ms, in_flight=in_flight, error_rate=error_rate),
        1,
    )
    for steps in (word.rtt, word.ttft):
        assert steps is None or 0 <= steps <= ROW_MS_MAX * ROW_STEPS_PER_MS
    assert 0 <= word.in_flight <= IN_FLIGHT_MAX
    assert 0 <= word.error_rate <= ERROR_RATE_STEPS
    # What was rounded once is not changed by rounding again.
    assert row_word(row_of(word), 1) == word


def test_no_measurement_is_better_than_a_false_one() -> None:
    word = row_word(replace(ROW, rtt_ms=nan, ttft_ms=inf, error_rate=nan), 1)
    assert word.rtt is None
    assert word.ttft is None
    # An error rate that is not a number does not make an endpoint look good.
    assert word.error_rate == ERROR_RATE_STEPS
