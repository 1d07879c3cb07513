"""A whole answer as clients of Anthropic read it."""

from typing import Any

import orjson
import pytest
from anthropic.types import Message

from tests.fakes.messages_stream import ECHO
from weftline_core.chat.answer import Answer, Choice, Citation, Stop
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from weftline_core.dialects.messages.answer_read import read_answer
from weftline_core.dialects.messages.answer_write import message_id, write_answer
from weftline_core.dialects.messages.tool_ids import signed_id
from weftline_core.usage import Usage


def write(*parts: Part, stop: Stop = Stop.END, **more: Any) -> dict[str, Any]:
    answer = Answer(choices=[Choice(parts=list(parts), stop=stop, **more)], usage=Usage(9, 3, 4))
    data = write_answer(answer, ECHO)
    assert Message.model_validate_json(data).role == "assistant"
    body: dict[str, Any] = orjson.loads(data)
    return body


def test_a_plain_answer() -> None:
    body = write(Text(text="hi"))
    usage = body.pop("usage")
    assert body == {
        "id": message_id("req_1"),
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
    }
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (5, 4)
    assert body["id"] == "msg_1"


@pytest.mark.parametrize(
    ("part", "blocks"),
    [
        (Text(text=""), []),
        (Refusal(text="no"), [{"type": "text", "text": "no"}]),
        (
            ToolCall(id="functions.f:0", name="f", arguments='{"x":1}'),
            [{"type": "tool_use", "id": "functions_f_0", "name": "f", "input": {"x": 1}}],
        ),
        (
            ToolCall(id="c:0", name="f", arguments='{"x":1}', signature="c2ln"),
            [{"type": "tool_use", "id": signed_id("c_0", "c2ln"), "name": "f", "input": {"x": 1}}],
        ),
        (
            Reasoning(text="hm", signature="s", origin="messages"),
            [{"type": "thinking", "thinking": "hm", "signature": "s"}],
        ),
        (
            Reasoning(text="hm", signature="s", origin="generate"),
            [{"type": "thinking", "thinking": "hm", "signature": ""}],
        ),
        (Reasoning(text="", signature="s", origin="generate"), []),
        (
            Reasoning(text="", redacted="x", origin="messages"),
            [{"type": "redacted_thinking", "data": "x"}],
        ),
        (Reasoning(text="", redacted="x", origin="responses"), []),
        (
            Foreign(origin="messages", value={"type": "text", "text": "x"}),
            [{"type": "text", "text": "x"}],
        ),
        (Foreign(origin="responses", value={"type": "x"}), []),
        (Media(kind="image", data="QQ=="), []),
    ],
)
def test_a_part_becomes_blocks(part: Part, blocks: list[Any]) -> None:
    assert write(part)["content"] == blocks


def test_a_cut_call_is_told_in_words_too() -> None:
    body = write(ToolCall(id="a", name="f", arguments='{"x'), stop=Stop.LENGTH)
    assert [block["type"] for block in body["content"]] == ["text", "tool_use"]
    assert body["content"][1]["input"] == {}
    assert body["stop_reason"] == "max_tokens"


def test_calls_of_one_id_are_told_apart() -> None:
    calls = [ToolCall(id="a", name="f", arguments="{}")] * 2
    assert [block["id"] for block in write(*calls)["content"]] == ["a", "a_2"]


def test_a_refusal_is_a_stop() -> None:
    assert write(Refusal(text="no"))["stop_reason"] == "refusal"
    assert write(stop=Stop.FILTERED)["stop_reason"] == "refusal"


def test_a_stop_sequence_is_named() -> None:
    body = write(Text(text="x"), stop=Stop.SEQUENCE, stop_sequence="END")
    assert (body["stop_reason"], body["stop_sequence"]) == ("stop_sequence", "END")


def test_sources_stand_on_the_last_text() -> None:
    body = write(Text(text="a"), Text(text="b"), citations=[Citation(url="https://x", title="X")])
    assert "citations" not in body["content"][0]
    assert body["content"][1]["citations"][0]["url"] == "https://x"


def test_what_is_written_reads_the_same() -> None:
    parts: list[Part] = [
        Reasoning(text="hm", signature="s", origin="messages"),
        Text(text="hi"),
        ToolCall(id="a", name="f", arguments='{"x":1}'),
    ]
    answer = Answer(
        choices=[Choice(parts=parts, stop=Stop.TOOL_CALLS)],
        id="msg_1",
        model="claude",
        usage=Usage(9, 3, 1, 2, 3, reasoning_tokens=1),
    )
    assert read_answer(write_answer(answer, ECHO)) == answer
