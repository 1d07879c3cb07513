"""One candidate's numbers: every term, every source, and what age does to them."""

import pytest

from weftline_core.book import Book, Entry
from weftline_core.desired import Endpoint
from weftline_core.estimate import (
    HOLD_MS,
    OWN_FRESH_S,
    RTT_GUESS_MS,
    RUMOUR_MS,
    SERVICE_DOUBT,
    SERVICE_GUESS_MS,
    Look,
    Step,
    candidate,
    estimate,
    typical_service_ms,
)
from weftline_core.failures import Failure
from weftline_core.geo import place, rtt_guess_ms
from weftline_core.hearsay import SILENCE, Hearsay
from weftline_core.ids import NodeId
from weftline_core.rows import EndpointState

NOW_S = 100.0
AMS = place("ams")


def endpoint(region: str | None = "iad", scheme: str = "http", slots: int = 10) -> Endpoint:
    return Endpoint(
        name="x", base_url=f"{scheme}://h/v1", models={"m": "m"}, region=region, slots=slots
    )


def measured(rtt_ms: float | None = 80.0, ttft_ms: float | None = 130.0) -> Entry:
    book = Book(NodeId("ams"))
    book.began("x", NOW_S - 1)
    if rtt_ms is not None:
        book.rtt("x", rtt_ms, NOW_S)
    if ttft_ms is not None:
        book.first_content("x", ttft_ms, NOW_S)
    book.ended("x")
    entry = book.entry("x")
    assert entry is not None
    return entry


def step(
    own: Entry | None = None,
    heard: Hearsay = SILENCE,
    at: Endpoint | None = None,
    *,
    warm: bool = True,
    now_s: float = NOW_S,
    typical_ms: float = 60.0,
) -> Step:
    look = Look(candidate(at or endpoint(), AMS), own, heard, warm)
    return estimate(look, typical_ms, now_s)


def test_own_measurements_come_first() -> None:
    got = step(measured(), Hearsay(voices=1, rtt_high_ms=1.0, services_ms=(1.0,)))
    assert (got.source, got.rtt_ms, got.service_ms) == ("own", 80.0, 50.0)
    assert got.predicted_ms == 130.0
    assert got.uncertain_ms == 0.0


def test_then_neighbours_then_geography_then_a_guess() -> None:
    heard = Hearsay(voices=1, rtt_low_ms=70.0, rtt_high_ms=90.0)
    near = step(heard=heard, at=endpoint(region=None))
    assert (near.source, near.rtt_ms) == ("neighbour", 90.0)
    geo = step()
    assert (geo.source, geo.rtt_ms) == ("geography", rtt_guess_ms(AMS, place("iad")))
    blind = step(at=endpoint(region=None))
    assert (blind.source, blind.rtt_ms) == ("guess", RTT_GUESS_MS)
    assert blind.uncertain_ms > geo.uncertain_ms > near.uncertain_ms > 0.0


def test_an_unknown_region_is_no_distance() -> None:
    assert candidate(endpoint(region="atlantis"), AMS).geo_rtt_ms is None
    assert candidate(endpoint(), None).geo_rtt_ms is None
    assert candidate(endpoint(region=None), AMS).geo_rtt_ms is None


def test_a_region_beats_the_place_of_the_address() -> None:
    tokyo = place("nrt")
    assert candidate(endpoint(region=None), AMS, tokyo).geo_rtt_ms == rtt_guess_ms(AMS, tokyo)
    assert candidate(endpoint(), AMS, tokyo) == candidate(endpoint(), AMS)


@pytest.mark.parametrize(("scheme", "trips"), [("http", 1), ("https", 2), ("HTTPS", 2)])
def test_a_cold_connection_costs_round_trips(scheme: str, trips: int) -> None:
    assert step(measured(), at=endpoint(scheme=scheme), warm=False).connect_ms == trips * 80.0
    assert step(measured(), at=endpoint(scheme=scheme)).connect_ms == 0.0


