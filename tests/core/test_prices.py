"""Price lists: which row is in force, and what is refused."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.prices import (
    FACTOR_MAX,
    MILLION,
    PARTS_MAX,
    PRICES_MAX,
    RATE_MAX,
    TOKEN_METERS,
    Meter,
    Offer,
    Price,
    Service,
    Tier,
    Window,
    nanodollars,
    offer_for,
    usd,
    usd_rates,
)

USD = 1_000_000_000


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


HISTORY = Offer(
    provider="mistral",
    model="mistral-large-4",
    prices=(
        Price(since="2026-10-29", rates={Meter.INPUT: 700_000_000}),
        Price(rates={Meter.INPUT: 680_000_000}),
        Price(since="2026-10-20", rates={Meter.INPUT: 1_360_000_000}),
    ),
)


@pytest.mark.parametrize(
    ("when", "rate"),
    [
        ("2020-01-01T00:00:00", 680_000_000),
        ("2026-10-19T23:59:59", 680_000_000),
        ("2026-10-20T00:00:00", 1_360_000_000),
        ("2026-10-28T23:59:59", 1_360_000_000),
        ("2026-10-29T00:00:00", 700_000_000),
        ("2031-01-01T00:00:00", 700_000_000),
    ],
)
def test_the_price_in_force_is_the_latest_that_has_begun(when: str, rate: int) -> None:
    price = HISTORY.price_at(at(when))
    assert price is not None
    assert price.rates[Meter.INPUT] == rate


def test_before_its_first_price_an_offer_has_none() -> None:
    offer = Offer(provider="a", model="b", prices=(Price(since="2026-10-20"),))
    assert offer.price_at(at("2026-10-19T00:00:00")) is None
    assert Offer(provider="a", model="b").price_at(0.0) is None


# Monday to Friday, 9:00 to 12:00 in Beijing, which is 1:00 to 4:00 UTC.
BEIJING = Window(
    start_minute=9 * 60,
    end_minute=12 * 60,
    days=(1, 2, 3, 4, 5),
    utc_offset_minutes=480,
    factor_millionths=2 * MILLION,
)
# Monday to Friday, 0:00 to 2:00 in Beijing, which is 16:00 to 18:00 UTC of the day before.
BEIJING_NIGHT = Window(start_minute=0, end_minute=120, days=(1, 2, 3, 4, 5), utc_offset_minutes=480)


@pytest.mark.parametrize(
    ("window", "when", "holds"),
    [
        # 2026-11-27 is a Friday.
        (BEIJING, "2026-11-27T00:59:59", False),
        (BEIJING, "2026-11-27T01:00:00", True),
        (BEIJING, "2026-11-27T03:59:59", True),
        (BEIJING, "2026-11-27T04:00:00", False),
        (BEIJING, "2026-11-28T01:00:00", False),
        (BEIJING, "2026-11-29T01:00:00", False),
        (BEIJING, "2026-11-30T01:00:00", True),
        (BEIJING_NIGHT, "2026-11-27T16:00:00", False),
        (BEIJING_NIGHT, "2026-11-29T16:00:00", True),
        (BEIJING_NIGHT, "2026-11-29T15:59:59", False),
    ],
)
def test_hours_and_days_are_those_of_the_windows_own_clock(
    window: Window, when: str, *, holds: bool
) -> None:
    assert window.holds(at(when)) is holds


@given(st.integers(0, 2**32))
def test_a_windows_weekday_is_the_calendars(at_unix_s: int) -> None:
    day = datetime.fromtimestamp(at_unix_s, UTC).isoweekday()
    assert Window(start_minute=0, end_minute=1440, days=(day,)).holds(at_unix_s)


@pytest.mark.parametrize(
    ("region", "factor"),
    [
        (None, 1_000_000),
        ("us", 1_100_000),
        ("us-east-1", 1_100_000),
        ("us-gov-west-1", 1_300_000),
        ("ap-northeast-1", 1_050_000),
        ("global", 1_000_000),
    ],
)
def test_a_regions_uplift_is_that_of_the_nearest_name(region: str | None, factor: int) -> None:
    uplifts = {"us": 1_100_000, "us-gov": 1_300_000, "global": MILLION, "*": 1_050_000}
    assert Price(uplifts=uplifts).uplift(region) == factor


def test_a_region_that_is_not_named_has_no_uplift() -> None:
    assert Price(uplifts={"us": 1_100_000}).uplift("eu-west-1") == MILLION


def test_an_offer_is_found_by_its_name_there_or_by_being_the_only_one() -> None:
    a, b = Offer(provider="azure", model="gpt"), Offer(provider="bedrock", model="claude")
    c = Offer(provider="bedrock", model="us.claude")
    assert offer_for((a, b, c), "azure", "my-deployment") is a
    assert offer_for((a, b, c), "bedrock", "us.claude") is c
    assert offer_for((a, b, c), "bedrock", "other") is None
    assert offer_for((a, b, c), "groq", "gpt") is None


@pytest.mark.parametrize(
    ("usd", "units", "nanos"),
    [
        ("2.50", 1, 2_500_000_000),
        ("0.003625", 1, 3_625_000),
        ("0.01", MILLION, 10_000_000_000_000),
        (Decimal("0.0000000015"), 1, 2),
        ("0.00000000149", 1, 1),
        ("0", 1, 0),
    ],
)
def test_dollars_are_read_exactly(usd: str | Decimal, units: int, nanos: int) -> None:
    assert nanodollars(usd, units) == nanos


@pytest.mark.parametrize(
    "usd", ["", "x", "-1", "-0.0000000001", "NaN", "Infinity", "1e40", "1e999999"]
)
def test_what_is_no_amount_of_money_is_refused(usd: str) -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        nanodollars(usd)


@given(st.integers(0, RATE_MAX))
def test_dollars_are_written_as_they_are_read(nanos: int) -> None:
    assert nanodollars(usd(nanos)) == nanos
    assert nanodollars(usd(nanos, MILLION), MILLION) == nanos


def test_rates_are_written_as_people_write_them() -> None:
    rates = {Meter.INPUT: 75_000_000, Meter.OUTPUT: 20 * USD, Meter.SEARCH: 10_000_000_000_000}
    assert usd_rates(rates) == {"input": "0.075", "output": "20", "search": "0.01"}
    assert usd(0) == "0"


GOOD = Price(
    since="2026-01-31",
    rates={Meter.INPUT: 2 * USD, Meter.OUTPUT: 10 * USD},
    tiers=(Tier(above_tokens=200_000, rates={Meter.INPUT: 4 * USD}),),
    services=(Service(name="flex", factor_millionths=500_000),),
    windows=(BEIJING,),
    uplifts={"us": 1_100_000, "*": MILLION},
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"since": "2026-02-30"}, "prices[0].since: '2026-02-30' is not a day"),
        ({"since": "20260131"}, "is not a day"),
        ({"rates": {Meter.INPUT: -1}}, "rates.input must be in"),
        ({"rates": {Meter.INPUT: RATE_MAX + 1}}, "rates.input must be in"),
        ({"tiers": (Tier(above_tokens=0, rates={}),)}, "tiers[0].above_tokens"),
        ({"tiers": (Tier(above_tokens=1, rates={Meter.OUTPUT: -1}),)}, "tiers[0].rates.output"),
        ({"tiers": (Tier(above_tokens=1, rates={}),) * 2}, "two begin at the same length"),
        ({"services": (Service(name="a b"),)}, "not a valid name"),
        ({"services": (Service(name="a"),) * 2}, "one name is given twice"),
        (
            {"services": (Service(name="a", factor_millionths=2, rates={Meter.INPUT: 1}),)},
            "either a factor or rates",
        ),
        ({"services": (Service(name="a", factor_millionths=-1),)}, "factor_millionths must be in"),
        ({"windows": (Window(start_minute=5, end_minute=5),)}, "the start first"),
        ({"windows": (Window(start_minute=0, end_minute=1441),)}, "the start first"),
        ({"windows": (Window(start_minute=0, end_minute=9, days=(0,)),)}, "1 (Monday) to 7"),
        ({"windows": (Window(start_minute=0, end_minute=9),)}, "either a factor or rates"),
        ({"services": (Service(name="a"),)}, "either a factor or rates"),
        (
            {"windows": (Window(start_minute=0, end_minute=9, utc_offset_minutes=900),)},
            "utc_offset_minutes",
        ),
        ({"uplifts": {"U S": MILLION}}, "not a valid name"),
        ({"uplifts": {"us": FACTOR_MAX + 1}}, "uplifts['us'] must be in"),
        ({"uplifts": {f"r{i}": MILLION for i in range(PARTS_MAX + 1)}}, "over PARTS_MAX"),
    ],
)
def test_a_wrong_price_is_told_what_is_wrong(changes: dict[str, object], said: str) -> None:
    price = msgspec.structs.replace(GOOD, **changes)
    assert said in " ".join(Offer(provider="a", model="b", prices=(price,)).problems())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"provider": "A B"}, "provider: "),
        ({"model": ""}, "empty or unprintable"),
        ({"retires": "soon"}, "retires: 'soon' is not a day"),
        ({"context_tokens": 0}, "context_tokens"),
        ({"output_tokens_max": -1}, "output_tokens_max"),
        ({"prices": (Price(), Price())}, "two rows have the same since"),
        (
            {"prices": tuple(Price(since=f"20{i:02d}-01-01") for i in range(PRICES_MAX + 1))},
            "over PRICES_MAX",
        ),
    ],
)
def test_a_wrong_offer_is_told_what_is_wrong(changes: dict[str, object], said: str) -> None:
    good = Offer(provider="a", model="b", prices=(GOOD,))
    assert list(good.problems()) == []
    assert said in " ".join(msgspec.structs.replace(good, **changes).problems())


def test_an_offer_is_stored_without_what_it_does_not_say() -> None:
    offer = Offer(provider="a", model="b", prices=(Price(rates={Meter.INPUT: 1}),))
    stored = msgspec.json.encode(offer)
    assert stored == b'{"provider":"a","model":"b","prices":[{"rates":{"input":1}}]}'
    assert msgspec.json.decode(stored, type=Offer) == offer
    full = Offer(provider="a", model="b", prices=(GOOD,), retires="2027-01-31")
    assert msgspec.json.decode(msgspec.json.encode(full), type=Offer) == full


def test_equal_offers_are_equal_bytes() -> None:
    """Numbers that are equal but not the same object must not be stored differently."""
    stored = msgspec.json.encode(Offer(provider="a", model="b", prices=(GOOD,)))
    again = msgspec.json.decode(stored, type=Offer)
    other = msgspec.convert(msgspec.to_builtins(again), Offer)
    assert again == other
    assert msgspec.json.encode(again) == msgspec.json.encode(other) == stored
    plain = Window(start_minute=int("0"), end_minute=int("300"), utc_offset_minutes=int("0"))
    assert msgspec.json.encode(plain) == b'{"start_minute":0,"end_minute":300}'


def test_the_dearest_rate_can_be_stored() -> None:
    offer = Offer(provider="a", model="b", prices=(Price(rates={Meter.INPUT: RATE_MAX}),))
    assert msgspec.json.decode(msgspec.json.encode(offer), type=Offer) == offer


def test_a_meter_is_found_by_its_text() -> None:
    assert hash(Meter.INPUT) == hash("input")
    assert {Meter.INPUT: 1} == {"input": 1}


def test_tokens_and_other_units_are_told_apart() -> None:
    assert {Meter.INPUT, Meter.REASONING, Meter.VIDEO_OUTPUT} <= TOKEN_METERS
    assert not {Meter.REQUEST, Meter.SEARCH, Meter.VIDEO_SECOND} & TOKEN_METERS
