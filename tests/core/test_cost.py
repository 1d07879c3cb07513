"""What requests cost, against figures worked out by hand (`tests/fakes/price_cases.py`)."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.price_cases import CASES, CLAUDE, NOON, PLAIN, at, usd
from weftline_core.cost import Cost, CustomCost, cost, custom_cost, read_custom_cost
from weftline_core.errors import CallerError
from weftline_core.prices import MILLION, Meter, Offer, Price, Service, Tier, Window
from weftline_core.usage import Usage


@pytest.mark.parametrize(
    ("price", "usage", "asked", "nanos"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_costs_by_hand(price: Price, usage: Usage, asked: dict[str, Any], nanos: int) -> None:
    asked = dict(asked)
    when = at(asked.pop("at")) if "at" in asked else NOON
    found = cost(price, usage, when, **asked)
    assert found is not None
    assert found.nanodollars == nanos
    assert sum(found.parts.values()) == nanos
    assert found.source == "table"


def test_the_parts_say_what_cost_how_much() -> None:
    found = cost(CLAUDE, Usage(1_000, 100, 800, searches=1), NOON)
    assert found is not None
    assert found.parts == {
        Meter.INPUT: 800_000,
        Meter.CACHE_READ: 160_000,
        Meter.OUTPUT: 2_000_000,
        Meter.SEARCH: 10_000_000,
    }


def test_an_offer_costs_what_it_cost_at_the_time() -> None:
    offer = Offer(
        provider="mistral",
        model="mistral-large-4",
        prices=(
            Price(since="2026-10-01", rates=usd(input="0.68", output="2.09")),
            Price(since="2026-10-20", rates=usd(input="1.36", output="4.18")),
            Price(since="2026-10-29", rates=usd(input="0.7", output="2.1")),
        ),
    )
    usage = Usage(1_000, 1_000)
    days = ["2026-10-01", "2026-10-19", "2026-10-20", "2026-10-28", "2026-10-29"]
    found = [cost(offer, usage, at(f"{day}T12:00:00")) for day in days]
    assert [one and one.nanodollars for one in found] == [
        2_770_000,
        2_770_000,
        5_540_000,
        5_540_000,
        2_800_000,
    ]
    assert cost(offer, usage, at("2026-09-30T23:59:59")) is None


def test_what_nobody_knows_is_none() -> None:
    assert cost(Offer(provider="a", model="b"), Usage(1, 1), NOON) is None
    assert cost(Price(rates=usd(input="1")), Usage(1, 1), NOON) is None
    found = cost(Price(rates=usd(input="1")), Usage(1, 0), NOON)
    assert found is not None
    assert found.nanodollars == 1_000


def test_searches_without_a_price_are_named() -> None:
    found = cost(PLAIN, Usage(1, 0, searches=2), NOON)
    assert found == Cost(
        nanodollars=2_000, source="table", parts={Meter.INPUT: 2_000}, unpriced=(Meter.SEARCH,)
    )


def test_the_providers_own_word_beats_every_list() -> None:
    said = Usage(1_000, 1_000, cost_nanodollars=7)
    assert cost(PLAIN, said, NOON) == Cost(nanodollars=7, source="provider")
    assert cost(Offer(provider="a", model="b"), said, NOON) == Cost(
        nanodollars=7, source="provider"
    )
    free = Usage(1_000, 1_000, cost_nanodollars=0)
    assert cost(PLAIN, free, NOON) == Cost(nanodollars=0, source="provider")


CUSTOM = [
    ('{"per_token_in": 0.000002, "per_token_out": 1e-5}', Usage(10, 1, 4), 10 * 2_000 + 10_000),
    (
        '{"per_token_in":2e-6,"per_token_out":1e-5,"per_cache_read_token":2e-7}',
        Usage(10, 0, 4),
        6 * 2_000 + 4 * 200,
    ),
    (
        '{"per_token_in":2e-6,"per_token_out":1e-5,"per_cache_write_token":"0.0000025"}',
        Usage(10, 0, 0, 4, 2),
        4 * 2_000 + 6 * 2_500,
    ),
    ('{"total_cost": 0.05}', Usage(10, 1), 50_000_000),
    ('{"total_cost": 0}', Usage(10, 1), 0),
    # 1 x 0.0000000005 USD is half a nano-dollar.
    ('{"per_token_in":5e-10,"per_token_out":0}', Usage(1, 5), 1),
]


@pytest.mark.parametrize(("text", "usage", "nanos"), CUSTOM)
def test_a_clients_own_prices(text: str, usage: Usage, nanos: int) -> None:
    found = custom_cost(read_custom_cost(text, "cf-aig-custom-cost"), usage)
    assert (found.nanodollars, found.source) == (nanos, "custom")


def test_a_clients_own_prices_beat_the_providers_word() -> None:
    said = Usage(10, 0, searches=1, cost_nanodollars=7)
    found = custom_cost(
        CustomCost(per_token_in=Decimal("0.000001"), per_token_out=Decimal(0)), said
    )
    assert (found.nanodollars, found.unpriced) == (10_000, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        "1",
        '{"per_token_in": 1e-6}',
        '{"per_token_in": -1e-6, "per_token_out": 0}',
        '{"per_token_in": 2, "per_token_out": 0}',
        '{"total_cost": 1e400}',
        '{"total_cost": 1, "per_token_in": 0}',
        '{"total": 1}',
        '{"total_cost": ' + "1" * 2_000 + "}",
        '{"total_cost": true}',
    ],
)
def test_prices_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(CallerError, match="cf-aig-custom-cost must be") as told:
        read_custom_cost(text.encode(), "cf-aig-custom-cost")
    assert told.value.param == "cf-aig-custom-cost"


RATES = st.integers(0, 100_000_000_000)
KINDS: list[Meter] = [meter for meter in Meter if meter is not Meter.REQUEST]


@st.composite
def prices(draw: st.DrawFn) -> Price:
    """Any price list whose longer prompts are not cheaper."""
    base: dict[Meter, int] = draw(st.dictionaries(st.sampled_from(KINDS), RATES))
    base |= {Meter.INPUT: draw(RATES), Meter.OUTPUT: draw(RATES)}
    more = {meter: rate + draw(RATES) for meter, rate in base.items()}
    return Price(
        rates=base,
        tiers=(Tier(above_tokens=draw(st.integers(1, 3_000)), rates=more),),
        services=(Service(name="s", factor_millionths=draw(st.integers(0, 3_000_000))),),
        windows=(Window(start_minute=0, end_minute=1440, factor_millionths=2_000_000),),
        uplifts={"us": draw(st.integers(0, 2_000_000))},
    )


COUNT = st.integers(0, 2_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Any usage whose parts fit into their totals."""
    fresh, read, write, write_1h, audio, image, read_audio = (draw(COUNT) for _ in range(7))
    text, thought, said, drawn = (draw(COUNT) for _ in range(4))
    return Usage(
        prompt_tokens=fresh + read + write + write_1h + audio + image + read_audio,
        completion_tokens=text + thought + said + drawn,
        cache_read_tokens=read + read_audio,
        cache_write_tokens=write,
        cache_write_1h_tokens=write_1h,
        audio_prompt_tokens=audio + read_audio,
        image_prompt_tokens=image,
        cache_read_audio_tokens=read_audio,
        reasoning_tokens=thought,
        audio_completion_tokens=said,
        image_completion_tokens=drawn,
        searches=draw(COUNT),
    )