def test_old_service_times_fade_towards_what_is_typical() -> None:
    slow = measured(ttft_ms=1080.0)
    assert step(slow).service_ms == 1000.0
    later = [step(slow, now_s=NOW_S + age_s) for age_s in (1, 10, 30, 300)]
    assert [s.service_ms for s in later] == sorted((s.service_ms for s in later), reverse=True)
    assert later[-1].service_ms == pytest.approx(60.0)
    doubts = [s.uncertain_ms for s in later]
    assert doubts == sorted(doubts)
    assert doubts[-1] >= SERVICE_DOUBT * 60.0 * 0.99


def test_a_slow_endpoint_is_tried_again_by_one_request_at_a_time() -> None:
    book = Book(NodeId("ams"))
    book.rtt("x", 80.0, NOW_S)
    book.first_content("x", 1080.0, NOW_S)
    entry = book.entry("x")
    later_s = NOW_S + 60.0
    assert step(entry, now_s=later_s).service_ms < 70.0
    book.began("x", later_s)
    assert step(entry, now_s=later_s).service_ms == 1000.0, "its trial is out"
    book.first_content("x", 130.0, later_s + 1)
    assert step(entry, now_s=later_s + 1).service_ms == pytest.approx(50.0, abs=5.0)


def test_a_queue_begins_where_slots_end() -> None:
    book = Book(NodeId("ams"))
    for _ in range(10):
        book.began("x", NOW_S)
    assert step(book.entry("x")).queue_ms == 0.0
    book.began("x", NOW_S)
    assert step(book.entry("x")).queue_ms == HOLD_MS / 10
    assert step(book.entry("x")).load == 1.1


def test_others_load_counts_while_our_own_times_are_old() -> None:
    crowd = Hearsay(voices=2, in_flight=20)
    assert step(heard=crowd).queue_ms == HOLD_MS
    assert step(measured(), crowd).queue_ms == 0.0
    assert 0.0 < step(measured(), crowd, now_s=NOW_S + 20).queue_ms < HOLD_MS


def test_failures_are_a_risk() -> None:
    book = Book(NodeId("ams"))
    book.failed("x", Failure.SILENT, NOW_S)
    got = step(book.entry("x"))
    assert got.risk_ms > 500.0
    assert got.predicted_ms == pytest.approx(
        got.connect_ms + got.rtt_ms + got.queue_ms + got.service_ms + got.risk_ms
    )


def test_a_rumour_counts_only_without_fresh_proof_of_our_own() -> None:
    rumour = Hearsay(voices=3, downs=1)
    entry = measured()
    assert step(heard=rumour).risk_ms == RUMOUR_MS
    assert step(entry, rumour).risk_ms == 0.0
    assert step(entry, rumour, now_s=NOW_S + OWN_FRESH_S + 0.1).risk_ms == RUMOUR_MS


def test_the_state_is_told() -> None:
    book = Book(NodeId("ams"))
    book.failed("x", Failure.REFUSED, NOW_S)
    assert step(book.entry("x")).state is EndpointState.DOWN
    assert step().state is EndpointState.UP


def looks(*entries: Entry | None, heard: Hearsay = SILENCE) -> list[Look]:
    return [Look(candidate(endpoint(), AMS), entry, heard, warm=True) for entry in entries]


def test_the_unknown_is_assumed_to_be_like_the_best_known() -> None:
    assert typical_service_ms(looks(None, measured(ttft_ms=380.0), measured())) == 50.0
    assert typical_service_ms(looks(None, None)) == SERVICE_GUESS_MS
    assert typical_service_ms([]) == SERVICE_GUESS_MS


def test_without_own_samples_the_neighbours_say_what_is_typical() -> None:
    heard = Hearsay(voices=3, services_ms=(1.0, 90.0, 95.0))
    assert typical_service_ms(looks(None, heard=heard)) == 90.0
    assert typical_service_ms(looks(measured(), heard=heard)) == 50.0
