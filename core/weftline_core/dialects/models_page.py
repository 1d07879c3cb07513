"""The models that a client may name, as OpenAI, Anthropic and Google list theirs.

Beside what their SDKs read, OpenAI's list says under `weft` what this mesh knows. Sources: the list
shapes of the openai, anthropic and google-genai SDKs.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import orjson

from weftline_core.catalog import Catalog
from weftline_core.chat.features import Feature
from weftline_core.desired import Model
from weftline_core.dialects.models_filter import (
    EVERYTHING,
    ModelFilter,
    offers_of,
    read_filter,
    whole,
)
from weftline_core.errors import CallerError
from weftline_core.prices import Offer, usd_rates

# What the SDKs and people send along that chooses no models.
IGNORED: Final[Mapping[str, frozenset[str]]] = {
    "openai": frozenset(),
    "anthropic": frozenset({"beta"}),
    "google": frozenset({"key", "alt", "$alt", "prettyPrint", "queryBase"}),
}

# The sizes of a page that these providers document.
ANTHROPIC_PAGE_MAX: Final = 1000
ANTHROPIC_PAGE: Final = 20
GOOGLE_PAGE_MAX: Final = 1000
GOOGLE_PAGE: Final = 50

# Their SDKs demand a day of birth; nobody knows it, and Anthropic's documentation allows this one.
BORN: Final = "1970-01-01T00:00:00Z"

GOOGLE_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "chat": ("generateContent", "streamGenerateContent", "countTokens"),
    "embeddings": ("embedContent", "batchEmbedContents"),
}


def listed(
    catalog: Catalog, at_unix_s: float, wanted: ModelFilter = EVERYTHING
) -> tuple[Model, ...]:
    """Return the models that a filter takes, in the order of their names."""
    return tuple(
        model
        for model in catalog.models
        if wanted.takes(model, offers_of(catalog, model), at_unix_s)
    )


def openai_page(catalog: Catalog, query: Mapping[str, str], at_unix_s: float) -> bytes:
    """Return the body of `GET /v1/models`.

    Raises:
        CallerError: a filter is wrong.
    """
    models = listed(catalog, at_unix_s, read_filter(query))
    data = [openai_model(catalog, model, at_unix_s) for model in models]
    return orjson.dumps({"object": "list", "data": data})


def openai_model(catalog: Catalog, model: Model, at_unix_s: float) -> dict[str, object]:
    """Return a model as `GET /v1/models/{id}` shows it. `created` is required and unknown: 0.

    `type` and `capabilities` are what Mistral's SDK cannot do without.
    """
    return {
        "id": model.name,
        "object": "model",
        "created": 0,
        "owned_by": model.owned_by,
        "type": "base",
        "capabilities": {
            "completion_chat": model.task == "chat",
            "function_calling": model.task == "chat" and Feature.TOOLS not in model.refuses,
            "reasoning": model.reasoning is not None,
            "vision": "image" in model.inputs,
        },
        "shutdown_date": model.retires,
        "weft": {
            "task": model.task,
            "aliases": model.aliases,
            "input_modalities": model.inputs,
            "output_modalities": model.outputs,
            "context_tokens": model.context_tokens,
            "output_tokens_max": model.output_tokens_max,
            "reasoning": model.reasoning,
            "refuses": model.refuses,
            "retires": model.retires,
            "endpoints": [endpoint.name for endpoint in catalog.endpoints_of(model)],
            "offers": [_offer(offer, at_unix_s) for offer in offers_of(catalog, model)],
        },
    }


def anthropic_page(catalog: Catalog, query: Mapping[str, str], at_unix_s: float) -> bytes:
    """Return the body of Anthropic's `GET /v1/models`, with `limit`, `after_id` and `before_id`.

    Raises:
        CallerError: a filter or a page is wrong.
    """
    paging, filters = _split(query, "anthropic", ("limit", "after_id", "before_id"))
    size = _size(paging, "limit", ANTHROPIC_PAGE, ANTHROPIC_PAGE_MAX)
    models = listed(catalog, at_unix_s, read_filter(filters))
    if "before_id" in paging:
        before = models[: _place(models, paging["before_id"], "before_id")]
        page, more = before[-size:], len(before) > size
    else:
        after = paging.get("after_id")
        rest = models[_place(models, after, "after_id") + 1 :] if after is not None else models
        page, more = rest[:size], len(rest) > size
    return orjson.dumps(
        {
            "data": [anthropic_model(model, at_unix_s) for model in page],
            "has_more": more,
            "first_id": page[0].name if page else None,
            "last_id": page[-1].name if page else None,
        }
    )


def anthropic_model(model: Model, at_unix_s: float) -> dict[str, object]:
    """Return a model as Anthropic's `GET /v1/models/{id}` shows it."""
    today = datetime.fromtimestamp(at_unix_s, UTC).date().isoformat()
    lifecycle = "active"
    if model.retires is not None:
        lifecycle = "deprecated" if model.retires > today else "retired"
    return {
        "type": "model",
        "id": model.name,
        "display_name": model.name.rpartition("/")[2],
        "created_at": BORN,
        "lifecycle": lifecycle,
        "retires_at": f"{model.retires}T00:00:00Z" if model.retires else None,
        "max_input_tokens": model.context_tokens,
        "max_tokens": model.output_tokens_max,
    }


