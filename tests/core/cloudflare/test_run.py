"""What an input of `/ai/run` asks for, and the envelope of its answer."""

from typing import Any

import orjson
import pytest

from weftline_core.cloudflare.run import RunAsk, asks_of, input_of
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import Echo
from weftline_core.errors import CallerError
from weftline_core.usage import Usage

LLAMA = "@cf/meta/llama"
USER = [{"role": "user", "content": "hi"}]
ANSWER = {
    "id": "x",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


@pytest.mark.parametrize(
    ("model", "body", "dialects"),
    [
        (LLAMA, {"messages": USER}, ["workers_ai"]),
        (LLAMA, {"prompt": "x"}, ["workers_ai"]),
        (LLAMA, {"text": ["x"]}, ["workers_ai_embed"]),
        ("openai/gpt", {"messages": USER}, ["run_chat"]),
        ("openai/gpt", {"prompt": "x"}, ["run_chat"]),
        ("openai/gpt", {"input": "x"}, ["run_embeddings", "run_responses"]),
        ("openai/gpt", {"input": "x", "stream": True}, ["run_responses"]),
        ("openai/gpt", {"input": USER}, ["run_responses"]),
    ],
)
def test_the_input_tells_the_dialect(model: str, body: dict[str, Any], dialects: list[str]) -> None:
    asks = asks_of(body, model, b"x-session-affinity: 1\r\n")
    assert [ask.request.dialect for ask in asks] == dialects
    assert {ask.request.model for ask in asks} == {model}
    assert all(bool(ask.lines) == model.startswith("@") for ask in asks)


def test_an_answer_of_any_host_is_put_into_the_envelope() -> None:
    (ask,) = asks_of({"messages": USER}, "openai/gpt", b"")
    assert isinstance(ask, RunAsk)
    echo = Echo(request_id="r", model="m", created_unix_s=0, body={})
    data, usage = ask.judge(CHAT, orjson.dumps(ANSWER), lambda: echo)
    assert orjson.loads(data) == {
        "result": ANSWER,
        "success": True,
        "errors": [],
        "messages": [],
    }
    assert usage == Usage(1, 2)


def test_model_and_input() -> None:
    assert input_of({"model": "m", "input": {"a": 1}, "options": {}}) == ("m", {"a": 1})


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "model"),
        ({"model": "m"}, "input"),
        ({"model": "m", "input": "x"}, "input"),
        ({"model": "m", "input": {}, "messages": []}, "messages"),
    ],
)
def test_a_wrong_body(body: dict[str, object], path: str) -> None:
    with pytest.raises(CallerError) as caught:
        input_of(body)
    assert caught.value.param == path
