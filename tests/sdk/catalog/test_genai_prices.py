"""genai-prices is read whole, and costs the same afterwards by our own sums."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import data
from genai_prices.types import ModelInfo, Provider
from genai_prices.types import Usage as TheirUsage

from tests.fakes.genai_prices_data import data_json
from weftline.catalog.genai_prices import read_genai_prices
from weftline.catalog.imported import Imported, our_name
from weftline_core.cost import cost
from weftline_core.errors import OperatorError
from weftline_core.prices import Meter, Offer, Price, Service, Tier, Window
from weftline_core.usage import Usage

# A Friday on which every dated price of theirs has begun, outside and inside of DeepSeek's peaks.
TIMES = (datetime(2027, 1, 8, 12, tzinfo=UTC), datetime(2027, 1, 8, 2, tzinfo=UTC))

USAGES = (
    Usage(1_000, 500),
    Usage(10_000, 1_000, 8_000),
    Usage(10_000, 1_000, 5_000, 2_000, 1_000),
    Usage(150_000, 3_000, 100_000),
    Usage(300_000, 3_000, 0, 100_000),
    Usage(600_000, 1, reasoning_tokens=1),
    Usage(20_000, 700, searches=3),
    Usage(0, 0),
)


@pytest.fixture(scope="module")
def imported() -> Imported:
    return read_genai_prices(data_json())


def theirs(
    provider: Provider, model: ModelInfo, usage: Usage, when: datetime, **context: str
) -> Decimal:
    given = TheirUsage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens + usage.cache_write_1h_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        output_reasoning_tokens=usage.reasoning_tokens,
        web_searches=usage.searches,
    )
    found = model.calc_price(
        given, provider, genai_request_timestamp=when, price_context=context or None
    )
    return found.total_price


def assert_same(offer: Offer, provider: Provider, model: ModelInfo, **context: str) -> None:
    tier = next(iter(context.values()), None)
    for usage in USAGES:
        for when in TIMES:
            found = cost(offer, usage, when.timestamp(), service_tier=tier)
            assert found is not None, (provider.id, model.id)
            exact = theirs(provider, model, usage, when, **context) * 10**9
            assert abs(found.nanodollars - exact) <= Decimal("0.5"), (provider.id, model.id, usage)


def priced(offer: Offer) -> bool:
    rates = offer.prices[-1].rates if offer.prices else {}
    return Meter.INPUT in rates and Meter.OUTPUT in rates


def test_every_chat_model_costs_what_it_costs_there(imported: Imported) -> None:
    offers = {model.name: model.offers[0] for model in imported.models}
    compared = 0
    for provider in data.providers:
        for model in provider.models:
            offer = offers.get(f"{our_name(provider.id)}/{model.id}")
            # Citations are a part of the output that only they count.
            if offer and priced(offer) and model.id != "sonar-deep-research":
                assert_same(offer, provider, model)
                compared += 1
    assert compared > 1_900


@pytest.mark.parametrize(
    ("provider", "context"),
    [
        ("openai", {"service_tier": "priority"}),
        ("openai", {"service_tier": "flex"}),
        ("openai", {"processing": "batch"}),
        ("anthropic", {"processing": "batch"}),
        ("anthropic", {"speed": "fast"}),
        ("google", {"service_tier": "flex"}),
        ("mistral", {"processing": "batch"}),
    ],
)
def test_service_tiers_cost_what_they_cost_there(
    imported: Imported, provider: str, context: dict[str, str]
) -> None:
    there = next(p for p in data.providers if p.id == provider)
    offers = {model.name: model.offers[0] for model in imported.models}
    with_tier = [
        model
        for model in there.models
        if any(variant.when == context for variant in model.price_variants or [])
        and f"{provider}/{model.id}" in offers
        and priced(offers[f"{provider}/{model.id}"])
    ]
    assert with_tier
    for model in with_tier:
        assert_same(offers[f"{provider}/{model.id}"], there, model, **context)


def test_prices_of_the_past_are_kept(imported: Imported) -> None:
    there = next(p for p in data.providers if p.id == "mistral")
    model = next(m for m in there.models if m.id == "mistral-large-4")
    offer = next(m.offers[0] for m in imported.models if m.name == "mistral/mistral-large-4")
    for day in (1, 15, 19, 20, 28, 29):
        when = datetime(2026, 10, day, 12, tzinfo=UTC)
        found = cost(offer, USAGES[0], when.timestamp())
        assert found is not None
        assert found.nanodollars == theirs(there, model, USAGES[0], when) * 10**9


def test_what_cannot_be_carried_is_reported(imported: Imported) -> None:
    report = "\n".join(imported.report())
    assert "the price of storage_searches_kcount" in report
    assert "prices when route=mistral/eu" in report
    assert "prices when search_type=fast" in report
    assert "hours of the day are kept for the newest prices only (" in report
    assert "is not a valid model name" in report


def test_one_provider_by_either_name() -> None:
    text = data_json()
    for name in ("x-ai", "xai"):
        models = read_genai_prices(text, name).models
        assert models
        assert {model.offers[0].provider for model in models} == {"xai"}
    assert read_genai_prices(text, "nobody").models == []


def one(model: dict[str, Any]) -> tuple[Price, ...]:
    text = json.dumps([{"id": "acme", "models": [{"id": "m", **model}]}])
    return read_genai_prices(text).models[0].offers[0].prices


def test_tiers_hours_and_services_by_hand() -> None:
    rows = one(
        {
            "prices": [
                {"prices": {"input_mtok": 0.1, "output_mtok": 1}},
                {
                    "constraint": {"start_date": "2026-02-01"},
                    "prices": {
                        "input_mtok": {
                            "base": 0.2,
                            "tiers": [{"start": 9, "price": 0.4}, {"start": 5, "price": 0.3}],
                        },
                        "output_mtok": {"base": 1, "tiers": [{"start": 5, "price": 2}]},
                        "web_searches_kcount": 10,
                    },
                },
                {
                    "constraint": {"start_time": "22:00:00Z", "end_time": "01:30:00Z"},
                    "prices": {"input_mtok": 7},
                },
            ],
            "price_variants": [{"when": {"processing": "batch"}, "prices": {"input_mtok": 0.05}}],
        }
    )
    batch = Service(name="batch", rates={Meter.INPUT: 50_000_000})
    night = {Meter.INPUT: 7_000_000_000}
    assert rows == (
        Price(rates={Meter.INPUT: 100_000_000, Meter.OUTPUT: 1_000_000_000}, services=(batch,)),
        Price(
            since="2026-02-01",
            rates={
                Meter.INPUT: 200_000_000,
                Meter.OUTPUT: 1_000_000_000,
                Meter.SEARCH: 10_000_000_000_000,
            },
            tiers=(
                Tier(
                    above_tokens=5,
                    rates={Meter.INPUT: 300_000_000, Meter.OUTPUT: 2_000_000_000},
                ),
                Tier(
                    above_tokens=9,
                    rates={Meter.INPUT: 400_000_000, Meter.OUTPUT: 2_000_000_000},
                ),
            ),
            services=(batch,),
            windows=(
                Window(start_minute=1320, end_minute=1440, rates=night),
                Window(start_minute=0, end_minute=90, rates=night),
            ),
        ),
    )


def test_an_hour_of_audio_is_3600_seconds() -> None:
    (row,) = one({"prices": {"audio_hours": 0.04}})
    # 0.04 USD / 3,600 s = 11,111.1 nano-dollars a second
    assert row.rates == {Meter.AUDIO_SECOND: 11_111_111_111}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"id": "a"}]'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="not the price data of genai-prices"):
        read_genai_prices(text)
