"""Whole answers of Cohere, good and bad."""

from typing import Any

import orjson
import pytest
from hypothesis import given

from tests.fakes.odd_json import odd_json
from weftline_core.chat.answer import Citation, Stop
from weftline_core.chat.parts import Reasoning, Text, ToolCall
from weftline_core.dialects.cohere_chat.answer_read import check_answer, read_answer
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.failures import Failure
from weftline_core.usage import Usage


def wire(message: object, **changes: object) -> bytes:
    whole: dict[str, Any] = {
        "id": "c14c80c3",
        "message": message,
        "finish_reason": "COMPLETE",
        "usage": {
            "billed_units": {"input_tokens": 5.0, "output_tokens": 2},
            "tokens": {"input_tokens": 71, "output_tokens": 4},
            "cached_tokens": 64,
        },
    }
    return orjson.dumps(whole | changes)


def test_thoughts_and_words() -> None:
    content = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "hi"},
        {"type": "text", "text": ""},
    ]
    answer = read_answer(wire({"role": "assistant", "content": content}))
    (choice,) = answer.choices
    assert choice.parts == [Reasoning(text="hm", origin="cohere_chat"), Text(text="hi")]
    assert choice.stop is Stop.END
    assert (answer.id, answer.usage) == ("c14c80c3", Usage(5, 2))


def test_the_plan_is_what_is_said_before_the_calls() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"n":1}'}},
        {"id": "b", "type": "function", "function": {"name": "now", "arguments": ""}},
    ]
    message = {"role": "assistant", "tool_plan": "I will look.", "tool_calls": calls}
    (choice,) = read_answer(wire(message, finish_reason="TOOL_CALL")).choices
    assert choice.parts == [
        Text(text="I will look."),
        ToolCall(id="a", name="find", arguments='{"n":1}'),
        ToolCall(id="b", name="now", arguments="{}"),
    ]
    assert choice.stop is Stop.TOOL_CALLS


def test_citations_count_from_the_beginning_of_the_text() -> None:
    cited = {
        "start": 1,
        "end": 3,
        "text": "it",
        "sources": [{"type": "document", "id": "d", "document": {"url": "https://x"}}],
        "content_index": 1,
        "type": "TEXT_CONTENT",
    }
    content = [{"type": "text", "text": "four"}, {"type": "text", "text": "bits"}]
    message = {"tool_plan": "plan", "content": content, "citations": [cited]}
    (choice,) = read_answer(wire(message)).choices
    assert choice.citations == [Citation(url="https://x", start=9, end=11)]


def test_words_alone_are_content_too() -> None:
    assert read_answer(wire({"content": "hi"})).choices[0].parts == [Text(text="hi")]


def test_no_usage_is_not_zero() -> None:
    assert read_answer(wire({"content": []}, usage=None)).usage is None
    assert check_answer(wire({"content": []})) == Usage(5, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        wire(None),
        wire({"content": []}, finish_reason=None),
        wire({"content": 7}),
        wire({"content": []}, usage="none"),
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    for reader in (read_answer, check_answer):
        with pytest.raises(NotAnAnswer, match="its answer"):
            reader(data)


@pytest.mark.parametrize("call", [{}, {"id": "a"}, {"id": "a", "function": {"arguments": "{}"}}])
def test_a_call_without_a_name_is_none(call: object) -> None:
    with pytest.raises(NotAnAnswer, match="tool call"):
        read_answer(wire({"tool_calls": [call]}))


@pytest.mark.parametrize(
    "data", [b'{"message":"oh"}', wire({"content": "a"}, finish_reason="ERROR")]
)
def test_what_cohere_gave_up_is_an_error(data: bytes) -> None:
    with pytest.raises(AnswerIsError) as e:
        read_answer(data)
    assert e.value.verdict.failure is Failure.SERVER_ERROR


JSON = odd_json("message", "content", "text", "tool_calls", "usage", "finish_reason")


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        read_answer(orjson.dumps(value))
    except (NotAnAnswer, AnswerIsError):
        return
