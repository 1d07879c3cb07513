"""A host's whole answer, as it should be and as it should not."""

import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.odd_json import odd_json
from weftline_core.chat.answer import Answer, Choice, Citation, Stop
from weftline_core.chat.parts import Foreign, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.messages.answer_read import check_answer, read_answer, read_count
from weftline_core.failures import Failure
from weftline_core.usage import Usage


def body(content: object, stop: object = "end_turn", **more: object) -> bytes:
    return orjson.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-5",
            "content": content,
            "stop_reason": stop,
            "usage": {"input_tokens": 5, "output_tokens": 7},
            **more,
        }
    )


TEXT = {"type": "text", "text": "hi", "citations": None}
CALL = {"type": "tool_use", "id": "toolu_a", "name": "f", "input": {"x": 1}}


def choice(data: bytes) -> Choice:
    return read_answer(data).choices[0]


def test_a_plain_answer() -> None:
    assert read_answer(body([TEXT])) == Answer(
        choices=[Choice(parts=[Text(text="hi")], stop=Stop.END)],
        id="msg_1",
        model="claude-5",
        usage=Usage(5, 7),
    )


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        (CALL, [ToolCall(id="toolu_a", name="f", arguments='{"x":1}')]),
        (
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            [Reasoning(text="hm", signature="s", origin="messages")],
        ),
        (
            {"type": "thinking", "thinking": "hm"},
            [Reasoning(text="hm", origin="messages")],
        ),
        (
            {"type": "redacted_thinking", "data": "x"},
            [Reasoning(text="", redacted="x", origin="messages")],
        ),
        ({"type": "fallback", "from": {}, "to": {}}, []),
        (
            {"type": "server_tool_use", "id": "s"},
            [Foreign(origin="messages", value={"type": "server_tool_use", "id": "s"})],
        ),
    ],
)
def test_a_block_becomes_a_part(block: dict[str, Any], parts: list[Part]) -> None:
    assert choice(body([block], "tool_use")).parts == parts


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END),
        ("stop_sequence", Stop.SEQUENCE),
        ("max_tokens", Stop.LENGTH),
        ("model_context_window_exceeded", Stop.LENGTH),
        ("tool_use", Stop.TOOL_CALLS),
        ("refusal", Stop.REFUSED),
        ("pause_turn", Stop.PAUSED),
        ("something_new", Stop.END),
    ],
)
def test_each_reason_is_a_stop(reason: str, stop: Stop) -> None:
    assert choice(body([TEXT], reason)).stop is stop


def test_an_answer_that_calls_tools_stops_for_them() -> None:
    assert choice(body([CALL], "end_turn")).stop is Stop.TOOL_CALLS
    assert choice(body([CALL], "max_tokens")).stop is Stop.LENGTH


def test_a_stop_sequence_is_named() -> None:
    assert choice(body([TEXT], "stop_sequence", stop_sequence="END")).stop_sequence == "END"


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "I can't."}
    refused = choice(body([], "refusal", stop_details=details))
    assert refused == Choice(parts=[Refusal(text="I can't.")], stop=Stop.REFUSED)


def test_citations_span_the_text_that_they_stand_on() -> None:
    web = {"type": "web_search_result_location", "url": "https://x", "title": "X"}
    own = {"type": "char_location", "document_index": 0}
    cited = {"type": "text", "text": "cd", "citations": [web, own]}
    found = choice(body([{"type": "text", "text": "ab"}, cited])).citations
    assert found == [Citation(url="https://x", title="X", start=2, end=4)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        body(None),
        body("hi"),
        body([TEXT])[:-4],
        body([TEXT]).replace(b"hi", b"\xff"),
        body([TEXT]).replace(b"message", b"\xff"),
        b"[" * 9999,
    ],
)
def test_what_is_no_answer_is_none(data: bytes) -> None:
    for read in (read_answer, check_answer):
        with pytest.raises(NotAnAnswer):
            read(data)


@pytest.mark.parametrize(
    "data",
    [
        body([7]),
        body([{"type": "text", "text": None}]),
        body([{"type": "tool_use", "id": "a", "name": "f", "input": "{}"}]),
        body([TEXT], None),
    ],
)
def test_a_malformed_block_or_no_stop_is_no_answer(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(data)


def test_an_error_with_status_200_is_one() -> None:
    error = {"type": "overloaded_error", "message": "Overloaded"}
    for data in (
        orjson.dumps({"type": "error", "error": error}),
        body([], "end_turn", error=error),
    ):
        for read in (read_answer, check_answer):
            with pytest.raises(AnswerIsError) as told:
                read(data)
            assert told.value.verdict.failure is Failure.OVERLOADED


def test_an_answer_that_is_passed_on_is_checked_and_counted() -> None:
    assert check_answer(body([TEXT, {"type": "new"}])) == Usage(5, 7)
    assert check_answer(body([TEXT], usage=None)) is None
    half = body([TEXT]).replace(b"hi", b"\\ud83d")
    assert check_answer(half) == Usage(5, 7)


def test_a_count_is_read() -> None:
    assert read_count(b'{"input_tokens":9,"x":1}') == 9
    for data in (b"{}", b"9", b'{"input_tokens":"9"}', b"", b'{"\xff":1}'):
        with pytest.raises(NotAnAnswer):
            read_count(data)


JSON = odd_json("type", "content", "text", "input", "id", "stop_reason", "usage")


@given(JSON, st.sampled_from(["text", "tool_use", "thinking", "redacted_thinking", "x"]), JSON)
def test_no_answer_raises_anything_else(content: object, kind: str, more: object) -> None:
    block = {"type": kind, **(more if isinstance(more, dict) else {"text": more})}
    for data in (body(content), body([block, content]), orjson.dumps(content)):
        for read in (read_answer, check_answer):
            with contextlib.suppress(NotAnAnswer, AnswerIsError):
                read(data)


def test_arguments_keep_whole_numbers_of_any_size() -> None:
    call = b'{"type":"tool_use","id":"t","name":"f","input":{"id":12345678901234567890123}}'
    data = b'{"type":"message","content":[%b],"stop_reason":"tool_use"}' % call
    (part,) = read_answer(data).choices[0].parts
    assert isinstance(part, ToolCall)
    assert part.arguments == '{"id":12345678901234567890123}'
