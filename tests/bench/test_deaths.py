"""What clients noticed, by hand-made samples: one death at 10 s, a return at 12 s."""

import pytest

from weftline_bench.deaths import Death, Span, failover, used_again_s
from weftline_bench.record import Sample

POPS = ("ams", "iad")
NEAR, FAR = "ams-1", "iad-1"
DEATH = Death(
    endpoint=NEAR,
    killed_s=10.0,
    known_s={"ams": 10.1, "iad": 10.4},
    back_s=12.0,
    trusted_s={"ams": 12.5, "iad": 13.0},
)
NO_SPAN = Span(90.0, 95.0)


def served(
    at_s: float,
    by: str,
    ttft_ms: float = 2.0,
    *,
    pop: int = 0,
    attempts: int = 1,
    error: str | None = None,
) -> Sample:
    first_s = at_s + ttft_ms / 1000
    return Sample(
        target=pop,
        round=0,
        scheduled_s=at_s,
        sent_s=at_s,
        ended_s=first_s + 0.001,
        content_s=(first_s,),
        error=error,
        served_by=by,
        attempts=attempts,
    )


def refused(at_s: float) -> Sample:
    return Sample(target=0, round=0, scheduled_s=at_s, sent_s=at_s, ended_s=at_s, error="http_503")


def test_extra_is_beside_what_the_second_endpoint_takes_anyway() -> None:
    usual = [served(9.0 + n / 100, FAR, ttft_ms) for n, ttft_ms in enumerate((79, 80, 90))]
    other_pop = [served(9.0, FAR, 2.0, pop=1)]
    over = [served(10.01, FAR, 83.0, attempts=2), served(9.999, FAR, 95.0, attempts=2)]
    found = failover(POPS, [*usual, *other_pop, *over], [DEATH], NO_SPAN)
    assert found.touched == [2]
    assert found.refused_extra_ms["max"] == pytest.approx(3.0)
    assert found.in_flight_extra_ms["max"] == pytest.approx(15.0)
    assert found.errors == {}


def test_a_request_after_the_return_is_nobodys_death() -> None:
    later = [served(20.0, FAR), served(21.0, FAR, attempts=2)]
    assert failover(POPS, later, [DEATH], NO_SPAN).touched == [0]


def test_only_an_answer_that_had_begun_may_break_off() -> None:
    begun = served(9.997, NEAR, 2.0, error="reset")
    after = served(10.5, NEAR, 2.0, error="reset")
    elsewhere = served(9.997, FAR, 2.0, error="reset")
    found = failover(POPS, [begun, after, elsewhere, refused(10.2)], [DEATH], NO_SPAN)
    assert found.cut == 1
    assert found.errors == {"reset": 2, "http_503": 1}


def test_a_death_is_known_when_the_last_pop_knows() -> None:
    slow = Death(endpoint=NEAR, killed_s=30.0, known_s={"iad": 31.0}, back_s=32.0, trusted_s={})
    found = failover(POPS, [], [DEATH, slow], NO_SPAN)
    assert found.known_s["min"] == pytest.approx(0.4)
    assert found.known_s["max"] == pytest.approx(1.0)
    assert found.unknown == 1
    assert found.trusted_s["max"] == pytest.approx(1.0)
    assert found.untrusted == 2


def test_who_had_used_it_is_to_use_it_again() -> None:
    before = [served(9.5, NEAR), served(8.0, NEAR, pop=1)]
    assert used_again_s(before, DEATH) == [None], "the second PoP had left it before"
    again = [*before, served(12.5, NEAR), served(12.7, NEAR)]
    assert used_again_s(again, DEATH) == [pytest.approx(0.503)]
    assert failover(POPS, again, [DEATH], NO_SPAN).unused == 0
    assert failover(POPS, before, [DEATH], NO_SPAN).unused == 1


def test_the_time_without_a_control_plane_is_counted_by_itself() -> None:
    samples = [refused(49.0), served(50.0, NEAR), refused(51.0), refused(53.0)]
    found = failover(POPS, samples, [], Span(50.0, 53.0))
    assert (found.control_lost_requests, found.control_lost_errors) == (2, 1)
    assert found.control_lost_s == pytest.approx(3.0)
    assert found.requests == 4
