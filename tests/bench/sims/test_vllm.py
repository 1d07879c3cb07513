"""The simulated vLLM server."""

import orjson

from tests.fakes.sims import a_sim, chat, chat_stream, deltas, streamed, whole
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Script, Stop
from weftline_bench.sims.vllm import VLLM


async def test_reasoning_and_the_last_words() -> None:
    async with a_sim("vllm") as server:
        answer = await chat(server, "say: a b", reasoning_effort="low", extra_body={"top_k": 1})
        chunks = await chat_stream(server, "say: a b")
    assert answer.choices[0].message.to_dict()["reasoning"] == "Thinking about: say: a b"
    assert deltas(chunks) == [
        {"role": "assistant", "content": ""},
        {"content": "a"},
        {"content": " b"},
    ]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_bytes() -> None:
    script = Script("Hi", stop=Stop.SEQUENCE, stop_sequence="x")
    events = streamed(VLLM(), script)
    assert events[1].endswith(
        '"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop","stop_reason":"x"}]}'
    )
    assert b'"stop_reason":"x"' in whole(VLLM(), script)
    assert '"usage":{"prompt_tokens":20,"total_tokens":21,"completion_tokens":1}' in events[2]


def test_health_and_errors() -> None:
    assert VLLM().answer(Request("GET", "/health"), Desk()).status == 200
    wrong = VLLM().refusal(Refused(Trouble.AUTH, "x"))
    assert orjson.loads(wrong.body())["error"] == "Unauthorized"
    bad = VLLM().refusal(Refused(Trouble.BAD_REQUEST, "x"))
    assert orjson.loads(bad.body())["error"] == {
        "message": "x",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
    assert VLLM().error_frame(Refused(Trouble.OVERLOADED, "x")).endswith(b"data: [DONE]\n\n")
