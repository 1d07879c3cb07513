"""The simulated Cohere."""

from typing import Any

import orjson
import pytest

from tests.fakes.sims import KEY, streamed, whole
from weftline_bench.sims.cohere import Cohere
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Call, Script, Stop

SCRIPT = Script("I look", "Hm", (Call("f", '{"a":1}'),), stop=Stop.CALLS)
HEADS = {"authorization": f"Bearer {KEY}"}


def ask(path: str, body: Any, **headers: str) -> Any:
    return orjson.loads(Cohere().answer(Request("POST", path, headers, body=body), Desk()).body())


def test_text_beside_calls_is_the_plan() -> None:
    told = orjson.loads(whole(Cohere(), SCRIPT))
    assert told["message"] == {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm"}],
        "tool_plan": "I look",
        "tool_calls": [
            {
                "id": "f_000100",
                "type": "function",
                "function": {"name": "f", "arguments": '{"a":1}'},
            }
        ],
    }
    assert told["finish_reason"] == "TOOL_CALL"
    assert told["usage"]["billed_units"] == {"input_tokens": 20, "output_tokens": 1}
    assert told["usage"]["tokens"]["input_tokens"] == 520


def test_the_order_of_events() -> None:
    events = streamed(Cohere(), SCRIPT)
    assert [e.partition("\n")[0].removeprefix("event: ") for e in events] == [
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-delta",
        "tool-call-end",
        "message-end",
    ]
    assert '"id"' not in events[1]
    assert '"delta":{"message":{"content":{"text":"Hi"}}}' in streamed(Cohere(), Script("Hi"))[2]


def test_chat_and_embeddings_are_answered() -> None:
    user = [{"role": "user", "content": "say: a"}]
    told = ask("/v2/chat", {"model": "m", "messages": user}, **HEADS)
    assert told["message"]["content"] == [{"type": "text", "text": "a"}]
    embedded = ask(
        "/v2/embed", {"model": "e", "input_type": "clustering", "texts": ["a b"]}, **HEADS
    )
    assert embedded["embeddings"] == {"float": [vector("a b")]}
    assert embedded["meta"]["billed_units"] == {"input_tokens": 2}
    with pytest.raises(Refused, match="api key"):
        ask("/v2/chat", {})


def test_errors_are_an_id_and_a_message() -> None:
    answer = Cohere().refusal(Refused(Trouble.CONTENT_FILTER, "x"))
    assert (answer.status, orjson.loads(answer.body())) == (
        498,
        {"id": "co-error", "message": "x"},
    )
    assert b'"finish_reason":"TIMEOUT"' in Cohere().error_frame(Refused(Trouble.TIMEOUT, "x"))
