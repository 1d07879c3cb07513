"""Neighbours' rows, boiled down: bounded, robust against one liar, and never mistaken for truth."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weftline_core.hearsay import SILENCE, Hearsay, listen
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row

DISTANCE_MS = {NodeId("fra"): 10.0, NodeId("iad"): 80.0}


def row(
    pop: str,
    state: EndpointState = EndpointState.UP,
    rtt_ms: float | None = None,
    ttft_ms: float | None = None,
    in_flight: int = 0,
) -> Row:
    return Row(NodeId(pop), EndpointId("x"), 1, state, rtt_ms, ttft_ms, in_flight)


def hear(*rows: Row, slots: int = 8) -> Hearsay:
    return listen(rows, slots, DISTANCE_MS.get)


def test_no_rows_are_silence() -> None:
    assert hear() == SILENCE
    assert SILENCE.rtt_ms(None) is None
    assert SILENCE.rtt_ms(50.0) == 50.0
    assert SILENCE.service_ms(70.0) == 70.0
    assert not SILENCE.says_down()


def test_one_pop_alone_can_fill_an_endpoint_but_never_queue_it() -> None:
    assert hear(row("fra", in_flight=10**9), row("iad", in_flight=3)).in_flight == 8 + 3
    assert hear(row("fra", in_flight=-5)).in_flight == 0


@pytest.mark.parametrize(
    ("downs", "ups", "believed"), [(1, 0, False), (2, 0, True), (2, 1, True), (2, 2, False)]
)
def test_down_takes_several_and_most(downs: int, ups: int, believed: bool) -> None:
    rows = [row(f"d{n}", EndpointState.DOWN) for n in range(downs)]
    rows += [row(f"u{n}") for n in range(ups)]
    assert hear(*rows).says_down() is believed


def test_an_endpoint_that_is_drained_elsewhere_is_not_down() -> None:
    heard = hear(*(row(pop, EndpointState.DRAINING) for pop in ("fra", "iad", "nrt")))
    assert (heard.voices, heard.downs, heard.says_down()) == (3, 0, False)


def test_the_triangle_bounds_our_round_trip() -> None:
    heard = hear(row("fra", rtt_ms=95.0), row("iad", rtt_ms=2.0))
    assert heard.rtt_high_ms == 82.0
    assert heard.rtt_low_ms == 82.0, "95 - 10 is more than the upper bound, which is a real path"
    assert heard.rtt_ms(None) == 82.0
    assert heard.rtt_ms(300.0) == 82.0
    only = hear(row("iad", rtt_ms=2.0))
    assert (only.rtt_low_ms, only.rtt_high_ms) == (78.0, 82.0)
    assert only.rtt_ms(79.0) == 79.0
    assert only.rtt_ms(20.0) == 78.0


def test_a_neighbour_in_an_unknown_place_bounds_nothing() -> None:
    assert hear(row("moon", rtt_ms=5.0)).rtt_ms(None) is None


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -1.0, 1e9])
def test_nonsense_delays_are_not_heard(nonsense: float) -> None:
    heard = hear(row("iad", rtt_ms=nonsense), row("fra", ttft_ms=nonsense))
    assert heard.rtt_high_ms is None
    assert heard.services_ms == ()


def test_service_is_what_the_network_did_not_take() -> None:
    assert hear(row("fra", rtt_ms=20.0, ttft_ms=70.0)).services_ms == (50.0,)
    assert hear(row("fra", ttft_ms=70.0)).services_ms == (70.0,)
    assert hear(row("fra", rtt_ms=90.0, ttft_ms=70.0)).services_ms == (0.0,)


def test_a_lone_voice_can_praise_but_not_condemn() -> None:
    assert hear(row("fra", ttft_ms=9000.0)).service_ms(50.0) == 50.0
    assert hear(row("fra", ttft_ms=5.0)).service_ms(50.0) == 5.0
    two = hear(row("fra", ttft_ms=9000.0), row("iad", ttft_ms=8000.0))
    assert two.service_ms(50.0) == 8000.0


ROWS = st.builds(
    Row,
    st.sampled_from(["fra", "iad", "moon"]).map(NodeId),
    st.just(EndpointId("x")),
    st.just(1),
    st.sampled_from(EndpointState),
    st.none() | st.floats(),
    st.none() | st.floats(),
    st.integers(),
)


@example([row("fra", rtt_ms=-math.inf, ttft_ms=0.0)], None)
@example([row("fra", rtt_ms=math.nan, ttft_ms=5.0)], None)
@given(st.lists(ROWS, max_size=6), st.none() | st.floats(0.0, 400.0))
def test_whatever_they_say_the_digest_is_sane(rows: list[Row], guess_ms: float | None) -> None:
    heard = hear(*rows)
    assert 0 <= heard.in_flight <= 8 * len(rows)
    assert 0 <= heard.downs <= heard.voices == len(rows)
    assert all(math.isfinite(ms) and ms >= 0.0 for ms in heard.services_ms)
    rtt_ms = heard.rtt_ms(guess_ms)
    assert rtt_ms is None or (math.isfinite(rtt_ms) and rtt_ms >= 0.0)


@given(st.lists(ROWS, max_size=6))
def test_the_order_of_voices_does_not_matter(rows: list[Row]) -> None:
    assert hear(*rows) == hear(*reversed(rows))