def google_page(catalog: Catalog, query: Mapping[str, str], at_unix_s: float) -> bytes:
    """Return the body of Gemini's `GET /v1beta/models`, with `pageSize` and `pageToken`.

    Raises:
        CallerError: a filter or a page is wrong.
    """
    paging, filters = _split(query, "google", ("pageSize", "pageToken"))
    size = _size(paging, "pageSize", GOOGLE_PAGE, GOOGLE_PAGE_MAX)
    models = listed(catalog, at_unix_s, read_filter(filters))
    # A token is the last model that the client has; an empty one is none, as in protobuf.
    if after := paging.get("pageToken"):
        models = models[_place(models, after, "pageToken") + 1 :]
    page = models[:size]
    body: dict[str, object] = {"models": [google_model(model) for model in page]}
    if len(models) > size:
        body["nextPageToken"] = page[-1].name
    return orjson.dumps(body)


def google_model(model: Model) -> dict[str, object]:
    """Return a model as Gemini's `GET /v1beta/models/{id}` shows it."""
    limits = {"inputTokenLimit": model.context_tokens, "outputTokenLimit": model.output_tokens_max}
    return {
        "name": f"models/{model.name}",
        "version": "1",
        "displayName": model.name.rpartition("/")[2],
        **{name: limit for name, limit in limits.items() if limit is not None},
        "supportedGenerationMethods": GOOGLE_METHODS[model.task],
        "thinking": model.reasoning is not None,
    }


def _offer(offer: Offer, at_unix_s: float) -> dict[str, object]:
    price = offer.price_at(at_unix_s)
    return {
        "provider": offer.provider,
        "context_tokens": offer.context_tokens,
        "output_tokens_max": offer.output_tokens_max,
        "retires": offer.retires,
        # Of a million tokens, or of one of any other unit.
        "usd": usd_rates(price.rates) if price else None,
        "usd_above": {
            str(tier.above_tokens): usd_rates(tier.rates) for tier in (price.tiers if price else ())
        },
    }


def _split(
    query: Mapping[str, str], dialect: str, paging: tuple[str, ...]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parts of a query that choose a page, and those that choose models."""
    pages = {name: text for name, text in query.items() if name in paging}
    strange = IGNORED[dialect]
    return pages, {n: text for n, text in query.items() if n not in pages and n not in strange}


def _size(paging: Mapping[str, str], name: str, usual: int, most: int) -> int:
    size = whole(paging, name)
    if size is None:
        return usual
    if size < 1:
        raise CallerError(f"{name} must be in [1, {most}]", param=name)
    return min(size, most)


def _place(models: Sequence[Model], name: str, param: str) -> int:
    """Return where a model stands in the list.

    Raises:
        CallerError: it is not there (any more).
    """
    for i, model in enumerate(models):
        if model.name == name:
            return i
    raise CallerError(f"{param} names a model that is not in this list", param=param)
