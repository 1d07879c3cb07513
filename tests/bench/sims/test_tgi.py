"""The simulated Text Generation Inference server."""

import orjson

from tests.fakes.sims import a_sim, chat_stream, deltas, streamed
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Script
from weftline_bench.sims.tgi import TGI


async def test_the_role_is_in_every_chunk() -> None:
    async with a_sim("tgi") as server:
        chunks = await chat_stream(server, "say: a b")
    assert deltas(chunks) == [
        {"role": "assistant", "content": "a"},
        {"role": "assistant", "content": " b"},
        {"role": "assistant", "content": ""},
    ]


def test_health_errors_and_bytes() -> None:
    assert TGI().answer(Request("GET", "/health"), Desk()).status == 200
    busy = TGI().refusal(Refused(Trouble.OVERLOADED, "Model is overloaded"))
    assert (busy.status, orjson.loads(busy.body())) == (
        429,
        {"error": "Model is overloaded", "error_type": "overloaded"},
    )
    assert TGI().refusal(Refused(Trouble.BAD_REQUEST, "x")).status == 422
    assert '"usage":null' in streamed(TGI(), Script("a"))[0]
    assert TGI().keep_alive() == b":\n\n"
