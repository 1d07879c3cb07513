"""The simulated OpenAI, asked by OpenAI's own SDK."""

from typing import Any

import openai
import pytest
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response

from tests.fakes.sims import KEY, a_sim, streamed, whole
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.openai import OpenAI
from weftline_bench.sims.script import Call, Counts, Script, Stop
from weftline_bench.sims.server import SimServer

PIXEL = "data:image/png;base64,aGVsbG8="
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS: Any = [
    {"type": "function", "function": {"name": "call_weather", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "call_time"}},
    {"type": "function", "function": {"name": "idle"}},
]


def sdk(server: SimServer, key: str = KEY) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=server.base_url, api_key=key, max_retries=0)


def user(content: Any) -> Any:
    return [{"role": "user", "content": content}]


async def test_it_says_what_it_is_told() -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        answer = await client.chat.completions.create(model="gpt-4o", messages=user("say: Oh no"))
    assert answer.choices[0].message.content == "Oh no"
    assert answer.model == "gpt-4o-2026-09-01"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 4
    ChatCompletion.model_validate(answer.model_dump(), strict=True)
    assert server.seen[0].path == "/v1/chat/completions"
    assert server.seen[0].headers["authorization"] == "Bearer ***"


async def test_a_stream_is_the_same_in_pieces_with_usage_at_its_end() -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        stream = await client.chat.completions.create(
            model="gpt-4o",
            messages=user("say: one two three"),
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump(), strict=True)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "one two three"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3


async def test_every_tool_named_so_is_called_and_its_result_is_told() -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        first = await client.chat.completions.create(
            model="gpt-4o", messages=user("weather?"), tools=TOOLS
        )
        calls = first.choices[0].message.tool_calls or []
        results = [{"role": "tool", "tool_call_id": c.id, "content": "warm"} for c in calls]
        history: Any = [*user("weather?"), first.choices[0].message.to_dict(), *results]
        history[1].pop("annotations")
        second = await client.chat.completions.create(model="gpt-4o", messages=history, tools=TOOLS)
    assert first.choices[0].finish_reason == "tool_calls"
    assert [(c.id, c.to_dict()["function"]) for c in calls] == [
        ("call_000100", {"name": "call_weather", "arguments": '{"city":"text"}'}),
        ("call_000101", {"name": "call_time", "arguments": "{}"}),
    ]
    assert second.choices[0].message.content == "result: warm, warm"


@pytest.mark.parametrize(
    ("extra", "param", "code"),
    [
        ({"max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"temperature": 0.5}, "temperature", "unsupported_parameter"),
        ({"extra_body": {"top_k": 1}}, "top_k", "unknown_parameter"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"max_completion_tokens": 0}, "max_completion_tokens", None),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, None, None),
    ],
)
async def test_a_reasoning_model_refuses(extra: Any, param: str | None, code: str | None) -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model="gpt-5", messages=user("hi"), **extra)
    assert caught.value.code == code
    if param:
        assert caught.value.param == param


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "model", "content": "x"}],
        [{"role": "tool", "tool_call_id": "a", "content": "x"}],
        [{"role": "assistant", "content": None}],
        [{"role": "assistant", "content": "x", "reasoning_content": "y"}],
        [
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "user", "content": "well?"},
        ],
    ],
)
async def test_a_history_that_does_not_fit_is_refused(messages: Any) -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model="gpt-4o", messages=messages)


async def test_custom_tools_and_a_part_of_the_tools_are_taken() -> None:
    tools: Any = [*TOOLS, {"type": "custom", "custom": {"name": "t"}}]
    some: Any = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [TOOLS[0]]}}
    async with a_sim("openai") as server, sdk(server) as client:
        answer = await client.chat.completions.create(
            model="gpt-4o", messages=user("x"), tools=tools, tool_choice=some
        )
    assert answer.choices[0].finish_reason == "tool_calls"


async def test_an_image_is_told_by_type_and_size() -> None:
    parts = [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": PIXEL}},
    ]
    async with a_sim("openai") as server, sdk(server) as client:
        answer = await client.chat.completions.create(model="gpt-4o", messages=user(parts))
    assert answer.choices[0].message.content == "image/png 5 bytes"


async def test_a_schema_is_met() -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    async with a_sim("openai") as server, sdk(server) as client:
        answer = await client.chat.completions.create(
            model="gpt-4o", messages=user("where?"), response_format=form
        )
    assert answer.choices[0].message.content == '{"city":"text"}'


