"""The simulated OpenRouter."""

import openai
import orjson
import pytest

from tests.fakes.sims import a_sim, chat, chat_stream, streamed, whole
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.openrouter import OpenRouter
from weftline_bench.sims.script import Script


async def test_the_cost_is_told() -> None:
    async with a_sim("openrouter") as server:
        answer = await chat(server, "say: a", reasoning_effort="low")
        chunks = await chat_stream(server, "say: a")
    assert answer.usage is not None
    assert answer.usage.to_dict()["cost"] == pytest.approx(27e-6)
    assert answer.to_dict()["provider"] == "Sim"
    assert chunks[-1].usage is not None


async def test_an_error_comes_in_a_chunk() -> None:
    async with a_sim("openrouter") as server:
        server.faults = Faults(error_after=3)
        with pytest.raises(openai.APIError, match="overloaded"):
            await chat_stream(server, "say: a b")


def test_the_bytes() -> None:
    events = streamed(OpenRouter(), Script("Hi", "Hm"))
    assert events[0] == ": OPENROUTER PROCESSING"
    assert '"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text"' in events[2]
    assert whole(OpenRouter(), Script("Hi")).lstrip().startswith(b'{"id":"gen-0001"')


def test_errors_have_integer_codes() -> None:
    answer = OpenRouter().refusal(Refused(Trouble.NO_CREDIT, "x"))
    assert orjson.loads(answer.body()) == {"error": {"message": "x", "code": 402, "metadata": {}}}
    assert OpenRouter().refusal(Refused(Trouble.OVERLOADED, "x")).status == 502
    flagged = OpenRouter().refusal(Refused(Trouble.CONTENT_FILTER, "x"))
    assert (flagged.status, b'"flagged_input":"..."' in flagged.body()) == (403, True)
