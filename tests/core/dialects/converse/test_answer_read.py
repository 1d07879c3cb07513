"""Whole answers of Converse, good and bad."""

from typing import Any

import orjson
import pytest
from hypothesis import given

from tests.fakes.odd_json import odd_json
from weftline_core.chat.answer import Citation, Stop
from weftline_core.chat.parts import Media, Reasoning, Text, ToolCall
from weftline_core.dialects.converse.answer_read import check_answer, read_answer
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.failures import Failure
from weftline_core.usage import Usage


def wire(*blocks: object, **changes: object) -> bytes:
    whole: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
        "metrics": {"latencyMs": 9},
    }
    return orjson.dumps(whole | changes)


def test_every_kind_of_part() -> None:
    answer = read_answer(
        wire(
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"reasoningContent": {"redactedContent": "eA=="}},
            {"text": "hi"},
            {"text": ""},
            {
                "citationsContent": {
                    "content": [{"text": "see "}, {"text": "there"}],
                    "citations": [
                        {"title": "t", "location": {"web": {"url": "https://x"}}},
                        {"title": "own", "location": {"documentChar": {"start": 1}}},
                    ],
                }
            },
            {"image": {"format": "webp", "source": {"bytes": "eA=="}}},
            {"toolUse": {"toolUseId": "a", "name": "find", "input": {"n": [1]}}},
            {"toolUse": {"toolUseId": "b", "name": "now", "input": {}}},
            {"toolUse": {"toolUseId": "c", "name": "web", "type": "server_tool_use"}},
            {"toolResult": {"toolUseId": "c", "content": []}},
            {"brandNew": {}},
            stopReason="tool_use",
        )
    )
    (choice,) = answer.choices
    assert choice.parts == [
        Reasoning(text="hm", signature="s", origin="converse"),
        Reasoning(text="", redacted="eA==", origin="converse"),
        Text(text="hi"),
        Text(text="see there"),
        Media(kind="image", mime="image/webp", data="eA=="),
        ToolCall(id="a", name="find", arguments='{"n":[1]}'),
        ToolCall(id="b", name="now", arguments="{}"),
    ]
    assert choice.stop is Stop.TOOL_CALLS
    assert choice.citations == [Citation(url="https://x", title="t")]
    assert answer.usage == Usage(3, 4)


def test_no_usage_is_not_zero() -> None:
    assert read_answer(wire({"text": "a"}, usage=None)).usage is None
    assert check_answer(wire(usage=None)) is None
    assert check_answer(wire()) == Usage(3, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        wire(output=None),
        wire(output={}),
        wire(stopReason=None),
        wire({"text": 1}),
        wire({"toolUse": {"name": "x"}}),
        wire(usage={"inputTokens": "3"}),
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    for reader in (read_answer, check_answer):
        with pytest.raises(NotAnAnswer, match="its answer"):
            reader(data)


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b'{"message":"slow","__type":"ThrottlingException"}', Failure.RATE_LIMITED),
        (b'{"message":"oh"}', Failure.SERVER_ERROR),
    ],
)
def test_an_error_with_status_200(data: bytes, failure: Failure) -> None:
    for reader in (read_answer, check_answer):
        with pytest.raises(AnswerIsError) as e:
            reader(data)
        assert e.value.verdict.failure is failure


def test_a_model_that_failed_at_its_format_has_not_stopped() -> None:
    with pytest.raises(AnswerIsError) as e:
        read_answer(wire({"text": "a"}, stopReason="malformed_tool_use"))
    assert e.value.verdict.failure is Failure.BROKEN


JSON = odd_json("output", "message", "content", "text", "toolUse", "usage", "stopReason")


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        read_answer(orjson.dumps(value))
    except (NotAnAnswer, AnswerIsError):
        return
