"""Turns, written as messages."""

import pytest

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.chat.call_ids import as_it_is
from weftline_core.dialects.chat.messages_write import MessagesWriter

PICTURE = Media(kind="image", mime="image/png", data="AA", detail="low")
LINKED = Media(kind="image", url="https://x/a.png")


def write(
    *turns: Turn, replay: str | None = None, refuses: frozenset[str] = frozenset()
) -> list[dict[str, object]]:
    writer = MessagesWriter(as_it_is, replay, refuses)
    for turn in turns:
        writer.turn(turn)
    writer.flush()
    return writer.messages


def user(*parts: Part) -> Turn:
    return Turn(role="user", parts=list(parts))


def test_a_system_prompt_is_one_string() -> None:
    writer = MessagesWriter(as_it_is, None, frozenset())
    writer.system([Text(text="a"), Text(text=""), Text(text="b")])
    assert writer.messages == [{"role": "system", "content": "a\n\nb"}]
    empty = MessagesWriter(as_it_is, None, frozenset())
    empty.system([Text(text="")])
    assert empty.messages == []


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ([Text(text="a")], "a"),
        ([Text(text="a"), Text(text="")], "a"),
        ([Text(text="")], ""),
        ([Text(text="a"), Text(text="b")], [{"type": "text", "text": x} for x in "ab"]),
        (
            [PICTURE],
            [
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/png;base64,AA", "detail": "low"},
                }
            ],
        ),
        ([LINKED], [{"type": "image_url", "image_url": {"url": "https://x/a.png"}}]),
        (
            [Media(kind="audio", mime="audio/mpeg", data="AA")],
            [{"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}}],
        ),
        (
            [Media(kind="audio", mime="audio/wav", data="AA")],
            [{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}],
        ),
        (
            [Media(kind="file", mime="application/pdf", data="AA", name="a.pdf")],
            [
                {
                    "type": "file",
                    "file": {"file_data": "data:application/pdf;base64,AA", "filename": "a.pdf"},
                }
            ],
        ),
        ([Text(text="a"), Media(kind="video", url="https://x")], "a"),
        ([Text(text="a"), Media(kind="file", url="https://x")], "a"),
        ([Text(text="a"), Foreign(origin="messages", value={})], "a"),
    ],
)
def test_a_users_content_is_written(parts: list[Part], content: object) -> None:
    assert write(user(*parts)) == [{"role": "user", "content": content}]


def test_results_come_first_and_what_they_show_after_all_of_them() -> None:
    turn = Turn(
        role="user",
        parts=[
            Text(text="and now?"),
            ToolResult(call_id="c1", name="look", parts=[Text(text="a"), PICTURE]),
            ToolResult(
                call_id="c2", name="f", parts=[Text(text="b"), Text(text="c")], is_error=True
            ),
        ],
    )
    told = write(turn)
    assert [(m["role"], m.get("tool_call_id")) for m in told] == [
        ("tool", "c1"),
        ("tool", "c2"),
        ("user", None),
        ("user", None),
    ]
    assert [m["content"] for m in told[:2]] == ["a", "b\nc"]
    shown = told[2]["content"]
    assert isinstance(shown, list)
    assert shown[0] == {"type": "text", "text": "What look showed:"}
    assert shown[1]["type"] == "image_url"
    assert told[3]["content"] == "and now?"


def test_results_in_two_turns_stay_together() -> None:
    turns = [
        Turn(role="tool", parts=[ToolResult(call_id=c, name="f", parts=[PICTURE])])
        for c in ("c1", "c2")
    ]
    assert [m["role"] for m in write(*turns)] == ["tool", "tool", "user"]


def test_an_old_answer_is_written() -> None:
    parts: list[Part] = [
        Reasoning(text="hm", signature="s", origin="messages"),
        Text(text="a"),
        ToolCall(id="c1", name="f", arguments="", signature="s"),
        ToolCall(id="c2", name="run", arguments="ls", free_text=True),
    ]
    (told,) = write(Turn(role="assistant", parts=parts))
    assert told == {
        "role": "assistant",
        "content": "a",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "c2", "type": "custom", "custom": {"name": "run", "input": "ls"}},
        ],
    }
    (replayed,) = write(Turn(role="assistant", parts=parts), replay="reasoning_content")
    assert replayed["reasoning_content"] == "hm"
    (plain,) = write(Turn(role="assistant", parts=parts[:2]), replay="reasoning_content")
    assert plain == {"role": "assistant", "content": "a"}


def test_calls_alone_have_no_content() -> None:
    call = ToolCall(id="c1", name="f", arguments="{}")
    assert write(Turn(role="assistant", parts=[call]))[0]["content"] is None


def test_a_refusal_is_words() -> None:
    (told,) = write(Turn(role="assistant", parts=[Refusal(text="no")]))
    assert told == {"role": "assistant", "content": "no"}


def test_what_the_model_refuses_is_left_out() -> None:
    named = Turn(role="user", parts=[Text(text="a"), PICTURE, LINKED], name="bob")
    everything = frozenset(
        {Feature.SPEAKER, Feature.IMAGE_DETAIL, Feature.IMAGE_URL, Feature.TOOL_RESULT_MEDIA}
    )
    (told,) = write(named, refuses=everything)
    assert told == {
        "role": "user",
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
        ],
    }
    assert write(named)[0]["name"] == "bob"
    (bare,) = write(named, refuses=frozenset({Feature.IMAGE}))
    assert bare["content"] == "a"
    seen = Turn(role="tool", parts=[ToolResult(call_id="c", name="f", parts=[PICTURE])])
    assert len(write(seen, refuses=everything)) == 1


def test_a_late_system_message_becomes_the_users_where_there_is_none() -> None:
    late = Turn(role="system", parts=[Text(text="now french")])
    assert write(late)[0]["role"] == "system"
    assert write(late, refuses=frozenset({Feature.LATE_SYSTEM}))[0]["role"] == "user"
