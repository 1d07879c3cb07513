"""Simulated providers in this process, several at once, on sockets of their own."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from weftline_bench.sims.flavour import KEY, Flavour, Options
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Script
from weftline_bench.sims.server import SimServer

__all__ = ["KEY", "a_sim", "chat", "chat_stream", "deltas", "sims", "streamed", "whole"]


@asynccontextmanager
async def a_sim(name: str) -> AsyncGenerator[SimServer, None]:
    """Run one provider: `base_url` for an SDK, `seen` for what came, `faults` for what fails."""
    server = SimServer(FLAVOURS[name])
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def sims(*names: str) -> AsyncGenerator[dict[str, SimServer], None]:
    """Run several providers, by name."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(a_sim(name)) for name in names}


def whole(flavour: Flavour, script: Script, task: str = "") -> bytes:
    """Return the body of a whole answer."""
    return flavour.render(script, Options(model="m", task=task)).body()


def streamed(flavour: Flavour, script: Script, task: str = "") -> list[str]:
    """Return the events of a streamed answer, without the blank lines between them."""
    answer = flavour.render(script, Options(model="m", stream=True, task=task))
    return [frame.decode().rstrip("\r\n") for frame in answer.frames]


def _asked(content: Any, extra: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": content}], **extra}


async def chat(server: SimServer, content: Any, base: str = "", **extra: Any) -> ChatCompletion:
    """Ask by OpenAI's own SDK. base: what the flavour's base URL lacks for this SDK."""
    url = server.base_url + base
    async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        create: Any = client.chat.completions.create
        answer = await create(**_asked(content, extra))
    assert isinstance(answer, ChatCompletion)
    return answer


async def chat_stream(
    server: SimServer, content: Any, base: str = "", **extra: Any
) -> list[ChatCompletionChunk]:
    """Ask for a stream by OpenAI's own SDK, and return all chunks."""
    url = server.base_url + base
    async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        create: Any = client.chat.completions.create
        stream = await create(stream=True, **_asked(content, extra))
        return [chunk async for chunk in stream]


def deltas(chunks: list[ChatCompletionChunk]) -> list[dict[str, Any]]:
    """Return what each chunk with a choice says, without what is not set."""
    return [c.choices[0].delta.to_dict() for c in chunks if c.choices]
