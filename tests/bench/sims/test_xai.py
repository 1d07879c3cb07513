"""The simulated xAI."""

import orjson

from tests.fakes.sims import a_sim, chat, chat_stream, deltas, streamed
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Call, Counts, Script
from weftline_bench.sims.server import SimServer
from weftline_bench.sims.xai import XAI


async def test_completion_tokens_are_without_reasoning() -> None:
    async with a_sim("xai") as server:
        answer = await chat(server, "say: a", reasoning_effort="low")
        chunks = await chat_stream(server, "say: a", reasoning_effort="low")
    usage = answer.usage
    assert usage is not None
    assert usage.completion_tokens_details is not None
    reasoning = usage.completion_tokens_details.reasoning_tokens
    assert (usage.completion_tokens, reasoning) == (1, 4)
    assert usage.total_tokens == usage.prompt_tokens + 5
    assert usage.to_dict()["cost_in_usd_ticks"] == usage.total_tokens * 10_000
    assert deltas(chunks)[1] == {"reasoning_content": "Thinking"}


def test_the_bytes() -> None:
    script = Script("Hi", calls=(Call("f"),), counts=Counts(completion=3, reasoning=2))
    events = streamed(XAI(), script)
    assert '"choices":[{"index":0,"delta":{"content":"Hi"}}]' in events[1]
    assert '"function":{"name":"f","arguments":"{}"}}]}}]' in events[2]
    assert '"delta":{},"finish_reason":"stop"}]' in events[3]
    assert '"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":1' in events[4]


def test_three_shapes_of_errors() -> None:
    server = SimServer(FLAVOURS["xai"])

    def models(**headers: str) -> tuple[int, object]:
        answer = server.answer(Request("GET", "/v1/models", headers))
        return answer.status, orjson.loads(answer.body())

    assert models() == (401, {"error": "No API key was given."})
    assert models(authorization="Bearer no") == (
        400,
        {"code": "invalid-argument", "error": "Incorrect API key provided."},
    )
    limited = XAI().refusal(Refused(Trouble.RATE_LIMITED, "x"))
    assert orjson.loads(limited.body()) == {"code": "resource-exhausted", "error": "x"}
    assert b'"message":"x"' in XAI().refusal(Refused(Trouble.OVERLOADED, "x")).body()
