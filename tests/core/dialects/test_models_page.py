"""The list of models, as three families of SDKs read it."""

from typing import Any

import msgspec
import orjson
import pytest
from anthropic.types import ModelInfo
from google.genai import types as genai_types
from mistralai.client.models import BaseModelCard
from openai.types import Model as OpenAiModel

from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Model
from weftline_core.dialects.models_filter import ModelFilter
from weftline_core.dialects.models_page import (
    anthropic_model,
    anthropic_page,
    google_model,
    google_page,
    listed,
    openai_model,
    openai_page,
)
from weftline_core.errors import CallerError
from weftline_core.prices import Meter, Offer, Price, Tier

NOW = 1_795_000_000.0  # 2026-11-18

PRICE = Price(
    rates={Meter.INPUT: 75_000_000, Meter.OUTPUT: 300_000_000, Meter.SEARCH: 10_000_000_000_000},
    tiers=(Tier(above_tokens=200_000, rates={Meter.INPUT: 150_000_000}),),
)
CHAT = Model(
    name="acme/chat",
    aliases=("chat",),
    owned_by="acme",
    inputs=("text", "image"),
    context_tokens=200_000,
    output_tokens_max=8_000,
    reasoning="effort",
    refuses=("top_k",),
    retires="2027-01-31",
    offers=(
        Offer(provider="acme", model="c", prices=(PRICE,)),
        Offer(provider="elsewhere", model="c2"),
    ),
)
EMBED = Model(name="acme/embed", task="embeddings", owned_by="acme")
OTHERS = [Model(name=f"many/m{i:02d}") for i in range(60)]
ENDPOINT = Endpoint(
    name="acme-1", base_url="http://h/v1", models={"acme/chat": "c"}, provider="acme"
)
CATALOG = Catalog.of(Desired.EMPTY.changed([CHAT, EMBED, ENDPOINT, *OTHERS], [], 1))


def page(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])


def test_the_list_of_openai_says_all_that_the_mesh_knows() -> None:
    found = page(openai_page(CATALOG, {"owned_by": "acme"}, NOW))
    assert found["object"] == "list"
    assert [one["id"] for one in found["data"]] == ["acme/chat", "acme/embed"]
    assert found["data"][0] == {
        "id": "acme/chat",
        "object": "model",
        "created": 0,
        "owned_by": "acme",
        "type": "base",
        "capabilities": {
            "completion_chat": True,
            "function_calling": True,
            "reasoning": True,
            "vision": True,
        },
        "shutdown_date": "2027-01-31",
        "weft": {
            "task": "chat",
            "aliases": ["chat"],
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "context_tokens": 200_000,
            "output_tokens_max": 8_000,
            "reasoning": "effort",
            "refuses": ["top_k"],
            "retires": "2027-01-31",
            "endpoints": ["acme-1"],
            "offers": [
                {
                    "provider": "acme",
                    "context_tokens": None,
                    "output_tokens_max": None,
                    "retires": None,
                    "usd": {"input": "0.075", "output": "0.3", "search": "0.01"},
                    "usd_above": {"200000": {"input": "0.15"}},
                }
            ],
        },
    }
    assert len(page(openai_page(CATALOG, {}, NOW))["data"]) == 62


def test_no_list_shows_an_address() -> None:
    for body in (openai_page(CATALOG, {}, NOW), anthropic_page(CATALOG, {}, NOW)):
        assert b"http://h" not in body


def test_the_official_sdks_read_what_they_get() -> None:
    for model in (CHAT, EMBED):
        openai = orjson.loads(orjson.dumps(openai_model(CATALOG, model, NOW)))
        assert OpenAiModel.model_validate(openai).shutdown_date == model.retires
        mistral = BaseModelCard.model_validate(openai)
        assert mistral.capabilities.completion_chat is (model is CHAT)
        anthropic = ModelInfo.model_validate(anthropic_model(model, NOW))
        assert anthropic.max_tokens == model.output_tokens_max
        google = genai_types.Model.model_validate(
            {k: v for k, v in google_model(model).items() if k != "supportedGenerationMethods"}
        )
        assert google.input_token_limit == model.context_tokens


