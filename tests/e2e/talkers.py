"""One question and its answer, by each of the four official SDKs, unmodified."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import anthropic
import httpx2
import openai
from google.genai import errors
from google.genai.types import GenerateContentResponse
from mistralai.client import Mistral
from mistralai.client.errors import MistralError
from mistralai.client.models import UserMessage

from tests.e2e.sdk_mesh import Mesh, anthropic_async, google_client, openai_async
from tests.fakes.pop import KEY

TOKENS_MAX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. heard: takes each piece of text as it comes, a whole answer in one."""

    model: str
    text: str
    stream: bool
    headers: Mapping[str, str]
    heard: list[str]


# Asks, and returns the headers of the answer; raises as its SDK does.
Talk: TypeAlias = Callable[[Mesh, Question], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Talker:
    """A client. dialect: in which it speaks. raises: what its SDK makes of errors."""

    dialect: str
    talk: Talk
    raises: type[Exception]


async def with_openai(mesh: Mesh, asked: Question) -> Mapping[str, str]:
    """Ask by OpenAI's SDK."""
    async with openai_async(mesh, asked.headers) as client:
        if not asked.stream:
            whole = await client.chat.completions.with_raw_response.create(
                model=asked.model, messages=[{"role": "user", "content": asked.text}]
            )
            asked.heard.append(whole.parse().choices[0].message.content or "")
            return whole.headers
        raw = await client.chat.completions.with_raw_response.create(
            model=asked.model, messages=[{"role": "user", "content": asked.text}], stream=True
        )
        async for chunk in raw.parse():
            asked.heard.append(chunk.choices[0].delta.content or "" if chunk.choices else "")
        return raw.headers


async def with_responses(mesh: Mesh, asked: Question) -> Mapping[str, str]:
    """Ask for a response by OpenAI's SDK, which hands errors over as events and raises on none."""
    async with openai_async(mesh, asked.headers) as client:
        if not asked.stream:
            whole = await client.responses.with_raw_response.create(
                model=asked.model, input=asked.text
            )
            asked.heard.append(whole.parse().output_text)
            return whole.headers
        raw = await client.responses.with_raw_response.create(
            model=asked.model, input=asked.text, stream=True
        )
        async for event in raw.parse():
            if event.type == "response.output_text.delta":
                asked.heard.append(event.delta)
            if event.type == "response.failed":
                raise openai.OpenAIError(str(event.response.error))
        return raw.headers


async def with_anthropic(mesh: Mesh, asked: Question) -> Mapping[str, str]:
    """Ask by Anthropic's SDK."""
    async with anthropic_async(mesh, asked.headers) as client:
        if not asked.stream:
            whole = await client.messages.with_raw_response.create(
                model=asked.model,
                max_tokens=TOKENS_MAX,
                messages=[{"role": "user", "content": asked.text}],
            )
            message = await whole.parse()
            asked.heard.extend(b.text for b in message.content if b.type == "text")
            return whole.headers
        async with client.messages.stream(
            model=asked.model,
            max_tokens=TOKENS_MAX,
            messages=[{"role": "user", "content": asked.text}],
        ) as stream:
            async for text in stream.text_stream:
                asked.heard.append(text)
            return stream.response.headers


async def with_google(mesh: Mesh, asked: Question) -> Mapping[str, str]:
    """Ask by Google's SDK."""
    async with google_client(mesh, asked.headers).aio as client:
        if asked.stream:
            chunks = await client.models.generate_content_stream(
                model=asked.model, contents=asked.text
            )
            answers = [answer async for answer in _heard(chunks, asked.heard)]
        else:
            answers = [await client.models.generate_content(model=asked.model, contents=asked.text)]
            asked.heard.append(answers[0].text or "")
    answered = answers[0].sdk_http_response
    headers = None if answered is None else answered.headers
    return {name.lower(): value for name, value in (headers or {}).items()}


async def _heard(
    chunks: AsyncIterator[GenerateContentResponse], heard: list[str]
) -> AsyncIterator[GenerateContentResponse]:
    async for chunk in chunks:
        heard.append(chunk.text or "")
        yield chunk


async def with_mistral(mesh: Mesh, asked: Question) -> Mapping[str, str]:
    """Ask by Mistral's SDK, which shows headers only to an HTTP client that one brings."""
    seen: dict[str, str] = {}
    async with _mistral(mesh, asked.headers, seen) as client:
        messages = [UserMessage(content=asked.text)]
        if asked.stream:
            stream = await client.chat.stream_async(model=asked.model, messages=messages)
            async with stream:
                async for event in stream:
                    content = event.data.choices[0].delta.content if event.data.choices else ""
                    asked.heard.append(content if isinstance(content, str) else "")
        else:
            whole = await client.chat.complete_async(model=asked.model, messages=messages)
            message = whole.choices[0].message
            assert message is not None
            asked.heard.append(str(message.content))
    return seen


@asynccontextmanager
async def _mistral(
    mesh: Mesh, headers: Mapping[str, str], seen: dict[str, str]
) -> AsyncGenerator[Mistral, None]:
    async def look(response: httpx2.Response) -> None:
        seen.update(response.headers)

    async with httpx2.AsyncClient(headers=headers, event_hooks={"response": [look]}) as inner:
        yield Mistral(api_key=KEY, server_url=mesh.url, async_client=inner)


TALKERS: Mapping[str, Talker] = {
    "openai": Talker("chat", with_openai, openai.OpenAIError),
    "responses": Talker("responses", with_responses, openai.OpenAIError),
    "anthropic": Talker("messages", with_anthropic, anthropic.APIError),
    "google": Talker("generate", with_google, errors.APIError),
    "mistral": Talker("chat", with_mistral, MistralError),
}
