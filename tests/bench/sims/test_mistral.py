"""The simulated Mistral, asked by Mistral's own SDK."""

from typing import Any

import orjson
import pytest
from mistralai.client import Mistral as Client
from mistralai.client import errors

from tests.fakes.sims import KEY, a_sim, streamed, whole
from weftline_bench.sims.exchange import Request, Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.mistral import Mistral
from weftline_bench.sims.script import Call, Script, Stop
from weftline_bench.sims.server import SimServer

USER: Any = [{"role": "user", "content": "say: one two"}]
TOOL: Any = {"type": "function", "function": {"name": "call_f", "parameters": {"type": "object"}}}


def sdk(server: SimServer, key: str = KEY) -> Any:
    return Client(api_key=key, server_url=server.base_url)


async def test_whole_answers_and_embeddings() -> None:
    async with a_sim("mistral") as server, sdk(server) as client:
        answer = await client.chat.complete_async(model="m", messages=USER)
        embedded = await client.embeddings.create_async(model="e", inputs=["a"])
    assert answer.choices[0].message.content == "one two"
    assert answer.usage.prompt_tokens == 23
    assert len(embedded.data[0].embedding) == 8


@pytest.mark.parametrize(
    ("more", "status", "size"),
    [({}, 200, 8), ({"output_dimension": 4}, 200, 4), ({"dimensions": 4}, 422, None)],
)
async def test_embeddings_are_shortened_by_its_own_word(
    more: Any, status: int, size: int | None
) -> None:
    body = {"model": "e", "input": "a", **more}
    headers = {"authorization": f"Bearer {KEY}"}
    async with a_sim("mistral") as server:
        answer = server.answer(Request("POST", "/v1/embeddings", headers, body=body))
    told = orjson.loads(answer.body())
    assert answer.status == status
    assert (len(told["data"][0]["embedding"]) if "data" in told else None) == size


async def test_a_stream_of_thinking_text_and_calls() -> None:
    async with a_sim("mistral") as server, sdk(server) as client:
        stream = await client.chat.stream_async(
            model="m", messages=USER, tools=[TOOL], reasoning_effort="high"
        )
        chunks = [event.data async for event in stream]
    contents: list[Any] = [c.choices[0].delta.content for c in chunks]
    listed: list[Any] = [
        part for content in contents if not isinstance(content, str) for part in content
    ]
    thoughts = [part.thinking[0].text for part in listed if part.type == "thinking"]
    assert "".join(thoughts) == "Thinking about: say: one two"
    assert [c for c in contents if isinstance(c, str) and c] == [" two"]
    calls = [call for c in chunks for call in c.choices[0].delta.tool_calls or ()]
    assert [(c.id, c.function.name, c.function.arguments) for c in calls] == [
        ("0001t0000", "call_f", "{}")
    ]
    assert chunks[-1].usage.completion_tokens == 8
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"seed": 1}, 422),
        ({"stream_options": {}}, 422),
        ({"max_completion_tokens": 1}, 422),
        ({"reasoning_effort": "low"}, 400),
        ({"messages": [*USER, {"role": "assistant", "content": "x"}]}, 400),
        ({"messages": [{"role": "developer", "content": "x"}]}, 400),
        (
            {
                "messages": [
                    *USER,
                    {
                        "role": "assistant",
                        "tool_calls": [
                            {"id": "call_1", "function": {"name": "f", "arguments": "{}"}}
                        ],
                    },
                    {"role": "tool", "tool_call_id": "call_1", "content": "x"},
                ]
            },
            400,
        ),
    ],
)
async def test_what_is_refused(body: Any, status: int) -> None:
    async with a_sim("mistral") as server:
        answer = server.answer(
            Request(
                "POST",
                "/v1/chat/completions",
                {"authorization": f"Bearer {KEY}"},
                body={"model": "m", "messages": USER, **body},
            )
        )
    assert answer.status == status
    assert (b'"detail"' in answer.body()) is (status == 422)


async def test_errors_are_flat() -> None:
    async with a_sim("mistral") as server, sdk(server, "wrong") as client:
        with pytest.raises(errors.SDKError) as caught:
            await client.chat.complete_async(model="m", messages=USER)
        assert '"object":"error"' in caught.value.body
        server.faults = Faults(trouble=Trouble.RATE_LIMITED)
        with pytest.raises(errors.SDKError, match="429"):
            await client.chat.complete_async(model="m", messages=USER)


def test_the_bytes() -> None:
    script = Script("Hi", calls=(Call("f"),), stop=Stop.CALLS)
    events = streamed(Mistral(), script)
    assert '"delta":{"content":[{"type":"text","text":"Hi"}]}' in events[1]
    assert (
        '"delta":{"content":"","tool_calls":[{"id":"0001t0000",'
        '"function":{"name":"f","arguments":"{}"}}]}'
    ) in events[2]
    assert '"usage":{"prompt_tokens":20' in events[3]
    assert events[4:] == ["data: [DONE]"]
    assert b'"content":[{"type":"thinking"' in whole(Mistral(), Script("a", "b"))
