"""The demo endpoint, asked by OpenAI's own SDK and by raw bytes."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import aiohttp
import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from tests.fakes.vectors import cosine
from weftline_bench.embed import embedding
from weftline_bench.links import Link
from weftline_bench.model_server import CHAT_MODEL, EMBEDDING_MODEL, EndpointConfig, ModelServer
from weftline_bench.slots import Pace

HELLO = [ChatCompletionUserMessageParam(role="user", content="Tell me about the lamp")]


@asynccontextmanager
async def running(config: EndpointConfig | None = None) -> AsyncGenerator[ModelServer, None]:
    server = ModelServer(config or EndpointConfig(seed=1))
    await server.start()
    try:
        yield server
    finally:
        await server.close()


def sdk(server: ModelServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=server.base_url, api_key="any", max_retries=0)


async def post(server: ModelServer, path: str, body: Any, **options: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.base_url + path, json=body, **options) as answer,
    ):
        return answer.status, await answer.json()


async def health(server: ModelServer) -> dict[str, Any]:
    url = server.base_url.removesuffix("/v1") + "/health"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        state: dict[str, Any] = await answer.json()
        return state


async def test_the_official_sdk_chats() -> None:
    async with running() as server, sdk(server) as client:
        answer = await client.chat.completions.create(
            model=CHAT_MODEL, messages=HELLO, max_tokens=12, seed=4
        )
    choice = answer.choices[0]
    assert choice.message.content
    assert (choice.finish_reason, answer.model) == ("length", CHAT_MODEL)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12


async def test_the_official_sdk_streams_the_same_words() -> None:
    async with running() as server, sdk(server) as client:
        whole = await client.chat.completions.create(
            model=CHAT_MODEL, messages=HELLO, max_tokens=12, seed=4
        )
        stream = await client.chat.completions.create(
            model=CHAT_MODEL,
            messages=HELLO,
            max_tokens=12,
            seed=4,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert len({chunk.id for chunk in chunks}) == 1
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "length"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage


async def test_a_stop_text_ends_the_answer() -> None:
    async with running() as server, sdk(server) as client:
        answer = await client.chat.completions.create(
            model=CHAT_MODEL, messages=HELLO, seed=4, stop=["."]
        )
    assert "." not in (answer.choices[0].message.content or ".")
    assert answer.choices[0].finish_reason == "stop"


async def test_usage_in_the_stream_only_for_those_who_ask() -> None:
    async with running() as server:
        body = {"model": CHAT_MODEL, "messages": HELLO, "stream": True, "max_tokens": 3}
        async with (
            aiohttp.ClientSession() as session,
            session.post(server.base_url + "/chat/completions", json=body) as answer,
        ):
            raw = await answer.text()
    events = raw.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all(event.startswith("data: ") for event in events[:-1])
    assert "usage" not in raw
    assert json.loads(events[0][6:])["choices"][0]["delta"] == {"role": "assistant", "content": ""}


@pytest.mark.parametrize("encoding", ["float", "base64", None])
async def test_the_official_sdk_embeds(encoding: Any) -> None:
    texts = ["the lamp is lit", "lamps are lit", "gluons"]
    asked: dict[str, Any] = {} if encoding is None else {"encoding_format": encoding}
    async with running() as server, sdk(server) as client:
        answer = await client.embeddings.create(model=EMBEDDING_MODEL, input=texts, **asked)
    assert [item.index for item in answer.data] == [0, 1, 2]
    assert answer.usage.prompt_tokens == 8
    if encoding != "base64":
        lamp, lamps, gluons = (item.embedding for item in answer.data)
        assert lamp == pytest.approx(embedding(texts[0]), abs=1e-6)
        assert cosine(lamp, lamps) > cosine(lamp, gluons)


async def test_dimensions_are_as_asked_for() -> None:
    async with running() as server:
        status, answer = await post(
            server, "/embeddings", {"model": EMBEDDING_MODEL, "input": "one", "dimensions": 12}
        )
    assert (status, len(answer["data"]), len(answer["data"][0]["embedding"])) == (200, 1, 12)


async def test_the_official_sdk_lists_models() -> None:
    async with running() as server, sdk(server) as client:
        assert [m.id async for m in client.models.list()] == [CHAT_MODEL, EMBEDDING_MODEL]


async def test_refusals_raise_the_sdks_own_errors() -> None:
    async with running() as server, sdk(server) as client:
        with pytest.raises(openai.NotFoundError, match="does not exist here") as unknown:
            await client.chat.completions.create(model="gpt-9", messages=HELLO)
        assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.BadRequestError) as wrong:
            await client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, n=3)
        assert wrong.value.param == "n"


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/models", 405), ("/chat/completions", 400)]
)
async def test_every_refusal_has_openais_shape(path: str, status: int) -> None:
    async with running() as server:
        got, answer = await post(server, path, None)
    assert got == status
    assert set(answer["error"]) == {"message", "type", "param", "code"}
    assert answer["error"]["type"] == "invalid_request_error"


async def test_a_slot_is_waited_for_and_a_full_queue_is_overload() -> None:
    async with running(EndpointConfig(pace=Pace(ttft_ms=60, slots=1))) as server:
        server.slots._queue_max = 1  # pyright: ignore[reportPrivateUsage]
        body = {"model": CHAT_MODEL, "messages": HELLO, "max_tokens": 1}
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        answers = await asyncio.gather(*(post(server, "/chat/completions", body) for _ in range(4)))
        took_s = loop.time() - begin_s
    assert sorted(status for status, _ in answers) == [200, 200, 503, 503]
    assert took_s > 0.115, "the second waited for the first"
    refused = next(answer for status, answer in answers if status == 503)
    assert refused["error"]["code"] == "server_is_overloaded"


async def test_a_client_that_leaves_frees_its_slot() -> None:
    async with running(EndpointConfig(pace=Pace(ttft_ms=5000, slots=1))) as server:
        body = {"model": CHAT_MODEL, "messages": HELLO}
        leaving = asyncio.ensure_future(post(server, "/chat/completions", body))
        while server.slots.running == 0:
            await asyncio.sleep(0.005)
        leaving.cancel()
        async with asyncio.timeout(1):
            while server.slots.running:
                await asyncio.sleep(0.005)
        state = await health(server)
    assert (state["aborted"], state["served"], state["running"]) == (1, 0, 0)


async def word_times_ms(server: ModelServer) -> list[float]:
    loop = asyncio.get_running_loop()
    async with sdk(server) as client:
        begin_s = loop.time()
        stream = await client.chat.completions.create(
            model=CHAT_MODEL, messages=HELLO, max_tokens=8, seed=1, stream=True
        )
        return [
            (loop.time() - begin_s) * 1000
            async for chunk in stream
            if chunk.choices[0].delta.content
        ]


async def test_the_pace_is_kept_and_words_leave_one_by_one() -> None:
    smallest_gaps_ms: list[float] = []
    async with running(EndpointConfig(pace=Pace(ttft_ms=30, itl_ms=10))) as server:
        for _ in range(5):
            at_ms = await word_times_ms(server)
            assert len(at_ms) == 8
            assert at_ms[0] >= 30
            assert at_ms[-1] >= 30 + 7 * 10
            smallest_gaps_ms.append(min(b - a for a, b in pairwise(at_ms)))
    # The best of five: a busy client reads several words at once.
    assert max(smallest_gaps_ms) > 2, "not in one write"


async def test_a_far_client_waits_for_the_distance() -> None:
    config = EndpointConfig(links={"127.0.0.11": Link(40)})
    loop = asyncio.get_running_loop()
    took_ms: list[float] = []
    async with running(config) as server:
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.11", 0))
        async with aiohttp.ClientSession(connector=connector) as session:
            for _ in range(4):
                begin_s = loop.time()
                async with session.get(server.base_url + "/models") as answer:
                    assert answer.status == 200
                took_ms.append((loop.time() - begin_s) * 1000)
    assert took_ms[0] >= 78, "set-up and exchange"
    assert 38 <= min(took_ms[1:]) < 75, "exchange alone"


async def test_an_address_in_use_is_an_os_error() -> None:
    async with running() as server:
        port = int(server.base_url.removesuffix("/v1").rpartition(":")[2])
        second = ModelServer(EndpointConfig(port=port))
        with pytest.raises(OSError, match="in use"):
            await second.start()
        await second.close()
