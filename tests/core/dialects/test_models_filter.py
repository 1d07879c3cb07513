"""Which models a query asks for."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Model
from weftline_core.dialects.models_filter import (
    FILTERS,
    ModelFilter,
    offers_of,
    read_filter,
    whole,
)
from weftline_core.errors import CallerError
from weftline_core.prices import Meter, Offer, Price

NOW = 1_795_000_000.0  # 2026-11-18
USD = 1_000_000_000


def offer(provider: str, dollars: int) -> Offer:
    rates = {Meter.INPUT: dollars * USD // 4, Meter.OUTPUT: dollars * USD}
    return Offer(provider=provider, model="there", prices=(Price(rates=rates),))


MODEL = Model(
    name="acme/Sees",
    aliases=("looks",),
    owned_by="acme",
    inputs=("text", "image"),
    context_tokens=200_000,
    retires="2027-01-31",
    offers=(offer("dear", 40), offer("cheap", 8)),
)


@pytest.mark.parametrize(
    ("query", "taken"),
    [
        ({}, True),
        ({"task": "chat"}, True),
        ({"task": "embeddings"}, False),
        ({"provider": "cheap"}, True),
        ({"provider": "acme"}, False),
        ({"owned_by": "acme"}, True),
        ({"owned_by": "other"}, False),
        ({"input": "image"}, True),
        ({"input": "audio"}, False),
        ({"output": "text"}, True),
        ({"output": "image"}, False),
        ({"q": "SEE"}, True),
        ({"q": "ook"}, True),
        ({"q": "sea"}, False),
        ({"context_min": "200000"}, True),
        ({"context_min": "200001"}, False),
        ({"price_max": "8"}, True),
        ({"price_max": "7.99"}, False),
        ({"retiring_before": "2027-02-01"}, True),
        ({"retiring_before": "2027-01-31"}, False),
        ({"task": "chat", "input": "image", "q": "acme", "price_max": "1"}, False),
    ],
)
def test_filters(query: dict[str, str], *, taken: bool) -> None:
    assert read_filter(query).takes(MODEL, MODEL.offers, NOW) is taken


def test_what_is_unknown_passes_no_limit() -> None:
    plain = Model(name="a/b")
    for query in ({"context_min": "1"}, {"price_max": "1000"}, {"retiring_before": "2999-01-01"}):
        assert not read_filter(query).takes(plain, plain.offers, NOW)
    unpriced = (Offer(provider="p", model="m"), Offer(provider="q", model="m", prices=(Price(),)))
    assert not read_filter({"price_max": "1000"}).takes(plain, unpriced, NOW)


def test_a_price_counts_when_it_is_in_force() -> None:
    cheaper = Price(since="2026-12-01", rates={Meter.INPUT: USD, Meter.OUTPUT: USD})
    offers = (Offer(provider="p", model="m", prices=(*MODEL.offers[1].prices, cheaper)),)
    wanted = read_filter({"price_max": "1"})
    assert not wanted.takes(MODEL, offers, NOW)
    assert wanted.takes(MODEL, offers, NOW + 30 * 86_400)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"tsak": "chat"}, "tsak"),
        ({"x" * 500: "1"}, "x" * 128),
        ({"task": "poems"}, "task"),
        ({"input": "smell"}, "input"),
        ({"output": ""}, "output"),
        ({"context_min": "-1"}, "context_min"),
        ({"context_min": "many"}, "context_min"),
        ({"context_min": "9" * 19}, "context_min"),
        ({"context_min": "٣"}, "context_min"),
        ({"price_max": "-1"}, "price_max"),
        ({"price_max": "NaN"}, "price_max"),
        ({"price_max": "1e999999"}, "price_max"),
        ({"price_max": "cheap"}, "price_max"),
        ({"retiring_before": "soon"}, "retiring_before"),
    ],
)
def test_a_wrong_filter_is_told_by_its_name(query: dict[str, str], param: str) -> None:
    with pytest.raises(CallerError) as told:
        read_filter(query)
    assert told.value.param == param


def test_an_unknown_filter_is_told_which_there_are() -> None:
    with pytest.raises(CallerError, match="there are task, provider, owned_by, input"):
        read_filter({"limit": "3"})
    assert set(FILTERS) == {
        name.removesuffix("_nanodollars") for name in ModelFilter.__struct_fields__
    }


@given(st.dictionaries(st.sampled_from(FILTERS), st.text(max_size=12)))
def test_any_query_is_a_filter_or_an_error(query: dict[str, str]) -> None:
    with contextlib.suppress(CallerError):
        assert read_filter(query).takes(MODEL, MODEL.offers, NOW) in (True, False)


def test_numbers() -> None:
    assert whole({}, "limit") is None
    assert whole({"limit": "007"}, "limit") == 7


def test_offers_are_those_of_the_endpoints_that_serve() -> None:
    def at(name: str, provider: str, there: str = "there") -> Endpoint:
        models = {MODEL.name: there}
        return Endpoint(name=name, base_url="http://h/v1", models=models, provider=provider)

    def offers(*endpoints: Endpoint) -> tuple[Offer, ...]:
        return offers_of(Catalog.of(Desired.EMPTY.changed([MODEL, *endpoints], [], 1)), MODEL)

    assert offers() == MODEL.offers
    assert offers(at("a", "cheap"), at("b", "cheap")) == (MODEL.offers[1],)
    assert offers(at("a", "selfhosted", "mine")) == (Offer(provider="selfhosted", model="mine"),)
