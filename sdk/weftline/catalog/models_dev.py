"""Reads the catalog of models.dev (`api.json` there).

It is a mapping of providers, each with a mapping of models. Prices are US dollars for a million
tokens, of today only.
"""

from decimal import Decimal
from typing import Final, cast

import msgspec

from weftline.catalog.imported import Imported, our_name
from weftline_core.desired import Modality, Model
from weftline_core.errors import OperatorError
from weftline_core.ids import model_name_problem
from weftline_core.prices import Meter, Offer, Price, Tier, nanodollars

METERS: Final[dict[str, Meter]] = {
    "input": Meter.INPUT,
    "output": Meter.OUTPUT,
    "cache_read": Meter.CACHE_READ,
    "cache_write": Meter.CACHE_WRITE,
    "reasoning": Meter.REASONING,
    "input_audio": Meter.AUDIO_INPUT,
    "output_audio": Meter.AUDIO_OUTPUT,
}

# Their only price by length, and the length.
LONG_KEY: Final = "context_over_200k"
LONG_TOKENS: Final = 200_000

MODALITIES: Final[dict[str, Modality]] = {
    "text": "text",
    "image": "image",
    "audio": "audio",
    "video": "video",
    "pdf": "file",
}


class _Limit(msgspec.Struct):
    context: int | None = None
    output: int | None = None


class _Modalities(msgspec.Struct):
    input: tuple[str, ...] = ("text",)
    output: tuple[str, ...] = ("text",)


class _Model(msgspec.Struct):
    cost: dict[str, object] | None = None
    limit: _Limit | None = None
    modalities: _Modalities | None = None
    temperature: bool = True
    tool_call: bool = True


class _Provider(msgspec.Struct):
    models: dict[str, _Model]


_DATA: Final = msgspec.json.Decoder(dict[str, _Provider], float_hook=Decimal)


def read_models_dev(text: str, only: str = "") -> Imported:
    """Return the models of a catalog file. only: one provider, by its name there or here.

    Raises:
        OperatorError: it is no such file.
    """
    try:
        providers = _DATA.decode(text)
    except msgspec.DecodeError as e:
        raise OperatorError(f"not the catalog of models.dev: {e}") from e
    found = Imported()
    for theirs, provider in providers.items():
        ours = our_name(theirs)
        if only in ("", theirs, ours):
            for name, model in provider.models.items():
                _take(found, ours, name, model)
    return found


def _take(found: Imported, provider: str, there: str, given: _Model) -> None:
    name = f"{provider}/{there}"
    if problem := model_name_problem(name):
        found.lose(f"not taken: {problem}", name)
        return
    modalities = given.modalities or _Modalities()
    outputs = _known(found, name, modalities.output)
    if "text" not in outputs:
        found.lose("not taken: it makes no text", name)
        return
    limit = given.limit or _Limit()
    prices = _prices(found, name, given.cost) if given.cost else ()
    if not prices:
        found.lose("has no price", name)
    found.add(
        Model(
            name=name,
            owned_by=provider,
            inputs=_known(found, name, modalities.input),
            outputs=outputs,
            # They write 0 where they don't know.
            context_tokens=limit.context or None,
            output_tokens_max=limit.output or None,
            refuses=_refuses(given),
            offers=(Offer(provider=provider, model=there, prices=prices),),
        )
    )


def _known(found: Imported, name: str, words: tuple[str, ...]) -> tuple[Modality, ...]:
    for word in words:
        if word not in MODALITIES:
            found.lose(f"the modality {word}", name)
    return tuple(MODALITIES[word] for word in words if word in MODALITIES)


def _refuses(given: _Model) -> tuple[str, ...]:
    temperature = () if given.temperature else ("temperature",)
    return (*temperature, *(() if given.tool_call else ("tools",)))


def _prices(found: Imported, name: str, cost: dict[str, object]) -> tuple[Price, ...]:
    rates = _rates(found, name, cost)
    tiers: tuple[Tier, ...] = ()
    if isinstance(long := cost.get(LONG_KEY), dict):
        over = _rates(found, name, cast("dict[str, object]", long))
        tiers = (Tier(above_tokens=LONG_TOKENS, rates=over),)
    return (Price(rates=rates, tiers=tiers),) if rates else ()


def _rates(found: Imported, name: str, cost: dict[str, object]) -> dict[Meter, int]:
    rates: dict[Meter, int] = {}
    for key, usd in cost.items():
        if key == LONG_KEY:
            continue
        meter = METERS.get(key)
        if meter is None or not isinstance(usd, int | Decimal):
            found.lose(f"the price of {key}", name)
            continue
        try:
            rates[meter] = nanodollars(Decimal(usd))
        except ValueError:
            found.lose(f"the price of {key}", name)
    return rates