def test_the_tier_that_served_beats_the_one_that_was_asked_for() -> None:
    price = Price(
        rates={Meter.INPUT: MILLION * 1_000},
        services=(Service(name="flex", factor_millionths=500_000),),
    )
    for usage, asked, nanodollars in (
        (Usage(10, 0), None, 10_000),
        (Usage(10, 0), "flex", 5_000),
        (Usage(10, 0, service_tier="flex"), None, 5_000),
        (Usage(10, 0, service_tier="priority"), "flex", 10_000),
    ):
        found = cost(price, usage, NOON, service_tier=asked)
        assert found is not None
        assert found.nanodollars == nanodollars


def added(a: Usage, b: Usage) -> Usage:
    others = ("cost_nanodollars", "service_tier")
    names = [name for name in Usage.__struct_fields__ if name not in others]
    return Usage(**{name: getattr(a, name) + getattr(b, name) for name in names})


def nanos(price: Price, usage: Usage, *, plain: bool = False) -> int:
    found = cost(price, usage, NOON, service_tier=None if plain else "s", region="us")
    assert found is not None
    return found.nanodollars


@given(prices(), usages(), usages())
def test_more_never_costs_less(price: Price, usage: Usage, more: Usage) -> None:
    assert nanos(price, added(usage, more)) >= nanos(price, usage) >= 0


@given(prices(), usages(), usages())
def test_two_together_cost_what_they_cost_apart(price: Price, one: Usage, two: Usage) -> None:
    flat = msgspec.structs.replace(price, tiers=())
    apart = nanos(flat, one) + nanos(flat, two)
    # Each of the three is rounded once.
    assert abs(nanos(flat, added(one, two)) - apart) <= 1


@given(prices(), st.lists(COUNT, min_size=11, max_size=11))
def test_no_report_makes_a_cost_negative_or_counts_a_token_twice(
    price: Price, counts: list[int]
) -> None:
    told: dict[str, Any] = dict(zip(Usage.__struct_fields__, counts, strict=False))
    usage = Usage(**told)
    found = cost(price, usage, NOON)
    assert found is not None
    assert all(part >= 0 for part in found.parts.values())
    one = Price(rates={Meter.INPUT: MILLION, Meter.OUTPUT: MILLION})
    cached = usage.cache_read_tokens + usage.cache_write_tokens + usage.cache_write_1h_tokens
    prompt = max(usage.prompt_tokens, cached)
    assert nanos(one, usage, plain=True) == prompt + usage.completion_tokens
