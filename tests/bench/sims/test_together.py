"""The simulated Together."""

from typing import Any

import pytest

from tests.fakes.sims import a_sim, chat_stream, streamed
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.script import Script, Stop
from weftline_bench.sims.together import Together

USER = {"role": "user", "content": "x"}


async def test_usage_stands_on_the_last_chunk() -> None:
    async with a_sim("together") as server:
        extra: Any = {"reasoning": {"enabled": True}, "top_k": 3}
        chunks = await chat_stream(server, "say: a", extra_body=extra)
    assert chunks[1].choices[0].delta.to_dict() == {"reasoning": "Thinking"}
    last = chunks[-1].to_dict()
    assert last["usage"] == {"prompt_tokens": 22, "completion_tokens": 5, "total_tokens": 27}


@pytest.mark.parametrize("body", [{"stop": "x"}, {"logprobs": True}])
def test_what_is_refused(body: Any) -> None:
    with pytest.raises(Refused):
        Together().read({"model": "m", "messages": [USER], **body})


def test_the_bytes_and_statuses() -> None:
    Together().read({"model": "m", "messages": [USER], "logprobs": 1, "stop": ["x"]})
    assert '"finish_reason":"eos"' in streamed(Together(), Script("a"))[-2]
    assert '"finish_reason":"length"' in streamed(Together(), Script("a", stop=Stop.LENGTH))[-2]
    assert Together().refusal(Refused(Trouble.NO_CREDIT, "x")).status == 402
    assert Together().refusal(Refused(Trouble.CONTEXT_LENGTH, "x")).status == 403
