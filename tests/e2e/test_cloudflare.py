"""Cloudflare's paths over sockets: each route, its headers, its errors."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.cloudflare_rig import (
    BGE,
    DEADLINE_S,
    GATEWAY,
    HELLO,
    LLAMA,
    REST,
    CloudflareRig,
    cloudflare_rig,
    said,
    with_key,
)
from tests.fakes.pop import KEY
from tests.fakes.raw_client import Call
from tests.fakes.sims import KEY as SIM_KEY
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

GPT: dict[str, Any] = {"model": "gpt-4.1", "messages": HELLO}
CLAUDE: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 20, "messages": HELLO}
GEMINI: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}
TEXT = "You said: Say hello."
OPENAI = f"{GATEWAY}/openai/chat/completions"


def step(provider: str, endpoint: str, query: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"provider": provider, "endpoint": endpoint, "headers": {}, "query": query, **more}


DEAD = step("deepseek", "chat/completions", {"model": "deepseek-chat", "messages": HELLO})
ALIVE = step("anthropic", "v1/messages", CLAUDE)


@pytest_asyncio.fixture
async def rig() -> AsyncGenerator[CloudflareRig, None]:
    async with cloudflare_rig() as running:
        yield running


NATIVE = [
    ("openai/chat/completions", GPT, "openai", "/v1/chat/completions"),
    ("openai/v1/responses", {"model": "gpt-4.1", "input": "hi"}, "openai", "/v1/responses"),
    (
        "openai/embeddings",
        {"model": "text-embedding-3-small", "input": "hi"},
        "openai",
        "/v1/embeddings",
    ),
    ("anthropic/v1/messages", CLAUDE, "anthropic", "/v1/messages"),
    (
        "google-ai-studio/v1beta/models/gemini-3.1-flash:generateContent",
        GEMINI,
        "google",
        "/v1beta/models/gemini-3.1-flash:generateContent",
    ),
    (
        f"workers-ai/{LLAMA}",
        {"prompt": "hi"},
        "workersai",
        f"/client/v4/accounts/sim/ai/run/{LLAMA}",
    ),
    (f"workers-ai/{BGE}", {"text": "hi"}, "workersai", f"/client/v4/accounts/sim/ai/run/{BGE}"),
    (
        "workers-ai/v1/chat/completions",
        {"model": LLAMA, "messages": HELLO},
        "workersai",
        "/client/v4/accounts/sim/ai/v1/chat/completions",
    ),
]


@pytest.mark.parametrize(("path", "body", "provider", "there"), NATIVE)
async def test_a_providers_own_path_leads_to_that_provider_in_its_own_words(
    rig: CloudflareRig, path: str, body: dict[str, Any], provider: str, there: str
) -> None:
    reply = await rig.post(f"{GATEWAY}/{path}", body)
    assert reply.status == 200, reply.body
    assert rig.sims[provider].seen[-1].path == there
    headers = reply.headers
    assert headers["cf-aig-step"] == "0"
    assert headers["cf-aig-provider"] == path.partition("/")[0]
    assert headers["cf-aig-log-id"] == headers["cf-aig-request-id"] == headers["x-request-id"]
    assert rig.pop.records[-1].gateway == "my-gw"


async def test_tokens_are_counted_at_the_providers(rig: CloudflareRig) -> None:
    counted = await rig.post(f"{GATEWAY}/anthropic/v1/messages/count_tokens", CLAUDE)
    assert said(counted)["input_tokens"] > 0
    ask = {"model": "gpt-4.1", "input": "hi"}
    counted = await rig.post(f"{GATEWAY}/openai/responses/input_tokens", ask)
    assert said(counted)["input_tokens"] > 0


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("anthropic/claude-haiku-4-5", "anthropic"),
        ("google-ai-studio/gemini-3.1-flash", "google-ai-studio"),
        (f"workers-ai/{LLAMA}", "workers-ai"),
        (LLAMA, "workers-ai"),
        ("dynamic/support", "workers-ai"),
        ("openai/gpt-4.1", "openai"),
    ],
)
async def test_compat_takes_openais_words_for_any_provider(
    rig: CloudflareRig, model: str, served: str
) -> None:
    body = {"model": model, "messages": HELLO}
    reply = await rig.post(f"{GATEWAY}/compat/chat/completions", body)
    assert said(reply)["choices"][0]["message"]["content"] == TEXT
    assert reply.headers["cf-aig-provider"] == served


async def test_the_universal_endpoint_goes_on_to_the_step_that_answers(rig: CloudflareRig) -> None:
    reply = await rig.post(GATEWAY, [DEAD, ALIVE])
    assert said(reply)["content"][0]["text"] == TEXT
    assert reply.headers["cf-aig-step"] == "1"
    assert rig.pop.records[-1].step == 1


async def test_a_step_at_an_unknown_provider_is_passed_over(rig: CloudflareRig) -> None:
    reply = await rig.post(GATEWAY, [step("huggingface", "some/model", {"inputs": "x"}), ALIVE])
    assert (reply.status, reply.headers["cf-aig-step"]) == (200, "1")


async def test_what_one_provider_rejects_the_next_one_may_answer(rig: CloudflareRig) -> None:
    rig.sims["openai"].queued.append(Faults(trouble=Trouble.CONTEXT_LENGTH))
    reply = await rig.post(GATEWAY, [step("openai", "chat/completions", GPT), ALIVE])
    assert (reply.status, reply.headers["cf-aig-step"]) == (200, "1")


async def test_the_last_steps_error_is_told_in_its_own_words(rig: CloudflareRig) -> None:
    rig.sims["anthropic"].queued.append(Faults(trouble=Trouble.BAD_REQUEST))
    reply = await rig.post(GATEWAY, [DEAD, ALIVE])
    assert reply.status == 400
    assert said(reply)["type"] == "error"


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            step("google-ai-studio", "v1beta/models/gemini-3.1-flash:generateContent", GEMINI),
            b"candidates",
        ),
        (step("workers-ai", LLAMA, {"messages": HELLO}), b'"result"'),
        (
            step("compat", "chat/completions", {"model": f"workers-ai/{LLAMA}", "messages": HELLO}),
            b"choices",
        ),
        (step("openai", "responses", {"model": "gpt-4.1", "input": "hi"}), b"output_text"),
    ],
)
async def test_each_step_is_in_its_providers_words(
    rig: CloudflareRig, one: dict[str, Any], words: bytes
) -> None:
    reply = await rig.post(GATEWAY, [DEAD, one])
    assert (reply.status, reply.headers["cf-aig-step"]) == (200, "1")
    assert words in reply.body


async def test_a_step_may_stream(rig: CloudflareRig) -> None:
    query = {**CLAUDE, "stream": True}
    reply = await rig.post(GATEWAY, [DEAD, step("anthropic", "v1/messages", query)])
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert b"event: message_stop" in reply.body


async def test_a_steps_timeout_is_its_own(rig: CloudflareRig) -> None:
    rig.sims["openai"].faults = Faults(delay_s=5.0)
    slow = step("openai", "chat/completions", GPT, config={"requestTimeout": 100})
    rig.sims["anthropic"].faults = Faults(delay_s=0.3)
    reply = await rig.post(GATEWAY, [slow, ALIVE])
    assert (reply.status, reply.headers["cf-aig-step"]) == (200, "1")
    assert 0.3 < reply.took_s < 3.0


async def test_a_step_is_tried_as_often_as_its_config_says(rig: CloudflareRig) -> None:
    failing = Faults(trouble=Trouble.SERVER_ERROR)
    rig.sims["openai"].queued.extend((failing, failing))
    config = {"maxAttempts": 3, "retryDelay": 20, "backoff": "exponential"}
    reply = await rig.post(GATEWAY, [step("openai", "chat/completions", GPT, config=config)])
    assert (reply.status, reply.headers["x-weft-attempts"]) == (200, "3")
    assert reply.took_s >= 0.06


@pytest.mark.parametrize("body", [{}, [], [{}], [step("openai", "chat/completions", {})], "steps"])
async def test_a_body_that_is_no_list_of_steps_is_cloudflares_error(
    rig: CloudflareRig, body: Any
) -> None:
    reply = await rig.post(GATEWAY, body)
    assert reply.status == 400
    assert said(reply)["success"] is False
    assert said(reply)["error"][0]["code"] == 7001


async def test_max_attempts_and_delay_of_one_request(rig: CloudflareRig) -> None:
    rig.sims["openai"].queued.append(Faults(trouble=Trouble.OVERLOADED))
    headers = with_key(cf_aig_max_attempts="2", cf_aig_retry_delay="100")
    reply = await rig.post(OPENAI, GPT, headers)
    assert (reply.status, reply.headers["x-weft-attempts"]) == (200, "2")
    assert reply.took_s >= 0.1


async def test_a_timeout_of_one_request(rig: CloudflareRig) -> None:
    rig.sims["openai"].faults = Faults(delay_s=5.0)
    reply = await rig.post(OPENAI, GPT, with_key(cf_aig_request_timeout="100"))
    assert reply.status == 504
    assert reply.took_s < 3.0


async def test_metadata_event_and_cost_are_recorded(rig: CloudflareRig) -> None:
    headers = with_key(
        cf_aig_metadata='{"team":"web","seat":7}',
        cf_aig_event_id="event-1\u00e9",
        cf_aig_custom_cost='{"total_cost":0.5}',
        cf_aig_collect_log="false",
        cf_aig_zdr="true",
        cf_aig_no_wholesale="true",
        cf_aig_otel_trace_id="0" * 32,
    )
    reply = await rig.post(OPENAI, GPT, headers)
    assert reply.headers["cf-aig-event-id"].startswith("event-1")
    record = rig.pop.records[-1]
    assert record.metadata == {"team": "web", "seat": 7}
    assert (record.cost_nanodollars, record.cost_source) == (500_000_000, "custom")
    assert record.logged is False


async def test_what_would_bind_a_router_is_refused_and_not_ignored(rig: CloudflareRig) -> None:
    reply = await rig.post(OPENAI, GPT, with_key(cf_aig_allowed_models="anthropic/*"))
    assert reply.status == 400
    assert "cf-aig-allowed-models" in said(reply)["error"]["message"]


async def test_the_cache_says_hit_and_miss_and_can_be_skipped(rig: CloudflareRig) -> None:
    cached = with_key(cf_aig_cache_ttl="60")
    first = await rig.post(OPENAI, GPT, cached)
    second = await rig.post(OPENAI, GPT, cached)
    skipped = await rig.post(OPENAI, GPT, with_key(cf_aig_skip_cache="true"))
    assert first.headers["cf-aig-cache-status"] == "MISS"
    assert second.headers["cf-aig-cache-status"] == "HIT"
    assert second.headers["cf-aig-step"] == "0"
    assert "cf-aig-cache-status" not in skipped.headers
    assert second.body == first.body
    assert len(rig.sims["openai"].seen) == 2
    old = await rig.post(OPENAI, GPT, with_key(cf_cache_ttl="60"))
    assert old.headers["cf-aig-cache-status"] == "HIT"


async def test_an_answer_of_a_later_step_is_not_kept_for_the_first(rig: CloudflareRig) -> None:
    rig.sims["openai"].queued.append(Faults(trouble=Trouble.SERVER_ERROR))
    first = step("openai", "chat/completions", GPT, config={"cacheTtl": 60})
    reply = await rig.post(GATEWAY, [first, ALIVE])
    assert reply.headers["cf-aig-step"] == "1"
    alone = await rig.post(GATEWAY, [first])
    assert alone.headers["cf-aig-cache-status"] == "MISS"
    assert "choices" in said(alone)
    again = await rig.post(GATEWAY, [first])
    assert again.headers["cf-aig-cache-status"] == "HIT"


GROQ = f"{GATEWAY}/groq/chat/completions"
LARGE_LLAMA = {"model": "llama-3.3-70b-versatile", "messages": HELLO}


async def test_a_clients_own_key_opens_its_provider(rig: CloudflareRig) -> None:
    ours = await rig.post(GROQ, LARGE_LLAMA, with_key())
    assert ours.status == 502
    own = await rig.post(GROQ, LARGE_LLAMA, with_key(authorization=f"Bearer {SIM_KEY}"))
    assert own.status == 200
    assert said(own)["choices"][0]["message"]["content"] == TEXT


async def test_a_clients_own_bad_key_is_its_own_fault_and_is_not_shown(rig: CloudflareRig) -> None:
    reply = await rig.post(GROQ, LARGE_LLAMA, with_key(authorization="Bearer gsk-mine-and-bad"))
    assert reply.status == 401
    assert "error" in said(reply)
    assert b"gsk-mine-and-bad" not in reply.body
    good = await rig.post(GROQ, LARGE_LLAMA, with_key(authorization=f"Bearer {SIM_KEY}"))
    assert good.status == 200, "the endpoint is not to blame"


async def test_each_step_has_its_own_key(rig: CloudflareRig) -> None:
    headers = {"Authorization": f"Bearer {SIM_KEY}"}
    groq = step("groq", "chat/completions", LARGE_LLAMA) | {"headers": headers}
    reply = await rig.post(GATEWAY, [groq])
    assert reply.status == 200, "our own key is in the request's header"


async def test_a_key_beside_ours_is_lent_to_nobody_if_there_are_several(
    rig: CloudflareRig,
) -> None:
    groq = step("groq", "chat/completions", LARGE_LLAMA)
    headers = with_key(authorization=f"Bearer {SIM_KEY}")
    reply = await rig.post(GATEWAY, [groq, ALIVE], headers)
    assert reply.headers["cf-aig-step"] == "1"
    reply = await rig.post(GATEWAY, [groq], headers)
    assert reply.status == 200


async def test_errors_of_the_gateway(rig: CloudflareRig) -> None:
    unknown = await rig.post(f"{GATEWAY}/nobody/chat/completions", GPT)
    assert (unknown.status, said(unknown)["error"][0]["code"]) == (404, 2008)
    nothing = await rig.post(f"{GATEWAY}/openai/audio/speech", {})
    assert (nothing.status, said(nothing)["error"][0]["code"]) == (404, 7002)
    wrong = await rig.post(OPENAI, GPT, {"authorization": "Bearer nobody"})
    assert (wrong.status, said(wrong)["error"][0]["code"]) == (401, 2009)
    method = await rig.get(OPENAI)
    assert (method.status, method.headers["allow"]) == (405, "POST")
    assert said(method)["success"] is False
    # Whose model it is, is the provider's to say.
    model = await rig.post(OPENAI, {**GPT, "model": "no-such"})
    assert said(model)["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("key", [KEY, "nobody"])
@pytest.mark.parametrize(("path", "errors"), [(GATEWAY, "error"), (f"{REST}/run", "errors")])
async def test_the_head_alone_is_judged_in_cloudflares_words(
    rig: CloudflareRig, path: str, errors: str, key: str
) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: mesh.test\r\nauthorization: Bearer {key}\r\n"
        f"content-length: {99_999_999 if key == KEY else 9_999_999}\r\n\r\n"
    )
    reply = await (await Call.open(rig.pop.dial, head.encode())).finish(DEADLINE_S)
    wanted = (413, 3006) if key == KEY else (401, 2009)
    assert (reply.status, said(reply)[errors][0]["code"]) == wanted
