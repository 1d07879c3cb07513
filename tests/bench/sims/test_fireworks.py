"""The simulated Fireworks."""

from typing import Any

import orjson
import pytest

from tests.fakes.sims import a_sim, chat, chat_stream
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.fireworks import Fireworks
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import Script


async def test_reasoning_and_usage() -> None:
    async with a_sim("fireworks") as server:
        answer = await chat(server, "say: a", extra_body={"reasoning_effort": 100})
        chunks = await chat_stream(server, "say: a")
    assert answer.choices[0].message.to_dict()["reasoning_content"] == "Thinking about: say: a"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, False),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning_effort": True}, True),
        ({"thinking": {"type": "enabled", "budget_tokens": 5}}, True),
        ({"thinking": {"type": "disabled"}}, False),
    ],
)
def test_reasoning_is_asked_for_in_many_ways(body: Any, expected: bool) -> None:
    whole: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}], **body}
    assert Fireworks().reasons(Fireworks().read(whole), whole) is expected


def test_measures_and_errors() -> None:
    answer = Fireworks().render(Script("a"), Options())
    assert answer.headers["fireworks-cached-prompt-tokens"] == "4"
    refused = Fireworks().refusal(Refused(Trouble.NO_CREDIT, "x"))
    assert refused.status == 412
    assert orjson.loads(refused.body())["error"] == {
        "object": "error",
        "type": "invalid_request_error",
        "code": "PRECONDITION_FAILED",
        "message": "x",
    }
