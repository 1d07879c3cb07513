"""The official SDKs of OpenAI, Anthropic and Google with nothing changed but their base URL."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import anthropic
import openai
import pytest
import pytest_asyncio
from google.genai import Client, types

from tests.e2e.cloudflare_rig import GATEWAY, HELLO, REST, CloudflareRig, cloudflare_rig
from tests.fakes.pop import KEY
from tests.fakes.sims import KEY as SIM_KEY

TEXT = "You said: Say hello."
LARGE_LLAMA = {"model": "llama-3.3-70b-versatile", "messages": HELLO}


@pytest_asyncio.fixture
async def rig() -> AsyncGenerator[CloudflareRig, None]:
    async with cloudflare_rig() as running:
        yield running


async def test_openais_sdk(rig: CloudflareRig) -> None:
    for base in (f"{GATEWAY}/openai", f"{GATEWAY}/compat", f"{REST}/v1"):
        async with openai.AsyncOpenAI(
            base_url=rig.url + base, api_key=KEY, max_retries=0
        ) as client:
            model = "gpt-4.1" if base.endswith("openai") else "openai/gpt-4.1"
            ask: Any = client.chat.completions.create
            answer = await ask(model=model, messages=HELLO)
            assert answer.choices[0].message.content == TEXT
            stream = await ask(model=model, messages=HELLO, stream=True)
            words = [c.choices[0].delta.content or "" async for c in stream if c.choices]
            assert "".join(words) == TEXT
            embed = model.replace("gpt-4.1", "text-embedding-3-small")
            assert (await client.embeddings.create(model=embed, input="hi")).data[0].embedding
            response = await client.responses.create(model=model, input="Say hello.")
            assert response.output_text == TEXT
            again = await client.responses.retrieve(response.id)
            assert again.output_text == TEXT
            with pytest.raises(openai.NotFoundError):
                await ask(model="no-such", messages=HELLO)


async def test_openais_sdk_with_its_own_key(rig: CloudflareRig) -> None:
    async with openai.AsyncOpenAI(
        base_url=f"{rig.url}{GATEWAY}/groq",
        api_key=SIM_KEY,
        max_retries=0,
        default_headers={"cf-aig-authorization": f"Bearer {KEY}"},
    ) as client:
        ask: Any = client.chat.completions.create
        assert (await ask(**LARGE_LLAMA)).choices[0].message.content == TEXT
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="bad").chat.completions.create(**LARGE_LLAMA)  # type: ignore[call-overload]


async def test_anthropics_sdk(rig: CloudflareRig) -> None:
    for base, model in (
        (f"{GATEWAY}/anthropic", "claude-haiku-4-5"),
        (REST, "anthropic/claude-haiku-4-5"),
    ):
        async with anthropic.AsyncAnthropic(
            base_url=rig.url + base, api_key=KEY, max_retries=0
        ) as client:
            ask: Any = {"model": model, "max_tokens": 20, "messages": HELLO}
            answer = await cast("Any", client).messages.create(**ask)
            assert answer.content[0].text == TEXT
            async with client.messages.stream(**ask) as stream:
                assert "".join([text async for text in stream.text_stream]) == TEXT
            counted = await client.messages.count_tokens(model=model, messages=ask["messages"])
            assert counted.input_tokens > 0


def _google(url: str) -> tuple[str, str, int]:
    """Ask with Google's SDK, which blocks: a whole answer, a stream, vectors."""
    model = "gemini-3.1-flash"
    options = types.HttpOptions(base_url=f"{url}{GATEWAY}/google-ai-studio")
    client = Client(api_key=KEY, http_options=options)
    # Its own types leave much open.
    asked: Any = cast("Any", client).models
    try:
        whole: str = asked.generate_content(model=model, contents="Say hello.").text or ""
        parts: Any = asked.generate_content_stream(model=model, contents="Say hello.")
        words: str = "".join(part.text or "" for part in parts)
        embedded: Any = asked.embed_content(model="gemini-embedding-001", contents="hi")
    finally:
        client.close()
    return whole, words, len(embedded.embeddings or [])


async def test_googles_sdk(rig: CloudflareRig) -> None:
    assert await asyncio.to_thread(_google, rig.url) == (TEXT, TEXT, 1)
