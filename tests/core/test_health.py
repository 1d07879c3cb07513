"""The health machine, as a script and as a table."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weftline_core.failures import MEANINGS, Failure
from weftline_core.health import (
    BACKOFF_JITTER,
    BACKOFF_S,
    BACKOFF_S_MAX,
    COOL_S_MAX,
    FORGIVE_S,
    HARD,
    MOVES,
    PROBE_DOUBT_S,
    PROBED_S,
    QUIET_S,
    QUIET_STREAK_MAX,
    STREAK_MAX,
    Health,
    Seen,
)
from weftline_core.rows import EndpointState

UP, PROBATION, DOWN = EndpointState.UP, EndpointState.PROBATION, EndpointState.DOWN
SOFT = Failure.SERVER_ERROR


def down(at_s: float = 0.0, failure: Failure = SOFT) -> Health:
    health = Health("ams/iad")
    for _ in range(STREAK_MAX):
        health.failed(failure, at_s)
    assert health.state(at_s) is DOWN
    return health


def test_every_state_is_reached_and_left() -> None:
    states = {UP, PROBATION, DOWN}
    assert {at for at, _ in MOVES} == states
    for state in states:
        assert any(to is state and at is not state for (at, _), to in MOVES.items())
        assert any(at is state and to is not state for (at, _), to in MOVES.items())


def test_only_waiting_is_limited_to_one_state() -> None:
    assert set(MOVES) == {
        (at, seen) for at in (UP, PROBATION, DOWN) for seen in Seen if seen is not Seen.WAITED
    } | {(DOWN, Seen.WAITED)}


def test_three_failures_in_a_row_bring_down_one_that_serves() -> None:
    health = Health("x")
    health.served(0.0, whole=True)
    for _ in range(100):
        health.failed(SOFT, 0.0)
        health.failed(SOFT, 0.0)
        assert health.state(0.0) is UP
        health.served(0.0, whole=True)
    for _ in range(STREAK_MAX):
        assert health.admits(0.0)
        health.failed(SOFT, 0.0)
    assert health.state(0.0) is DOWN
    assert not health.admits(0.0)


def test_two_bring_down_one_that_served_nothing_lately() -> None:
    fresh, quiet = Health("x"), Health("x")
    quiet.served(0.0, whole=True)
    for health in (fresh, quiet):
        for _ in range(QUIET_STREAK_MAX):
            assert health.state(QUIET_S) is UP
            health.failed(SOFT, QUIET_S)
        assert health.state(QUIET_S) is DOWN


def test_slow_probes_need_three_even_then() -> None:
    health = Health("x")
    for n in range(STREAK_MAX):
        assert health.state(0.0) is UP, n
        health.missed(Failure.SILENT, 0.0)
    assert health.state(0.0) is DOWN


@pytest.mark.parametrize("failure", [Failure.REFUSED, Failure.UNREACHABLE])
def test_hard_evidence_is_enough_once(failure: Failure) -> None:
    health = Health("x")
    health.failed(failure, 0.0)
    assert health.state(0.0) is DOWN
    assert failure in HARD


@pytest.mark.parametrize("failure", [f for f in Failure if not MEANINGS[f].hurts])
def test_what_is_not_its_fault_never_counts(failure: Failure) -> None:
    health = Health("x")
    for _ in range(10):
        health.failed(failure, 0.0)
    assert health.state(0.0) is UP
    assert health.streak == 0


def test_first_content_does_not_clear_the_record() -> None:
    health = Health("x")
    for _ in range(STREAK_MAX):
        health.served(0.0, whole=False)
        health.failed(Failure.TRUNCATED, 0.0)
    assert health.state(0.0) is DOWN, "one that cuts every answer short must come down"


def test_back_off_then_one_trial_then_up() -> None:
    health = down()
    retry_s = health.retry_at_s
    assert BACKOFF_S * (1 - BACKOFF_JITTER) <= retry_s <= BACKOFF_S
    assert health.state(math.nextafter(retry_s, 0.0)) is DOWN
    assert health.state(retry_s) is PROBATION
    assert health.admits(retry_s)
    health.began(retry_s)
    assert not health.admits(retry_s), "one at a time"
    health.served(retry_s, whole=False)
    assert health.state(retry_s) is UP
    assert health.admits(retry_s)
    health.failed(SOFT, retry_s)
    assert health.state(retry_s) is DOWN, "its first answer was lent, not given"


def test_a_trial_that_ends_without_verdict_makes_room() -> None:
    health = down()
    at_s = health.retry_at_s
    health.began(at_s)
    health.failed(Failure.CALLER, at_s)
    health.ended()
    assert health.state(at_s) is PROBATION
    assert health.admits(at_s)


def test_a_failed_trial_doubles_the_back_off_up_to_the_cap() -> None:
    health = down()
    stays: list[float] = []
    at_s = 0.0
    for _ in range(12):
        stays.append(health.retry_at_s - at_s)
        at_s = health.retry_at_s
        health.began(at_s)
        health.failed(SOFT, at_s)
    for n, stay_s in enumerate(stays):
        full_s = min(BACKOFF_S * 2**n, BACKOFF_S_MAX)
        assert full_s * (1 - BACKOFF_JITTER) <= stay_s <= full_s
    assert len({round(stay_s, 6) for stay_s in stays[-4:]}) == 4, "jitter differs each time"


def test_failures_of_requests_already_out_do_not_lengthen_the_back_off() -> None:
    health = down()
    retry_s = health.retry_at_s
    for _ in range(50):
        health.failed(SOFT, retry_s / 2)
    assert health.retry_at_s == retry_s


def test_good_conduct_is_rewarded() -> None:
    health = down()
    health.began(2.0)
    health.served(2.0, whole=True)
    for _ in range(STREAK_MAX):
        health.failed(SOFT, 2.0 + FORGIVE_S)
    assert health.retry_at_s - (2.0 + FORGIVE_S) <= BACKOFF_S


def test_two_pops_do_not_return_at_the_same_instant() -> None:
    first, second = Health("ams/x"), Health("nrt/x")
    first.failed(Failure.REFUSED, 0.0)
    second.failed(Failure.REFUSED, 0.0)
    assert first.retry_at_s != second.retry_at_s


def test_an_old_stream_that_ends_well_does_not_lift_down() -> None:
    health = down()
    health.served(0.1, whole=True)
    assert health.state(0.1) is DOWN


def test_a_panic_request_that_is_served_does() -> None:
    health = down()
    health.began(0.1)
    health.served(0.1, whole=True)
    assert health.state(0.1) is UP


@pytest.mark.parametrize(
    ("asked_s", "cooled_s"),
    [(7.0, 7.0), (0.0, 0.0), (-5.0, 0.0), (9_999.0, COOL_S_MAX), (math.inf, COOL_S_MAX)],
)
@pytest.mark.parametrize("failure", [Failure.OVERLOADED, Failure.QUOTA])
def test_a_pause_is_kept_exactly(failure: Failure, asked_s: float, cooled_s: float) -> None:
    health = Health("x")
    health.failed(failure, 100.0, asked_s)
    assert health.retry_at_s == 100.0 + cooled_s
    assert health.state(100.0 + cooled_s) is PROBATION
    if cooled_s:
        assert health.cooling
        assert health.state(math.nextafter(100.0 + cooled_s, 0.0)) is DOWN


def test_a_senseless_pause_is_no_pause() -> None:
    health = Health("x")
    health.failed(Failure.QUOTA, 0.0, math.nan)
    assert health.state(0.0) is PROBATION


def test_neither_probe_nor_old_stream_shortens_a_pause() -> None:
    health = Health("x")
    health.failed(Failure.OVERLOADED, 0.0, 30.0)
    health.reached(1.0)
    health.served(2.0, whole=True)
    health.failed(Failure.OVERLOADED, 3.0, 5.0)
    assert health.state(29.0) is DOWN
    assert health.state(30.0) is PROBATION


def test_a_pause_is_not_a_relapse() -> None:
    health = Health("x")
    for n in range(5):
        health.failed(Failure.QUOTA, float(n), 0.5)
        health.began(n + 0.6)
        health.served(n + 0.6, whole=True)
    health.failed(Failure.REFUSED, 10.0)
    assert health.retry_at_s <= 10.0 + BACKOFF_S


def test_retry_after_on_another_failure_is_ignored() -> None:
    health = Health("x")
    health.failed(SOFT, 0.0, 60.0)
    assert health.state(0.0) is UP


def test_two_answered_probes_bring_a_restarted_endpoint_back() -> None:
    health = Health("x")
    health.missed(Failure.REFUSED, 0.0)
    assert health.state(0.0) is DOWN
    health.reached(0.2)
    assert health.state(0.2) is PROBATION
    assert health.admits(0.2)
    health.reached(0.3)
    assert health.state(0.3) is UP
    assert health.streak == 0


def test_probes_do_not_cure_bad_answers() -> None:
    health = down()
    for n in range(5):
        health.reached(n / 10)
    assert health.state(0.5) is DOWN
    health.missed(Failure.SILENT, 0.55)
    health.reached(0.6)
    assert health.state(0.6) is DOWN, "a slow probe in between changes nothing"


def test_a_restart_in_between_is_a_fresh_start() -> None:
    health = down()
    health.missed(Failure.REFUSED, 0.1)
    health.reached(0.2)
    assert health.state(0.2) is PROBATION


def test_probes_do_not_clear_a_streak_of_bad_answers() -> None:
    health = Health("x")
    for _ in range(STREAK_MAX):
        health.failed(SOFT, 0.0)
        health.reached(0.0)
    assert health.state(0.0) is DOWN


def test_slow_probes_never_kill_a_busy_endpoint() -> None:
    health = Health("x")
    for n in range(20):
        health.served(float(n), whole=False)
        health.missed(Failure.SILENT, n + 0.5)
    assert health.state(20.0) is UP


def test_slow_probes_kill_an_idle_one_after_several() -> None:
    health = Health("x")
    health.served(0.0, whole=True)
    for n in range(STREAK_MAX - 1):
        health.missed(Failure.SILENT, PROBE_DOUBT_S + n)
    assert health.state(PROBE_DOUBT_S + 3) is UP
    health.missed(Failure.SILENT, PROBE_DOUBT_S + 3)
    assert health.state(PROBE_DOUBT_S + 3) is DOWN


EVENTS = st.lists(
    st.tuples(
        st.floats(min_value=0.0, max_value=40.0),
        st.sampled_from(["began", "ended", "first", "whole", "reached", "failed", "missed"]),
        st.sampled_from(Failure),
        st.one_of(st.none(), st.floats(allow_nan=True)),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_whatever_happens(events: list[tuple[float, str, Failure, float | None]]) -> None:
    """The wait is bounded, and a success after it always brings the endpoint back."""
    health = Health("pop/endpoint")
    now_s = 0.0
    for gap_s, what, failure, pause_s in events:
        now_s += gap_s
        if what == "failed":
            health.failed(failure, now_s, pause_s)
        elif what == "missed":
            health.missed(failure, now_s)
        elif what in ("first", "whole"):
            health.served(now_s, whole=what == "whole")
        elif what == "ended":
            health.ended()
        elif what == "began":
            health.began(now_s)
        else:
            health.reached(now_s)
        if health.state(now_s) is DOWN:
            cap_s = COOL_S_MAX if health.cooling else BACKOFF_S_MAX
            assert now_s < health.retry_at_s <= now_s + cap_s
            assert not health.admits(now_s)
    now_s += COOL_S_MAX
    assert health.state(now_s) is not DOWN
    health.began(now_s)
    health.served(now_s, whole=True)
    assert health.state(now_s) is UP
    assert health.streak == 0


def test_no_client_tries_a_dead_endpoint_while_probes_do() -> None:
    health = Health("ams/iad")
    health.failed(Failure.REFUSED, 0.0)
    for beat in range(120):
        health.missed(Failure.REFUSED, beat + 0.5)
        assert not health.admits(beat + 1.49), beat
    health.reached(120.0)
    assert health.admits(120.0), "the probe that succeeds brings it back at once"


def test_clients_try_again_when_probes_have_stopped() -> None:
    health = Health("ams/iad")
    health.failed(Failure.REFUSED, 0.0)
    health.missed(Failure.REFUSED, 0.5)
    assert not health.admits(0.5 + PROBED_S - 0.01)
    assert health.admits(0.5 + PROBED_S)
