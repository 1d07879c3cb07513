"""Whole answers in Workers AI's form, which its own reader reads again."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.answer import Answer, Choice, Stop
from weftline_core.chat.conversation import AnswerFormat, Conversation
from weftline_core.chat.parts import Part, Reasoning, Text, ToolCall
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.workers_ai.answer_read import read_answer
from weftline_core.dialects.workers_ai.answer_write import (
    call_of,
    enveloped,
    usage_of,
    write_answer,
)
from weftline_core.usage import Usage

ECHO = Echo(request_id="req_1", model="@cf/x", created_unix_s=0, body={})


def answer(*parts: Part, usage: Usage | None = None) -> Answer:
    return Answer(choices=[Choice(parts=list(parts), stop=Stop.END)], usage=usage)


def test_the_whole_form() -> None:
    call = ToolCall(id="c", name="f", arguments='{"x":1}')
    usage = Usage(5, 2, cache_read_tokens=3)
    data = write_answer(answer(Text(text="a"), call, usage=usage), ECHO)
    assert orjson.loads(data) == {
        "result": {
            "response": "a",
            "tool_calls": [{"id": "c", "name": "f", "arguments": {"x": 1}}],
            "usage": {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "total_tokens": 7,
                "prompt_tokens_details": {"cached_tokens": 3},
            },
        },
        "success": True,
        "errors": [],
        "messages": [],
    }


def test_thoughts_and_unknown_usage_are_left_out() -> None:
    data = write_answer(answer(Reasoning(text="hm"), Text(text="a")), ECHO)
    assert orjson.loads(data)["result"] == {"response": "a"}
    assert orjson.loads(write_answer(Answer(choices=[]), ECHO))["result"] == {"response": ""}


def test_json_that_was_asked_for_is_no_text() -> None:
    echo = Echo(
        request_id="r",
        model="m",
        created_unix_s=0,
        body={},
        asked=Conversation(format=AnswerFormat()),
    )
    assert orjson.loads(write_answer(answer(Text(text='{"a":1}')), echo))["result"] == {
        "response": {"a": 1}
    }
    cut = orjson.loads(write_answer(answer(Text(text='{"a":')), echo))
    assert cut["result"]["response"] == '{"a":'


def test_arguments_that_were_cut_stay_text() -> None:
    assert call_of("c", "f", '{"x":')["arguments"] == '{"x":'
    assert call_of("c", "f", "")["arguments"] == {}


def test_the_envelope_goes_around_any_json() -> None:
    assert orjson.loads(enveloped(b"[1]"))["result"] == [1]
    assert usage_of(Usage(1, 2)) == {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
    }


@given(st.text(min_size=1))
def test_what_is_written_is_read_again(text: str) -> None:
    again = read_answer(write_answer(answer(Text(text=text), usage=Usage(1, 2)), ECHO))
    assert again.choices[0].parts == [Text(text=text)]
    assert again.usage == Usage(1, 2)
