"""Cloudflare's REST API over sockets: `/ai/run`, `/ai/v1/...`, the search for models."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.cloudflare_rig import (
    BGE,
    GATEWAY,
    HELLO,
    LLAMA,
    REST,
    CloudflareRig,
    cloudflare_rig,
    said,
    told,
    with_key,
)
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

TEXT = "You said: Say hello."
CLAUDE: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 20, "messages": HELLO}


@pytest_asyncio.fixture
async def rig() -> AsyncGenerator[CloudflareRig, None]:
    async with cloudflare_rig() as running:
        yield running


async def test_run_answers_in_cloudflares_envelope(rig: CloudflareRig) -> None:
    ask = {"model": LLAMA, "input": {"messages": HELLO}}
    for reply in (
        await rig.post(f"{REST}/run", ask, with_key(cf_aig_gateway_id="shop")),
        await rig.post(f"{REST}/run/{LLAMA}", {"messages": HELLO}),
        await rig.post(f"{REST}/run/{LLAMA.replace('@', '%40')}", {"messages": HELLO}),
    ):
        body = said(reply)
        assert (body["success"], body["errors"], body["messages"]) == (True, [], [])
        assert body["result"]["response"] == TEXT
        assert reply.headers["cf-ai-req-id"] == reply.headers["x-request-id"]
    assert rig.pop.records[0].gateway == "shop"
    vectors = said(await rig.post(f"{REST}/run/{BGE}", {"text": ["a", "b"]}))
    assert vectors["result"]["shape"][0] == 2


async def test_run_streams_natively(rig: CloudflareRig) -> None:
    body = {"messages": HELLO, "stream": True}
    events = told(await rig.post(f"{REST}/run/{LLAMA}", body))
    assert "".join(event.get("response", "") for event in events) == TEXT
    assert events[-1]["usage"]["completion_tokens"] > 0


async def test_run_of_a_model_from_elsewhere_has_openais_body_as_its_result(
    rig: CloudflareRig,
) -> None:
    for model in ("openai/gpt-4.1", "anthropic/claude-haiku-4-5", "google/gemini-3.1-flash"):
        reply = await rig.post(f"{REST}/run", {"model": model, "input": {"messages": HELLO}})
        result = said(reply)["result"]
        assert result["choices"][0]["message"]["content"] == TEXT
    ask = {"model": "openai/gpt-4.1", "input": {"messages": HELLO, "stream": True}}
    chunks = told(await rig.post(f"{REST}/run", ask))
    assert chunks[0]["object"] == "chat.completion.chunk"
    ask = {"model": "openai/text-embedding-3-small", "input": {"input": "hi"}}
    assert said(await rig.post(f"{REST}/run", ask))["result"]["object"] == "list"
    ask = {"model": "openai/gpt-4.1", "input": {"input": "hi"}}
    assert said(await rig.post(f"{REST}/run", ask))["result"]["object"] == "response"


async def test_run_and_plain_answers_are_kept_apart(rig: CloudflareRig) -> None:
    cached = with_key(cf_aig_cache_ttl="60")
    plain = {"model": "openai/gpt-4.1", "messages": HELLO}
    await rig.post(f"{REST}/v1/chat/completions", plain, cached)
    ask = {"model": "openai/gpt-4.1", "input": {"messages": HELLO}}
    assert "result" in said(await rig.post(f"{REST}/run", ask, cached))


async def test_the_rest_api_speaks_three_dialects_of_any_model(rig: CloudflareRig) -> None:
    chat = await rig.post(f"{REST}/v1/chat/completions", {"model": LLAMA, "messages": HELLO})
    assert said(chat)["choices"][0]["message"]["content"] == TEXT
    message = await rig.post(f"{REST}/v1/messages", {**CLAUDE, "model": "openai/gpt-4.1"})
    assert said(message)["content"][0]["text"] == TEXT
    ask = {"model": "anthropic/claude-haiku-4-5", "input": "Say hello."}
    response = await rig.post(f"{REST}/v1/responses", ask)
    assert said(response)["object"] == "response"
    ask = {"model": BGE, "input": "a"}
    vectors = await rig.post(f"{REST}/v1/embeddings", ask)
    assert said(vectors)["data"][0]["embedding"]


async def test_affinity_goes_on_to_workers_ai_only(rig: CloudflareRig) -> None:
    headers = with_key(x_session_affinity="ses_1")
    await rig.post(f"{REST}/run/{LLAMA}", {"messages": HELLO}, headers)
    await rig.post(f"{GATEWAY}/workers-ai/{LLAMA}", {"messages": HELLO}, headers)
    await rig.post(f"{REST}/v1/chat/completions", {"model": LLAMA, "messages": HELLO}, headers)
    gpt = {"model": "gpt-4.1", "messages": HELLO}
    await rig.post(f"{GATEWAY}/openai/chat/completions", gpt, headers)
    there = rig.sims["workersai"].seen
    assert [seen.headers.get("x-session-affinity") for seen in there] == ["ses_1"] * 3
    assert "x-session-affinity" not in rig.sims["openai"].seen[-1].headers


async def test_models_are_searched_as_at_cloudflare(rig: CloudflareRig) -> None:
    page = said(await rig.get(f"{REST}/models/search?author=meta&search=3.1&per_page=1"))
    assert [model["name"] for model in page["result"]] == ["meta/llama-3.1-8b"]
    assert page["result_info"]["total_count"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/run/@cf/no/model", {"prompt": "x"}, 400, 5007),
        ("/run", {"model": "no/model", "input": {"messages": HELLO}}, 404, 7003),
        ("/run", {"model": "no/model"}, 400, 5004),
        (f"/run/{LLAMA}", {"messages": HELLO, "stream": "yes"}, 400, 5004),
        ("/nowhere", {}, 404, 7002),
    ],
)
async def test_errors_of_the_rest_api(
    rig: CloudflareRig, path: str, body: dict[str, Any], status: int, code: int
) -> None:
    reply = await rig.post(f"{REST}{path}", body)
    assert reply.status == status
    told_there = said(reply)
    assert told_there["errors"][0]["code"] == code
    assert (told_there["success"], told_there["result"]) == (False, None)


async def test_a_lack_of_capacity_is_3040(rig: CloudflareRig) -> None:
    rig.sims["workersai"].faults = Faults(trouble=Trouble.OVERLOADED)
    reply = await rig.post(f"{REST}/run/{LLAMA}", {"messages": HELLO})
    assert (reply.status, said(reply)["errors"][0]["code"]) == (429, 3040)


async def test_batches_are_refused_in_words(rig: CloudflareRig) -> None:
    reply = await rig.post(f"{REST}/run/{LLAMA}?queueRequest=true", {"requests": []})
    assert (reply.status, said(reply)["errors"][0]["code"]) == (400, 5004)
