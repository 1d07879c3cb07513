"""Whole answers, written for clients."""

from typing import Any

import orjson
from openai.types.chat import ChatCompletion

from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Media, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.chat.answer_read import read_answer
from weftline_core.dialects.chat.answer_write import write_answer
from weftline_core.dialects.chat.usage import standard
from weftline_core.dialects.dialect import Echo
from weftline_core.usage import Usage

ECHO = Echo(request_id="01J", model="mine", created_unix_s=5, body={})


def write(answer: Answer) -> dict[str, Any]:
    data = write_answer(answer, ECHO)
    ChatCompletion.model_validate_json(data)
    told: dict[str, Any] = orjson.loads(data)
    return told


def one(*parts: Any, stop: Stop = Stop.END, **more: Any) -> dict[str, Any]:
    told = write(Answer(choices=[Choice(parts=list(parts), stop=stop, **more)]))
    choice: dict[str, Any] = told["choices"][0]
    return choice


def test_a_plain_answer_is_openais() -> None:
    made = Answer(
        choices=[Choice(parts=[Text(text="a"), Text(text="b")], stop=Stop.END)],
        id="theirs",
        model="theirs",
        usage=Usage(3, 4),
    )
    told = write(made)
    assert told.pop("usage")["total_tokens"] == 7
    assert told == {
        "id": "chatcmpl-01J",
        "object": "chat.completion",
        "created": 5,
        "model": "mine",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "ab",
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    }


def test_usage_nobody_reported_is_not_zero() -> None:
    assert "usage" not in write(Answer(choices=[Choice(parts=[], stop=Stop.LENGTH)]))


def test_calls_have_no_content_but_always_arguments() -> None:
    choice = one(
        ToolCall(id="c1", name="f", arguments="", signature="SIG"),
        ToolCall(id="c2", name="run", arguments="ls", free_text=True),
        stop=Stop.TOOL_CALLS,
    )
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"] == [
        {
            "id": "c1__thought__SIG",
            "type": "function",
            "function": {"name": "f", "arguments": "{}"},
        },
        {"id": "c2", "type": "custom", "custom": {"name": "run", "input": "ls"}},
    ]
    assert choice["finish_reason"] == "tool_calls"


def test_thoughts_refusals_and_pictures_have_their_fields() -> None:
    choice = one(
        Reasoning(text="hm", signature="s", origin="messages"),
        Refusal(text="no"),
        Media(kind="image", mime="image/png", data="AA"),
        stop=Stop.REFUSED,
    )
    message = choice["message"]
    assert (message["content"], message["refusal"]) == (None, "no")
    assert message["reasoning_content"] == "hm"
    assert message["images"][0]["image_url"] == {"url": "data:image/png;base64,AA"}
    assert choice["finish_reason"] == "stop"
    assert "signature" not in str(choice)


def test_logprobs_and_citations_are_whole() -> None:
    top = TokenLogprob(token="é", logprob=-2.0)
    choice = one(
        Text(text="a"),
        citations=[Citation(url="https://x")],
        logprobs=[TokenLogprob(token="a", logprob=-1.0, top=[top])],
    )
    (token,) = choice["logprobs"]["content"]
    assert (token["bytes"], token["top_logprobs"][0]["bytes"]) == ([97], [195, 169])
    assert choice["message"]["annotations"][0]["url_citation"]["end_index"] == 0


def test_what_is_written_reads_the_same() -> None:
    call = ToolCall(id="c1", name="f", arguments="{}")
    made = Answer(
        choices=[
            Choice(parts=[Text(text="a"), call], stop=Stop.TOOL_CALLS),
            Choice(parts=[Reasoning(text="h", origin="chat"), Text(text="b")], stop=Stop.LENGTH),
        ],
        id="chatcmpl-01J",
        model="mine",
        usage=Usage(3, 4, 1),
    )
    assert read_answer(write_answer(made, ECHO), standard) == made
