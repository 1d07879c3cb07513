"""Providers whose key is at hand, by name."""

from weftline.cli.providers import resources_of, with_key
from weftline.plugins import installed_providers
from weftline_core.desired import Desired, Endpoint, Model
from weftline_core.provider import OpenAiHost

ACME = OpenAiHost(
    name="acme",
    base_url="https://acme.invalid/v1",
    key_env="ACME_API_KEY",
    models=(("small", "chat"), ("vectors", "embeddings")),
)
HOME = OpenAiHost(name="home")


def test_only_providers_with_a_service_and_a_key_are_used() -> None:
    assert with_key([ACME, HOME], {"ACME_API_KEY": "x"}) == [ACME]
    assert with_key([ACME, HOME], {"ACME_API_KEY": ""}) == []
    assert with_key([ACME, HOME], {}) == []


def test_a_service_is_an_endpoint_and_its_models() -> None:
    assert resources_of(ACME) == [
        Model(name="acme/small", owned_by="acme"),
        Model(name="acme/vectors", task="embeddings", owned_by="acme"),
        Endpoint(
            name="acme",
            base_url="https://acme.invalid/v1",
            models={"acme/small": "small", "acme/vectors": "vectors"},
            provider="acme",
            secret="env:ACME_API_KEY",
        ),
    ]


def test_every_installed_provider_makes_a_valid_state() -> None:
    installed = installed_providers().values()
    providers = with_key(installed, {p.key_env: "x" for p in installed if p.key_env})
    assert {"openai", "mistral", "groq"} <= {p.name for p in providers}
    for provider in providers:
        assert Desired.EMPTY.changed(resources_of(provider), [], 1).problems() == []
