"""The catalog that comes with weftline: complete, consistent, and right about money."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from genai_prices import data
from genai_prices.types import Usage as TheirUsage

from weftline.catalog.entries import Entry, OfferShape, model_of, offer_of
from weftline.catalog.shipped import (
    Shipped,
    derived_names,
    families,
    load_shipped,
    read_family,
)
from weftline_core.cost import cost
from weftline_core.desired import Desired
from weftline_core.errors import OperatorError
from weftline_core.prices import Meter, day_problem
from weftline_core.usage import Usage

SHIPPED = load_shipped()
TEXT = [entry for entry in SHIPPED.entries if entry.task in ("chat", "embeddings")]

# A Friday noon, outside of all peaks.
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)

# Cloudflare bills neurons; genai-prices has what they come to with one digit less.
ROUNDED_BY_OTHERS = {
    "@cf/zai-org/glm-4.7-flash",
    "@cf/meta/llama-3.2-3b-instruct",
    "@cf/qwen/qwen3-30b-a3b-fp8",
}
# What they call our providers.
THEIR_NAMES = {
    "bedrock": "aws",
    "moonshot": "moonshotai",
    "vertex": "google",
    "workersai": "cloudflare",
    "xai": "x-ai",
}


def test_there_are_enough_models_and_providers() -> None:
    assert len(TEXT) >= 75
    assert len({offer.provider for entry in TEXT for offer in entry.offers}) >= 14
    assert {entry.task for entry in TEXT} == {"chat", "embeddings"}


def test_every_entry_is_a_valid_resource_and_they_all_fit_into_one_mesh() -> None:
    models = [model_of(e, e.offers, SHIPPED.aliases(e, e.offers)) for e in TEXT]
    state = Desired.EMPTY.changed([model for model in models if model], [], 1)
    assert len(state.resources) == len(TEXT)
    assert state.problems() == []


def test_every_file_says_where_its_facts_are_from_and_of_which_day() -> None:
    for name, family in families():
        assert family.source, name
        assert day_problem(family.as_of) is None, name
        assert all(offer.source for entry in family.models for offer in entry.offers)
        assert {entry.author for entry in family.models} & {name.partition(".")[0]} or (
            name == "others.yaml"
        )


def test_every_price_is_known_or_said_to_be_unknown() -> None:
    for entry in TEXT:
        for offer in entry.offers:
            assert offer.prices or offer.note, (entry.name, offer.provider)
            for price in offer_of(offer).prices:
                wanted = (
                    {Meter.INPUT} if entry.task == "embeddings" else {Meter.INPUT, Meter.OUTPUT}
                )
                assert wanted <= price.rates.keys(), (entry.name, offer.provider)


def test_nothing_shipped_has_been_switched_off_before_its_files_day() -> None:
    for _, family in families():
        for entry in family.models:
            ends = [offer.retires for offer in entry.offers if offer.retires]
            assert all(date.fromisoformat(end) > date.fromisoformat(family.as_of) for end in ends)


def compared(entry: Entry, offer: OfferShape) -> bool:
    """Compare an offer with genai-prices, if that knows it."""
    theirs = THEIR_NAMES.get(offer.provider, offer.provider)
    provider = next((p for p in data.providers if p.id == theirs), None)
    if provider is None or offer.model in ROUNDED_BY_OTHERS or not offer.prices:
        return False
    name = offer.model.rpartition("/")[2] if offer.provider == "fireworks" else offer.model
    name = re.sub(r"^(us|eu)\.anthropic", "regional.anthropic", name)
    model = next((m for m in provider.models if m.id == name), None) or provider.find_model(name)
    if model is None:
        return False
    output = 0 if entry.task == "embeddings" else 700
    for usage in (Usage(9_000, output), Usage(400_000, output, 300_000)):
        their_usage = TheirUsage(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cache_read_tokens=usage.cache_read_tokens,
        )
        price = model.calc_price(their_usage, provider, genai_request_timestamp=NOON).total_price
        found = cost(offer_of(offer), usage, NOON.timestamp())
        assert found is not None
        told = f"{entry.name} at {offer.provider}: {found.nanodollars} here, {price} USD there"
        assert abs(found.nanodollars - price * 10**9) <= Decimal("0.5"), told
    return True


def test_prices_are_those_of_genai_prices() -> None:
    # It has no cached price for one of Mistral's models, whose own page has.
    offers = [
        (entry, offer)
        for entry in TEXT
        for offer in entry.offers
        if offer.model != "codestral-latest"
    ]
    assert sum(compared(entry, offer) for entry, offer in offers) >= 110


@pytest.mark.parametrize(
    ("name", "at", "service_tier", "usage", "nanos"),
    [
        # 100,000 x 4 + 200,000 x 0.2 + 1,000 x 15, all x 1,000
        ("gpt-6.1-sol", "openai", None, Usage(300_000, 1_000, 200_000), 455_000_000),
        ("gpt-6.1-sol", "openai", "flex", Usage(300_000, 1_000, 200_000), 227_500_000),
        # 1,000 x 0.2 + 2,000 x 5 + 3,000 x 8 + 500 x 20
        (
            "claude-opus-5-5",
            "anthropic",
            None,
            Usage(6_000, 500, 1_000, 2_000, 3_000),
            44_200_000,
        ),
        ("claude-haiku-5-5", "anthropic", None, Usage(100_001, 0), 50_000_500),
        # 100 x 0.3 + 900 x 1 + 10 x 2.5
        ("gemini-2.5-flash", "google", None, Usage(1_000, 10, audio_prompt_tokens=900), 955_000),
        ("qwen-flash", "alibaba", None, Usage(256_001, 0), 64_000_250),
    ],
)
def test_some_prices_by_hand(
    name: str, at: str, service_tier: str | None, usage: Usage, nanos: int
) -> None:
    entry = SHIPPED.find(name)
    assert entry is not None
    offer = next(offer for offer in entry.offers if offer.provider == at)
    found = cost(offer_of(offer), usage, NOON.timestamp(), service_tier=service_tier)
    assert found is not None
    assert found.nanodollars == nanos


@pytest.mark.parametrize(
    ("when", "nanos"),
    [
        # Friday 9:00 in Beijing, Friday 12:00 there, Saturday 9:00, and before any peak was.
        ("2026-11-27T01:00:00", 1_320_000),
        ("2026-11-27T04:00:00", 660_000),
        ("2026-11-28T01:00:00", 660_000),
        ("2026-08-14T01:00:00", 435_000),
    ],
)
def test_peaks_of_deepseek(when: str, nanos: int) -> None:
    entry = SHIPPED.find("deepseek-v4-pro")
    assert entry is not None
    at = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
    found = cost(offer_of(entry.offers[0]), Usage(1_000, 0), at)
    assert found is not None
    assert found.nanodollars == nanos


def test_one_model_at_several_providers_is_one_entry() -> None:
    oss = SHIPPED.find("gpt-oss-120b")
    claude = SHIPPED.find("claude-opus-5-5")
    flash = SHIPPED.find("deepseek-v4.1-flash")
    assert oss
    assert claude
    assert flash
    assert {"groq", "together", "workersai", "fireworks"} <= {o.provider for o in oss.offers}
    assert {"anthropic", "bedrock", "vertex"} <= {o.provider for o in claude.offers}
    assert {"deepseek", "together", "fireworks"} <= {o.provider for o in flash.offers}


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("groq/openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("@cf/openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("workers-ai/@cf/openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("google-ai-studio/gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("grok/grok-4.7", "xai/grok-4.7"),
        ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("together/moonshotai/Kimi-K3", "moonshotai/kimi-k3"),
        ("MINIMAX/minimax-M3", "minimax/minimax-m3"),
        ("deepseek-v4-flash", "deepseek/deepseek-v4.1-flash"),
        ("@cf/baai/bge-m3", "baai/bge-m3"),
    ],
)
def test_models_go_by_the_names_that_people_write(name: str, entry: str) -> None:
    found = SHIPPED.find(name)
    assert found is not None
    assert found.name == entry
    assert SHIPPED.find(name, found.task) is found
    assert SHIPPED.find(name, "no-such-task") is None


def test_new_claude_models_refuse_sampling() -> None:
    for name in ("claude-opus-5-5", "claude-sonnet-5", "claude-fable-5-1", "claude-haiku-5-5"):
        entry = SHIPPED.find(name)
        assert entry is not None
        assert {"temperature", "top_p", "top_k"} <= set(entry.refuses)
        assert entry.reasoning == "adaptive"
    old = SHIPPED.find("claude-haiku-4-5")
    assert old is not None
    assert (old.refuses, old.reasoning) == ((), "budget")


def entry(name: str, *providers: str, task: str = "chat", aliases: tuple[str, ...] = ()) -> Entry:
    offers = tuple(OfferShape(provider=p, model="there", source="-") for p in providers)
    return Entry(name=name, task=task, aliases=aliases, offers=offers)


def test_a_name_that_two_could_claim_belongs_to_neither() -> None:
    one, two = entry("a/same", "p"), entry("b/same", "q", aliases=("a/same",))
    shipped = Shipped.of([two, one])
    assert shipped.find("same") is None
    assert shipped.find("a/same") is one
    assert shipped.find("q/there") is two
    assert shipped.aliases(one, one.offers) == ("p/there",)


def test_two_tasks_may_share_a_name() -> None:
    chat, embed = entry("a/x", "p"), entry("a/x", "p", task="embeddings")
    shipped = Shipped.of([chat, embed])
    assert shipped.find("x", "embeddings") is embed
    assert shipped.find("x", "chat") is chat
    assert shipped.find("x") in (chat, embed)


def test_a_providers_spelling_is_an_alias_only_where_it_is() -> None:
    both = entry("a/x", "p", "workersai")
    shipped = Shipped.of([both])
    assert shipped.aliases(both, both.offers[:1]) == ("x", "p/there")
    assert derived_names(both, both.offers[1:]) == ("x", "workersai/there", "workers-ai/there")


def test_models_of_tasks_to_come_do_not_stand_in_the_way() -> None:
    text = """
source: nowhere
as_of: 2026-11-23
models:
- {name: a/draws, task: image, outputs: [image, hologram], offers: [
    {provider: p, model: d, source: s, prices: [{usd: {image: 0.0336}}]}]}
"""
    (drawing,) = read_family(text, "x.yaml").models
    assert model_of(drawing, drawing.offers) is None
    assert Shipped.of([drawing]).find("draws") is drawing
    assert offer_of(drawing.offers[0]).prices[0].rates == {Meter.IMAGE: 33_600_000_000_000}


@pytest.mark.parametrize(
    "text", ["", "[", "models: []", "source: a\nas_of: b\nmodels: [{name: x}]", "a: &a [*a]"]
)
def test_a_damaged_file_is_told_by_its_name(text: str) -> None:
    with pytest.raises(OperatorError, match=r"^x\.yaml: not a catalog"):
        read_family(text, "x.yaml")
