"""The catalog of models.dev, in a small file of its shape."""

import json

import pytest

from weftline.catalog.models_dev import read_models_dev
from weftline_core.desired import Model
from weftline_core.errors import OperatorError
from weftline_core.ids import model_name_problem
from weftline_core.prices import Meter, Offer, Price, Tier

# Written by hand in the shape of `https://models.dev/api.json`.
FIXTURE = """{
  "x-ai": {
    "id": "x-ai", "env": ["XAI_API_KEY"], "npm": "@ai-sdk/xai", "name": "xAI",
    "models": {
      "grok-4.3": {
        "id": "grok-4.3", "name": "Grok 4.3", "attachment": true, "reasoning": true,
        "temperature": false, "tool_call": true, "release_date": "2026-04-17",
        "modalities": {"input": ["text", "image", "pdf"], "output": ["text"]},
        "cost": {
          "input": 1.25, "output": 2.5, "cache_read": 0.2,
          "context_over_200k": {"input": 2.5, "output": 5, "cache_read": 0.4}
        },
        "limit": {"context": 1000000, "output": 0}
      },
      "grok-imagine": {
        "id": "grok-imagine", "tool_call": false,
        "modalities": {"input": ["text"], "output": ["image"]},
        "limit": {"context": 0, "output": 0}
      }
    }
  },
  "acme": {
    "id": "acme",
    "models": {
      "speaks": {
        "id": "speaks", "tool_call": false,
        "modalities": {"input": ["text", "smell"], "output": ["text", "audio"]},
        "cost": {"input": 0.1, "output": 0.3, "output_audio": 12, "reasoning": 0.5, "hugs": 1},
        "limit": {"context": 32000, "output": 8000}
      },
      "free": {"id": "free", "cost": {"input": 0, "output": 0}},
      "unknown": {"id": "unknown"},
      "bad name": {"id": "bad name"},
      "odd": {"id": "odd", "cost": {"input": -1, "output": "2", "context_over_200k": 3}}
    }
  }
}"""


def test_a_model_is_carried_whole() -> None:
    (grok,) = read_models_dev(FIXTURE, "xai").models
    assert grok == Model(
        name="xai/grok-4.3",
        owned_by="xai",
        inputs=("text", "image", "file"),
        context_tokens=1_000_000,
        refuses=("temperature",),
        offers=(
            Offer(
                provider="xai",
                model="grok-4.3",
                prices=(
                    Price(
                        rates={
                            Meter.INPUT: 1_250_000_000,
                            Meter.OUTPUT: 2_500_000_000,
                            Meter.CACHE_READ: 200_000_000,
                        },
                        tiers=(
                            Tier(
                                above_tokens=200_000,
                                rates={
                                    Meter.INPUT: 2_500_000_000,
                                    Meter.OUTPUT: 5_000_000_000,
                                    Meter.CACHE_READ: 400_000_000,
                                },
                            ),
                        ),
                    ),
                ),
            ),
        ),
    )


def test_other_models_and_what_they_lose() -> None:
    found = read_models_dev(FIXTURE)
    models = {model.name: model for model in found.models}
    assert list(models) == ["xai/grok-4.3", "acme/speaks", "acme/free", "acme/unknown", "acme/odd"]
    speaks = models["acme/speaks"]
    assert (speaks.inputs, speaks.outputs) == (("text",), ("text", "audio"))
    assert speaks.refuses == ("tools",)
    assert speaks.offers[0].prices[0].rates == {
        Meter.INPUT: 100_000_000,
        Meter.OUTPUT: 300_000_000,
        Meter.AUDIO_OUTPUT: 12_000_000_000,
        Meter.REASONING: 500_000_000,
    }
    assert models["acme/free"].offers[0].prices == (Price(rates={Meter.INPUT: 0, Meter.OUTPUT: 0}),)
    assert models["acme/unknown"].offers[0].prices == ()
    assert found.losses == {
        "has no price": ["acme/unknown", "acme/odd"],
        "not taken: it makes no text": ["xai/grok-imagine"],
        f"not taken: {model_name_problem('acme/bad name')}": ["acme/bad name"],
        "the modality smell": ["acme/speaks"],
        "the price of hugs": ["acme/speaks"],
        "the price of input": ["acme/odd"],
        "the price of output": ["acme/odd"],
    }


def test_a_price_is_no_float() -> None:
    cost = {"input": 0.07, "output": 0.29}
    text = json.dumps({"a": {"models": {"m": {"cost": cost}}}})
    rates = read_models_dev(text).models[0].offers[0].prices[0].rates
    assert rates == {Meter.INPUT: 70_000_000, Meter.OUTPUT: 290_000_000}


@pytest.mark.parametrize("text", ["", "[]", '{"a": {}}', '{"a": {"models": {"m": 1}}}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match=r"not the catalog of models\.dev"):
        read_models_dev(text)
