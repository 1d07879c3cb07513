"""The simulated Bedrock, asked by AWS's own library."""

import asyncio
from importlib import import_module
from typing import Any

import orjson
import pytest

from tests.fakes.sims import KEY, a_sim
from weftline_bench.sims.bedrock import Bedrock
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.flavours import FLAVOURS, render
from weftline_bench.sims.script import Counts, Script
from weftline_bench.sims.server import SimServer

MODEL = "us.anthropic.claude-sonnet-5:0"
USER: Any = [{"role": "user", "content": [{"text": "say: one two"}]}]
TOOLS: Any = {
    "tools": [
        {
            "toolSpec": {
                "name": "call_f",
                "inputSchema": {
                    "json": {"type": "object", "properties": {"a": {"type": "integer"}}}
                },
            }
        }
    ]
}
THINK = {"thinking": {"type": "adaptive"}}


def sdk(server: SimServer) -> Any:
    session: Any = import_module("botocore.session").get_session()
    config: Any = import_module("botocore.config").Config(retries={"max_attempts": 0})
    return session.create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=server.base_url,
        aws_access_key_id="AKIDSIM",
        aws_secret_access_key="sim",
        config=config,
    )


async def test_a_whole_answer_by_sigv4() -> None:
    async with a_sim("bedrock") as server:
        client = sdk(server)
        answer = await asyncio.to_thread(
            client.converse,
            modelId=MODEL,
            messages=USER,
            toolConfig=TOOLS,
            additionalModelRequestFields=THINK,
        )
        client.close()
    content = answer["output"]["message"]["content"]
    assert [next(iter(block)) for block in content] == ["reasoningContent", "text", "toolUse"]
    assert content[2]["toolUse"]["input"] == {"a": 1}
    assert answer["stopReason"] == "tool_use"
    assert answer["usage"]["cacheReadInputTokens"] == 4
    assert server.seen[0].path == "/model/us.anthropic.claude-sonnet-5%3A0/converse"
    assert server.seen[0].headers["authorization"] == "AWS4-HMAC-SHA256 ***"


def drained(client: Any) -> list[Any]:
    answer = client.converse_stream(
        modelId=MODEL, messages=USER, toolConfig=TOOLS, additionalModelRequestFields=THINK
    )
    try:
        return list(answer["stream"])
    finally:
        answer["stream"].close()


async def test_a_stream_ends_with_usage() -> None:
    async with a_sim("bedrock") as server:
        client = sdk(server)
        events = await asyncio.to_thread(drained, client)
        client.close()
    kinds = [next(iter(event)) for event in events]
    assert kinds[0] == "messageStart"
    assert kinds[-2:] == ["messageStop", "metadata"]
    assert kinds.count("contentBlockStart") == 1
    deltas = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    assert "".join(d.get("text", "") for d in deltas) == "one two"
    assert "".join(d["toolUse"]["input"] for d in deltas if "toolUse" in d) == '{"a":1}'


async def test_a_stream_fails_with_an_exception() -> None:
    errors: Any = import_module("botocore.exceptions")
    async with a_sim("bedrock") as server:
        server.faults = Faults(error_after=2, error=Trouble.RATE_LIMITED)
        client = sdk(server)
        with pytest.raises(errors.EventStreamError, match="throttlingException"):
            await asyncio.to_thread(drained, client)
        client.close()


def ask(path: str, body: Any, **headers: str) -> Any:
    return Bedrock().answer(Request("POST", path, headers, body=body), Desk())


def test_a_bearer_token_and_counting() -> None:
    heads = {"authorization": f"Bearer {KEY}"}
    counted = ask("/model/m/count-tokens", {"input": {"converse": {"messages": USER}}}, **heads)
    assert orjson.loads(counted.body()) == {"inputTokens": 23}
    with pytest.raises(Refused, match="not valid"):
        ask("/model/m/converse", {"messages": USER}, authorization="Bearer x")
    with pytest.raises(Refused, match="Missing"):
        ask("/model/m/converse", {"messages": USER}, authorization="AWS4-HMAC-SHA256 x")
    with pytest.raises(Refused, match="Invalid URL"):
        ask("/model/m/invoke", {}, **heads)


def test_the_bytes() -> None:
    wire = render("bedrock", Script("Hi"))
    assert b"content-type: application/vnd.amazon.eventstream\r\n" in wire
    assert b'{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abcdefghijklmnop"}' in wire
    answer = Bedrock().refusal(Refused(Trouble.RATE_LIMITED, "x"))
    assert answer.headers["x-amzn-errortype"] == "ThrottlingException"


def test_what_is_kept_for_an_hour_is_itemised() -> None:
    counts = Counts(prompt=30, cached=4, cache_write=2, cache_write_1h=3)
    body = orjson.loads(Bedrock().render(Script("a", counts=counts), Options()).body())
    assert (body["usage"]["inputTokens"], body["usage"]["cacheWriteInputTokens"]) == (21, 5)
    assert body["usage"]["cacheDetails"] == [
        {"ttl": "5m", "inputTokens": 2},
        {"ttl": "1h", "inputTokens": 3},
    ]
    plain = orjson.loads(Bedrock().render(Script("a"), Options()).body())
    assert "cacheDetails" not in plain["usage"]


CLAUDE = "us.anthropic.claude-haiku-4-5"
OWN: dict[str, object] = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hi"}],
}


async def test_claude_in_its_own_dialect() -> None:
    asked: dict[str, Any] = {"modelId": CLAUDE, "body": orjson.dumps(OWN)}
    async with a_sim("bedrock") as server:
        client = sdk(server)
        whole = await asyncio.to_thread(client.invoke_model, **asked)
        answer = orjson.loads(await asyncio.to_thread(whole["body"].read))
        streamed = await asyncio.to_thread(client.invoke_model_with_response_stream, **asked)
        events = await asyncio.to_thread(list, streamed["body"])
        client.close()
    assert answer["content"] == [{"type": "text", "text": "You said: hi"}]
    bodies = [orjson.loads(event["chunk"]["bytes"]) for event in events]
    deltas = [body["delta"] for body in bodies if body["type"] == "content_block_delta"]
    assert "".join(delta["text"] for delta in deltas) == "You said: hi"
    assert (bodies[0]["type"], bodies[-1]["type"]) == ("message_start", "message_stop")


@pytest.mark.parametrize(
    ("model", "changed", "status"),
    [
        (CLAUDE, {}, 200),
        (CLAUDE, {"anthropic_version": "2023-06-01"}, 400),
        (CLAUDE, {"model": "m"}, 400),
        (CLAUDE, {"stream": True}, 400),
        ("amazon.nova-pro-v1:0", {}, 404),
    ],
)
def test_what_claude_refuses(model: str, changed: dict[str, object], status: int) -> None:
    heads = {"authorization": f"Bearer {KEY}"}
    request = Request("POST", f"/model/{model}/invoke", heads, body={**OWN, **changed})
    assert SimServer(FLAVOURS["bedrock"]).answer(request).status == status
