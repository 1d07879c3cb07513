"""Whole answers of Workers AI in both of its forms, good and bad."""

import orjson
import pytest
from hypothesis import given

from tests.fakes.odd_json import odd_json
from weftline_core.chat.answer import Stop
from weftline_core.chat.parts import Reasoning, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.workers_ai.answer_read import check_answer, read_answer
from weftline_core.failures import Failure
from weftline_core.usage import Usage

USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 4,
    "total_tokens": 13,
    "prompt_tokens_details": {"cached_tokens": 2},
}


def enveloped(result: object) -> bytes:
    return orjson.dumps({"result": result, "success": True, "errors": [], "messages": []})


@pytest.mark.parametrize("bare", [True, False])
def test_the_native_form(bare: bool) -> None:
    result: dict[str, object] = {"response": "hi", "tool_calls": [], "usage": USAGE}
    data = orjson.dumps(result) if bare else enveloped(result)
    answer = read_answer(data)
    (choice,) = answer.choices
    assert (choice.parts, choice.stop) == ([Text(text="hi")], Stop.END)
    assert answer.usage == check_answer(data) == Usage(9, 4, cache_read_tokens=2)


@pytest.mark.parametrize(
    ("response", "text"), [({"a": 1}, '{"a":1}'), ([1], "[1]"), (42, "42"), (0.5, "0.5")]
)
def test_a_response_may_be_any_json(response: object, text: str) -> None:
    assert read_answer(enveloped({"response": response})).choices[0].parts == [Text(text=text)]


def test_native_calls_get_ids() -> None:
    calls: list[object] = [
        {"name": "find", "arguments": {"n": 1}},
        {"name": "now", "arguments": {}},
    ]
    data = enveloped({"response": None, "tool_calls": calls})
    (choice,) = read_answer(data).choices
    first, second = choice.parts
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (first.name, first.arguments) == ("find", '{"n":1}')
    assert (second.name, second.arguments) == ("now", "{}")
    assert first.id != second.id
    assert choice.stop is Stop.TOOL_CALLS


@pytest.mark.parametrize("bare", [True, False])
def test_openais_form(bare: bool) -> None:
    result = {
        "id": "chatcmpl-1",
        "model": "@cf/x",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "hi",
                    "reasoning_content": "hm",
                    "tool_calls": [
                        {
                            "id": "a",
                            "type": "function",
                            "function": {"name": "find", "arguments": '{"n":1}'},
                        },
                        {"id": None, "function": {"name": None, "arguments": None}},
                    ],
                },
            }
        ],
        "usage": USAGE,
    }
    answer = read_answer(orjson.dumps(result) if bare else enveloped(result))
    (choice,) = answer.choices
    assert choice.parts == [
        Reasoning(text="hm", origin="workers_ai"),
        Text(text="hi"),
        ToolCall(id="a", name="find", arguments='{"n":1}'),
    ]
    assert choice.stop is Stop.TOOL_CALLS
    assert (answer.id, answer.model) == ("chatcmpl-1", "@cf/x")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        enveloped(None),
        enveloped({}),
        enveloped({"choices": []}),
        enveloped([1]),
        enveloped({"response": "a", "tool_calls": 7}),
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    for reader in (read_answer, check_answer):
        with pytest.raises(NotAnAnswer, match="its answer"):
            reader(data)


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (
            b'{"success":false,"result":null,"errors":[{"code":3040,"message":"busy"}]}',
            Failure.OVERLOADED,
        ),
        (b'{"error":{"message":"oh"}}', Failure.SERVER_ERROR),
        (b'{"success":false}', Failure.SERVER_ERROR),
    ],
)
def test_an_error_with_status_200(data: bytes, failure: Failure) -> None:
    for reader in (read_answer, check_answer):
        with pytest.raises(AnswerIsError) as e:
            reader(data)
        assert e.value.verdict.failure is failure


def test_a_failed_answer_has_not_stopped() -> None:
    with pytest.raises(AnswerIsError) as e:
        read_answer(enveloped({"choices": [{"finish_reason": "error"}]}))
    assert e.value.verdict.failure is Failure.BROKEN


JSON = odd_json("result", "response", "choices", "message", "tool_calls", "usage")


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        read_answer(orjson.dumps(value))
    except (NotAnAnswer, AnswerIsError):
        return
