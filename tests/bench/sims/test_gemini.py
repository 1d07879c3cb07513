"""The simulated Gemini, asked by Google's own SDK."""

from importlib import import_module
from typing import Any

import aiohttp
import pytest

from tests.fakes.sims import KEY, a_sim, streamed
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.gemini import Gemini
from weftline_bench.sims.script import Script, Stop
from weftline_bench.sims.server import SimServer

# Another package's type stubs own the name `google`, so that this one's types can't be seen.
genai: Any = import_module("google.genai")
errors: Any = import_module("google.genai.errors")
types: Any = import_module("google.genai.types")

# Google's SDK inherits where aiohttp would rather not be inherited from.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")

MODEL = "gemini-3.1-flash"
SCHEMA: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
CALL: Any = {"functionCall": {"name": "call_weather", "args": {"city": "text"}}}
RESULT: Any = {"functionResponse": {"name": "call_weather", "response": {"result": "warm"}}}
TOOLS: Any = [{"functionDeclarations": [{"name": "call_weather", "parametersJsonSchema": SCHEMA}]}]


def sdk(server: SimServer, key: str = KEY) -> Any:
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=server.base_url))


async def post(server: SimServer, body: Any, method: str = "generateContent") -> tuple[int, Any]:
    url = f"{server.base_url}/v1beta/models/{MODEL}:{method}"
    async with (
        aiohttp.ClientSession(headers={"x-goog-api-key": KEY}) as session,
        session.post(url, json=body) as answer,
    ):
        return answer.status, await answer.json()


def turn(*parts: Any, role: str = "user") -> Any:
    return {"role": role, "parts": list(parts)}


async def test_it_answers_with_thoughts_beside_the_candidates() -> None:
    config = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(include_thoughts=True), system_instruction="Brief."
    )
    async with a_sim("gemini") as server, sdk(server).aio as client:
        answer = await client.models.generate_content(
            model=MODEL, contents="say: Oh no", config=config
        )
    assert answer.text == "Oh no"
    usage = answer.usage_metadata
    assert usage is not None
    assert usage.thoughts_token_count
    assert usage.total_token_count == (
        (usage.prompt_token_count or 0)
        + (usage.candidates_token_count or 0)
        + usage.thoughts_token_count
    )
    assert server.seen[0].headers["x-goog-api-key"] == "***"


async def test_a_stream_adds_up() -> None:
    async with a_sim("gemini") as server, sdk(server).aio as client:
        stream = await client.models.generate_content_stream(
            model=MODEL, contents="say: one two three four five"
        )
        chunks = [chunk async for chunk in stream]
    assert "".join(c.text or "" for c in chunks) == "one two three four five"
    ends = [c.candidates[0].finish_reason for c in chunks if c.candidates]
    assert ends == [None, types.FinishReason.STOP]
    counts = [c.usage_metadata.prompt_token_count for c in chunks if c.usage_metadata]
    assert counts[0] == (counts[1] or 0) + 2


async def test_a_signature_must_come_back() -> None:
    async with a_sim("gemini") as server:
        first = await post(server, {"contents": [turn({"text": "?"})], "tools": TOOLS})
        [part] = first[1]["candidates"][0]["content"]["parts"]
        assert part["functionCall"] == CALL["functionCall"]
        asked = [turn({"text": "?"}), turn(part, role="model"), turn(RESULT)]
        second = await post(server, {"contents": asked, "tools": TOOLS})
        bare = [turn({"text": "?"}), turn(CALL, role="model"), turn(RESULT)]
        third = await post(server, {"contents": bare, "tools": TOOLS})
    assert second[1]["candidates"][0]["content"]["parts"] == [{"text": "result: warm"}]
    assert second[1]["candidates"][0]["finishReason"] == "STOP"
    assert third[0] == 400
    assert "thought_signature" in third[1]["error"]["message"]


