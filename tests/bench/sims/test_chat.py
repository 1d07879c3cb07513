"""OpenAI's chat completions with each imitator's difference, one hook at a time."""

from typing import Any

import orjson
import pytest

from weftline_bench.sims.chat import ChatFlavour
from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import Call, Script, Stop

SCRIPT = Script("Hi you", "Hm so", (Call("call_f", '{"a":1}'),), stop=Stop.CALLS)


class Plain(ChatFlavour):
    name = "plain"


class Spoken(Plain):
    reasoning_field = "reasoning"


class Whole(Plain):
    calls_whole = True
    usage_in = "finish chunk"
    null_usage = True


class Own(Plain):
    usage_in = "own chunk"
    role_alone = False


class Strict(Plain):
    unknown = "refuse"
    extra = frozenset({"top_k"})
    lacking = frozenset({"seed"})


def chunks(flavour: ChatFlavour, **options: Any) -> list[Any]:
    return list(flavour.chunks(SCRIPT, Options(**options)))


def deltas(flavour: ChatFlavour, **options: Any) -> list[Any]:
    return [c["choices"][0]["delta"] for c in chunks(flavour, **options) if c["choices"]]


def ask(flavour: ChatFlavour, **body: Any) -> Answer:
    plain = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    headers = {"authorization": "Bearer sim-key"}
    request = Request("POST", "/v1/chat/completions", headers, body={**plain, **body})
    return flavour.answer(request, Desk())


def test_a_plain_stream() -> None:
    assert deltas(Plain()) == [
        {"role": "assistant", "content": ""},
        {"content": "Hi"},
        {"content": " you"},
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_000100",
                    "type": "function",
                    "function": {"name": "call_f", "arguments": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '":1}'}}]},
        {},
    ]
    told = chunks(Plain())
    assert told[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert told[-1]["choices"] == []
    assert "usage" not in chunks(Plain(), usage=False)[-1]


def test_the_hooks_change_a_stream() -> None:
    assert deltas(Spoken())[1:3] == [{"reasoning": "Hm"}, {"reasoning": " so"}]
    whole = chunks(Whole(), usage=False)
    assert whole[-1]["usage"]["completion_tokens"] == 1
    assert whole[0]["usage"] is None
    assert whole[-2]["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"] == '{"a":1}'
    assert deltas(Own())[0] == {"content": "Hi"}
    assert chunks(Own(), usage=False)[-1]["choices"] == []


def test_parallel_calls_stream_in_turns() -> None:
    calls = (Call("f", '{"a":1}'), Call("g"))
    told = list(Plain().call_deltas(Script(calls=calls, interleaved=True)))
    indices = [d["tool_calls"][0]["index"] for d in told]  # type: ignore[index]
    assert indices == [0, 1, 0, 1, 0, 1]


def test_tools_of_text_are_openais_own() -> None:
    tools: Any = [{"type": "custom", "custom": {"name": "t"}}]
    some: Any = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    for name, value in (("tools", tools), ("tool_choice", some)):
        with pytest.raises(Refused, match="'function'"):
            ask(Plain(), **{name: value})


def test_each_choice_has_its_index() -> None:
    told = chunks(Plain(), n=2, usage=False)
    assert [c["choices"][0]["index"] for c in told[:4]] == [0, 1, 0, 1]


def test_a_whole_answer_has_reasoning_only_where_it_is_shown() -> None:
    assert Plain().message(SCRIPT).keys() == {"role", "content", "tool_calls"}
    assert Spoken().message(SCRIPT)["reasoning"] == "Hm so"


def test_fields_are_refused_or_ignored() -> None:
    assert ask(Plain(), bogus=1).status == 200
    assert ask(Strict(), top_k=1).status == 200
    for name in ("bogus", "seed"):
        with pytest.raises(Refused) as caught:
            ask(Strict(), **{name: 1})
        assert (caught.value.param, caught.value.code) == (name, "unknown_parameter")


@pytest.mark.parametrize("body", [{"model": ""}, {"messages": []}, {"temperature": 3}])
def test_wrong_requests_are_refused(body: Any) -> None:
    with pytest.raises(Refused):
        ask(Plain(), **body)


def test_a_role_that_nobody_has_is_refused() -> None:
    with pytest.raises(Refused, match="Supported values"):
        ask(Plain(), messages=[{"role": "developer", "content": "x"}])


def test_models_and_refusals() -> None:
    headers = {"authorization": "Bearer sim-key"}
    listed = Plain().answer(Request("GET", "/v1/models", headers), Desk())
    assert orjson.loads(listed.body())["data"][0]["id"] == "sim-model"
    with pytest.raises(Refused):
        Plain().answer(Request("GET", "/v1/models"), Desk())
    answer = Plain().refusal(Refused(Trouble.NO_CREDIT, "Pay.", param="p"))
    assert orjson.loads(answer.body())["error"] == {
        "message": "Pay.",
        "type": "insufficient_quota",
        "param": "p",
        "code": "credit_balance_exhausted",
    }
