"""The simulated llama-server."""

import orjson

from tests.fakes.sims import a_sim, chat, chat_stream, deltas
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.llamacpp import LlamaCpp


async def test_it_serves_its_one_model_with_timings() -> None:
    async with a_sim("llamacpp") as server:
        answer = await chat(server, "say: a", model="anything")
        chunks = await chat_stream(server, "say: a", stream_options={"include_usage": True})
    assert answer.model == "model.gguf"
    assert deltas(chunks)[0] == {"role": "assistant", "content": None}
    last = chunks[-1].to_dict()
    assert last["choices"] == []
    assert last["timings"] == answer.to_dict()["timings"]


def test_health_errors_and_pings() -> None:
    health = LlamaCpp().answer(Request("GET", "/health"), Desk())
    assert orjson.loads(health.body()) == {"status": "ok"}
    loading = LlamaCpp().refusal(Refused(Trouble.OVERLOADED, "Loading model"))
    assert orjson.loads(loading.body()) == {
        "error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    }
    assert LlamaCpp().keep_alive() == b":\n\n"
    assert LlamaCpp().keep_alive(stream=False) == b""
