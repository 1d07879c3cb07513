"""How models look on a terminal: in a list, and one by itself. Nothing here acts."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from weftline.cli.output import Cell, Grid
from weftline_core.catalog import Catalog
from weftline_core.desired import Model
from weftline_core.dialects.models_filter import offers_of
from weftline_core.prices import MILLION, Meter, Offer, Price, Window, usd, usd_rates

# How long before a model is switched off its operator is warned.
RETIRING_DAYS = 30

# Aliases that a line of a list has room for.
NAMES_SHOWN = 2
# Fewer neighbouring days are named one by one.
SPAN_DAYS_MIN = 3
HOUR_MINUTES = 60

# Rates that have a column of their own; the others share one.
COLUMNS = {
    Meter.INPUT: "IN $/M",
    Meter.OUTPUT: "OUT $/M",
    Meter.CACHE_READ: "CACHED $/M",
    Meter.CACHE_WRITE: "CACHING $/M",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class ListedModel(msgspec.Struct, omit_defaults=True):
    """A model and where it runs. The prices are those of its cheapest offer, in US dollars for a
    million tokens.
    """

    model: str
    task: str
    policy: str
    aliases: tuple[str, ...]
    endpoints: list[str]
    providers: list[str] = []
    context_tokens: int | None = None
    output_tokens_max: int | None = None
    input_usd: str | None = None
    output_usd: str | None = None
    retires: str | None = None


def listed_model(catalog: Catalog, model: Model, at_unix_s: float) -> ListedModel:
    """Return a model as lists show it."""
    offers = offers_of(catalog, model)
    rates = _cheapest(offers, at_unix_s)
    into, out = rates.get(Meter.INPUT), rates.get(Meter.OUTPUT)
    return ListedModel(
        model=model.name,
        task=model.task,
        policy=model.policy,
        aliases=model.aliases,
        endpoints=[endpoint.name for endpoint in catalog.endpoints_of(model)],
        providers=list(dict.fromkeys(offer.provider for offer in model.offers)),
        context_tokens=model.context_tokens,
        output_tokens_max=model.output_tokens_max,
        input_usd=None if into is None else usd(into),
        output_usd=None if out is None else usd(out),
        retires=model.retires,
    )


def models_grid(listed: Sequence[ListedModel], *, shipped: bool = False) -> Grid:
    """Return the list as a table. Columns that nobody fills are left out; models of a shipped
    catalog have providers in place of endpoints.
    """
    where = "PROVIDERS" if shipped else "ENDPOINTS"
    wanted = ("CONTEXT", "IN $/M", "OUT $/M", "RETIRES")
    cells = [(m.context_tokens, m.input_usd, m.output_usd, m.retires) for m in listed]
    kept = [i for i in range(len(wanted)) if any(row[i] is not None for row in cells)]
    rows: list[tuple[Cell, ...]] = []
    for one, row in zip(listed, cells, strict=True):
        places = ", ".join(one.providers) if shipped else ", ".join(one.endpoints)
        head = (one.model, one.task) if shipped else (one.model, one.task, one.policy)
        tail = (places,) if shipped else (_some(one.aliases), places)
        rows.append((*head, *(row[i] for i in kept), *tail))
    heads = ("MODEL", "TASK") if shipped else ("MODEL", "TASK", "POLICY")
    tails = (where,) if shipped else ("ALIASES", where)
    return Grid((*heads, *(wanted[i] for i in kept), *tails), rows)


def facts(model: Model, endpoints: Iterable[str]) -> list[tuple[str, str]]:
    """Return what is to be said of one model beside its prices, name and value."""
    known: list[tuple[str, object]] = [
        ("task", model.task),
        ("aliases", ", ".join(model.aliases)),
        ("made by", model.owned_by),
        ("reads", ", ".join(model.inputs)),
        ("makes", ", ".join(model.outputs)),
        ("context", f"{model.context_tokens} tokens" if model.context_tokens else ""),
        ("answer", f"{model.output_tokens_max} tokens" if model.output_tokens_max else ""),
        ("reasoning", model.reasoning or ""),
        ("refuses", ", ".join(model.refuses)),
        ("retires", model.retires or ""),
        ("endpoints", ", ".join(endpoints)),
    ]
    return [(name, str(value)) for name, value in known if value]


def prices_grid(offer: Offer, at_unix_s: float) -> Grid:
    """Return a line for each price of an offer, those of the past left out."""
    rows = [(when, *cells) for when, cells in _price_lines(offer, at_unix_s)]
    return Grid(("WHEN", *COLUMNS.values(), "OTHER $"), rows)


def offer_line(offer: Offer) -> str:
    """Return who sells a model, by which name, with which limits of its own."""
    known = [
        f"context {offer.context_tokens} tokens" if offer.context_tokens else "",
        f"answer {offer.output_tokens_max} tokens" if offer.output_tokens_max else "",
        f"retires {offer.retires}" if offer.retires else "",
    ]
    return ", ".join(filter(None, (f"at {offer.provider} as {offer.model}", *known)))


def retiring(models: Iterable[Model], at_unix_s: float) -> list[str]:
    """Return a warning for each model or offer that is about to be switched off, or already was."""
    today = datetime.fromtimestamp(at_unix_s, UTC).date()
    said: list[str] = []
    for model in models:
        ends = [(model.name, model.retires)]
        if model.retires is None:
            ends = [(f"{model.name} at {o.provider}", o.retires) for o in model.offers]
        for what, day in ends:
            left = (date.fromisoformat(day) - today).days if day else RETIRING_DAYS + 1
            if left <= 0:
                said.append(f"warning: {what} was switched off on {day}")
            elif left <= RETIRING_DAYS:
                days = "1 day" if left == 1 else f"{left} days"
                said.append(f"warning: {what} is switched off on {day}, in {days}")
    return said


def _price_lines(offer: Offer, at_unix_s: float) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    now = offer.price_at(at_unix_s)
    if not offer.prices:
        yield "unknown", (None,) * (len(COLUMNS) + 1)
    for price in sorted(offer.prices, key=lambda price: price.since or ""):
        if price is now or now is None or (price.since or "") > (now.since or ""):
            yield from _lines_of(price, "now" if price is now else f"from {price.since}")


def _lines_of(price: Price, when: str) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    yield when, _rate_cells(price.rates)
    for tier in price.tiers:
        yield f"  above {tier.above_tokens} tokens", _rate_cells(tier.rates)
    for service in price.services:
        if service.rates:
            yield f"  {service.name}", _rate_cells(service.rates)
            for tier in service.tiers:
                yield f"    above {tier.above_tokens} tokens", _rate_cells(tier.rates)
    for window in price.windows:
        if window.rates:
            yield f"  {_hours(window)}", _rate_cells(window.rates)
    for what in _factors(price):
        yield f"  {what}", _rate_cells({})


def _factors(price: Price) -> Iterator[str]:
    """Yield what is reckoned by a factor; services with the same together, and regions."""
    services = {
        s.name: s.factor_millionths for s in price.services if s.factor_millionths is not None
    }
    yield from _alike("", services)
    for window in price.windows:
        if window.factor_millionths is not None:
            yield f"{_hours(window)}: x {_factor(window.factor_millionths)}"
    yield from _alike("region ", {r: f for r, f in price.uplifts.items() if r != "*"})
    if "*" in price.uplifts:
        yield from _alike("", {"other regions": price.uplifts["*"]})


def _alike(what: str, factors: dict[str, int]) -> Iterator[str]:
    for factor in dict.fromkeys(factor for factor in factors.values() if factor != MILLION):
        same = ", ".join(name for name, one in factors.items() if one == factor)
        yield f"{what}{same}: x {_factor(factor)}"


def _rate_cells(rates: dict[Meter, int]) -> tuple[Cell, ...]:
    text = usd_rates(rates)
    other = ", ".join(f"{name} {amount}" for name, amount in text.items() if name not in COLUMNS)
    return (*(text.get(meter) for meter in COLUMNS), other)


def _hours(window: Window) -> str:
    start, end = (
        f"{minute // HOUR_MINUTES:02d}:{minute % HOUR_MINUTES:02d}"
        for minute in (window.start_minute, window.end_minute)
    )
    offset = window.utc_offset_minutes
    hours, minutes = divmod(abs(offset), HOUR_MINUTES)
    sign = "-" if offset < 0 else "+"
    zone = f"UTC{sign}{hours}" if offset else "UTC"
    if minutes:
        zone += f":{minutes:02d}"
    return f"{_days(window.days)}{start}-{end} {zone}"


def _days(days: Sequence[int]) -> str:
    if not days or len(days) == len(DAYS):
        return ""
    # Neighbours in a row are a span.
    if len(days) >= SPAN_DAYS_MIN and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0] - 1]}-{DAYS[days[-1] - 1]} "
    return " ".join(DAYS[day - 1] for day in days) + " "


def _factor(millionths: int) -> str:
    return format((Decimal(millionths) / MILLION).normalize(), "f")


def _cheapest(offers: Iterable[Offer], at_unix_s: float) -> dict[Meter, int]:
    priced = [price.rates for offer in offers if (price := offer.price_at(at_unix_s))]
    known = [rates for rates in priced if Meter.INPUT in rates]
    known.sort(key=lambda rates: (rates[Meter.INPUT], rates.get(Meter.OUTPUT, 0)))
    return known[0] if known else {}


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
