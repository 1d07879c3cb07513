"""Resources from catalog entries and the providers at hand."""

import pytest

from weftline.catalog.entries import Entry, OfferShape
from weftline.catalog.places import Place, offer_at, resources_at
from weftline.catalog.shipped import Shipped, load_shipped
from weftline_core.desired import Credential, Desired, Endpoint, Model
from weftline_core.prices import Offer


def shape(provider: str, model: str, *regions: str) -> OfferShape:
    return OfferShape(provider=provider, model=model, source="-", regions=regions)


CLAUDE = Entry(
    name="anthropic/claude",
    task="chat",
    offers=(
        shape("anthropic", "claude"),
        shape("bedrock", "global.claude"),
        shape("bedrock", "us.claude", "us"),
    ),
)
EMBED = Entry(name="acme/embed", task="embeddings", offers=(shape("bedrock", "embed"),))
DRAWS = Entry(name="acme/draws", task="image", offers=(shape("bedrock", "draws"),))
SHIPPED = Shipped.of([CLAUDE, EMBED, DRAWS])

ANTHROPIC = Place(provider="anthropic", base_url="https://a.invalid", key_env="ANTHROPIC_API_KEY")


def bedrock(region: str | None) -> Place:
    return Place(
        provider="bedrock",
        base_url="https://b.invalid",
        credentials=("aws-1", "aws-2"),
        key_env="AWS_KEY",
        region=region,
        options={"account": "1"},
    )


def test_places_that_sell_a_model_serve_it_under_one_name() -> None:
    made = resources_at(SHIPPED, SHIPPED.entries, [ANTHROPIC, bedrock("us-east-1")])
    assert made == [
        Model(
            name="acme/embed",
            task="embeddings",
            owned_by="acme",
            aliases=("embed", "bedrock/embed", "aws-bedrock/embed"),
            offers=(Offer(provider="bedrock", model="embed"),),
        ),
        Model(
            name="anthropic/claude",
            owned_by="anthropic",
            aliases=("claude", "bedrock/us.claude", "aws-bedrock/us.claude"),
            offers=(
                Offer(provider="anthropic", model="claude"),
                Offer(provider="bedrock", model="us.claude"),
            ),
        ),
        Endpoint(
            name="anthropic",
            base_url="https://a.invalid",
            models={"anthropic/claude": "claude"},
            provider="anthropic",
            secret="env:ANTHROPIC_API_KEY",
        ),
        Endpoint(
            name="bedrock-us-east-1",
            base_url="https://b.invalid",
            models={"acme/embed": "embed", "anthropic/claude": "us.claude"},
            provider="bedrock",
            region="us-east-1",
            credentials=("aws-1", "aws-2"),
            options={"account": "1"},
        ),
    ]
    keys = [Credential(name=name, provider="bedrock", env="AWS") for name in ("aws-1", "aws-2")]
    assert Desired.EMPTY.changed([*made, *keys], [], 1).problems() == []


@pytest.mark.parametrize(
    ("region", "there"),
    [
        ("us", "us.claude"),
        ("us-west-2", "us.claude"),
        ("usher", "global.claude"),
        ("eu-west-1", "global.claude"),
        (None, "global.claude"),
    ],
)
def test_a_region_decides_between_names(region: str | None, there: str) -> None:
    offer = offer_at(CLAUDE, bedrock(region))
    assert offer is not None
    assert offer.model == there


def test_two_regions_of_one_provider_are_two_endpoints_and_their_offers() -> None:
    made = resources_at(SHIPPED, [CLAUDE], [bedrock("us-east-1"), bedrock(None), bedrock("us")])
    model = made[0]
    assert isinstance(model, Model)
    assert [offer.model for offer in model.offers] == ["us.claude", "global.claude"]
    assert [e.name for e in made[1:]] == ["bedrock-us-east-1", "bedrock", "bedrock-us"]


def test_only_what_a_place_can_do_is_asked_of_it() -> None:
    place = Place(provider="bedrock", base_url="https://b.invalid", tasks=frozenset({"chat"}))
    made = resources_at(SHIPPED, SHIPPED.entries, [place])
    assert [one.name for one in made] == ["anthropic/claude", "bedrock"]
    assert offer_at(DRAWS, bedrock(None)) is None
    nobody = Place(provider="nobody", base_url="https://n.invalid")
    assert resources_at(SHIPPED, SHIPPED.entries, [nobody]) == []


def test_the_whole_catalog_at_all_its_providers_is_a_valid_state() -> None:
    shipped = load_shipped()
    providers = sorted({o.provider for e in shipped.entries for o in e.offers})
    places = [Place(provider=p, base_url="https://x.invalid", key_env="KEY") for p in providers]
    made = resources_at(shipped, shipped.entries, places)
    assert len(made) == len(shipped.entries) + len(providers)
    assert Desired.EMPTY.changed(made, [], 1).problems() == []
