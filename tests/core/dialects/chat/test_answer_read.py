"""Whole answers of hosts: checked, and read."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.chat.answer_read import check_answer, read_answer
from weftline_core.dialects.chat.calls_read import minted
from weftline_core.dialects.chat.usage import standard
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.failures import Failure
from weftline_core.usage import Usage

COUNTS = {"prompt_tokens": 3, "completion_tokens": 4}


def answer(message: dict[str, Any], finish: Any = "stop", /, **more: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish, **more}
    return orjson.dumps({"id": "x1", "model": "m1", "choices": [choice], "usage": COUNTS})


HI = answer({"role": "assistant", "content": "hi"})


def test_an_answer_is_checked_and_read() -> None:
    for data in (HI, b"\n\n\n" + HI):
        assert check_answer(data, standard) == Usage(3, 4)
        assert read_answer(data, standard) == Answer(
            choices=[Choice(parts=[Text(text="hi")], stop=Stop.END)],
            id="x1",
            model="m1",
            usage=Usage(3, 4),
        )


def test_the_tier_that_served_is_read_with_the_usage() -> None:
    flex = HI.replace(b'"usage":', b'"service_tier":"flex","usage":')
    # The second can only be read slowly.
    for data in (flex, flex.replace(b'"finish_reason"', b'"x":"\\ud800","finish_reason"')):
        assert check_answer(data, standard) == Usage(3, 4, service_tier="flex")
    assert read_answer(flex, standard).usage == Usage(3, 4, service_tier="flex")


NOTHING: dict[str, object] = {}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


@pytest.mark.parametrize(
    ("message", "finish", "parts", "stop"),
    [
        ({"content": None}, "length", [], Stop.LENGTH),
        ({"content": "a"}, None, [Text(text="a")], Stop.END),
        (
            {"content": "a", "reasoning": "h"},
            "stop",
            [Reasoning(text="h", origin="chat"), Text(text="a")],
            Stop.END,
        ),
        (
            {"content": [{"type": "thinking", "thinking": "h"}, {"type": "text", "text": "a"}]},
            "stop",
            [Reasoning(text="h", origin="chat"), Text(text="a")],
            Stop.END,
        ),
        ({"refusal": "no"}, "stop", [Refusal(text="no")], Stop.REFUSED),
        (
            {"tool_calls": [CALL]},
            "stop",
            [ToolCall(id="c1", name="f", arguments='{"a":1}')],
            Stop.TOOL_CALLS,
        ),
        (
            {"tool_calls": [{"function": {"name": "f", "arguments": NOTHING}}]},
            "tool_calls",
            [ToolCall(id=minted("x1", 0, 0), name="f", arguments="{}")],
            Stop.TOOL_CALLS,
        ),
        (
            {"tool_calls": [{"id": "c1", "custom": {"name": "run", "input": "ls"}}]},
            "tool_calls",
            [ToolCall(id="c1", name="run", arguments="ls", free_text=True)],
            Stop.TOOL_CALLS,
        ),
        (
            {"images": [{"image_url": {"url": "data:image/png;base64,AA"}}]},
            "stop",
            [Media(kind="image", mime="image/png", data="AA")],
            Stop.END,
        ),
        ({"content": ""}, "content_filter", [], Stop.FILTERED),
    ],
)
def test_each_part_is_read(
    message: dict[str, Any], finish: Any, parts: list[Part], stop: Stop
) -> None:
    (choice,) = read_answer(answer(message, finish), standard).choices
    assert (choice.parts, choice.stop) == (parts, stop)


def test_what_stands_beside_the_words_is_read() -> None:
    message = {"content": "a", "annotations": [{"url_citation": {"url": "https://x"}}]}
    logprobs = {"content": [{"token": "a", "logprob": -1}]}
    data = answer(message, "stop", logprobs=logprobs, matched_stop="END")
    (choice,) = read_answer(data, standard).choices
    assert choice.citations == [Citation(url="https://x")]
    assert choice.logprobs == [TokenLogprob(token="a", logprob=-1.0)]
    assert (choice.stop, choice.stop_sequence) == (Stop.SEQUENCE, "END")


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b'{"error":{"message":"m","code":"insufficient_quota"}}', Failure.QUOTA),
        (b'{"error":"text"}', Failure.SERVER_ERROR),
        (b'{"object":"error","message":"m","code":503}', Failure.OVERLOADED),
        (b'{"base_resp":{"status_code":1008,"status_msg":"m"},"choices":null}', Failure.QUOTA),
        (b'{"base_resp":{"status_code":1002},"choices":[]}', Failure.RATE_LIMITED),
        (answer({"content": "a"}, "insufficient_system_resource"), Failure.OVERLOADED),
        (
            answer({"content": "a\ud83d".encode("utf-16", "surrogatepass").hex()}, "error"),
            Failure.SERVER_ERROR,
        ),
        (HI[:-1] + b',"error":{"message":"m"}}', Failure.SERVER_ERROR),
        (
            b'{"choices":[{"finish_reason":"error"}],"base_resp":{"status_code":0}}',
            Failure.SERVER_ERROR,
        ),
    ],
)
def test_an_error_with_status_200_is_one(data: bytes, failure: Failure) -> None:
    for look in (check_answer, read_answer):
        with pytest.raises(AnswerIsError) as told:
            look(data, standard)
        assert told.value.verdict.failure is failure


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"choices":{}}',
        HI[:-2],
        HI.replace(b"hi", b"\xff"),
        b"[" * 9999,
    ],
)
def test_what_is_neither_is_told(data: bytes) -> None:
    for look in (check_answer, read_answer):
        with pytest.raises(NotAnAnswer):
            look(data, standard)


@pytest.mark.parametrize(
    "data",
    [
        b'{"choices":[]}',
        b'{"choices":[7]}',
        answer({"content": 7}),
        answer({"tool_calls": [{"id": "c"}]}),
        answer({"tool_calls": [{"id": "c", "function": {"name": ""}}]}),
    ],
)
def test_what_cannot_be_read_is_no_answer(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(data, standard)


def test_half_a_character_and_a_zero_base_status_pass() -> None:
    half = HI.replace(b"hi", b"\\ud83d")
    assert check_answer(half, standard) == Usage(3, 4)
    assert read_answer(half, standard).choices[0].parts == [Text(text="\ufffd")]
    minimax = HI[:-1] + b',"base_resp":{"status_code":0}}'
    assert check_answer(minimax, standard) == Usage(3, 4)
    assert read_answer(minimax, standard).usage == Usage(3, 4)


@given(st.binary(max_size=60), st.integers(0, len(HI)))
def test_no_bytes_are_too_odd(noise: bytes, at: int) -> None:
    data = HI[:at] + noise + HI[at:]
    for look in (check_answer, read_answer):
        try:
            look(data, standard)
        except (NotAnAnswer, AnswerIsError):
            continue
