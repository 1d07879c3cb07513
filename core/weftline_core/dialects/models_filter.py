"""Which models a client's `GET /v1/models?...` asks for."""

from collections.abc import Mapping
from typing import Final, TypeAlias, TypeVar, get_args

import msgspec

from weftline_core.catalog import Catalog
from weftline_core.desired import Modality, Model, Task
from weftline_core.errors import CallerError
from weftline_core.prices import Meter, Offer, Price, day_problem, nanodollars, offer_for

FILTERS: Final = (
    "task",
    "provider",
    "owned_by",
    "input",
    "output",
    "q",
    "context_min",
    "price_max",
    "retiring_before",
)

# Parts of a query that are quoted back to the client.
QUOTED_CHARS_MAX: Final = 128

_TASKS: Final[Mapping[str, Task]] = {task: task for task in get_args(Task)}
_MODALITIES: Final[Mapping[str, Modality]] = {word: word for word in get_args(Modality)}
_Word = TypeVar("_Word", bound=str)
_Query: TypeAlias = Mapping[str, str]


class ModelFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a model must be to be listed; None where it does not matter.

    q: a part of one of its names, in any capitals. price_max_nanodollars: for a million tokens, of
    input as of output, at one of its providers. retiring_before: a day (ISO 8601).
    """

    task: Task | None = None
    provider: str | None = None
    owned_by: str | None = None
    input: Modality | None = None
    output: Modality | None = None
    q: str | None = None
    context_min: int | None = None
    price_max_nanodollars: int | None = None
    retiring_before: str | None = None

    def takes(self, model: Model, offers: tuple[Offer, ...], at_unix_s: float) -> bool:
        """Return whether a model is one of those. offers: those that count, at what they cost at an
        instant.
        """
        return (
            self.task in (None, model.task)
            and self.owned_by in (None, model.owned_by)
            and (self.provider is None or any(o.provider == self.provider for o in offers))
            and (self.input is None or self.input in model.inputs)
            and (self.output is None or self.output in model.outputs)
            and self._named(model)
            and self._large(model)
            and self._cheap(offers, at_unix_s)
            and self._retiring(model)
        )

    def _named(self, model: Model) -> bool:
        wanted = (self.q or "").lower()
        return any(wanted in name.lower() for name in (model.name, *model.aliases))

    def _large(self, model: Model) -> bool:
        return self.context_min is None or (model.context_tokens or 0) >= self.context_min

    def _cheap(self, offers: tuple[Offer, ...], at_unix_s: float) -> bool:
        if (most := self.price_max_nanodollars) is None:
            return True
        prices = (offer.price_at(at_unix_s) for offer in offers)
        return any(_dearest(price) <= most for price in prices if price and price.rates)

    def _retiring(self, model: Model) -> bool:
        return self.retiring_before is None or (
            model.retires is not None and model.retires < self.retiring_before
        )


EVERYTHING: Final = ModelFilter()


def read_filter(query: _Query) -> ModelFilter:
    """Return the filter of a query.

    Raises:
        CallerError: a filter that there is not, or a value that it cannot have; `param` names it.
    """
    for name in query:
        if name not in FILTERS:
            raise CallerError(
                f"there is no filter '{name[:QUOTED_CHARS_MAX]}'; there are {', '.join(FILTERS)}",
                param=name[:QUOTED_CHARS_MAX],
            )
    before = query.get("retiring_before")
    if before is not None and (problem := day_problem(before)):
        raise CallerError(f"retiring_before: {problem}", param="retiring_before")
    return ModelFilter(
        task=_word(query, "task", _TASKS),
        provider=query.get("provider"),
        owned_by=query.get("owned_by"),
        input=_word(query, "input", _MODALITIES),
        output=_word(query, "output", _MODALITIES),
        q=query.get("q"),
        context_min=whole(query, "context_min"),
        price_max_nanodollars=_price(query, "price_max"),
        retiring_before=before,
    )


def whole(query: _Query, name: str) -> int | None:
    """Return a number of a query.

    Raises:
        CallerError: it is none.
    """
    text = query.get(name)
    if text is None:
        return None
    # 18 digits fit 64 bits, and no count of ours is longer.
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004
        raise CallerError(f"{name} must be a whole number", param=name)
    return int(text)


def offers_of(catalog: Catalog, model: Model) -> tuple[Offer, ...]:
    """Return the offers of a model at the endpoints that serve it; all of them if none does."""
    found: dict[tuple[str, str], Offer] = {}
    serving = catalog.endpoints_of(model)
    for endpoint in serving:
        offer = offer_for(model.offers, endpoint.provider, endpoint.models[model.name])
        # What it costs at a provider that nobody wrote down is unknown, but it is there.
        offer = offer or Offer(provider=endpoint.provider, model=endpoint.models[model.name])
        found[offer.provider, offer.model] = offer
    return tuple(found.values()) if serving else model.offers


def _word(query: _Query, name: str, known: Mapping[str, _Word]) -> _Word | None:
    text = query.get(name)
    if text is None:
        return None
    if text not in known:
        raise CallerError(f"{name} must be one of {', '.join(known)}", param=name)
    return known[text]


def _price(query: _Query, name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        return nanodollars(text[:QUOTED_CHARS_MAX])
    except ValueError:
        raise CallerError(
            f"{name} must be US dollars for a million tokens, as in 2.50", param=name
        ) from None


def _dearest(price: Price) -> int:
    """Return the higher of the rates in and out."""
    return max(price.rates.get(Meter.INPUT, 0), price.rates.get(Meter.OUTPUT, 0))
