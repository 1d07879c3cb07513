"""The simulated Ollama server."""

from typing import Any

import orjson
import pytest

from tests.fakes.sims import a_sim, chat, chat_stream, deltas
from weftline_bench.sims.exchange import Refused, Trouble
from weftline_bench.sims.ollama import Ollama


async def test_it_asks_for_no_key_and_tells_the_role_with_the_words() -> None:
    async with a_sim("ollama") as server:
        server.desk.key = "another"
        answer = await chat(server, "say: a", reasoning_effort="low")
        chunks = await chat_stream(server, "say: a", reasoning_effort="low")
    assert answer.choices[0].message.to_dict()["reasoning"] == "Thinking about: say: a"
    assert deltas(chunks)[0] == {"role": "assistant", "content": "", "reasoning": "Thinking"}
    assert deltas(chunks)[-2:] == [{"role": "assistant", "content": "a"}, {}]


def test_images_must_be_sent_along() -> None:
    def read(url: str) -> None:
        parts: Any = [{"type": "image_url", "image_url": {"url": url}}]
        Ollama().read({"model": "m", "messages": [{"role": "user", "content": parts}]})

    read("data:image/png;base64,aGk=")
    with pytest.raises(Refused, match="image"):
        read("https://example.com/x.png")


def test_errors_are_swallowed_in_a_stream() -> None:
    frame = Ollama().error_frame(Refused(Trouble.SERVER_ERROR, "secret"))
    assert b"secret" not in frame
    assert b"[DONE]" not in frame
    assert b'"finish_reason":null' in frame
    missing = Ollama().refusal(Refused(Trouble.NOT_FOUND, "x"))
    assert orjson.loads(missing.body())["error"]["type"] == "not_found_error"
    assert Ollama().refusal(Refused(Trouble.RATE_LIMITED, "x")).status == 503
