"""The simulated clouds that serve Claude or Gemini, asked by their makers' own SDKs."""

import asyncio
from importlib import import_module
from typing import Any

import google.genai
import orjson
import pytest
from anthropic.lib.vertex import AsyncAnthropicVertex
from anthropic.types import Message, TextBlock
from google.genai import types
from google.oauth2.credentials import Credentials

from tests.fakes.sims import KEY, a_sim
from weftline_bench.sims.exchange import Request
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.server import SimServer

BEARER = {"authorization": f"Bearer {KEY}"}
ASKED: dict[str, object] = {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
BEDROCK = "/model/us.anthropic.claude-haiku-4-5/"
VERTEX = "/v1/projects/p/locations/l/publishers/"


async def test_claude_by_amazons_library() -> None:
    async with a_sim("bedrock") as server:
        session: Any = import_module("botocore.session").get_session()
        client = session.create_client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=server.base_url,
            aws_access_key_id="AKIDSIM",
            aws_secret_access_key="sim",
        )
        asked: dict[str, Any] = {
            "modelId": "us.anthropic.claude-haiku-4-5",
            "body": orjson.dumps({**ASKED, "anthropic_version": "bedrock-2023-05-31"}),
        }
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


async def test_claude_at_google_by_anthropics_sdk() -> None:
    said: Any = {**ASKED, "model": "claude-haiku-4-5@20251001"}
    async with (
        a_sim("vertex") as server,
        AsyncAnthropicVertex(
            base_url=f"{server.base_url}/v1",
            access_token=KEY,
            project_id="p",
            region="l",
            max_retries=0,
        ) as client,
    ):
        create: Any = client.messages.create
        answer: Message = await create(**said)
        async with client.messages.stream(**said) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            final = await stream.get_final_message()
    assert [b.text for b in answer.content if isinstance(b, TextBlock)] == ["You said: hi"]
    assert (text, final.usage.output_tokens, final.stop_reason) == ("You said: hi", 3, "end_turn")


async def test_gemini_by_googles_sdk() -> None:
    async with a_sim("vertex") as server:
        client = google.genai.Client(
            vertexai=True,
            credentials=Credentials(token=KEY),  # type: ignore[no-untyped-call]
            http_options=types.HttpOptions(base_url=server.base_url, api_version="v1"),
            project="p",
            location="l",
        )
        answer = await asyncio.to_thread(
            client.models.generate_content,
            model="gemini-2.5-flash",
            contents="say: one two three",
        )
        client.close()
        (seen,) = server.seen
    assert answer.text == "one two three"
    assert seen.path == f"{VERTEX}google/models/gemini-2.5-flash:generateContent"


@pytest.mark.parametrize(
    ("name", "path", "version", "extra", "status"),
    [
        ("bedrock", f"{BEDROCK}invoke", "bedrock-2023-05-31", {}, 200),
        ("bedrock", f"{BEDROCK}invoke", "2023-06-01", {}, 400),
        ("bedrock", f"{BEDROCK}invoke", "bedrock-2023-05-31", {"model": "m"}, 400),
        ("bedrock", f"{BEDROCK}invoke", "bedrock-2023-05-31", {"stream": True}, 400),
        ("bedrock", "/model/amazon.nova-pro-v1:0/invoke", "bedrock-2023-05-31", {}, 404),
        ("vertex", f"{VERTEX}anthropic/models/c:rawPredict", "vertex-2023-10-16", {}, 200),
        ("vertex", f"{VERTEX}anthropic/models/c:rawPredict", "2023-06-01", {}, 400),
        ("vertex", f"{VERTEX}anthropic/models/c:streamRawPredict", "vertex-2023-10-16", {}, 400),
        ("vertex", f"{VERTEX}anthropic/models/c:predict", "vertex-2023-10-16", {}, 404),
        ("vertex", "/v1/models/gemini:generateContent", "", {}, 404),
    ],
)
def test_what_is_not_in_their_contract_is_refused(
    name: str, path: str, version: str, extra: dict[str, object], status: int
) -> None:
    body = {**ASKED, "anthropic_version": version, **extra}
    answer = SimServer(FLAVOURS[name]).answer(Request("POST", path, BEARER, body=body))
    assert answer.status == status
