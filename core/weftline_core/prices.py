"""What a model costs at a provider: a price list, as data.

All money is whole nano-dollars (1e-9 USD). Every rate is nano-dollars for a million units: tokens,
searches, seconds or whatever its meter counts. One USD per million tokens is 1_000_000_000; one
cent per search is 10_000_000_000_000. Factors are whole millionths: 1_100_000 is ten percent more.
What a request costs by such a list is worked out in `weftline_core.cost`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from weftline_core.ids import name_problem, shown

# Rates count a million units; factors count millionths.
MILLION: Final = 1_000_000
NANODOLLARS: Final = 1_000_000_000

# A thousand dollars for one unit, and a hundred times the steepest factor of any list we know:
# beyond them somebody took one unit for another. Both fit 64 bits, as all stored numbers must.
RATE_MAX: Final = 1_000 * MILLION * NANODOLLARS
FACTOR_MAX: Final = 1_000 * MILLION

# How many prices one resource may hold: a model's history at a provider has had up to nine rows,
# tiers up to four, and a resource must stay below `limits.RESOURCE_BYTES_MAX`.
PRICES_MAX: Final = 32
PARTS_MAX: Final = 16

DAY_MINUTES: Final = 24 * 60
UTC_OFFSET_MINUTES_MAX: Final = 14 * 60
WEEKDAYS: Final = frozenset(range(1, 8))

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Meter(StrEnum):
    """What a provider counts. The first group counts tokens, the second other units."""

    # An enum's own hash runs in Python, at 10 us for each cost; that of its text is the same.
    __hash__ = str.__hash__

    INPUT = "input"
    OUTPUT = "output"
    CACHE_READ = "cache_read"
    CACHE_WRITE = "cache_write"
    CACHE_WRITE_1H = "cache_write_1h"
    CACHE_READ_AUDIO = "cache_read_audio"
    AUDIO_INPUT = "audio_input"
    AUDIO_OUTPUT = "audio_output"
    IMAGE_INPUT = "image_input"
    IMAGE_OUTPUT = "image_output"
    VIDEO_OUTPUT = "video_output"
    REASONING = "reasoning"

    REQUEST = "request"
    SEARCH = "search"
    IMAGE = "image"
    MEGAPIXEL = "megapixel"
    TILE = "tile"
    STEP = "step"
    AUDIO_SECOND = "audio_second"
    VIDEO_SECOND = "video_second"
    CHARACTER = "character"
    PAGE = "page"
    SONG = "song"
    TOOL_CALL = "tool_call"
    CONTAINER_HOUR = "container_hour"
    CACHE_TOKEN_HOUR = "cache_token_hour"  # noqa: S105  # a unit, not a secret


TOKEN_METERS: Final = frozenset(list(Meter)[: list(Meter).index(Meter.REQUEST)])


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What all parts of a price list have in common. What is not said is not stored; so that equal
    parts are equal bytes, every default is None, 0 or empty.
    """


class Tier(_Part, frozen=True, kw_only=True):
    """Rates of the whole request, once its prompt is longer than `above_tokens`."""

    above_tokens: int
    rates: dict[Meter, int]


class Service(_Part, frozen=True, kw_only=True):
    """Rates of one service tier, such as `flex` or `batch`: a factor on the rates of all tokens, or
    rates of its own, which lie over the plain ones.
    """

    name: str
    factor_millionths: int | None = None
    rates: dict[Meter, int] = {}
    tiers: tuple[Tier, ...] = ()


