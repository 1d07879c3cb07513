"""Reads the price data of pydantic's genai-prices (`prices/data.json` there).

Its prices are conditional: the last condition that holds wins, by start date or by hours of the
day; request variants lie over them. Ours are rows by date, each complete with its service tiers, so
every date on which anything changes begins a row.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

import msgspec

from weftline.catalog.entries import minute_of
from weftline.catalog.imported import Imported, our_name
from weftline_core.desired import Model
from weftline_core.errors import OperatorError
from weftline_core.ids import model_name_problem
from weftline_core.prices import (
    DAY_MINUTES,
    MILLION,
    Meter,
    Offer,
    Price,
    Service,
    Tier,
    Window,
    nanodollars,
)

# Their price keys: the meter, and what turns their unit into ours (a million of them). `mtok` are
# dollars a million tokens, `kcount` a thousand of something, `hours` an hour of audio.
_THOUSAND: Final = Decimal(1000)
_HOUR: Final = Decimal(MILLION) / 3600
METERS: Final[Mapping[str, tuple[Meter, Decimal]]] = {
    "input_mtok": (Meter.INPUT, Decimal(1)),
    "output_mtok": (Meter.OUTPUT, Decimal(1)),
    "cache_read_mtok": (Meter.CACHE_READ, Decimal(1)),
    "cache_write_mtok": (Meter.CACHE_WRITE, Decimal(1)),
    "cache_write_1h_mtok": (Meter.CACHE_WRITE_1H, Decimal(1)),
    "cache_audio_read_mtok": (Meter.CACHE_READ_AUDIO, Decimal(1)),
    "input_audio_mtok": (Meter.AUDIO_INPUT, Decimal(1)),
    "output_audio_mtok": (Meter.AUDIO_OUTPUT, Decimal(1)),
    "input_image_mtok": (Meter.IMAGE_INPUT, Decimal(1)),
    "output_image_mtok": (Meter.IMAGE_OUTPUT, Decimal(1)),
    "output_video_mtok": (Meter.VIDEO_OUTPUT, Decimal(1)),
    "output_reasoning_mtok": (Meter.REASONING, Decimal(1)),
    "input_mchars": (Meter.CHARACTER, Decimal(1)),
    "web_searches_kcount": (Meter.SEARCH, _THOUSAND),
    "requests_kcount": (Meter.REQUEST, _THOUSAND),
    "input_document_kpages": (Meter.PAGE, _THOUSAND),
    "audio_hours": (Meter.AUDIO_SECOND, _HOUR),
    "input_audio_hours": (Meter.AUDIO_SECOND, _HOUR),
}

# Request variants that are service tiers here; those by `service_tier` are so by themselves.
SERVICES: Final[Mapping[tuple[str, str], str]] = {
    ("processing", "batch"): "batch",
    ("speed", "fast"): "fast",
}


class _Tier(msgspec.Struct):
    start: int
    price: Decimal


class _Tiered(msgspec.Struct):
    base: Decimal
    tiers: list[_Tier]


_Prices: TypeAlias = dict[str, Decimal | _Tiered]


class _Constraint(msgspec.Struct):
    start_date: str | None = None
    start_time: str | None = None
    end_time: str | None = None


class _Conditional(msgspec.Struct):
    prices: _Prices
    constraint: _Constraint | None = None


class _Variant(msgspec.Struct):
    when: dict[str, str]
    prices: _Prices
    constraint: _Constraint | None = None


class _Model(msgspec.Struct):
    id: str
    prices: _Prices | list[_Conditional]
    price_variants: list[_Variant] | None = None
    context_window: int | None = None


class _Provider(msgspec.Struct):
    id: str
    models: list[_Model]


_DATA: Final = msgspec.json.Decoder(list[_Provider])


def read_genai_prices(text: str, only: str = "") -> Imported:
    """Return the models of a data file. only: one provider, by its name there or here.

    Raises:
        OperatorError: it is no such file.
    """
    try:
        providers = _DATA.decode(text)
    except msgspec.DecodeError as e:
        raise OperatorError(f"not the price data of genai-prices: {e}") from e
    found = Imported()
    for provider in providers:
        ours = our_name(provider.id)
        if only in ("", provider.id, ours):
            for model in provider.models:
                _take(found, ours, model)
    return found


def _take(found: Imported, provider: str, given: _Model) -> None:
    name = f"{provider}/{given.id}"
    if problem := model_name_problem(name):
        found.lose(f"not taken: {problem}", name)
        return
    lost: set[str] = set()
    prices = _rows(given, lost)
    for what in sorted(lost):
        found.lose(what, name)
    found.add(
        Model(
            name=name,
            owned_by=provider,
            context_tokens=given.context_window,
            offers=(Offer(provider=provider, model=given.id, prices=prices),),
        )
    )


def _rows(given: _Model, lost: set[str]) -> tuple[Price, ...]:
    """Return one price for each day on which any changed; what cannot be said goes into `lost`."""
    conditionals = given.prices if isinstance(given.prices, list) else [_Conditional(given.prices)]
    variants = given.price_variants or []
    plain = [c for c in conditionals if not _hours(c.constraint)]
    hourly = [c for c in conditionals if _hours(c.constraint)]
    days = {_day(one.constraint) for one in plain} | {_day(one.constraint) for one in variants}
    rows: list[Price] = []
    for day in sorted(days, key=lambda day: day or ""):
        base = _last(plain, day)
        if base is None or not base.prices:
            continue
        price = _price(day, base.prices, lost)
        services = _services(variants, day, lost)
        price = msgspec.structs.replace(price, services=services)
        # Their days may differ in what we cannot carry.
        if not rows or msgspec.structs.replace(price, since=rows[-1].since) != rows[-1]:
            rows.append(price)
    if not rows:
        lost.add("has no price")
    elif hourly:
        if len(rows) > 1:
            lost.add("hours of the day are kept for the newest prices only")
        windows = tuple(w for one in hourly for w in _windows(one, lost))
        rows[-1] = msgspec.structs.replace(rows[-1], windows=windows)
    return tuple(rows)


def _last(among: Sequence[_Conditional], day: str | None) -> _Conditional | None:
    begun = [one for one in among if (_day(one.constraint) or "") <= (day or "")]
    return begun[-1] if begun else None


def _services(variants: Iterable[_Variant], day: str | None, lost: set[str]) -> tuple[Service, ...]:
    """Return the service tiers of a day; of each price the first variant that has one wins."""
    merged: dict[str, _Prices] = {}
    for variant in variants:
        name = _service(variant.when)
        if name is None or _hours(variant.constraint):
            lost.add(f"prices when {', '.join(f'{k}={v}' for k, v in variant.when.items())}")
        elif (_day(variant.constraint) or "") <= (day or ""):
            mine = merged.setdefault(name, {})
            mine |= {key: price for key, price in variant.prices.items() if key not in mine}
    found = [(name, _price(None, prices, lost)) for name, prices in merged.items() if prices]
    return tuple(Service(name=n, rates=price.rates, tiers=price.tiers) for n, price in found)


def _service(when: Mapping[str, str]) -> str | None:
    if len(when) != 1:
        return None
    key, word = next(iter(when.items()))
    return word if key == "service_tier" else SERVICES.get((key, word))


def _price(since: str | None, prices: _Prices, lost: set[str]) -> Price:
    rates: dict[Meter, int] = {}
    tiers: dict[int, dict[Meter, int]] = {}
    for key, price in prices.items():
        if key not in METERS:
            lost.add(f"the price of {key}")
            continue
        meter, units = METERS[key]
        if isinstance(price, Decimal):
            rates[meter] = nanodollars(price * units)
            continue
        rates[meter] = nanodollars(price.base * units)
        for tier in price.tiers:
            tiers.setdefault(tier.start, {})[meter] = nanodollars(tier.price * units)
    return Price(since=since, rates=rates, tiers=_filled(tiers))


def _filled(tiers: Mapping[int, dict[Meter, int]]) -> tuple[Tier, ...]:
    """Return tiers by length. Of theirs each price has its own, ours hold all that are in force."""
    rates: dict[Meter, int] = {}
    found: list[Tier] = []
    for above in sorted(tiers):
        rates = rates | tiers[above]
        # Nothing is shorter than one token, so that their 0 is our 1 for any prompt of two.
        found.append(Tier(above_tokens=max(above, 1), rates=rates))
    return tuple(found)


def _windows(one: _Conditional, lost: set[str]) -> list[Window]:
    """Return the hours of one condition, as two windows if they go past midnight."""
    price = _price(None, one.prices, lost)
    if price.tiers:
        lost.add("tiers by length at some hours of the day")
    assert one.constraint is not None
    start = minute_of(one.constraint.start_time or "")
    end = minute_of(one.constraint.end_time or "")
    spans = [(start, end)] if start < end else [(start, DAY_MINUTES), (0, end)]
    return [
        Window(start_minute=first, end_minute=last, rates=price.rates)
        for first, last in spans
        if first < last
    ]


def _hours(constraint: _Constraint | None) -> bool:
    return constraint is not None and constraint.start_time is not None


def _day(constraint: _Constraint | None) -> str | None:
    return constraint.start_date if constraint else None
