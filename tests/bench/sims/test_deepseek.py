"""The simulated DeepSeek."""

import pytest

from tests.fakes.sims import a_sim, chat, chat_stream, deltas, streamed, whole
from weftline_bench.sims.deepseek import DeepSeek
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import Script

THINK = {"thinking": {"type": "enabled"}}


async def test_thinking_and_the_cache() -> None:
    async with a_sim("deepseek") as server:
        answer = await chat(server, "say: a", extra_body=THINK)
        chunks = await chat_stream(server, "say: a", "/v1", extra_body=THINK)
    message = answer.choices[0].message.to_dict()
    assert message["reasoning_content"] == "Thinking about: say: a"
    assert answer.usage is not None
    usage = answer.usage.to_dict()
    assert usage["prompt_cache_hit_tokens"] == 4
    assert usage["prompt_cache_miss_tokens"] == 18
    assert deltas(chunks)[:2] == [
        {"role": "assistant", "content": None, "reasoning_content": ""},
        {"content": None, "reasoning_content": "Thinking"},
    ]
    assert [c.usage is not None for c in chunks] == [False] * (len(chunks) - 1) + [True]


def test_the_bytes() -> None:
    events = streamed(DeepSeek(), Script("Hi"))
    assert events[0] == ": keep-alive"
    assert '"usage":null' in events[1]
    assert '"delta":{"content":"Hi","reasoning_content":null}' in events[2]
    assert '"finish_reason":"stop"}],"usage":{' in events[3]
    assert whole(DeepSeek(), Script("Hi")).startswith(b'\n{"id"')


def test_it_starves_with_a_finish_reason() -> None:
    frame = DeepSeek().error_frame(Refused(Trouble.OVERLOADED, "x"))
    assert b'"finish_reason":"insufficient_system_resource"' in frame
    assert frame.endswith(b"data: [DONE]\n\n")
    assert b'"error"' in DeepSeek().error_frame(Refused(Trouble.TIMEOUT, "x"))


def test_old_reasoning_is_refused_beside_text_only() -> None:
    flavour = DeepSeek()
    user = {"role": "user", "content": "x"}
    old = {"role": "assistant", "content": "y", "reasoning_content": "z"}
    with pytest.raises(Refused, match="reasoning_content"):
        flavour.read({"model": "m", "messages": [user, old, user]})
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "a", "content": "1"}
    flavour.read({"model": "m", "messages": [user, {**old, "tool_calls": [call]}, result]})


def test_no_credit_is_402() -> None:
    assert DeepSeek().refusal(Refused(Trouble.NO_CREDIT, "x")).status == 402
    assert DeepSeek().render(Script(), Options()).terminal == 0