class Window(_Part, frozen=True, kw_only=True):
    """Hours at which tokens cost more or less by a factor, or have rates of their own.

    start_minute, end_minute: minutes of the day from midnight, the end not included. days: of the
    week by ISO 8601, 1 is Monday; empty means all. utc_offset_minutes: by whose clock days and
    minutes are counted.
    """

    start_minute: int
    end_minute: int
    days: tuple[int, ...] = ()
    utc_offset_minutes: int = 0
    factor_millionths: int | None = None
    rates: dict[Meter, int] = {}

    def holds(self, at_unix_s: float) -> bool:
        """Return whether an instant lies within."""
        minutes = int(at_unix_s // 60) + self.utc_offset_minutes
        day, minute = divmod(minutes, DAY_MINUTES)
        # The first day of Unix time was a Thursday.
        weekday = (day + 3) % 7 + 1
        return self.start_minute <= minute < self.end_minute and (
            not self.days or weekday in self.days
        )


class Price(_Part, frozen=True, kw_only=True):
    """A price list from one day on.

    since: its first day (ISO 8601, UTC); None if it held from the beginning. rates: by meter; what
    has none is charged as what it is a part of (`weftline_core.cost`). uplifts: factors on the
    rates of all tokens by region; `us` is also for `us-east-1`, and `*` for any that is not named.
    """

    since: str | None = None
    rates: dict[Meter, int] = {}
    tiers: tuple[Tier, ...] = ()
    services: tuple[Service, ...] = ()
    windows: tuple[Window, ...] = ()
    uplifts: dict[str, int] = {}

    def uplift(self, region: str | None) -> int:
        """Return the factor of a region, in millionths."""
        if region is None or not self.uplifts:
            return MILLION
        place = region
        while place not in self.uplifts and "-" in place:
            place = place.rpartition("-")[0]
        return self.uplifts.get(place, self.uplifts.get("*", MILLION))

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with this price list."""
        if self.since is not None and (problem := day_problem(self.since)):
            yield f"since: {problem}"
        yield from _rate_problems(self.rates, "rates")
        yield from _tier_problems(self.tiers, "tiers")
        yield from _count_problems(self, ("tiers", "services", "windows", "uplifts"))
        if len({s.name for s in self.services}) < len(self.services):
            yield "services: one name is given twice"
        for service in self.services:
            yield from _service_problems(service, f"services['{shown(service.name)}']")
        for i, window in enumerate(self.windows):
            yield from _window_problems(window, f"windows[{i}]")
        for region, factor in self.uplifts.items():
            if region != "*" and (problem := name_problem(region)):
                yield f"uplifts: {problem}"
            yield from _factor_problems(factor, f"uplifts['{shown(region)}']")


class Offer(_Part, frozen=True, kw_only=True):
    """A model as one provider sells it.

    model: its name there. prices: one row for each time they changed, in any order. context_tokens,
    output_tokens_max, retires: where they differ from the model's.
    """

    provider: str
    model: str
    prices: tuple[Price, ...] = ()
    context_tokens: int | None = None
    output_tokens_max: int | None = None
    retires: str | None = None

    def price_at(self, at_unix_s: float) -> Price | None:
        """Return the price list in force, or None if there is none yet."""
        if not self.prices:
            return None
        day = datetime.fromtimestamp(at_unix_s, UTC).date().isoformat()
        begun = [price for price in self.prices if (price.since or "") <= day]
        return max(begun, key=lambda price: price.since or "", default=None)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with this offer."""
        if problem := name_problem(self.provider):
            yield f"provider: {problem}"
        if not self.model or not self.model.isprintable():
            yield "model is empty or unprintable"
        if self.retires is not None and (problem := day_problem(self.retires)):
            yield f"retires: {problem}"
        yield from size_problems(self.context_tokens, self.output_tokens_max)
        if len(self.prices) > PRICES_MAX:
            yield f"prices: {len(self.prices)} rows, over PRICES_MAX = {PRICES_MAX}"
        if len({price.since for price in self.prices}) < len(self.prices):
            yield "prices: two rows have the same since"
        for i, price in enumerate(self.prices):
            for problem in price.problems():
                yield f"prices[{i}].{problem}"


def offer_for(offers: Sequence[Offer], provider: str, model: str) -> Offer | None:
    """Return the offer of a model by its name at a provider; where only an operator knows that name
    (a deployment of their own), the provider's only offer.
    """
    there = [offer for offer in offers if offer.provider == provider]
    for offer in there:
        if offer.model == model:
            return offer
    return there[0] if len(there) == 1 else None


def nanodollars(usd: str | Decimal, units: int = 1) -> int:
    """Return US dollars as whole nano-dollars for `units` times as many units, rounded half up.

    Raises:
        ValueError: not a number, or less than nothing.
    """
    try:
        # A sum of money has far fewer digits than a Decimal keeps, 28; longer ones are not money.
        exact = Decimal(usd) * NANODOLLARS * units
        good = exact.is_finite() and exact >= 0
        whole = int((exact + Decimal("0.5")) // 1) if good else -1
    except ArithmeticError:
        whole = -1
    if whole < 0:
        raise ValueError(f"'{shown(str(usd)[:40])}' is not an amount of money")
    return whole


def usd(nanodollars: int, units: int = 1) -> str:
    """Return whole nano-dollars for `units` as US dollars for one, exactly, as in `0.075`."""
    exact = Decimal(nanodollars) / NANODOLLARS / units
    return format(exact.normalize(), "f")


def usd_rates(rates: Mapping[Meter, int]) -> dict[str, str]:
    """Return rates as people write them: US dollars for a million tokens, or for one of any other
    unit.
    """
    return {
        meter.value: usd(rate, 1 if meter in TOKEN_METERS else MILLION)
        for meter, rate in rates.items()
    }


def day_problem(day: str) -> str | None:
    """Return what is wrong with a day, or None."""
    if _DAY.fullmatch(day):
        try:
            date.fromisoformat(day)
        except ValueError:
            pass
        else:
            return None
    return f"'{shown(day[:40])}' is not a day: write it as 2027-01-31"


def size_problems(context_tokens: int | None, output_tokens_max: int | None) -> Iterator[str]:
    """Yield what is wrong with a model's limits."""
    if context_tokens is not None and context_tokens < 1:
        yield f"context_tokens must be at least 1, not {context_tokens}"
    if output_tokens_max is not None and output_tokens_max < 1:
        yield f"output_tokens_max must be at least 1, not {output_tokens_max}"


def _rate_problems(rates: Mapping[Meter, int], where: str) -> Iterator[str]:
    for meter, rate in rates.items():
        if not 0 <= rate <= RATE_MAX:
            yield f"{where}.{meter} must be in [0, {RATE_MAX}] nano-dollars a million, not {rate}"


def _tier_problems(tiers: Sequence[Tier], where: str) -> Iterator[str]:
    if len({tier.above_tokens for tier in tiers}) < len(tiers):
        yield f"{where}: two begin at the same length"
    for i, tier in enumerate(tiers):
        if tier.above_tokens < 1:
            yield f"{where}[{i}].above_tokens must be at least 1, not {tier.above_tokens}"
        yield from _rate_problems(tier.rates, f"{where}[{i}].rates")


def _service_problems(service: Service, where: str) -> Iterator[str]:
    if problem := name_problem(service.name):
        yield f"{where}: {problem}"
    if (service.factor_millionths is None) != bool(service.rates or service.tiers):
        yield f"{where}: give either a factor or rates"
    yield from _factor_problems(service.factor_millionths, f"{where}.factor_millionths")
    yield from _rate_problems(service.rates, f"{where}.rates")
    yield from _tier_problems(service.tiers, f"{where}.tiers")
    yield from _count_problems(service, ("tiers",))


def _window_problems(window: Window, where: str) -> Iterator[str]:
    if not 0 <= window.start_minute < window.end_minute <= DAY_MINUTES:
        yield (
            f"{where}: start_minute and end_minute must be in [0, {DAY_MINUTES}], the start first; "
            "hours around midnight are two windows"
        )
    if not set(window.days) <= WEEKDAYS:
        yield f"{where}.days must be some of 1 (Monday) to 7"
    if abs(window.utc_offset_minutes) > UTC_OFFSET_MINUTES_MAX:
        yield f"{where}.utc_offset_minutes must be within {UTC_OFFSET_MINUTES_MAX} of 0"
    if (window.factor_millionths is None) != bool(window.rates):
        yield f"{where}: give either a factor or rates"
    yield from _factor_problems(window.factor_millionths, f"{where}.factor_millionths")
    yield from _rate_problems(window.rates, f"{where}.rates")


def _factor_problems(factor: int | None, where: str) -> Iterator[str]:
    if factor is not None and not 0 <= factor <= FACTOR_MAX:
        yield f"{where} must be in [0, {FACTOR_MAX}] millionths, not {factor}"


def _count_problems(part: Price | Service, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if (size := len(getattr(part, name))) > PARTS_MAX:
            yield f"{name}: {size} of them, over PARTS_MAX = {PARTS_MAX}"