BAD: dict[str, Any] = {
    "a role": {"contents": [turn({"text": "x"}, role="assistant")]},
    "no data": {"contents": [turn({})]},
    "two data": {"contents": [turn({"text": "x", **CALL}, role="model")]},
    "a text for a result": {
        "contents": [
            turn({"text": "?"}),
            turn(CALL, role="model"),
            turn({"functionResponse": {"name": "call_weather", "response": "warm"}}),
        ]
    },
    "no result": {"contents": [turn({"text": "?"}), turn(CALL, role="model"), turn({"text": "x"})]},
    "a field": {"contents": [turn({"text": "x"})], "max_tokens": 1},
    "a schema word": {
        "contents": [turn({"text": "x"})],
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "f", "parameters": {**SCHEMA, "additionalProperties": False}}
                ]
            }
        ],
    },
    "a schema without its type": {
        "contents": [turn({"text": "x"})],
        "generationConfig": {"responseJsonSchema": SCHEMA},
    },
    "budget and level": {
        "contents": [turn({"text": "x"})],
        "generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}},
    },
    "six stops": {
        "contents": [turn({"text": "x"})],
        "generationConfig": {"stopSequences": list("abcdef")},
    },
    "allowed without any": {
        "contents": [turn({"text": "x"})],
        "tools": TOOLS,
        "toolConfig": {"functionCallingConfig": {"allowedFunctionNames": ["call_weather"]}},
    },
}


@pytest.mark.parametrize("wrong", BAD.values(), ids=BAD.keys())
async def test_it_refuses(wrong: Any) -> None:
    async with a_sim("gemini") as server:
        status, body = await post(server, wrong)
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_counting_and_embedding() -> None:
    async with a_sim("gemini") as server, sdk(server).aio as client:
        counted = await client.models.count_tokens(model=MODEL, contents="one two")
        embedded = await client.models.embed_content(model="e", contents=["a", "b"])
        one = await post(server, {"content": turn({"text": "a"})}, "embedContent")
        wrong = {"requests": [{"model": "models/x", "content": turn({"text": "a"})}]}
        other = await post(server, wrong, "batchEmbedContents")
    assert counted.total_tokens == 22
    assert [e.values for e in embedded.embeddings or ()] == [vector("a"), vector("b")]
    assert one[1] == {"embedding": {"values": vector("a")}}
    assert other[0] == 400


async def test_limits_tell_when_to_come_again_in_the_body() -> None:
    async with a_sim("gemini") as server, sdk(server).aio as client:
        server.faults = Faults(trouble=Trouble.RATE_LIMITED)
        with pytest.raises(errors.ClientError) as caught:
            await client.models.generate_content(model=MODEL, contents="x")
        status, listed = await post(server, {}, "streamGenerateContent?alt=sse")
    assert caught.value.status == "RESOURCE_EXHAUSTED"
    assert status == 429
    assert listed[0]["error"]["details"][1]["retryDelay"] == "2.4s"


async def test_the_wrong_key_is_refused() -> None:
    async with a_sim("gemini") as server, sdk(server, "wrong").aio as client:
        with pytest.raises(errors.ClientError) as caught:
            await client.models.generate_content(model=MODEL, contents="x")
    assert caught.value.code == 401


async def test_without_sse_a_stream_is_one_array() -> None:
    async with a_sim("gemini") as server:
        asked = {"contents": [turn({"text": "say: one two three four"})]}
        _, bodies = await post(server, asked, "streamGenerateContent")
    assert len(bodies) == 2


def test_the_bytes_of_a_stream() -> None:
    answer = Gemini().render(Script("Hi", stop=Stop.LENGTH), Options(model="m", stream=True))
    [frame] = answer.frames
    assert frame.endswith(b"}\r\n\r\n")
    assert streamed(Gemini(), Script("Hi"))[0].startswith(
        'data: {"candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, '
        '"index": 0, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 20, '
    )
    assert b'"finishReason": "MAX_TOKENS"' in frame


def test_a_blocked_prompt_has_no_candidates() -> None:
    [event] = streamed(Gemini(), Script(refusal="No.", stop=Stop.FILTERED))
    assert '"blockReason": "SAFETY"' in event
    assert "candidates" not in event.partition("usageMetadata")[0]
