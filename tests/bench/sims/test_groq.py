"""The simulated Groq."""

from typing import Any

import pytest

from tests.fakes.sims import a_sim, chat, chat_stream, streamed
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.groq import Groq
from weftline_bench.sims.script import Script


async def test_usage_has_times_and_comes_unasked() -> None:
    async with a_sim("groq") as server:
        answer = await chat(server, "say: a", reasoning_effort="default")
        chunks = await chat_stream(server, "say: a", reasoning_effort="low")
    assert answer.choices[0].message.to_dict()["reasoning"] == "Thinking about: say: a"
    assert answer.usage is not None
    assert answer.usage.to_dict()["queue_time"] == 0.01
    first, last = chunks[0].to_dict(), chunks[-1].to_dict()
    assert first["x_groq"] == {"id": "req_0002", "seed": 1}
    grown: Any = last["x_groq"]
    assert grown["usage"] == last["usage"]


@pytest.mark.parametrize(
    "body",
    [
        {"logprobs": True},
        {"n": 2},
        {"bogus": 1},
        {"reasoning_format": "raw", "include_reasoning": True},
        {"reasoning_effort": "max"},
    ],
)
def test_what_is_refused(body: Any) -> None:
    user = {"role": "user", "content": "x"}
    with pytest.raises(Refused):
        Groq().read({"model": "m", "messages": [user], **body})


def test_hidden_reasoning_is_not_shown() -> None:
    user = {"role": "user", "content": "x"}
    body: dict[str, Any] = {"model": "m", "messages": [user], "reasoning_effort": "low"}
    hidden: dict[str, Any] = {**body, "reasoning_format": "hidden"}
    assert Groq().reasons(Groq().read(body), body)
    assert not Groq().reasons(Groq().read(hidden), hidden)


def test_limits_stand_on_every_answer_and_errors_are_named_events() -> None:
    answer = Groq().refusal(Refused(Trouble.RATE_LIMITED, "x"))
    assert answer.headers["retry-after"] == "3"
    assert Groq().refusal(Refused(Trouble.OVERLOADED, "x")).status == 498
    frame = Groq().error_frame(Refused(Trouble.SERVER_ERROR, "x"))
    assert frame.startswith(b"event: error\ndata: ")
    assert b'"status_code":500' in frame
    assert b"[DONE]" not in frame


def test_the_bytes() -> None:
    events = streamed(Groq(), Script("Hi", "Hm"))
    assert '"delta":{"reasoning":"Hm","channel":"analysis"}' in events[1]
    assert '"x_groq":{"id":"req_0001","usage":{' in events[3]
