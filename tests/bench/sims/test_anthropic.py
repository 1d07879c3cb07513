"""The simulated Anthropic, asked by Anthropic's own SDK."""

from typing import Any

import anthropic
import pytest
from anthropic.types import Message

from tests.fakes.sims import KEY, a_sim, streamed, whole
from weftline_bench.sims.anthropic import Anthropic
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.script import Script, Stop
from weftline_bench.sims.server import SimServer

MODEL = "claude-haiku-4-5"
TOOL: Any = {
    "name": "call_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}
USE: Any = {"type": "tool_use", "id": "toolu_1", "name": "call_weather", "input": {}}
RESULT: Any = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "warm"}


def sdk(server: SimServer, key: str = KEY) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=server.base_url, api_key=key, max_retries=0)


def user(content: Any) -> Any:
    return [{"role": "user", "content": content}]


def assistant(content: Any) -> Any:
    return {"role": "assistant", "content": content}


async def ask(server: SimServer, messages: Any, model: str = MODEL, **extra: Any) -> Message:
    async with sdk(server) as client:
        create: Any = client.messages.create
        answer = await create(model=model, max_tokens=2048, messages=messages, **extra)
    assert isinstance(answer, Message)
    return answer


async def test_it_answers_and_counts_without_the_cache() -> None:
    async with a_sim("anthropic") as server:
        answer = await ask(server, user("say: Oh no"), system="Be brief.")
    Message.model_validate(answer.model_dump(), strict=True)
    assert [b.type for b in answer.content] == ["text"]
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (19, 4)
    assert server.seen[0].headers["authorization"] == "Bearer ***"


async def test_a_stream_adds_up_to_the_whole() -> None:
    thinking: Any = {"type": "adaptive"}
    async with (
        a_sim("anthropic") as server,
        sdk(server) as client,
        client.messages.stream(
            model="claude-sonnet-5",
            max_tokens=2048,
            messages=user("say: one two three"),
            tools=[TOOL],
            thinking=thinking,
        ) as stream,
    ):
        answer = await stream.get_final_message()
    assert [b.type for b in answer.content] == ["thinking", "text", "tool_use"]
    call = answer.content[2]
    assert call.type == "tool_use"
    assert call.input == {"city": "text"}
    assert answer.stop_reason == "tool_use"
    assert answer.usage.output_tokens > 3


async def test_results_are_told_after_calls() -> None:
    history = [*user("weather?"), assistant([USE]), *user([RESULT, {"type": "text", "text": "?"}])]
    async with a_sim("anthropic") as server:
        answer = await ask(server, history, tools=[TOOL])
    assert answer.to_dict()["content"] == [{"type": "text", "text": "result: warm"}]


BAD: dict[str, Any] = {
    "no results": {"messages": [*user("a"), assistant([USE]), *user("b")], "tools": [TOOL]},
    "results last": {
        "messages": [
            *user("a"),
            assistant([USE]),
            *user([{"type": "text", "text": "x"}, RESULT]),
        ],
        "tools": [TOOL],
    },
    "a result of nothing": {"messages": user([RESULT]), "tools": [TOOL]},
    "no tools": {"messages": [*user("a"), assistant([USE]), *user([RESULT])]},
    "empty text": {"messages": user([{"type": "text", "text": ""}])},
    "assistant first": {"messages": [assistant("a"), *user("b")]},
    "a wrong id": {
        "messages": [*user("a"), assistant([{**USE, "id": "f:0"}]), *user([RESULT])],
        "tools": [TOOL],
    },
    "a foreign signature": {
        "messages": [
            *user("a"),
            assistant([{"type": "thinking", "thinking": "x", "signature": "other"}]),
            *user("b"),
        ]
    },
    "a system role": {"messages": [{"role": "system", "content": "x"}, *user("a")]},
    "a field": {"messages": user("a"), "extra_body": {"seed": 1}},
    "hot": {"messages": user("a"), "extra_body": {"temperature": 1.5}},
    "a budget": {"messages": user("a"), "thinking": {"type": "enabled", "budget_tokens": 4096}},
    "a choice without tools": {"messages": user("a"), "tool_choice": {"type": "any"}},
    "no object": {"messages": user("a"), "tools": [{"name": "f", "input_schema": {}}]},
    "blank stop": {"messages": user("a"), "stop_sequences": [" "]},
    "sampling": {
        "messages": user("a"),
        "model": "claude-opus-4-7",
        "extra_body": {"temperature": 1},
    },
    "prefill": {"messages": [*user("a"), assistant("b")], "model": "claude-sonnet-5"},
    "five marks": {
        "messages": user(
            [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5
        )
    },
}


@pytest.mark.parametrize("wrong", BAD.values(), ids=BAD.keys())
async def test_it_refuses(wrong: Any) -> None:
    async with a_sim("anthropic") as server:
        with pytest.raises(anthropic.BadRequestError, match="invalid_request_error"):
            await ask(server, **wrong)


async def test_max_tokens_must_be_given_except_for_counting() -> None:
    async with a_sim("anthropic") as server, sdk(server) as client:
        counted = await client.messages.count_tokens(model=MODEL, messages=user("one two"))
        with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
            await client.post(
                "/v1/messages", body={"model": MODEL, "messages": user("a")}, cast_to=Message
            )
        models = await client.models.list()
    assert counted.input_tokens == 22
    assert models.data[0].max_tokens == 64_000


async def test_overload_and_a_wrong_key() -> None:
    async with a_sim("anthropic") as server:
        server.queued.append(Faults(trouble=Trouble.OVERLOADED))
        with pytest.raises(anthropic.APIStatusError) as caught:
            await ask(server, user("a"))
        assert caught.value.status_code == 529
        server.queued.append(Faults(trouble=Trouble.RATE_LIMITED))
        with pytest.raises(anthropic.RateLimitError) as limited:
            await ask(server, user("a"))
        assert limited.value.response.headers["retry-after"] == "2"
        async with sdk(server, "wrong") as client:
            with pytest.raises(anthropic.AuthenticationError):
                await client.models.list()


async def test_an_error_in_a_stream_is_an_event() -> None:
    async with a_sim("anthropic") as server, sdk(server) as client:
        server.faults = Faults(error_after=3)
        stream = await client.messages.create(
            model=MODEL, max_tokens=9, messages=user("say: a b"), stream=True
        )
        with pytest.raises(anthropic.APIStatusError, match="overloaded"):
            [event async for event in stream]


def test_the_bytes_of_a_stream() -> None:
    events = streamed(Anthropic(), Script("Hi", stop=Stop.LENGTH))
    assert [e.partition("\n")[0] for e in events] == [
        "event: message_start",
        "event: content_block_start",
        "event: ping",
        "event: content_block_delta",
        "event: content_block_stop",
        "event: message_delta",
        "event: message_stop",
    ]
    assert events[2] == 'event: ping\ndata: {"type":"ping" }'
    assert events[3].split() == [
        "event:",
        "content_block_delta",
        "data:",
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}',
        "}",
    ]
    assert '"input_tokens":13' in events[0]
    assert '"input_tokens":14' in events[5]
    assert '"stop_reason":"max_tokens"' in events[5]


def test_a_refusal_says_nothing() -> None:
    script = Script(refusal="No.", stop=Stop.FILTERED)
    answer = Message.model_validate_json(whole(Anthropic(), script))
    assert (answer.content, answer.stop_reason) == ([], "refusal")
    assert len(streamed(Anthropic(), script)) == 4