@pytest.mark.parametrize(
    ("retires", "lifecycle"),
    [(None, "active"), ("2026-11-19", "deprecated"), ("2026-11-18", "retired")],
)
def test_a_models_life(retires: str | None, lifecycle: str) -> None:
    model = msgspec.structs.replace(EMBED, retires=retires)
    assert anthropic_model(model, NOW)["lifecycle"] == lifecycle


def names(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["data"]]


def test_pages_of_anthropic_hold_every_model_once() -> None:
    seen: list[str] = []
    query = {"limit": "25", "beta": "true"}
    while True:
        found = page(anthropic_page(CATALOG, query, NOW))
        seen += names(found)
        assert (found["first_id"], found["last_id"]) == (names(found)[0], names(found)[-1])
        if not found["has_more"]:
            break
        query = {"limit": "25", "after_id": found["last_id"]}
    assert seen == [model.name for model in CATALOG.models]
    first = page(anthropic_page(CATALOG, {}, NOW))
    assert (len(first["data"]), first["has_more"]) == (20, True)


def test_pages_of_anthropic_go_backwards_too() -> None:
    found = page(anthropic_page(CATALOG, {"limit": "2", "before_id": "many/m02"}, NOW))
    assert (names(found), found["has_more"]) == (["many/m00", "many/m01"], True)
    found = page(anthropic_page(CATALOG, {"limit": "2", "before_id": "acme/embed"}, NOW))
    assert (names(found), found["has_more"]) == (["acme/chat"], False)
    found = page(anthropic_page(CATALOG, {"q": "nothing"}, NOW))
    assert found == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_pages_of_google_hold_every_model_once() -> None:
    seen: list[str] = []
    query = {"pageSize": "25", "key": "secret", "alt": "json"}
    while True:
        found = page(google_page(CATALOG, query, NOW))
        seen += [one["name"] for one in found["models"]]
        if "nextPageToken" not in found:
            break
        query = {"pageSize": "25", "pageToken": found["nextPageToken"]}
    assert seen == [f"models/{model.name}" for model in CATALOG.models]
    assert len(page(google_page(CATALOG, {"pageToken": ""}, NOW))["models"]) == 50
    assert len(page(google_page(CATALOG, {"pageSize": "9999"}, NOW))["models"]) == 62


def test_a_model_of_google() -> None:
    assert google_model(CHAT) == {
        "name": "models/acme/chat",
        "version": "1",
        "displayName": "chat",
        "inputTokenLimit": 200_000,
        "outputTokenLimit": 8_000,
        "supportedGenerationMethods": ("generateContent", "streamGenerateContent", "countTokens"),
        "thinking": True,
    }
    assert "embedContent" in str(google_model(EMBED)["supportedGenerationMethods"])


@pytest.mark.parametrize(
    ("make", "query", "param"),
    [
        (openai_page, {"limit": "3"}, "limit"),
        (openai_page, {"key": "x"}, "key"),
        (anthropic_page, {"limit": "0"}, "limit"),
        (anthropic_page, {"limit": "x"}, "limit"),
        (anthropic_page, {"after_id": "gone"}, "after_id"),
        (anthropic_page, {"before_id": "gone"}, "before_id"),
        (anthropic_page, {"pageSize": "1"}, "pageSize"),
        (google_page, {"pageToken": "gone"}, "pageToken"),
        (google_page, {"pageSize": "0"}, "pageSize"),
        (google_page, {"task": "x"}, "task"),
    ],
)
def test_what_a_list_does_not_know_is_refused(make: Any, query: dict[str, str], param: str) -> None:
    with pytest.raises(CallerError) as told:
        make(CATALOG, query, NOW)
    assert told.value.param == param


def test_filters_hold_on_every_list() -> None:
    query = {"task": "embeddings"}
    assert names(page(openai_page(CATALOG, query, NOW))) == ["acme/embed"]
    assert names(page(anthropic_page(CATALOG, query, NOW))) == ["acme/embed"]
    assert [m["name"] for m in page(google_page(CATALOG, query, NOW))["models"]] == [
        "models/acme/embed"
    ]
    assert listed(CATALOG, NOW, ModelFilter(provider="elsewhere")) == ()
    assert listed(CATALOG, NOW, ModelFilter(provider="acme")) == (CHAT,)
