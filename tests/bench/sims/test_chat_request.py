"""Chat completion requests: what is read, and what is refused."""

from typing import Any

import pytest

from weftline_bench.sims.ask import Media
from weftline_bench.sims.chat_request import ChatRequest, ask_of, check_calls, data_url
from weftline_bench.sims.exchange import Refused, read


def called(*ids: str) -> Any:
    calls = [
        {"id": i, "type": "function", "function": {"name": "f", "arguments": "{}"}} for i in ids
    ]
    return {"role": "assistant", "tool_calls": calls}


def result(call_id: str, text: str = "x") -> Any:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def asked(*messages: Any, **more: Any) -> ChatRequest:
    return read({"model": "m", "messages": list(messages), **more}, ChatRequest)


USER = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    "messages",
    [
        [USER, called("a", "b"), result("a")],
        [USER, called("a"), result("b")],
        [USER, result("a")],
        [USER, called("a"), USER],
        [USER, called("a"), result("a"), result("a")],
        [USER, called("a"), {"role": "tool", "content": "x"}],
    ],
)
def test_calls_and_results_must_belong_together(messages: Any) -> None:
    with pytest.raises(Refused):
        check_calls(asked(*messages).messages)


def test_calls_with_their_results_in_any_order_are_right() -> None:
    check_calls(asked(USER, called("a", "b"), result("b"), result("a"), USER).messages)


def test_arguments_must_be_json() -> None:
    broken = called("a")
    broken["tool_calls"][0]["function"]["arguments"] = "{"
    with pytest.raises(Refused, match="Invalid JSON"):
        check_calls(asked(USER, broken).messages)


def test_what_was_asked() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    ask = ask_of(
        asked(
            {"role": "system", "content": "Brief."},
            USER,
            called("a", "b"),
            result("a", "1"),
            result("b", "2"),
            tools=[tool],
            tool_choice={"type": "function", "function": {"name": "f"}},
            parallel_tool_calls=False,
            stop="x",
            max_tokens=5,
        ),
        reasoning=True,
    )
    assert (ask.text, ask.system, ask.results) == ("hi", "Brief.", ["1", "2"])
    assert (ask.must_call, ask.may_call, ask.parallel) == ("f", True, False)
    assert (ask.stops, ask.tokens_max, ask.reasoning) == (["x"], 5, True)


def test_media_of_each_kind() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk="}},
        {"type": "file", "file": {"file_id": "f1"}},
    ]
    ask = ask_of(asked({"role": "user", "content": parts}), reasoning=False)
    assert ask.media == [
        Media("image/*", url="https://x/y.png"),
        Media("audio/wav", 2),
        Media("application/pdf", 2),
        Media("file", url="f1"),
    ]
    with pytest.raises(Refused, match="base64"):
        data_url("data:image/png;base64,?")


def test_unknown_fields_inside_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        asked({"role": "user", "content": "x", "bogus": 1})
    assert caught.value.param == "messages[0]"
