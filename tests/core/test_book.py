"""The book: counts that balance, rows that change only when something did."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weftline_core.book import LOST_MS, TOLD_S, Book
from weftline_core.failures import Failure
from weftline_core.ids import NodeId
from weftline_core.rows import EndpointState, Row


def book() -> Book:
    return Book(NodeId("ams"), epoch=1 << 20)


def row(kept: Book, now_s: float) -> Row:
    (only,) = kept.rows(now_s)
    return only


def test_an_endpoint_never_tried_is_up() -> None:
    assert book().state("iad", 0.0) is EndpointState.UP
    assert book().entry("iad") is None
    assert book().rows(0.0) == []


def test_a_row_tells_what_was_measured() -> None:
    kept = book()
    kept.began("iad", 0.0)
    kept.rtt("iad", 80.04, 0.0)
    kept.first_content("iad", 130.0, 0.1)
    assert row(kept, 0.1) == Row(
        pop=NodeId("ams"),
        endpoint=row(kept, 0.1).endpoint,
        version=(1 << 20) + 1,
        state=EndpointState.UP,
        rtt_ms=80.0,
        ttft_ms=130.0,
        in_flight=1,
        error_rate=0.0,
    )


def test_versions_grow_only_with_the_content() -> None:
    kept = book()
    kept.rtt("iad", 80.0, 0.0)
    first = row(kept, 0.0)
    kept.rtt("iad", 80.1, 5.0)
    assert row(kept, 5.0) is first, "a change too small to tell"
    kept.began("iad", 5.0)
    second = row(kept, 5.0)
    assert second.version == first.version + 1
    assert second.rtt_ms == first.rtt_ms
    kept.rtt("nrt", 9.0, 5.0)
    assert sorted(r.version for r in kept.rows(5.0)) == [second.version, second.version + 1]


def test_a_drained_endpoint_is_told_as_such_whatever_its_health() -> None:
    kept = book()
    kept.failed("iad", Failure.REFUSED, 0.0)
    before = row(kept, 0.1)
    kept.drain({"iad", "never tried"})
    drained = row(kept, 0.1)
    assert (before.state, drained.state) == (EndpointState.DOWN, EndpointState.DRAINING)
    assert drained.version == before.version + 1
    assert kept.state("iad", 0.1) is EndpointState.DOWN, "what we know of it is not lost"
    kept.drain(())
    assert row(kept, 0.1).state is EndpointState.DOWN


def test_small_changes_do_not_add_up_unseen() -> None:
    kept = book()
    kept.first_content("iad", 100.0, 0.0)
    assert row(kept, 0.0).ttft_ms == 100.0
    for n in range(1, 40):
        kept.first_content("iad", 100.0 + 2 * n, float(n))
        told_ms = row(kept, float(n)).ttft_ms
        value_ms = kept.entry("iad")
        assert value_ms is not None
        assert value_ms.ttft.value_ms is not None
        assert told_ms == pytest.approx(value_ms.ttft.value_ms, rel=0.12)


def test_old_measurements_are_no_longer_told() -> None:
    kept = book()
    kept.rtt("iad", 80.0, 0.0)
    kept.first_content("iad", 100.0, 0.0)
    assert row(kept, TOLD_S).rtt_ms == 80.0
    later = row(kept, TOLD_S + 1)
    assert (later.rtt_ms, later.ttft_ms) == (None, None)


def test_the_error_rate_rises_and_fades() -> None:
    kept = book()
    kept.failed("iad", Failure.SERVER_ERROR, 0.0)
    kept.failed("iad", Failure.CALLER, 0.0)
    assert row(kept, 0.0).error_rate == 0.1
    assert row(kept, 30.0).error_rate == 0.04
    kept.succeeded("iad", 30.0)
    assert row(kept, 30.0).error_rate == 0.03


def test_one_end_for_each_beginning_and_never_below_zero() -> None:
    kept = book()
    kept.began("iad", 0.0)
    kept.began("iad", 0.0)
    kept.ended("iad")
    assert row(kept, 0.0).in_flight == 1
    kept.ended("iad")
    kept.ended("iad")
    kept.ended("unheard-of")
    assert row(kept, 0.0).in_flight == 0


def test_forgetting_spares_the_living_and_the_busy() -> None:
    kept = book()
    kept.rtt("ams", 1.0, 0.0)
    kept.rtt("iad", 80.0, 0.0)
    kept.began("nrt", 0.0)
    kept.forget({"ams"})
    assert [r.endpoint for r in kept.rows(0.0)] == ["ams", "nrt"]
    kept.ended("nrt")
    kept.forget({"ams"})
    assert [r.endpoint for r in kept.rows(0.0)] == ["ams"]


def test_a_forgotten_endpoint_returns_with_a_higher_version() -> None:
    kept = book()
    kept.rtt("iad", 80.0, 0.0)
    before = row(kept, 0.0)
    kept.forget(())
    kept.rtt("iad", 80.0, 1.0)
    assert row(kept, 1.0).version > before.version


def test_health_is_kept_by_requests_and_probes() -> None:
    kept = book()
    kept.missed("iad", Failure.REFUSED, 0.0)
    assert kept.state("iad", 0.0) is EndpointState.DOWN
    kept.reached("iad", 0.1)
    assert kept.state("iad", 0.1) is EndpointState.PROBATION
    kept.began("iad", 0.2)
    kept.succeeded("iad", 0.2)
    assert kept.state("iad", 0.2) is EndpointState.UP
    entry = kept.entry("iad")
    assert entry is not None
    assert entry.good_at_s == 0.2


def test_a_pause_is_passed_on() -> None:
    kept = book()
    kept.failed("iad", Failure.OVERLOADED, 0.0, retry_after_s=9.0)
    assert kept.state("iad", 8.9) is EndpointState.DOWN
    assert kept.state("iad", 9.0) is EndpointState.PROBATION


def test_risk_grows_with_failures_fades_with_time_and_ends_with_success() -> None:
    kept = book()
    kept.failed("iad", Failure.SERVER_ERROR, 0.0)
    entry = kept.entry("iad")
    assert entry is not None
    assert entry.risk_ms(0.0) == LOST_MS / 2
    assert 0.0 < entry.risk_ms(4.0) < LOST_MS / 10
    kept.failed("iad", Failure.SERVER_ERROR, 4.0)
    assert entry.risk_ms(4.0) == LOST_MS * 3 / 4
    kept.succeeded("iad", 5.0)
    assert entry.risk_ms(5.0) == 0.0


def test_an_answer_on_its_way_is_awaited() -> None:
    kept = book()
    kept.began("iad", 1.0)
    entry = kept.entry("iad")
    assert entry is not None
    assert entry.awaits_first()
    kept.first_content("iad", 50.0, 1.05)
    assert not entry.awaits_first()
    kept.began("iad", 2.0)
    assert entry.awaits_first()
    kept.ended("iad")
    kept.ended("iad")
    assert not entry.awaits_first()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 30.0),
            st.sampled_from(["began", "ended", "first", "ok", "failed", "rtt", "reached"]),
            st.sampled_from(["a", "b"]),
        ),
        max_size=40,
    )
)
def test_versions_never_shrink_and_never_lie(events: list[tuple[float, str, str]]) -> None:
    """Two rows of one endpoint with the same version are the same row."""
    kept = book()
    told: dict[tuple[str, int], Row] = {}
    last: dict[str, int] = {}
    now_s = 0.0
    for gap_s, what, name in events:
        now_s += gap_s
        match what:
            case "began":
                kept.began(name, now_s)
            case "ended":
                kept.ended(name)
            case "first":
                kept.first_content(name, gap_s * 100, now_s)
            case "ok":
                kept.succeeded(name, now_s)
            case "failed":
                kept.failed(name, Failure.RESET, now_s)
            case "rtt":
                kept.rtt(name, gap_s, now_s)
            case _:
                kept.reached(name, now_s)
        for said in kept.rows(now_s):
            assert told.setdefault((said.endpoint, said.version), said) == said
            assert said.version >= last.get(said.endpoint, 0)
            last[said.endpoint] = said.version
