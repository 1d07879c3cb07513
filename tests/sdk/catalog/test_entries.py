"""From the shapes of data files to what the mesh keeps."""

import pytest

from weftline.catalog.entries import (
    Entry,
    OfferShape,
    PriceShape,
    ServiceShape,
    TierShape,
    WindowShape,
    millionths,
    minute_of,
    model_of,
    offer_of,
    price_of,
    rates_of,
    servable,
)
from weftline_core.desired import Model
from weftline_core.prices import Meter, Offer, Price, Service, Tier, Window


def test_a_price_is_carried_whole() -> None:
    shape = PriceShape(
        since="2026-01-31",
        usd={Meter.INPUT: "2.5", Meter.SEARCH: "0.01"},
        tiers=(TierShape(above_tokens=200_000, usd={Meter.INPUT: "5"}),),
        services={
            "flex": ServiceShape(factor="0.5"),
            "fast": ServiceShape(
                usd={Meter.INPUT: "9"},
                tiers=(TierShape(above_tokens=7, usd={Meter.INPUT: "10"}),),
            ),
        },
        windows=(
            WindowShape(
                start="09:00", end="24:00", days=(1, 7), utc_offset_minutes=480, factor="2"
            ),
            WindowShape(start="00:30", end="01:00", usd={Meter.OUTPUT: "0.001"}),
        ),
        uplifts={"us": "1.1"},
    )
    assert price_of(shape) == Price(
        since="2026-01-31",
        rates={Meter.INPUT: 2_500_000_000, Meter.SEARCH: 10_000_000_000_000},
        tiers=(Tier(above_tokens=200_000, rates={Meter.INPUT: 5_000_000_000}),),
        services=(
            Service(name="flex", factor_millionths=500_000),
            Service(
                name="fast",
                rates={Meter.INPUT: 9_000_000_000},
                tiers=(Tier(above_tokens=7, rates={Meter.INPUT: 10_000_000_000}),),
            ),
        ),
        windows=(
            Window(
                start_minute=540,
                end_minute=1440,
                days=(1, 7),
                utc_offset_minutes=480,
                factor_millionths=2_000_000,
            ),
            Window(start_minute=30, end_minute=60, rates={Meter.OUTPUT: 1_000_000}),
        ),
        uplifts={"us": 1_100_000},
    )


def shape(provider: str, retires: str | None = None) -> OfferShape:
    return OfferShape(provider=provider, model="there", source="-", retires=retires)


def test_an_entry_becomes_a_model_with_some_of_its_offers() -> None:
    entry = Entry(
        name="acme/all",
        task="chat",
        aliases=("all",),
        inputs=("text", "image", "smell"),
        context_tokens=9,
        output_tokens_max=8,
        refuses=("temperature",),
        reasoning="effort",
        offers=(shape("p"), shape("q")),
    )
    assert (entry.author, entry.plain_name) == ("acme", "all")
    assert model_of(entry, entry.offers[1:], ("all", "q/there", "acme/all")) == Model(
        name="acme/all",
        aliases=("all", "q/there"),
        owned_by="acme",
        inputs=("text", "image"),
        context_tokens=9,
        output_tokens_max=8,
        refuses=("temperature",),
        reasoning="effort",
        offers=(Offer(provider="q", model="there"),),
    )


@pytest.mark.parametrize(
    ("ends", "retires"),
    [
        (("2027-01-01", "2027-03-01"), "2027-03-01"),
        (("2027-01-01", None), None),
        ((None, None), None),
        ((), None),
    ],
)
def test_a_model_retires_with_its_last_offer(
    ends: tuple[str | None, ...], retires: str | None
) -> None:
    offers = tuple(shape(f"p{i}", end) for i, end in enumerate(ends))
    model = model_of(Entry(name="a/b", task="chat", offers=offers), offers)
    assert model is not None
    assert model.retires == retires
    assert tuple(offer.retires for offer in model.offers) == ends


def test_a_task_that_the_mesh_lacks_makes_no_model() -> None:
    assert model_of(Entry(name="a/b", task="music", offers=()), ()) is None
    assert servable("embeddings")
    assert not servable("music")


def test_an_offer_is_carried_whole() -> None:
    given = OfferShape(
        provider="p",
        model="m",
        source="s",
        regions=("us",),
        context_tokens=1,
        output_tokens_max=2,
        retires="2027-01-01",
        note="n",
        prices=(PriceShape(usd={Meter.INPUT: "1"}),),
    )
    assert offer_of(given) == Offer(
        provider="p",
        model="m",
        context_tokens=1,
        output_tokens_max=2,
        retires="2027-01-01",
        prices=(Price(rates={Meter.INPUT: 1_000_000_000}),),
    )


def test_numbers_and_times() -> None:
    assert millionths("1.1") == 1_100_000
    assert millionths("0") == 0
    assert minute_of("09:30") == 570
    assert minute_of("16:30:00Z") == 990
    assert rates_of() == {}
    for wrong in ("", "x", "1.0000001", "NaN", "Infinity"):
        with pytest.raises(ValueError, match=r"factor|digits"):
            millionths(wrong)
    for wrong in ("", "nine", "9"):
        with pytest.raises(ValueError, match="time of day"):
            minute_of(wrong)
    with pytest.raises(ValueError, match="amount of money"):
        rates_of({Meter.INPUT: "dear"})
