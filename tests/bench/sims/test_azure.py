"""The simulated Azure OpenAI, asked by OpenAI's own SDK for it."""

from typing import Any

import openai
import orjson
import pytest

from tests.fakes.sims import KEY, a_sim, chat, streamed
from weftline_bench.sims.azure import Azure
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Script
from weftline_bench.sims.server import SimServer

USER: Any = [{"role": "user", "content": "say: one two"}]


def sdk(server: SimServer) -> openai.AsyncAzureOpenAI:
    return openai.AsyncAzureOpenAI(
        azure_endpoint=server.base_url, api_key=KEY, api_version="2024-10-21", max_retries=0
    )


async def test_a_classic_deployment() -> None:
    async with a_sim("azure") as server, sdk(server) as client:
        answer = await client.chat.completions.create(model="dep", messages=USER)
        stream = await client.chat.completions.create(model="dep", messages=USER, stream=True)
        chunks = [chunk async for chunk in stream]
        embedded = await client.embeddings.create(model="dep", input="a")
    assert answer.model == "dep-2026-09-01"
    assert chunks[0].choices == []
    assert "".join(c.choices[0].delta.content or "" for c in chunks[1:]) == "one two"
    assert len(embedded.data[0].embedding) == 8
    assert server.seen[0].path == "/openai/deployments/dep/chat/completions"
    assert server.seen[0].headers["api-key"] == "***"


async def test_the_newer_layout() -> None:
    async with a_sim("azure") as server:
        answer = await chat(server, "say: a", "/openai/v1")
    choice = answer.choices[0].to_dict()
    found: Any = choice["content_filter_results"]
    assert found["hate"] == {"filtered": False, "severity": "safe"}


@pytest.mark.parametrize(
    ("path", "query", "headers", "status"),
    [
        ("/openai/deployments/d/chat/completions", {}, {"api-key": KEY}, 404),
        ("/v1/chat/completions", {}, {"api-key": KEY}, 404),
        ("/openai/v1/models", {}, {"api-key": "wrong"}, 401),
        ("/openai/v1/models", {}, {}, 401),
    ],
)
def test_what_is_refused(path: str, query: Any, headers: Any, status: int) -> None:
    answer = SimServer(FLAVOURS["azure"]).answer(Request("POST", path, headers, query, body={}))
    assert answer.status == status
    assert orjson.loads(answer.body())["error"].keys() == {"code", "message"}


def test_a_filtered_prompt_tells_what_was_found() -> None:
    answer = Azure().refusal(Refused(Trouble.CONTENT_FILTER, "x"))
    error = orjson.loads(answer.body())["error"]
    assert (answer.status, error["code"]) == (400, "content_filter")
    assert error["innererror"]["code"] == "ResponsibleAIPolicyViolation"


def test_the_bytes() -> None:
    events = streamed(Azure(), Script("Hi"))
    assert events[0].startswith('data: {"choices":[],"created":0,"id":"","model":"","object":""')
    assert '"prompt_filter_results":[{"prompt_index":0' in events[0]
    limited = Azure().refusal(Refused(Trouble.RATE_LIMITED, "x"))
    assert limited.headers["retry-after-ms"] == "1500"
