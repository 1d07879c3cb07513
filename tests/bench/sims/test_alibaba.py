"""The simulated Model Studio in compatible mode."""

import orjson

from tests.fakes.sims import a_sim, chat, chat_stream, deltas
from weftline_bench.sims.alibaba import Alibaba
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.script import Call, Counts, Script


async def test_thinking_is_switched_on() -> None:
    async with a_sim("alibaba") as server:
        answer = await chat(server, "say: a", extra_body={"enable_thinking": True})
        plain = await chat(server, "say: a", reasoning_effort="high")
        chunks = await chat_stream(server, "say: a", extra_body={"enable_thinking": True})
    assert answer.choices[0].message.to_dict()["reasoning_content"] == "Thinking about: say: a"
    assert "reasoning_content" not in plain.choices[0].message.to_dict()
    assert deltas(chunks)[:2] == [
        {"content": None, "role": "assistant", "reasoning_content": ""},
        {"content": None, "reasoning_content": "Thinking"},
    ]


def test_fragments_have_an_empty_id() -> None:
    script = Script(calls=(Call("f", '{"a":1}'),))
    told = [delta for delta, _ in Alibaba().steps(script) if "tool_calls" in delta]
    assert told == [
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_000100",
                    "type": "function",
                    "function": {"name": "f", "arguments": ""},
                }
            ]
        },
        *(
            {
                "tool_calls": [
                    {"index": 0, "id": "", "type": "function", "function": {"arguments": part}}
                ]
            }
            for part in ('{"a', '":1}', "")
        ),
    ]


def test_errors_carry_the_request() -> None:
    body = orjson.loads(Alibaba().refusal(Refused(Trouble.OVERLOADED, "x")).body())
    assert body["request_id"] == "sim-0000"
    assert body["error"]["message"] == "x"


def test_writes_to_a_cache_have_a_word_of_their_own() -> None:
    told = Alibaba().usage(Script("a", counts=Counts(prompt=9, cached=4, cache_write=3)))
    assert told["prompt_tokens_details"] == {
        "cached_tokens": 4,
        "cache_creation_input_tokens": 3,
        "cache_type": "ephemeral",
    }
