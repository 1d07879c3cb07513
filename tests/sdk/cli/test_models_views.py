"""How models look."""

import pytest

from weftline.cli.models_views import (
    ListedModel,
    facts,
    listed_model,
    models_grid,
    offer_line,
    prices_grid,
    retiring,
)
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Model
from weftline_core.prices import Meter, Offer, Price, Service, Tier, Window

NOW_S = 1_795_780_800.0  # 2026-11-27
USD = 1_000_000_000


def price(dollars: int, since: str | None = None) -> Price:
    return Price(since=since, rates={Meter.INPUT: dollars * USD, Meter.OUTPUT: 2 * dollars * USD})


def test_a_line_has_the_price_of_the_cheapest_endpoint() -> None:
    model = Model(
        name="a/b",
        offers=(
            Offer(provider="dear", model="b", prices=(price(9),)),
            Offer(provider="cheap", model="b", prices=(price(3),)),
            Offer(provider="absent", model="b", prices=(price(1),)),
        ),
    )
    endpoints = [
        Endpoint(name=p, base_url="http://h/v1", models={"a/b": "b"}, provider=p)
        for p in ("dear", "cheap")
    ]
    catalog = Catalog.of(Desired.EMPTY.changed([model, *endpoints], [], 1))
    line = listed_model(catalog, model, NOW_S)
    assert (line.input_usd, line.output_usd) == ("3", "6")
    assert line.endpoints == ["cheap", "dear"]
    assert line.providers == ["dear", "cheap", "absent"]


def test_columns_that_nobody_fills_are_left_out() -> None:
    plain = ListedModel("a/b", "chat", "latency", ("x", "y", "z"), ["e"], ["p", "q"])
    grid = models_grid([plain])
    assert grid.columns == ("MODEL", "TASK", "POLICY", "ALIASES", "ENDPOINTS")
    assert grid.rows == [("a/b", "chat", "latency", "x, y and 1 more", "e")]
    free = ListedModel("a/c", "chat", "latency", (), [], ["p"], input_usd="0")
    grid = models_grid([plain, free], shipped=True)
    assert grid.columns == ("MODEL", "TASK", "IN $/M", "PROVIDERS")
    assert grid.rows == [("a/b", "chat", None, "p, q"), ("a/c", "chat", "0", "p")]


def test_facts_leave_out_what_is_unknown() -> None:
    assert facts(Model(name="a/b", owned_by="a"), []) == [
        ("task", "chat"),
        ("made by", "a"),
        ("reads", "text"),
        ("makes", "text"),
    ]


def test_every_price_has_a_line_and_those_of_the_past_have_none() -> None:
    full = Price(
        since="2026-11-01",
        rates={Meter.INPUT: USD // 2, Meter.SEARCH: 10_000_000_000_000},
        tiers=(Tier(above_tokens=100, rates={Meter.INPUT: USD}),),
        services=(
            Service(name="flex", factor_millionths=500_000),
            Service(name="batch", factor_millionths=500_000),
            Service(
                name="fast",
                rates={Meter.CACHE_READ: USD},
                tiers=(Tier(above_tokens=7, rates={Meter.CACHE_WRITE: USD}),),
            ),
        ),
        windows=(
            Window(
                start_minute=540,
                end_minute=750,
                days=(1, 2, 3, 4, 5),
                utc_offset_minutes=330,
                factor_millionths=2_000_000,
            ),
            Window(start_minute=0, end_minute=60, days=(1, 7), utc_offset_minutes=-480, rates={}),
            Window(
                start_minute=0,
                end_minute=60,
                days=(1, 2),
                utc_offset_minutes=-210,
                factor_millionths=3_000_000,
            ),
            Window(start_minute=0, end_minute=1440, rates={Meter.OUTPUT: USD}),
        ),
        uplifts={"us": 1_100_000, "eu": 1_100_000, "global": 1_000_000, "*": 1_200_000},
    )
    offer = Offer(provider="p", model="m", prices=(price(7), price(8, "2027-01-01"), full))
    none = (None, None, None, None, "")
    assert prices_grid(offer, NOW_S).rows == [
        ("now", "0.5", None, None, None, "search 0.01"),
        ("  above 100 tokens", "1", None, None, None, ""),
        ("  fast", None, None, "1", None, ""),
        ("    above 7 tokens", None, None, None, "1", ""),
        ("  00:00-24:00 UTC", None, "1", None, None, ""),
        ("  flex, batch: x 0.5", *none),
        ("  Mon-Fri 09:00-12:30 UTC+5:30: x 2", *none),
        ("  Mon Tue 00:00-01:00 UTC-3:30: x 3", *none),
        ("  region us, eu: x 1.1", *none),
        ("  other regions: x 1.2", *none),
        ("from 2027-01-01", "8", "16", None, None, ""),
    ]
    unknown = prices_grid(Offer(provider="q", model="n"), NOW_S)
    assert unknown.columns == ("WHEN", "IN $/M", "OUT $/M", "CACHED $/M", "CACHING $/M", "OTHER $")
    assert unknown.rows == [("unknown", None, None, None, None, None)]


def test_a_price_to_come_is_shown_when_there_is_none_yet() -> None:
    offer = Offer(provider="p", model="m", prices=(price(8, "2027-01-01"),))
    assert [row[0] for row in prices_grid(offer, NOW_S).rows] == ["from 2027-01-01"]


def test_who_sells_it_with_which_limits() -> None:
    assert offer_line(Offer(provider="p", model="m")) == "at p as m"
    limited = Offer(
        provider="p", model="m", context_tokens=9, output_tokens_max=8, retires="2027-01-01"
    )
    assert offer_line(limited) == (
        "at p as m, context 9 tokens, answer 8 tokens, retires 2027-01-01"
    )


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-12-28", []),
        ("2026-12-27", ["warning: a/b is switched off on 2026-12-27, in 30 days"]),
        ("2026-11-28", ["warning: a/b is switched off on 2026-11-28, in 1 day"]),
        ("2026-11-27", ["warning: a/b was switched off on 2026-11-27"]),
        (None, []),
    ],
)
def test_a_model_is_warned_of_30_days_before_its_end(day: str | None, told: list[str]) -> None:
    assert retiring([Model(name="a/b", retires=day)], NOW_S) == told


def test_an_offer_may_end_alone() -> None:
    offers = (
        Offer(provider="p", model="m", retires="2026-12-01"),
        Offer(provider="q", model="m"),
    )
    assert retiring([Model(name="a/b", offers=offers)], NOW_S) == [
        "warning: a/b at p is switched off on 2026-12-01, in 4 days"
    ]
