"""The simulated MiniMax."""

import orjson
import pytest

from tests.fakes.sims import a_sim, chat, chat_stream, streamed, whole
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.minimax import CODES, MiniMax
from weftline_bench.sims.script import Script


async def test_reasoning_lies_in_the_text_or_is_split_off() -> None:
    async with a_sim("minimax") as server:
        mixed = await chat(server, "say: a", reasoning_effort="low")
        split = await chat(
            server, "say: a", reasoning_effort="low", extra_body={"reasoning_split": True}
        )
        chunks = await chat_stream(server, "say: a")
    thought = "<think>\nThinking about: say: a\n</think>\n\na"
    assert mixed.choices[0].message.content == thought
    assert split.choices[0].message.content == "a"
    assert split.choices[0].message.to_dict()["reasoning_content"] == "Thinking about: say: a"
    assert chunks[-1].choices == []


@pytest.mark.parametrize("trouble", Trouble)
def test_every_refusal_is_200(trouble: Trouble) -> None:
    answer = MiniMax().refusal(Refused(trouble, "x"))
    assert answer.status == 200
    expected = {"base_resp": {"status_code": CODES[trouble], "status_msg": "x"}}
    assert orjson.loads(answer.body()) == expected
    assert MiniMax().error_frame(Refused(trouble, "x")) == b"data: " + answer.body() + b"\n\n"


def test_the_bytes() -> None:
    assert orjson.loads(whole(MiniMax(), Script("a")))["base_resp"]["status_code"] == 0
    assert '"content":"<think>"' in streamed(MiniMax(), Script("a", "Hm"))[1]
    assert '"reasoning_content":"Hm"' in streamed(MiniMax(), Script("a", "Hm"), "split")[1]
