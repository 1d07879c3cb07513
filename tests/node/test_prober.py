"""The prober on virtual time: how soon it learns of a death and of a return, and what it spares."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from tests.sim.loop import VirtualClock, run
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint
from weftline_core.failures import Failure
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row
from weftline_node.prober import GAP_S, METERED_IDLE_S, PROBE_WAIT_S, PROBES_MAX, Prober
from weftline_node.upstream import AttemptFailed

UP, DOWN = EndpointState.UP, EndpointState.DOWN
KNOWN_WITHIN_S = 2.0


def endpoint(name: str, secret: str | None = None) -> Endpoint:
    return Endpoint(name=name, base_url="http://h/v1", models={"m": "m"}, secret=secret)


def catalog(*endpoints: Endpoint) -> Catalog:
    return Catalog.of(Desired.EMPTY.changed(endpoints, [], 1))


class Bench:
    """A prober over endpoints that answer in 10 ms unless told otherwise, and its book."""

    def __init__(self) -> None:
        self.clock = VirtualClock(asyncio.get_running_loop())
        self.book = Book(NodeId("ams"))
        self.faults: dict[str, Failure | None] = {}
        self.bugs: list[str] = []
        self.pings: list[tuple[str, float]] = []
        self.under_way = self.most_under_way = 0
        self.prober = Prober(
            self.ping, self.book, self.clock, random.Random(1), lambda who, _: self.bugs.append(who)
        )

    async def ping(self, name: str) -> float:
        self.pings.append((name, self.clock.now_s()))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0.01)
            if name not in self.faults:
                return 0.01
            fault = self.faults[name]
            if fault is None:
                await asyncio.Event().wait()
            raise AttemptFailed(fault or Failure.SILENT)
        finally:
            self.under_way -= 1

    def state(self, name: str) -> EndpointState:
        return self.book.state(name, self.clock.now_s())

    async def until(self, name: str, state: EndpointState) -> float:
        """Return the seconds until the book says so."""
        began_s = self.clock.now_s()
        async with asyncio.timeout(60):
            while self.state(name) is not state:
                await asyncio.sleep(0.005)
        return self.clock.now_s() - began_s


def on_bench(script: Callable[[Bench], Awaitable[None]]) -> Bench:
    async def main() -> Bench:
        bench = Bench()
        try:
            await script(bench)
        finally:
            await bench.prober.close()
        return bench

    bench, _ = run(main())
    return bench


def test_every_endpoint_is_measured_soon_after_the_start() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(*(endpoint(f"e{n}") for n in range(20))))
        await asyncio.sleep(0.3)
        rows = bench.book.rows(bench.clock.now_s())
        assert [row.rtt_ms for row in rows] == [10.0] * 20

    on_bench(script)


@pytest.mark.parametrize("used", [True, False])
def test_a_death_is_known_within_two_seconds(*, used: bool) -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("iad")))
        if used:
            bench.book.began("iad", bench.clock.now_s())
        for after_s in (5.0, 5.3, 5.9):
            await asyncio.sleep(after_s)
            bench.faults["iad"] = Failure.REFUSED
            assert await bench.until("iad", DOWN) < KNOWN_WITHIN_S
            bench.faults.clear()
            assert await bench.until("iad", UP) < 2 * KNOWN_WITHIN_S

    on_bench(script)


def test_a_black_hole_is_known_after_three_probes() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("iad")))
        await asyncio.sleep(5)
        bench.faults["iad"] = None
        assert 3 * PROBE_WAIT_S < await bench.until("iad", DOWN) < 4 * PROBE_WAIT_S + 1

    on_bench(script)


def test_slow_probes_do_not_kill_an_endpoint_that_serves() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("iad")))
        bench.faults["iad"] = None
        for _ in range(30):
            await asyncio.sleep(1)
            bench.book.first_content("iad", 50.0, bench.clock.now_s())
            assert bench.state("iad") is UP

    on_bench(script)


@pytest.mark.parametrize("failure", [Failure.DENIED, Failure.NOT_FOUND, Failure.OVERLOADED])
def test_a_refusal_to_answer_is_an_answer(failure: Failure) -> None:
    async def script(bench: Bench) -> None:
        bench.faults["iad"] = failure
        bench.prober.swap(catalog(endpoint("iad")))
        await asyncio.sleep(10)
        assert bench.state("iad") is UP
        entry = bench.book.entry("iad")
        assert entry is not None
        assert bench.clock.now_s() - entry.good_at_s < KNOWN_WITHIN_S

    on_bench(script)


def test_a_stale_connection_is_no_news_and_is_tried_again() -> None:
    async def script(bench: Bench) -> None:
        bench.faults["iad"] = Failure.STALE
        bench.prober.swap(catalog(endpoint("iad")))
        await asyncio.sleep(0.5)
        assert bench.book.entry("iad") is None

    assert len(on_bench(script).pings) >= 3


def test_a_rumour_is_checked_at_once_but_not_without_end() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("iad")))
        await asyncio.sleep(5)
        bench.faults["iad"] = Failure.REFUSED
        bench.prober.hurry("iad")
        bench.prober.hurry("nobody")
        assert await bench.until("iad", DOWN) < 0.2
        before = len(bench.pings)
        for _ in range(1000):
            bench.prober.hurry("iad")
            await asyncio.sleep(0.001)
        assert len(bench.pings) - before <= 1 / GAP_S + 1

    on_bench(script)


def test_a_neighbours_verdict_is_checked_once_as_it_changes() -> None:
    def row(state: EndpointState) -> Row:
        return Row(NodeId("nrt"), EndpointId("api"), 1, state)

    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("api", secret="env:KEY")))
        await asyncio.sleep(1)
        bench.pings.clear()
        for state, pings in ((UP, 0), (DOWN, 1), (DOWN, 1), (UP, 2), (UP, 2)):
            bench.prober.hear([row(state)])
            await asyncio.sleep(0.3)
            assert len(bench.pings) == pings

    on_bench(script)


def test_a_metered_service_is_left_in_peace_until_it_is_used() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("api", secret="env:KEY")))
        await asyncio.sleep(5 * METERED_IDLE_S)
        assert len(bench.pings) <= 7
        bench.book.began("api", bench.clock.now_s())
        bench.book.ended("api")
        before = len(bench.pings)
        await asyncio.sleep(METERED_IDLE_S + 20)
        assert len(bench.pings) - before >= 18

    on_bench(script)


def test_probes_under_way_are_bounded() -> None:
    async def script(bench: Bench) -> None:
        names = [f"e{n}" for n in range(3 * PROBES_MAX)]
        bench.faults.update(dict.fromkeys(names))
        bench.prober.swap(catalog(*map(endpoint, names)))
        await asyncio.sleep(20)

    assert on_bench(script).most_under_way == PROBES_MAX


def test_a_removed_endpoint_is_left_alone_and_stays_forgotten() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("ams"), endpoint("iad")))
        await asyncio.sleep(2)
        bench.faults["iad"] = Failure.REFUSED
        bench.prober.hurry("iad")
        await asyncio.sleep(0.005)
        bench.prober.swap(catalog(endpoint("ams")))
        bench.book.forget({"ams"})
        bench.pings.clear()
        await asyncio.sleep(5)
        assert {name for name, _ in bench.pings} == {"ams"}
        assert bench.book.entry("iad") is None

    on_bench(script)


def test_a_changed_endpoint_is_probed_anew_and_a_returned_one_watched_again() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("ams", secret="env:A")))
        await asyncio.sleep(1)
        bench.pings.clear()
        bench.prober.swap(catalog(endpoint("ams", secret="env:B")))
        await asyncio.sleep(0.1)
        assert len(bench.pings) == 1
        bench.prober.swap(catalog())
        bench.prober.swap(catalog(endpoint("ams")))
        bench.pings.clear()
        await asyncio.sleep(1)
        assert bench.pings

    on_bench(script)


def test_a_bug_is_reported_and_the_watch_goes_on() -> None:
    async def script(bench: Bench) -> None:
        fine = bench.ping

        async def broken(name: str) -> float:
            if len(bench.pings) == 1:
                bench.pings.append((name, 0.0))
                raise RuntimeError("a bug")
            return await fine(name)

        bench.prober = Prober(
            broken, bench.book, bench.clock, random.Random(1), lambda who, _: bench.bugs.append(who)
        )
        bench.prober.swap(catalog(endpoint("iad")))
        await asyncio.sleep(10)

    bench = on_bench(script)
    assert bench.bugs == ["probe iad"]
    assert len(bench.pings) > 5


def test_pops_do_not_fall_into_step() -> None:
    async def script(bench: Bench) -> None:
        bench.prober.swap(catalog(endpoint("iad")))
        await asyncio.sleep(30)

    at_s = [at_s for _, at_s in on_bench(script).pings]
    gaps = {round(b - a, 3) for a, b in pairwise(at_s)}
    assert len(gaps) > 10
