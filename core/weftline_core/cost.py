"""What one request costs, by a provider's price list or by what somebody else says.

Everything is whole numbers. Tokens are charged once each: what is cached, written to a cache,
spoken or shown is taken out of the totals before these are charged, and a kind without a rate of
its own is charged as what it is a part of. Rates, factors and units are multiplied out, and the sum
is rounded once, half up.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from weftline_core.errors import CallerError
from weftline_core.prices import (
    MILLION,
    TOKEN_METERS,
    Meter,
    Offer,
    Price,
    Service,
    Tier,
    nanodollars,
)
from weftline_core.usage import Usage

# Where a cost comes from: the provider's own word, its price list, or the client's or operator's
# own prices.
Source: TypeAlias = Literal["provider", "table", "custom"]

# As what a meter without a rate is charged.
INSTEAD: Final[Mapping[Meter, Meter]] = {
    Meter.CACHE_READ: Meter.INPUT,
    Meter.CACHE_WRITE: Meter.INPUT,
    Meter.CACHE_WRITE_1H: Meter.CACHE_WRITE,
    Meter.CACHE_READ_AUDIO: Meter.CACHE_READ,
    Meter.AUDIO_INPUT: Meter.INPUT,
    Meter.IMAGE_INPUT: Meter.INPUT,
    Meter.AUDIO_OUTPUT: Meter.OUTPUT,
    Meter.IMAGE_OUTPUT: Meter.OUTPUT,
    Meter.VIDEO_OUTPUT: Meter.OUTPUT,
    Meter.REASONING: Meter.OUTPUT,
}

NO_UNITS: Final[Mapping[Meter, int]] = {}

# A token costs less than this by far: a rate over it was meant for a million of them.
TOKEN_USD_MAX: Final = 1
TOTAL_USD_MAX: Final = 1_000_000

# A header of four prices has under 200 characters; what is cut at this length is no JSON any more.
CUSTOM_CHARS_MAX: Final = 1_000


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a request costs.

    parts: nano-dollars by meter, which add up to the whole; empty if only the whole is known.
    unpriced: units beside tokens that were used but have no rate; they are in the sum with 0.
    """

    nanodollars: int
    source: Source
    parts: dict[Meter, int] = {}
    unpriced: tuple[Meter, ...] = ()


class CustomCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices that a client sets for one request, in US dollars; as in `cf-aig-custom-cost`. Either
    `total_cost`, or the others, of which the first two go together.
    """

    per_token_in: Decimal | None = None
    per_token_out: Decimal | None = None
    per_cache_read_token: Decimal | None = None
    per_cache_write_token: Decimal | None = None
    total_cost: Decimal | None = None


def cost(
    of: Offer | Price,
    usage: Usage,
    at_unix_s: float,
    *,
    service_tier: str | None = None,
    region: str | None = None,
    other: Mapping[Meter, int] = NO_UNITS,
) -> Cost | None:
    """Return what a request costs, or None if nobody knows.

    service_tier: as the provider names the one that served, where usage does not say it; one
    without rates costs as usual.
    region: where it was served, if that is priced. other: units beside tokens and searches, in
    millionths, so that 12.5 s are 12_500_000.
    """
    if usage.cost_nanodollars is not None:
        return Cost(nanodollars=usage.cost_nanodollars, source="provider")
    price = of.price_at(at_unix_s) if isinstance(of, Offer) else of
    if price is None:
        return None
    tier = usage.service_tier or service_tier
    rates, factor, scale = _table(price, usage.prompt_tokens, at_unix_s, tier)
    factor, scale = factor * price.uplift(region), scale * MILLION
    return _sum(_units(usage, other, rates), rates, factor, scale)


def custom_cost(custom: CustomCost, usage: Usage) -> Cost:
    """Return what a request costs by the client's own prices; these beat everybody else's. Cached
    tokens without a price cost as much as others.
    """
    if custom.total_cost is not None:
        return Cost(nanodollars=nanodollars(custom.total_cost), source="custom")
    priced = (
        (Meter.INPUT, custom.per_token_in),
        (Meter.OUTPUT, custom.per_token_out),
        (Meter.CACHE_READ, custom.per_cache_read_token),
        (Meter.CACHE_WRITE, custom.per_cache_write_token),
    )
    rates = {meter: nanodollars(usd, MILLION) for meter, usd in priced if usd is not None}
    found = _sum(_units(usage, NO_UNITS, rates), rates, 1, 1)
    assert found is not None, "custom prices always have both directions"
    return msgspec.structs.replace(found, source="custom", unpriced=())


def read_custom_cost(text: str | bytes, param: str) -> CustomCost:
    """Return the prices in a client's JSON. param: what the client calls the place.

    Raises:
        CallerError: it is none, or it is neither a total nor prices for both directions.
    """
    try:
        custom = msgspec.json.decode(text[: CUSTOM_CHARS_MAX + 1], type=CustomCost)
        _check_custom(custom)
    except ValueError as e:
        raise CallerError(
            f"{param} must be {{per_token_in, per_token_out}} with prices of one token in US "
            f"dollars, or {{total_cost}}: {e}",
            param=param,
        ) from e
    return custom


def _check_custom(custom: CustomCost) -> None:
    given = {name: getattr(custom, name) for name in custom.__struct_fields__}
    amounts: dict[str, Decimal] = {name: usd for name, usd in given.items() if usd is not None}
    for name, usd in amounts.items():
        most = TOTAL_USD_MAX if name == "total_cost" else TOKEN_USD_MAX
        if not usd.is_finite() or not 0 <= usd <= most:
            raise ValueError(f"{name} must be in [0, {most}]")
    if "total_cost" in amounts:
        if len(amounts) > 1:
            raise ValueError("total_cost stands alone")
    elif not {"per_token_in", "per_token_out"} <= amounts.keys():
        raise ValueError("both per_token_in and per_token_out are needed")


def _table(
    price: Price, prompt_tokens: int, at_unix_s: float, service_tier: str | None
) -> tuple[dict[Meter, int], int, int]:
    """Return the rates in force for a request, the factor on those of tokens, and by how much that
    is scaled.
    """
    rates = price.rates | _tier(price.tiers, prompt_tokens)
    factor, scale = 1, 1
    service = _service(price.services, service_tier)
    if service is not None:
        rates = rates | service.rates | _tier(service.tiers, prompt_tokens)
        if service.factor_millionths is not None:
            factor, scale = service.factor_millionths, MILLION
    for window in price.windows:
        if window.holds(at_unix_s):
            rates = rates | window.rates
            if window.factor_millionths is not None:
                factor, scale = factor * window.factor_millionths, scale * MILLION
    return rates, factor, scale


def _tier(tiers: Iterable[Tier], prompt_tokens: int) -> dict[Meter, int]:
    reached = [tier for tier in tiers if prompt_tokens > tier.above_tokens]
    return max(reached, key=lambda tier: tier.above_tokens).rates if reached else {}


def _service(services: Iterable[Service], name: str | None) -> Service | None:
    return next((service for service in services if service.name == name), None)


def _units(
    usage: Usage, other: Mapping[Meter, int], rates: Mapping[Meter, int]
) -> dict[Meter, int]:
    """Return how many units of each meter were used, in millionths, each token in one of them.

    Parts that don't fit into their total, as careless providers report them, are cut to fit.
    """
    spoken_cached = min(usage.cache_read_audio_tokens, usage.cache_read_tokens)
    fresh = usage.fresh_tokens
    spoken = min(max(0, usage.audio_prompt_tokens - spoken_cached), fresh)
    seen = min(usage.image_prompt_tokens, fresh - spoken)
    made = usage.completion_tokens
    said = min(usage.audio_completion_tokens, made)
    drawn = min(usage.image_completion_tokens, made - said)
    # Reasoning is text; beside speech and images only what is left can be reasoning.
    thought = min(usage.reasoning_tokens, made - said - drawn)
    tokens = {
        Meter.INPUT: fresh - spoken - seen,
        Meter.AUDIO_INPUT: spoken,
        Meter.IMAGE_INPUT: seen,
        Meter.CACHE_READ: usage.cache_read_tokens - spoken_cached,
        Meter.CACHE_READ_AUDIO: spoken_cached,
        Meter.CACHE_WRITE: usage.cache_write_tokens,
        Meter.CACHE_WRITE_1H: usage.cache_write_1h_tokens,
        Meter.OUTPUT: made - said - drawn - thought,
        Meter.AUDIO_OUTPUT: said,
        Meter.IMAGE_OUTPUT: drawn,
        Meter.REASONING: thought,
        Meter.SEARCH: usage.searches,
        # A request is charged as one only where that has a price.
        Meter.REQUEST: 1 if Meter.REQUEST in rates else 0,
    }
    units = {meter: count * MILLION for meter, count in tokens.items() if count}
    for meter, millionths in other.items():
        units[meter] = units.get(meter, 0) + millionths
    return units


def _sum(
    units: Mapping[Meter, int], rates: Mapping[Meter, int], factor: int, scale: int
) -> Cost | None:
    exact = 0
    rounded = 0
    parts: dict[Meter, int] = {}
    unpriced: list[Meter] = []
    # Units are in millionths, and rates for a million of them.
    whole = MILLION * MILLION * scale
    for meter, count in units.items():
        rate = _rate(meter, rates)
        if rate is None:
            if meter in TOKEN_METERS:
                return None
            unpriced.append(meter)
            continue
        exact += count * rate * (factor if meter in TOKEN_METERS else scale)
        # Differences of rounded sums: the parts add up to what the whole is rounded to.
        so_far = (2 * exact + whole) // (2 * whole)
        parts[meter] = so_far - rounded
        rounded = so_far
    return Cost(nanodollars=rounded, source="table", parts=parts, unpriced=tuple(unpriced))


def _rate(meter: Meter, rates: Mapping[Meter, int]) -> int | None:
    charged: Meter | None = meter
    while charged is not None:
        if (rate := rates.get(charged)) is not None:
            return rate
        charged = INSTEAD.get(charged)
    return None