async def test_responses_stream_with_reasoning_and_calls() -> None:
    tool: Any = {"type": "function", "name": "call_time", "parameters": None, "strict": False}
    async with a_sim("openai") as server, sdk(server) as client:
        stream = await client.responses.create(
            model="gpt-5",
            input="say: well then",
            tools=[tool],
            reasoning={"effort": "low"},
            stream=True,
        )
        events = [event async for event in stream]
    assert [e.sequence_number for e in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    assert [item.type for item in last.response.output] == [
        "reasoning",
        "message",
        "function_call",
    ]
    assert last.response.output_text == "well then"
    Response.model_validate(last.response.model_dump(), strict=True)


async def test_a_background_response_is_resumed_and_cancelled() -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        stream = await client.responses.create(
            model="gpt-5", input="say: a b c", background=True, stream=True
        )
        events = [event async for event in stream]
        rest = await client.responses.retrieve("resp_0001", stream=True, starting_after=4)
        resumed = [event async for event in rest]
        queued = await client.responses.create(model="gpt-5", input="say: x", background=True)
        cancelled = await client.responses.cancel(queued.id)
        done = await client.responses.retrieve("resp_0001")
        counted = await client.responses.input_tokens.count(model="gpt-5", input="one two")
    assert [e.to_dict() for e in resumed] == [e.to_dict() for e in events[5:]]
    assert (queued.status, cancelled.status, done.status) == ("queued", "cancelled", "completed")
    assert counted.input_tokens == 22


async def test_embeddings_come_as_base64_and_as_numbers() -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        packed = await client.embeddings.create(model="e", input=["a", "b"])
        plain = await client.embeddings.create(model="e", input="a", encoding_format="float")
    CreateEmbeddingResponse.model_validate(packed.model_dump(), strict=True)
    assert [row.embedding for row in packed.data] == [vector("a"), vector("b")]
    assert plain.data[0].embedding == vector("a")


async def test_the_wrong_key_is_refused() -> None:
    async with a_sim("openai") as server, sdk(server, "wrong") as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            await client.models.list()
    assert caught.value.code == "invalid_api_key"


async def test_an_error_in_a_stream_is_an_event() -> None:
    async with a_sim("openai") as server, sdk(server) as client:
        server.faults = Faults(error_after=2, error=Trouble.OVERLOADED)
        stream = await client.chat.completions.create(
            model="gpt-4o", messages=user("say: a b"), stream=True
        )
        with pytest.raises(openai.APIError, match="overloaded"):
            [chunk async for chunk in stream]


def test_the_bytes_of_a_stream() -> None:
    script = Script("Hi", calls=(Call("call_f", '{"a":1}'),), stop=Stop.CALLS)
    events = streamed(OpenAI(), script)
    head = (
        'data: {"id":"chatcmpl-0001","object":"chat.completion.chunk","created":1790000000,'
        '"model":"m","service_tier":"default","choices":[{"index":0,"delta":'
    )
    assert events[0] == (
        head + '{"role":"assistant","content":"","refusal":null},"logprobs":null,'
        '"finish_reason":null}],"usage":null,'
        '"system_fingerprint":null,"obfuscation":"xxxxxxxx"}'
    )
    assert events[2].startswith(
        head + '{"tool_calls":[{"index":0,"id":"call_000100","type":"function",'
        '"function":{"name":"call_f","arguments":""}}]}'
    )
    assert events[3].startswith(
        head + '{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a"}}]}'
    )
    assert '"choices":[],"usage":{"prompt_tokens":20' in events[-2]
    assert events[-1] == "data: [DONE]"


def test_a_refusal_has_its_own_field() -> None:
    answer = ChatCompletion.model_validate_json(whole(OpenAI(), Script(refusal="Not that.")))
    message = answer.choices[0].message
    assert (message.content, message.refusal) == (None, "Not that.")


def test_speech_is_told() -> None:
    told = OpenAI().usage(Script("a", counts=Counts(audio=5, completion=9, audio_out=4)))
    details = [told["prompt_tokens_details"], told["completion_tokens_details"]]
    assert [d["audio_tokens"] for d in details if isinstance(d, dict)] == [5, 4]


def test_every_chunk_has_the_tier_that_served() -> None:
    events = streamed(OpenAI(), Script("a", tier="flex"))[:-1]
    assert all('"service_tier":"flex"' in event for event in events)
