"""The simulated Workers AI."""

from typing import Any

import orjson
import pytest

from tests.fakes.sims import KEY, a_sim, chat, streamed, whole
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Call, Script
from weftline_bench.sims.workers_ai import WorkersAI

HEADS = {"authorization": f"Bearer {KEY}"}
BASE = WorkersAI.base_path
USER: Any = [{"role": "user", "content": "say: a b"}]
REFUSED: list[Any] = [
    {},
    {"messages": USER, "prompt": "x"},
    {"messages": [{"role": "user", "content": None}]},
    {"messages": [{"role": "developer", "content": "x"}]},
    {"messages": USER, "tools": [{"description": "x"}]},
    {"messages": USER, "top_k": 0},
    {"text": [1]},
]


def run(body: Any, path: str = "/ai/run/@cf/meta/llama") -> Any:
    answer = WorkersAI().answer(Request("POST", BASE + path, HEADS, body=body), Desk())
    return orjson.loads(answer.body())


def test_a_native_answer_in_its_envelope() -> None:
    told = run({"messages": USER})
    assert (told["success"], told["errors"], told["messages"]) == (True, [], [])
    assert told["result"]["response"] == "a b"
    assert run({"prompt": "say: x"})["result"]["response"] == "x"
    outer = {"model": "@cf/x", "input": {"messages": USER}}
    assert run(outer, "/ai/run")["result"]["response"] == "a b"


def test_calls_json_and_embeddings() -> None:
    flat = {"name": "call_f", "parameters": {"type": "object"}}
    for tool in (flat, {"type": "function", "function": flat}):
        told = run({"prompt": "x", "tools": [tool]})["result"]
        assert told["tool_calls"] == [{"name": "call_f", "arguments": {}}]
    formed = run({"prompt": "x", "response_format": {"type": "json_object"}})
    assert formed["result"]["response"] == {"ok": True}
    embedded = run({"text": ["a", "b"]})["result"]
    assert embedded == {"shape": [2, 8], "data": [vector("a"), vector("b")]}


def test_an_image_is_told_by_type_and_size() -> None:
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    parts = [{"type": "text", "text": "see"}, url]
    told = run({"messages": [{"role": "user", "content": parts}]})
    assert told["result"]["response"] == "image/png 2 bytes"


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_refused(body: Any) -> None:
    with pytest.raises(Refused):
        run(body)


async def test_openais_shape_has_no_envelope() -> None:
    async with a_sim("workers-ai") as server:
        answer = await chat(server, "say: a", "/ai/v1")
    assert answer.choices[0].message.content == "a"


def test_the_bytes() -> None:
    events = streamed(WorkersAI(), Script("Hi", calls=(Call("f"),)))
    assert events[:2] == [
        'data: {"response":"Hi","p":"abdefgh"}',
        'data: {"tool_calls":[{"name":"f","arguments":{}}],"p":"abdefgh"}',
    ]
    assert events[2].startswith('data: {"response":"","usage":{"prompt_tokens":20')
    assert events[3] == "data: [DONE]"
    assert b'"choices"' in whole(WorkersAI(), Script("Hi"), "chat")


def test_errors_stand_in_the_envelope_or_in_openais_shape() -> None:
    busy = WorkersAI().refusal(Refused(Trouble.OVERLOADED, "x"))
    assert (busy.status, orjson.loads(busy.body())["errors"]) == (
        429,
        [{"code": 3040, "message": "x"}],
    )
    asked = Request("POST", BASE + "/ai/v1/chat/completions")
    other = WorkersAI().refusal(Refused(Trouble.OVERLOADED, "x"), asked)
    assert "error" in orjson.loads(other.body())
