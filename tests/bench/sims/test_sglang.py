"""The simulated SGLang server."""

import orjson

from tests.fakes.sims import a_sim, chat, streamed, whole
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Script, Stop
from weftline_bench.sims.sglang import SGLang


async def test_reasoning_is_counted_beside() -> None:
    async with a_sim("sglang") as server:
        answer = await chat(server, "say: a", reasoning_effort="low")
    assert answer.choices[0].message.to_dict()["reasoning_content"] == "Thinking about: say: a"
    assert answer.usage is not None
    assert answer.usage.to_dict()["reasoning_tokens"] == 4


def test_the_bytes() -> None:
    assert '"finish_reason":"stop","matched_stop":151645}' in streamed(SGLang(), Script("a"))[2]
    stopped = Script("a", stop=Stop.SEQUENCE, stop_sequence="x")
    assert '"matched_stop":"x"' in streamed(SGLang(), stopped)[2]
    assert b'"matched_stop":"x"' in whole(SGLang(), stopped)


def test_health_and_errors() -> None:
    assert SGLang().answer(Request("GET", "/ready"), Desk()).status == 200
    limited = SGLang().refusal(Refused(Trouble.RATE_LIMITED, "x"))
    assert orjson.loads(limited.body()) == {
        "object": "error",
        "message": "x",
        "type": "503",
        "param": None,
        "code": 503,
    }
    assert SGLang().refusal(Refused(Trouble.AUTH, "x")).status == 401
    frame = SGLang().error_frame(Refused(Trouble.OVERLOADED, "x"))
    assert frame.startswith(b'data: {"error":{"object":"error"')
    assert frame.endswith(b"[DONE]\n\n")
