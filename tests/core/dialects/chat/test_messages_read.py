"""Messages, read into turns."""

from typing import Any

import msgspec
import pytest

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from weftline_core.dialects.chat.messages_read import MessagesReader
from weftline_core.dialects.chat.shapes import MessageShape
from weftline_core.dialects.notes import Notes
from weftline_core.errors import CallerError

USER: dict[str, Any] = {"role": "user", "content": "hi"}


def call(call_id: str = "c1", arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "f", "arguments": arguments}}


def result(call_id: str = "c1", content: Any = "done") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def read(*messages: dict[str, Any]) -> tuple[list[Text], list[Turn], Notes]:
    notes = Notes()
    shapes = msgspec.convert(messages, list[MessageShape])
    return (*MessagesReader(notes).read(shapes, list(messages)), notes)


def test_a_system_prompt_is_what_stands_first() -> None:
    system, turns, notes = read(
        {"role": "system", "content": "a"},
        {"role": "developer", "content": [{"type": "text", "text": "b"}]},
        USER,
        {"role": "system", "content": "late"},
    )
    assert system == [Text(text="a"), Text(text="b")]
    assert turns == [
        Turn(role="user", parts=[Text(text="hi")]),
        Turn(role="system", parts=[Text(text="late")]),
    ]
    assert notes.paths == {Feature.LATE_SYSTEM: "messages[3]"}


def test_calls_and_their_results_are_turns() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    said = {"role": "assistant", "content": None, "tool_calls": [call("c1"), call("c2", "{")]}
    _, turns, notes = read(USER, said, result("c1"), result("c2", [image]), USER)
    assert turns[1].parts == [
        ToolCall(id="c1", name="f", arguments="{}"),
        ToolCall(id="c2", name="f", arguments="{"),
    ]
    shown = Media(kind="image", mime="image/png", data="AA")
    assert turns[2] == Turn(
        role="tool",
        parts=[
            ToolResult(call_id="c1", name="f", parts=[Text(text="done")]),
            ToolResult(call_id="c2", name="f", parts=[shown]),
        ],
    )
    assert notes.paths[Feature.TOOL_RESULT_MEDIA] == "messages[3].content[0]"


def test_a_signature_comes_back_with_its_call() -> None:
    said = {"role": "assistant", "tool_calls": [call("c1__thought__SIG")]}
    _, turns, _ = read(USER, said, result("c1__thought__SIG"))
    assert turns[1].parts == [ToolCall(id="c1", name="f", arguments="{}", signature="SIG")]
    assert turns[2].parts == [ToolResult(call_id="c1", name="f", parts=[Text(text="done")])]


def test_free_text_calls_are_told_apart() -> None:
    custom = {"id": "c1", "type": "custom", "custom": {"name": "run", "input": "ls"}}
    _, turns, notes = read(USER, {"role": "assistant", "tool_calls": [custom]})
    assert turns[1].parts == [ToolCall(id="c1", name="run", arguments="ls", free_text=True)]
    assert notes.paths[Feature.TOOL_FREE_TEXT] == "messages[1].tool_calls[0].custom"


def test_an_old_answer_keeps_all_it_had() -> None:
    said = {
        "role": "assistant",
        "content": "words",
        "reasoning_content": "hm",
        "refusal": "no",
        "audio": {"id": "a1"},
        "annotations": [{"type": "url_citation"}],
        "function_call": None,
        "name": "bot",
    }
    _, turns, notes = read(USER, said)
    assert turns[1].parts == [
        Reasoning(text="hm", origin="chat"),
        Text(text="words"),
        Refusal(text="no"),
        Foreign(origin="chat", value={"audio": {"id": "a1"}}),
    ]
    assert turns[1].name == "bot"
    assert notes.paths == {
        Feature.SPEAKER: "messages[1].name",
        Feature.REASONING_REPLAY: "messages[1].reasoning_content",
        Feature.FOREIGN_PART: "messages[1].audio",
        Feature.PREFILL: "messages[1]",
    }
    assert notes.unknown == []


def test_an_empty_old_answer_is_no_turn() -> None:
    _, turns, _ = read(USER, {"role": "assistant", "content": ""}, USER)
    assert [turn.role for turn in turns] == ["user", "user"]


def test_unknown_fields_are_noted() -> None:
    notes = read(USER | {"x": 1}, {"role": "assistant", "tool_calls": [call() | {"y": 2}]})[2]
    assert notes.unknown == ["messages[0].x", "messages[1].tool_calls[0].y"]


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([], "messages"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "function", "name": "f", "content": "x"}], "messages[0].role"),
        ([{"role": "assistant", "function_call": {"name": "f"}}], "messages[0].function_call"),
        ([result()], "messages[0].tool_call_id"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id"),
        (
            [USER, {"role": "assistant", "tool_calls": [call()]}, result("c9")],
            "messages[2].tool_call_id",
        ),
        ([{"role": "assistant", "tool_calls": [{"id": "a"}]}], "messages[0].tool_calls[0]"),
        (
            [{"role": "system", "content": [{"type": "image_url", "image_url": "https://x"}]}],
            "messages[0].content[0]",
        ),
    ],
)
def test_what_breaks_the_dialect_is_refused(messages: list[dict[str, Any]], param: str) -> None:
    with pytest.raises(CallerError) as told:
        read(*messages)
    assert told.value.param == param


def test_whoever_uses_functions_is_told_of_tools() -> None:
    with pytest.raises(CallerError, match="tools"):
        read({"role": "function", "name": "f", "content": "x"})
