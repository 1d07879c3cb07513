"""The installed genai-prices, as its published `data.json` would have it."""

import dataclasses
import json
from datetime import date, time
from decimal import Decimal
from typing import Any, cast

from genai_prices import data
from genai_prices.types import ModelPrice


def plain(value: Any) -> Any:
    """Return one of its values as JSON has it: what is unset is left out."""
    if isinstance(value, list):
        return [plain(one) for one in cast("list[object]", value)]
    if isinstance(value, time):
        return f"{value.isoformat().partition('+')[0]}Z"
    if isinstance(value, date):
        return value.isoformat()
    fields = _fields(value)
    if fields is None:
        return _number(value)
    return {name: plain(one) for name, one in fields.items() if one is not None}


def _fields(value: Any) -> dict[str, object] | None:
    if isinstance(value, ModelPrice):
        return value.__dict__
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def data_json() -> str:
    """Return the price data of every provider, without what finds models."""
    return json.dumps(
        [
            {
                "id": provider.id,
                "name": provider.name,
                "models": [
                    {
                        "id": model.id,
                        "context_window": model.context_window,
                        "prices": plain(model.prices),
                        "price_variants": plain(model.price_variants),
                    }
                    for model in provider.models
                ],
            }
            for provider in data.providers
        ]
    )
