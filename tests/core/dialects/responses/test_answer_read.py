"""Whole answers of hosts."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.responses_wire import JSON, function_call, message, response
from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Media, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.responses.answer_read import check_answer, read_answer, read_count
from weftline_core.failures import Failure
from weftline_core.usage import Usage

Json = dict[str, Any]


def read(output: list[Json], **more: object) -> Choice:
    return read_answer(orjson.dumps(response(output, **more))).choices[0]


def test_a_plain_answer() -> None:
    answer = read_answer(orjson.dumps(response([message("hi")])))
    usage = Usage(10, 7, cache_read_tokens=4, cache_write_tokens=2, reasoning_tokens=3)
    assert answer == Answer(
        choices=[Choice(parts=[Text(text="hi")], stop=Stop.END)],
        id="resp_host",
        model="gpt-dated",
        usage=usage,
    )


def test_all_kinds_of_items() -> None:
    link: Json = {
        "type": "url_citation",
        "url": "https://a",
        "title": "A",
        "start_index": 0,
        "end_index": 2,
    }
    logprob = {
        "token": "hi",
        "logprob": -0.5,
        "bytes": [1],
        "top_logprobs": [{"token": "ho", "logprob": -1}],
    }
    custom = {"type": "custom_tool_call", "call_id": "c2", "name": "sh", "input": "ls"}
    choice = read(
        [
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [
                    {"type": "summary_text", "text": "a"},
                    {"type": "summary_text", "text": "b"},
                ],
                "encrypted_content": "gA",
            },
            {"type": "web_search_call", "id": "ws_1", "content": 7},
            message(
                "hi", annotations=[link, {"type": "file_path", "file_id": "f"}], logprobs=[logprob]
            ),
            {"type": "image_generation_call", "id": "ig", "result": "QQ", "output_format": "webp"},
            function_call(),
            custom,
        ]
    )
    assert choice.parts == [
        Reasoning(text="a\n\nb", origin="responses"),
        Reasoning(text="", redacted="rs_1 gA", origin="responses"),
        Text(text="hi"),
        Media(kind="image", mime="image/webp", data="QQ"),
        ToolCall(id="call_1", name="f", arguments='{"a":1}'),
        ToolCall(id="c2", name="sh", arguments="ls", free_text=True),
    ]
    assert choice.stop is Stop.TOOL_CALLS
    assert choice.citations == [Citation(url="https://a", title="A", start=0, end=2)]
    top = [TokenLogprob(token="ho", logprob=-1.0)]
    assert choice.logprobs == [TokenLogprob(token="hi", logprob=-0.5, top=top)]


@pytest.mark.parametrize(
    ("more", "stop"),
    [
        ({}, Stop.END),
        ({"status": None}, Stop.END),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            Stop.LENGTH,
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            Stop.FILTERED,
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_messages"}}, Stop.PAUSED),
        ({"status": "incomplete", "incomplete_details": {"reason": "who knows"}}, Stop.LENGTH),
        ({"status": "incomplete"}, Stop.LENGTH),
    ],
)
def test_why_it_stopped(more: Json, stop: Stop) -> None:
    assert read([message("hi")], **more).stop is stop


def test_a_call_that_was_cut_is_cut() -> None:
    cut = read([function_call('{"a":')], status="incomplete")
    assert cut.stop is Stop.LENGTH
    assert cut.parts == [ToolCall(id="call_1", name="f", arguments='{"a":')]


@pytest.mark.parametrize("arguments", ["", None])
def test_a_call_without_arguments_has_an_empty_object(arguments: str | None) -> None:
    (call,) = read([{**function_call(), "arguments": arguments}]).parts
    assert isinstance(call, ToolCall)
    assert call.arguments == "{}"


def test_arguments_that_are_an_object_become_text() -> None:
    (call,) = read([{**function_call(), "arguments": {"a": 1}}]).parts
    assert isinstance(call, ToolCall)
    assert call.arguments == '{"a":1}'


def test_a_refusal_is_one_unless_something_was_said() -> None:
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}
    assert read([refusal]) == Choice(parts=[Refusal(text="no")], stop=Stop.REFUSED)
    assert read([message("well"), refusal]).stop is Stop.END


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"object":"response"}',
        b'{"output":"hi"}',
        b'{"output":[{"type":"message","content":7}],"status":"completed"}',
        b'{"output":[7]}',
        b'{"output":[],"status":"in_progress"}',
        b'{"output":[],"status":"queued"}',
        b'{"output":[],"status":"cancelled"}',
    ],
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(data)


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b'{"error":{"message":"x","code":"rate_limit_exceeded"}}', Failure.RATE_LIMITED),
        (b'{"error":"x"}', Failure.SERVER_ERROR),
        (b'{"status":"failed","error":{"code":"server_error"},"output":[]}', Failure.SERVER_ERROR),
        (b'{"status":"failed","error":null,"output":[]}', Failure.SERVER_ERROR),
    ],
)
def test_an_error_with_status_200(data: bytes, failure: Failure) -> None:
    for read_it in (read_answer, check_answer):
        with pytest.raises(AnswerIsError) as caught:
            read_it(data)
        assert caught.value.verdict.failure is failure


def test_what_passes_on_is_only_checked() -> None:
    assert check_answer(b'{"output":[],"status":"queued"}') is None
    for wrong in (b"{}", b'{"output":[],"x":"\xff"}'):
        with pytest.raises(NotAnAnswer):
            check_answer(wrong)


def test_counts() -> None:
    assert read_count(b'{"input_tokens":3}') == 3


KINDS = st.sampled_from(["message", "reasoning", "function_call", "image_generation_call", "x"])


@given(
    st.lists(
        st.fixed_dictionaries(
            {"type": KINDS},
            optional=dict.fromkeys(("content", "summary", "arguments", "result", "id"), JSON),
        ),
        max_size=3,
    ),
    JSON,
)
def test_any_answer_is_read_or_refused(output: list[Json], usage: object) -> None:
    try:
        found = read_answer(orjson.dumps({"output": output, "usage": usage}))
    except NotAnAnswer:
        return
    assert len(found.choices) == 1
