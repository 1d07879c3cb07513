"""Cloudflare's names of providers and models."""

from weftline_core.cloudflare.names import (
    PROVIDERS,
    Named,
    hosted,
    named_at,
    named_in_catalog,
    named_in_compat,
    theirs,
)

LLAMA = "@cf/meta/llama"


def test_a_model_at_a_provider_is_looked_up_there_first() -> None:
    assert named_at("grok", "grok-4") == Named(
        ("grok/grok-4", "xai/grok-4", "grok-4"), "xai", ("xai", "grok-4")
    )
    assert named_at("openai", "gpt").names == ("openai/gpt", "gpt")


def test_a_vertex_model_may_stand_behind_its_maker() -> None:
    named = named_at("google-vertex-ai", "google/gemini")
    assert "gemini" in named.names
    assert named.there == ("vertex", "gemini")


def test_a_custom_provider_is_a_prefix_that_the_operator_chose() -> None:
    assert named_at("custom-acme", "m") == Named(("custom-acme/m", "acme/m"))


def test_compat_names_the_provider_before_the_model() -> None:
    assert named_in_compat("google-ai-studio/gemini").only == "google"
    assert named_in_compat(f"workers-ai/{LLAMA}").there == ("workersai", LLAMA)
    assert named_in_compat(LLAMA).there == ("workersai", LLAMA)
    assert named_in_compat("custom-acme/m").only is None
    assert named_in_compat("dynamic/route") == Named(("dynamic/route", "route"))
    assert named_in_compat("acme/any") == Named(("acme/any",))
    assert named_in_compat("gpt") == Named(("gpt",))


def test_the_rest_api_names_an_author_and_any_provider_will_do() -> None:
    assert named_in_catalog(LLAMA).names[0] == LLAMA
    assert named_in_catalog(LLAMA).there == ("workersai", LLAMA)
    named = named_in_catalog("google/gemini")
    assert named.names == ("google/gemini", "google-ai-studio/gemini", "gemini")
    assert (named.only, named.there) == (None, ("google", "gemini"))
    assert named_in_catalog("acme/any") == Named(("acme/any",))
    assert named_in_catalog("gpt") == Named(("gpt",))


def test_our_names_of_providers_lead_back() -> None:
    assert {PROVIDERS[theirs(ours)] for ours in PROVIDERS.values()} == set(PROVIDERS.values())
    assert theirs("xai") == "grok"
    assert theirs("ollama") == "ollama"


def test_what_cloudflare_hosts() -> None:
    assert named_in_compat(LLAMA).at_cloudflare
    assert named_in_catalog(LLAMA).at_cloudflare
    assert not named_at("openai", "gpt").at_cloudflare
    assert not named_in_compat("gpt").at_cloudflare
    assert hosted("@cf/a/b")
    assert not hosted("cf/a/b")
