"""The simulated Vertex, asked for Claude and Gemini by their makers' own SDKs."""

import asyncio
from typing import Any

import google.genai
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
VERTEX = "/v1/projects/p/locations/l/publishers/"


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
    ("path", "version", "status"),
    [
        (f"{VERTEX}anthropic/models/c:rawPredict", "vertex-2023-10-16", 200),
        (f"{VERTEX}anthropic/models/c:rawPredict", "2023-06-01", 400),
        (f"{VERTEX}anthropic/models/c:streamRawPredict", "vertex-2023-10-16", 400),
        (f"{VERTEX}anthropic/models/c:predict", "vertex-2023-10-16", 404),
        ("/v1/models/gemini:generateContent", "", 404),
    ],
)
def test_what_is_not_in_its_contract_is_refused(path: str, version: str, status: int) -> None:
    body = {**ASKED, "anthropic_version": version}
    answer = SimServer(FLAVOURS["vertex"]).answer(Request("POST", path, BEARER, body=body))
    assert answer.status == status
