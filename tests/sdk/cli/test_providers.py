"""Providers whose key is at hand, by name."""

from weftline.cli.providers import place_of, resources_of, with_key
from weftline.plugins import installed_providers
from weftline_core.desired import Desired, Endpoint, Model
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.hosts import Host

OPENAI = Host(
    name="openai",
    speaks=(CHAT, EMBEDDINGS),
    base_url="https://openai.invalid/v1",
    key_env="OPENAI_API_KEY",
)
GROQ = Host(name="groq", speaks=(CHAT,), base_url="https://groq.invalid/v1", key_env="GROQ_API_KEY")
TOGETHER = Host(
    name="together", speaks=(CHAT,), base_url="https://together.invalid/v1", key_env="TOGETHER_KEY"
)
HOME = Host(name="home", speaks=(CHAT,))


def test_only_providers_with_a_service_and_a_key_are_used() -> None:
    assert with_key([GROQ, HOME], {"GROQ_API_KEY": "x"}) == [GROQ]
    assert with_key([GROQ, HOME], {"GROQ_API_KEY": ""}) == []
    assert with_key([GROQ, HOME], {}) == []


def test_a_service_can_do_the_tasks_of_its_dialects() -> None:
    assert sorted(place_of(GROQ).tasks or ()) == ["chat"]
    assert sorted(place_of(OPENAI).tasks or ()) == ["chat", "embeddings"]


def test_services_are_endpoints_and_the_models_of_the_catalog_that_they_run() -> None:
    made = resources_of([GROQ, TOGETHER])
    models = {one.name: one for one in made if isinstance(one, Model)}
    endpoints = {one.name: one for one in made if isinstance(one, Endpoint)}
    oss = models["openai/gpt-oss-120b"]
    assert [offer.provider for offer in oss.offers] == ["groq", "together"]
    assert {"gpt-oss-120b", "groq/openai/gpt-oss-120b"} <= set(oss.aliases)
    assert endpoints["groq"].models["openai/gpt-oss-120b"] == "openai/gpt-oss-120b"
    assert endpoints["groq"].base_url == "https://groq.invalid/v1"
    assert endpoints["together"].secret == "env:TOGETHER_KEY"
    assert resources_of([]) == []


def test_every_installed_provider_makes_a_valid_state() -> None:
    installed = installed_providers().values()
    providers = with_key(installed, {p.key_env: "x" for p in installed if p.key_env})
    assert {"openai", "anthropic", "google", "mistral", "groq"} <= {p.name for p in providers}
    made = resources_of(providers)
    assert Desired.EMPTY.changed(made, [], 1).problems() == []
    serving = {one.provider for one in made if isinstance(one, Endpoint)}
    # A host that resells all others' models at their prices has no list of its own here.
    assert serving == {p.name for p in providers} - {"openrouter"}
