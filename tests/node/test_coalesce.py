"""Of equal requests in flight one is sent, and all get its answer or go on by themselves."""

import asyncio
from collections.abc import Callable

import pytest

from tests.fakes.entries import entry_of, key_of
from tests.fakes.waiting import until
from weftline_core.answer_cache import Entry
from weftline_node import coalesce
from weftline_node.coalesce import FLIGHTS_MAX, FOLLOWERS_MAX, Flights

KEY, OTHER = key_of(1), key_of(2)


async def test_the_first_leads_and_the_others_get_its_answer() -> None:
    flights, told = Flights(), list[Entry | None]()
    flight = flights.begin(KEY)
    assert flight is not None
    assert flights.begin(KEY) is None
    assert flights.join(KEY, told.append) is not None
    assert flights.join(KEY, told.append) is not None
    answer = entry_of()
    flight.end(answer)
    assert told == [], "not from within the leader's call"
    await until(lambda: len(told) == 2)
    assert told == [answer, answer]
    assert (len(flights), flights.joined) == (0, 2)


async def test_other_keys_and_other_tenants_fly_alone() -> None:
    flights = Flights()
    assert flights.begin(KEY) is not None
    assert flights.join(OTHER, lambda _: None) is None
    assert flights.begin(OTHER) is not None
    assert flights.join(key_of(1, "other"), lambda _: None) is None
    assert flights.begin(key_of(1, "other")) is not None


async def test_without_an_answer_the_first_follower_leads_the_next_flight() -> None:
    flights, events = Flights(), list[str]()

    def follower(name: str) -> Callable[[Entry | None], None]:
        def told(entry: Entry | None) -> None:
            assert entry is None
            if (flight := flights.begin(KEY)) is not None:
                events.append(f"{name} leads")
                asyncio.get_running_loop().call_soon(flight.end, entry_of())
            else:
                flights.join(KEY, lambda _: events.append(f"{name} is told"))

        return told

    first = flights.begin(KEY)
    assert first is not None
    for name in "abc":
        flights.join(KEY, follower(name))
    first.end(None)
    await until(lambda: len(events) == 3)
    assert events == ["a leads", "b is told", "c is told"]


async def test_who_has_left_is_told_nothing_however_late_he_left() -> None:
    flights, told = Flights(), list[Entry | None]()
    flight = flights.begin(KEY)
    assert flight is not None
    early, late = flights.join(KEY, told.append), flights.join(KEY, told.append)
    stays = flights.join(KEY, told.append)
    assert early is not None
    assert late is not None
    assert stays is not None
    early.leave()
    early.leave()
    flight.end(entry_of())
    late.leave()
    await until(lambda: told)
    await asyncio.sleep(0)
    assert len(told) == 1


async def test_only_the_first_end_counts() -> None:
    flights, told = Flights(), list[Entry | None]()
    flight = flights.begin(KEY)
    assert flight is not None
    flights.join(KEY, told.append)
    flight.end(entry_of(b"first"))
    second = flights.begin(KEY)
    assert second is not None
    flight.end(None)
    assert flights.begin(KEY) is None, "a late end does not end another's flight"
    await until(lambda: told)
    assert [entry.body for entry in told if entry is not None] == [b"first"]


async def test_a_followers_failure_is_its_own() -> None:
    flights, told = Flights(), list[Entry | None]()
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))

    def fails(_: Entry | None) -> None:
        raise RuntimeError

    flight = flights.begin(KEY)
    assert flight is not None
    flights.join(KEY, fails)
    flights.join(KEY, told.append)
    flight.end(entry_of())
    await until(lambda: told)
    assert len(failures) == 1


async def test_followers_and_flights_are_bounded() -> None:
    flights = Flights()
    flight = flights.begin(KEY)
    assert flight is not None
    for _ in range(FOLLOWERS_MAX):
        assert flights.join(KEY, lambda _: None) is not None
    assert flights.join(KEY, lambda _: None) is None
    for number in range(2, FLIGHTS_MAX + 100):
        assert flights.begin(key_of(number)) is not None, "beyond the bound each goes alone"
    assert len(flights) == FLIGHTS_MAX


async def test_who_goes_alone_ends_nobody_elses_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalesce, "FLIGHTS_MAX", 1)
    flights = Flights()
    other, alone = flights.begin(OTHER), flights.begin(KEY)
    assert other is not None
    assert alone is not None
    other.end(None)
    leader = flights.begin(KEY)
    assert leader is not None
    alone.end(None)
    assert flights.begin(KEY) is None, "the leader still flies"
