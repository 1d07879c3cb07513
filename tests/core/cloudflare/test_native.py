"""Paths below providers' names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.cloudflare.names import PROVIDERS
from weftline_core.cloudflare.native import NoSuchProvider, compat, embeds, native, rest
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.workers_ai_embed.front import FRONT as WORKERS_AI_EMBED
from weftline_core.errors import NotFound

VERTEX = "v1/projects/p/locations/l"


@pytest.mark.parametrize(
    ("provider", "path", "front", "counts"),
    [
        ("openai", "chat/completions", "chat", False),
        ("openai", "v1/responses", "responses", False),
        ("openai", "responses/input_tokens", "responses", True),
        ("openai", "embeddings", "embeddings", False),
        ("anthropic", "v1/messages", "messages", False),
        ("anthropic", "v1/messages/count_tokens", "messages", True),
        ("groq", "openai/v1/chat/completions", "chat", False),
        ("openrouter", "api/v1/chat/completions", "chat", False),
        ("cohere", "compatibility/v1/chat/completions", "chat", False),
        ("fireworks", "inference/v1/chat/completions", "chat", False),
        ("grok", "v1/chat/completions", "chat", False),
        ("custom-acme", "v1/chat/completions", "chat", False),
        ("google-ai-studio", "v1beta/openai/chat/completions", "chat", False),
        ("google-vertex-ai", f"{VERTEX}/endpoints/openapi/chat/completions", "chat", False),
        ("workers-ai", "v1/embeddings", "embeddings", False),
    ],
)
def test_paths_that_only_name_a_dialect(provider: str, path: str, front: str, counts: bool) -> None:
    found = native(provider, path)
    assert (found.front.name, found.counts) == (front, counts)
    assert found.args.model is None


@pytest.mark.parametrize(
    ("provider", "path", "front", "model", "stream"),
    [
        (
            "google-ai-studio",
            "v1beta/models/gemini:streamGenerateContent",
            "generate",
            "gemini",
            True,
        ),
        ("google-ai-studio", "v1/models/g:embedContent", "embed_content_one", "g", False),
        ("google-ai-studio", "v1beta/models/g:batchEmbedContents", "embed_content", "g", False),
        (
            "google-vertex-ai",
            f"{VERTEX}/publishers/google/models/g:generateContent",
            "generate",
            "g",
            False,
        ),
        (
            "google-vertex-ai",
            f"{VERTEX}/publishers/anthropic/models/c:streamRawPredict",
            "messages",
            "c",
            True,
        ),
        ("workers-ai", "@cf/meta/llama", "workers_ai", "@cf/meta/llama", None),
        ("workers-ai", "%40cf/meta/llama", "workers_ai", "@cf/meta/llama", None),
    ],
)
def test_paths_that_name_a_model(
    provider: str, path: str, front: str, model: str, stream: bool | None
) -> None:
    found = native(provider, path)
    assert (found.front.name, found.args.model, found.args.stream) == (front, model, stream)


def test_a_deployment_stands_in_for_the_model() -> None:
    found = native("azure-openai", "my-resource/my-gpt/chat/completions")
    assert (found.front, found.model) == (CHAT, "my-gpt")
    named = found.named("gpt-4.1")
    assert {"my-gpt", "gpt-4.1", "azure/my-gpt"} <= set(named.names)
    assert (named.only, named.there) == ("azure", ("azure", "my-gpt"))


def test_only_the_body_tells_what_a_model_of_workers_ai_does() -> None:
    found = native("workers-ai", "@cf/baai/bge")
    assert found.fitted({"text": "a"}).front is WORKERS_AI_EMBED
    assert found.fitted({"prompt": "a"}) is found
    assert native("openai", "embeddings").fitted({"text": "a"}).front.name == "embeddings"
    assert not embeds({"text": "a", "messages": []})


def test_headers_that_go_on() -> None:
    assert native("anthropic", "v1/messages").carried == (b"anthropic-beta",)
    assert native("openai", "chat/completions").carried == ()


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("openai", ""),
        ("openai", "audio/speech"),
        ("cohere", "v2/chat"),
        ("aws-bedrock", "bedrock-runtime/us-east-1/model/m/converse"),
        ("google-ai-studio", "v1beta/models/g:predict"),
        ("google-vertex-ai", f"{VERTEX}/publishers/anthropic/models/c:generateContent"),
        ("google-vertex-ai", f"{VERTEX}/publishers/google/models/g:rawPredict"),
        ("openai", "@cf/meta/llama"),
    ],
)
def test_what_nobody_here_reads(provider: str, path: str) -> None:
    with pytest.raises(NotFound) as caught:
        native(provider, path)
    assert provider in caught.value.message
    assert not isinstance(caught.value, NoSuchProvider)


def test_an_unknown_provider_is_told_which_there_are() -> None:
    with pytest.raises(NoSuchProvider) as caught:
        native("huggingface", "x")
    assert "google-ai-studio" in caught.value.message


def test_compat_and_rest() -> None:
    assert compat("chat/completions").named("openai/gpt").only == "openai"
    with pytest.raises(NotFound):
        compat("images/generations")
    found = rest("v1/messages/count_tokens")
    assert found is not None
    assert found.counts
    assert found.named("openai/gpt").only is None
    assert rest("v1/images") is None


@given(st.sampled_from(sorted(PROVIDERS)), st.text(max_size=60))
def test_any_path_is_found_or_not(provider: str, path: str) -> None:
    try:
        found = native(provider, path)
    except NotFound:
        return
    assert found.named("m").names
