"""The catalog's data files as types, and an entry as the mesh's own `Model`.

Money is written in US dollars there: a million tokens, or one of any other unit. Factors are plain
numbers. All numbers are read as text, so that no price ever passes through a float.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeGuard, get_args

import msgspec

from weftline_core.desired import Modality, Model, ReasoningStyle, Task
from weftline_core.prices import (
    MILLION,
    TOKEN_METERS,
    Meter,
    Offer,
    Price,
    Service,
    Tier,
    Window,
    nanodollars,
)

HOUR_MINUTES: Final = 60
NO_USD: Final[Mapping[Meter, str]] = {}

TASKS: Final[frozenset[str]] = frozenset(get_args(Task))
MODALITIES: Final[frozenset[str]] = frozenset(get_args(Modality))


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all shapes have in common: a misspelt field is an error."""


class TierShape(_Shape, frozen=True, kw_only=True):
    """Prices of a request whose prompt is longer than `above_tokens`."""

    above_tokens: int
    usd: dict[Meter, str]


class ServiceShape(_Shape, frozen=True, kw_only=True):
    """Prices of a service tier, as a factor or as money."""

    factor: str | None = None
    usd: dict[Meter, str] = {}
    tiers: tuple[TierShape, ...] = ()


class WindowShape(_Shape, frozen=True, kw_only=True):
    """Hours with prices of their own; start and end as in `09:00`, the end not included."""

    start: str
    end: str
    days: tuple[int, ...] = ()
    utc_offset_minutes: int = 0
    factor: str | None = None
    usd: dict[Meter, str] = {}


class PriceShape(_Shape, frozen=True, kw_only=True):
    """Prices from one day on."""

    since: str | None = None
    usd: dict[Meter, str]
    tiers: tuple[TierShape, ...] = ()
    services: dict[str, ServiceShape] = {}
    windows: tuple[WindowShape, ...] = ()
    uplifts: dict[str, str] = {}


class OfferShape(_Shape, frozen=True, kw_only=True):
    """A model at one provider. regions: where it goes by this name, as in `us` for `us-east-1`;
    empty for everywhere. source: who says what it costs. note: what a reader should know.
    """

    provider: str
    model: str
    source: str
    regions: tuple[str, ...] = ()
    context_tokens: int | None = None
    output_tokens_max: int | None = None
    retires: str | None = None
    note: str | None = None
    prices: tuple[PriceShape, ...] = ()


class Entry(_Shape, frozen=True, kw_only=True):
    """A model, wherever it runs. Tasks and modalities are open words: a catalog may know models
    that this version of the mesh cannot serve.
    """

    name: str
    task: str
    aliases: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ("text",)
    outputs: tuple[str, ...] = ("text",)
    context_tokens: int | None = None
    output_tokens_max: int | None = None
    refuses: tuple[str, ...] = ()
    reasoning: ReasoningStyle | None = None
    offers: tuple[OfferShape, ...]

    @property
    def author(self) -> str:
        """Return who made it."""
        return self.name.partition("/")[0]

    @property
    def plain_name(self) -> str:
        """Return its name without its author."""
        return self.name.partition("/")[2]


class Family(_Shape, frozen=True, kw_only=True):
    """One data file. source, as_of: where its facts are from, and of which day."""

    source: str
    as_of: str
    models: tuple[Entry, ...]


def servable(task: str) -> TypeGuard[Task]:
    """Return whether this version of the mesh has such a task."""
    return task in TASKS


def model_of(
    entry: Entry, offers: Iterable[OfferShape], aliases: Iterable[str] = ()
) -> Model | None:
    """Return an entry as a resource with some of its offers; None if the mesh lacks its task.

    aliases: other names, beside the entry's own.
    """
    if not servable(entry.task):
        return None
    kept = tuple(offer_of(offer) for offer in offers)
    # A model is gone when its last provider has switched it off.
    ends = [offer.retires for offer in kept]
    return Model(
        name=entry.name,
        task=entry.task,
        aliases=tuple(dict.fromkeys(a for a in (*entry.aliases, *aliases) if a != entry.name)),
        owned_by=entry.author,
        inputs=tuple(m for m in entry.inputs if _modality(m)),
        outputs=tuple(m for m in entry.outputs if _modality(m)),
        context_tokens=entry.context_tokens,
        output_tokens_max=entry.output_tokens_max,
        refuses=entry.refuses,
        reasoning=entry.reasoning,
        retires=max((end for end in ends if end), default=None) if all(ends) else None,
        offers=kept,
    )


def offer_of(shape: OfferShape) -> Offer:
    """Return an offer as the mesh keeps it."""
    return Offer(
        provider=shape.provider,
        model=shape.model,
        prices=tuple(price_of(price) for price in shape.prices),
        context_tokens=shape.context_tokens,
        output_tokens_max=shape.output_tokens_max,
        retires=shape.retires,
    )


def price_of(shape: PriceShape) -> Price:
    """Return prices as the mesh keeps them.

    Raises:
        ValueError: something that ought to be a number or a time of day is none.
    """
    return Price(
        since=shape.since,
        rates=rates_of(shape.usd),
        tiers=_tiers(shape.tiers),
        services=tuple(
            Service(
                name=name,
                factor_millionths=_maybe(service.factor),
                rates=rates_of(service.usd),
                tiers=_tiers(service.tiers),
            )
            for name, service in shape.services.items()
        ),
        windows=tuple(
            Window(
                start_minute=minute_of(window.start),
                end_minute=minute_of(window.end),
                days=window.days,
                utc_offset_minutes=window.utc_offset_minutes,
                factor_millionths=_maybe(window.factor),
                rates=rates_of(window.usd),
            )
            for window in shape.windows
        ),
        uplifts={region: millionths(factor) for region, factor in shape.uplifts.items()},
    )


def rates_of(usd: Mapping[Meter, str] = NO_USD) -> dict[Meter, int]:
    """Return dollars, for a million tokens or for one other unit, as rates.

    Raises:
        ValueError: one is no amount of money.
    """
    return {
        meter: nanodollars(amount, 1 if meter in TOKEN_METERS else MILLION)
        for meter, amount in usd.items()
    }


def millionths(factor: str) -> int:
    """Return a factor in millionths.

    Raises:
        ValueError: not a number, or one with more than six digits behind the point.
    """
    try:
        exact = Decimal(factor) * MILLION
        whole = int(exact)
    except (ArithmeticError, ValueError) as e:
        raise ValueError(f"'{factor}' is not a factor") from e
    if whole != exact:
        raise ValueError(f"'{factor}' has more than six digits behind the point")
    return whole


def minute_of(time_of_day: str) -> int:
    """Return minutes since midnight of `09:00` or `09:00:00Z`; the seconds are left out.

    Raises:
        ValueError: not a time of day.
    """
    hours, _, rest = time_of_day.partition(":")
    try:
        return int(hours) * HOUR_MINUTES + int(rest[:2])
    except ValueError as e:
        raise ValueError(f"'{time_of_day}' is not a time of day") from e


def _maybe(factor: str | None) -> int | None:
    return None if factor is None else millionths(factor)


def _tiers(shapes: Iterable[TierShape]) -> tuple[Tier, ...]:
    return tuple(Tier(above_tokens=tier.above_tokens, rates=rates_of(tier.usd)) for tier in shapes)


def _modality(word: str) -> TypeGuard[Modality]:
    return word in MODALITIES
