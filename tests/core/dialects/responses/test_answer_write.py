"""Whole answers to clients, checked by the SDK's own types."""

from typing import Any

import orjson

from tests.fakes.responses_wire import as_response, echo, response
from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.responses.answer_read import read_answer
from weftline_core.dialects.responses.answer_write import write_answer
from weftline_core.usage import Usage


def write(*parts: Part, stop: Stop = Stop.END, **more: Any) -> dict[str, Any]:
    choice = Choice(parts=list(parts), stop=stop, **more)
    return as_response(write_answer(Answer(choices=[choice], usage=Usage(3, 4)), echo()))


def test_a_plain_answer() -> None:
    written = write(Text(text="hi "), Text(text="you"), Text(text=""))
    assert written["id"] == "resp_00ab"
    assert (written["model"], written["status"], written["created_at"]) == (
        "m",
        "completed",
        1_700_000_000,
    )
    assert written["usage"]["total_tokens"] == 7
    assert written["output"] == [
        {
            "id": "msg_00ab_0",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [
                {"type": "output_text", "text": "hi you", "annotations": [], "logprobs": []}
            ],
        }
    ]


def test_all_kinds_of_parts() -> None:
    output = write(
        Reasoning(text="hm", origin="responses"),
        Reasoning(text="", redacted="rs_9 gA", origin="responses"),
        Reasoning(text="so", signature="SIG", origin="messages"),
        Text(text="hi"),
        Refusal(text="no"),
        ToolCall(id="c", name="f", arguments="{}", signature="G"),
        ToolCall(id="d", name="sh", arguments="ls", free_text=True),
        Media(kind="image", mime="image/png", data="QQ"),
        stop=Stop.TOOL_CALLS,
    )["output"]
    assert [item["type"] for item in output] == [
        "reasoning",
        "reasoning",
        "message",
        "reasoning",
        "function_call",
        "custom_tool_call",
        "image_generation_call",
    ]
    assert (output[0]["id"], output[0]["encrypted_content"]) == ("rs_9", "gA")
    assert output[0]["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert output[1]["encrypted_content"] == "weft.messages.s.SIG"
    assert [part["type"] for part in output[2]["content"]] == ["output_text", "refusal"]
    assert output[3]["encrypted_content"] == "weft.call.c.G"
    assert (output[5]["input"], output[6]["result"]) == ("ls", "QQ")
    assert len({item["id"] for item in output}) == len(output)


def test_thoughts_of_two_kinds_stay_apart() -> None:
    output = write(
        Reasoning(text="a", origin=""), Text(text="b"), Reasoning(text="", redacted="r", origin="x")
    )["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "reasoning"]
    assert "encrypted_content" not in output[0]
    assert output[2]["summary"] == []


def test_what_belongs_to_the_words_stands_with_them() -> None:
    tokens = [TokenLogprob(token="hi", logprob=-1.0, top=[TokenLogprob(token="ä", logprob=-2.0)])]
    written = write(
        Text(text="hi"), citations=[Citation(url="https://a", start=0, end=2)], logprobs=tokens
    )
    (part,) = written["output"][0]["content"]
    assert part["annotations"] == [
        {"type": "url_citation", "url": "https://a", "title": "", "start_index": 0, "end_index": 2}
    ]
    assert part["logprobs"][0]["bytes"] == [104, 105]
    assert part["logprobs"][0]["top_logprobs"][0]["bytes"] == list("ä".encode())


def test_an_answer_that_was_cut_is_incomplete() -> None:
    cut = write(Text(text="hi"), stop=Stop.LENGTH)
    assert (cut["status"], cut["output"][0]["status"]) == ("incomplete", "incomplete")
    assert cut["incomplete_details"] == {"reason": "max_output_tokens"}
    assert write(stop=Stop.FILTERED)["incomplete_details"] == {"reason": "content_filter"}
    assert write(stop=Stop.REFUSED)["incomplete_details"] == {"reason": "content_filter"}
    assert write(Refusal(text="no"), stop=Stop.REFUSED)["status"] == "completed"
    assert write(Text(text="a"), stop=Stop.PAUSED)["status"] == "completed"


def test_an_answer_comes_out_as_it_went_in() -> None:
    item = {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "gA",
    }
    call = {"id": "fc_1", "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    once = read_answer(orjson.dumps(response([item, call])))
    again = read_answer(write_answer(once, echo()))
    assert (again.choices, again.usage) == (once.choices, once.usage)
