"""How items become turns."""

import pytest

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.items_read import ItemsReader
from weftline_core.errors import CallerError

Items = list[dict[str, object]]

CALL: dict[str, object] = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "c1",
    "name": "f",
    "arguments": "{}",
}
RESULT: dict[str, object] = {"type": "function_call_output", "call_id": "c1", "output": "4"}


def read(items: Items, *, elsewhere: bool = False) -> tuple[ItemsReader, Notes]:
    notes = Notes()
    reader = ItemsReader(notes, elsewhere=elsewhere)
    reader.read(items)
    return reader, notes


def test_a_whole_history_becomes_turns() -> None:
    reader, notes = read(
        [
            {"role": "developer", "content": "be short"},
            {"role": "user", "content": [{"type": "input_text", "text": "add"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gA"},
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "let me see", "annotations": []}],
            },
            CALL,
            {**CALL, "call_id": "c2", "name": "g"},
            RESULT,
            {**RESULT, "call_id": "c2", "output": [{"type": "input_text", "text": "5"}]},
            {"role": "user", "content": "and?"},
        ]
    )
    assert reader.system == [Text(text="be short")]
    assert reader.turns == [
        Turn(role="user", parts=[Text(text="add")]),
        Turn(
            role="assistant",
            parts=[
                Reasoning(text="", redacted="rs_1 gA", origin="responses"),
                Text(text="let me see"),
                ToolCall(id="c1", name="f", arguments="{}"),
                ToolCall(id="c2", name="g", arguments="{}"),
            ],
        ),
        Turn(
            role="tool",
            parts=[
                ToolResult(call_id="c1", name="f", parts=[Text(text="4")]),
                ToolResult(call_id="c2", name="g", parts=[Text(text="5")]),
            ],
        ),
        Turn(role="user", parts=[Text(text="and?")]),
    ]
    assert notes.paths == {F.REASONING_REPLAY: "input[2]"}
    assert notes.unknown == []


def test_users_speak_each_in_a_turn() -> None:
    reader, _ = read([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])
    assert [turn.role for turn in reader.turns] == ["user", "user"]


def test_a_late_system_message_is_a_turn() -> None:
    reader, notes = read([{"role": "user", "content": "a"}, {"role": "system", "content": "b"}])
    assert reader.turns[1] == Turn(role="system", parts=[Text(text="b")])
    assert notes.paths == {F.LATE_SYSTEM: "input[1]"}


def test_a_beginning_of_the_answer_is_noted() -> None:
    _, notes = read([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])
    assert notes.paths == {F.PREFILL: "input[1]"}
    _, notes = read([{"role": "user", "content": "a"}, CALL])
    assert notes.paths == {}


def test_free_text_calls_and_results_with_pictures() -> None:
    reader, notes = read(
        [
            {"type": "custom_tool_call", "call_id": "c", "name": "sh", "input": "ls"},
            {
                "type": "custom_tool_call_output",
                "call_id": "c",
                "output": [{"type": "input_image", "image_url": "data:image/png;base64,AA"}],
            },
        ]
    )
    assert reader.turns[0].parts == [ToolCall(id="c", name="sh", arguments="ls", free_text=True)]
    image = Media(kind="image", mime="image/png", data="AA")
    assert reader.turns[1].parts == [ToolResult(call_id="c", name="sh", parts=[image])]
    assert notes.paths == {
        F.TOOL_FREE_TEXT: "input[0]",
        F.IMAGE: "input[1].output[0]",
        F.TOOL_RESULT_MEDIA: "input[1].output[0]",
    }


def test_thoughts_of_others_come_back_with_their_proof() -> None:
    thoughts: dict[str, object] = {
        "type": "reasoning",
        "id": "rs",
        "encrypted_content": "weft.messages.s.SIG",
        "summary": [{"type": "summary_text", "text": "hm"}],
    }
    reader, _ = read([thoughts])
    assert reader.turns[0].parts == [Reasoning(text="hm", signature="SIG", origin="messages")]


def test_a_signature_finds_its_call() -> None:
    signed: dict[str, object] = {
        "type": "reasoning",
        "summary": [],
        "encrypted_content": "weft.call.c.SIG",
    }
    reader, notes = read([signed, CALL, {**CALL, "call_id": "c2"}])
    first, second = reader.turns[0].parts
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (first.signature, second.signature) == ("SIG", None)
    assert notes.paths == {}


def test_thoughts_without_proof_or_words_are_nothing() -> None:
    reader, notes = read([{"type": "reasoning", "id": "rs_1", "summary": []}])
    assert (reader.turns, notes.paths) == ([], {})
    shown: Items = [
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    ]
    assert read(shown)[0].turns[0].parts == [Reasoning(text="hm", origin="responses")]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "item_reference", "id": "msg_1"},
        {"id": "msg_1"},
        {"type": "web_search_call", "id": "ws", "status": "completed"},
        {"type": "compaction", "encrypted_content": "x"},
    ],
)
def test_what_only_one_provider_knows_is_kept_for_it(item: dict[str, object]) -> None:
    reader, notes = read([item])
    assert reader.turns[0].parts == [Foreign(origin="responses", value=item)]
    assert notes.paths == {F.FOREIGN_PART: "input[0]"}


def test_a_refusal_is_read() -> None:
    parts = [{"type": "refusal", "refusal": "no"}]
    reader, _ = read([{"role": "assistant", "content": parts}, {"role": "user", "content": "x"}])
    assert reader.turns[0].parts == [Refusal(text="no")]


@pytest.mark.parametrize(
    ("items", "param"),
    [
        ([RESULT], "input[0].call_id"),
        ([{"text": "hi"}], "input[0]"),
        ([{"type": 7}], "input[0]"),
        ([{"role": "robot", "content": "a"}], "input[0].role"),
        ([{"role": "user"}], "input[0]"),
        ([{"role": "user", "content": [{"type": "input_text"}]}], "input[0].content[0].text"),
        ([{"role": "user", "content": [{"text": "a"}]}], "input[0].content[0]"),
        (
            [{"role": "system", "content": [{"type": "refusal", "refusal": "a"}]}],
            "input[0].content",
        ),
        ([{"type": "function_call", "name": "f", "arguments": "{}"}], "input[0]"),
        ([{**CALL, "arguments": 7}], "input[0].arguments"),
        ([CALL, {**RESULT, "output": [{"type": "refusal", "refusal": "a"}]}], "input[1].output[0]"),
        ([CALL, {**RESULT, "output": 4}], "input[1].output"),
    ],
)
def test_mistakes_are_told_with_their_path(items: Items, param: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(items)
    assert caught.value.param == param


def test_a_result_may_belong_to_a_call_that_lies_elsewhere() -> None:
    reader, _ = read([RESULT], elsewhere=True)
    assert reader.turns[0].parts == [ToolResult(call_id="c1", name="", parts=[Text(text="4")])]
