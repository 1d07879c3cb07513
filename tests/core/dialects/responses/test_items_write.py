"""How turns become items, checked by the SDK's own types."""

from typing import Any

import pytest
from openai.types.responses import ResponseInputItemParam
from pydantic import TypeAdapter

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
from weftline_core.dialects.responses.items_write import CALL_ID_CHARS_MAX, items_of, short_id

ITEM: TypeAdapter[Any] = TypeAdapter(ResponseInputItemParam)


def write(*turns: Turn, gone: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    items = items_of(list(turns), gone)
    for item in items:
        ITEM.validate_python(item)
    return items


def user(*parts: Part) -> Turn:
    return Turn(role="user", parts=list(parts))


def assistant(*parts: Part) -> Turn:
    return Turn(role="assistant", parts=list(parts))


@pytest.mark.parametrize(
    ("media", "written"),
    [
        (
            Media(kind="image", mime="image/png", data="QQ"),
            {"type": "input_image", "image_url": "data:image/png;base64,QQ", "detail": "auto"},
        ),
        (
            Media(kind="image", url="https://a/b", detail="low"),
            {"type": "input_image", "image_url": "https://a/b", "detail": "low"},
        ),
        (
            Media(kind="file", mime="text/plain", data="QQ"),
            {
                "type": "input_file",
                "filename": "file.txt",
                "file_data": "data:text/plain;base64,QQ",
            },
        ),
        (
            Media(kind="file", data="QQ", name="a.pdf"),
            {
                "type": "input_file",
                "filename": "a.pdf",
                "file_data": "data:application/pdf;base64,QQ",
            },
        ),
        (
            Media(kind="file", url="https://a/b.pdf"),
            {"type": "input_file", "file_url": "https://a/b.pdf"},
        ),
    ],
)
def test_pictures_and_files(media: Media, written: dict[str, str]) -> None:
    (item,) = write(user(media))
    assert item == {"role": "user", "content": [written]}


@pytest.mark.parametrize(
    "part",
    [
        Media(kind="audio", mime="audio/wav", data="QQ"),
        Media(kind="video", url="https://a/b"),
        Media(kind="image", file_id="file-1"),
        Media(kind="file", file_id="file-1"),
        Foreign(origin="messages", value={}),
        Text(text=""),
    ],
)
def test_what_cannot_go_is_left_out(part: Part) -> None:
    assert write(user(part)) == []


def test_a_refused_detail_is_left_out() -> None:
    image = Media(kind="image", url="https://a/b", detail="low")
    (item,) = write(user(image), gone=frozenset((Feature.IMAGE_DETAIL,)))
    assert item["content"][0]["detail"] == "auto"


def test_late_system_words_keep_their_role_unless_refused() -> None:
    late = Turn(role="system", parts=[Text(text="now")])
    assert write(late)[0]["role"] == "system"
    assert write(late, gone=frozenset((Feature.LATE_SYSTEM,)))[0]["role"] == "user"


def test_an_assistants_words_and_calls_keep_their_order() -> None:
    items = write(
        assistant(
            Text(text="let "),
            Text(text="me"),
            ToolCall(id="c", name="f", arguments=""),
            ToolCall(id="d", name="sh", arguments="ls", free_text=True),
            Text(text="done"),
        ),
        Turn(
            role="tool",
            parts=[
                ToolResult(call_id="c", name="f", parts=[Text(text="4"), Text(text="2")]),
                ToolResult(call_id="d", name="sh", parts=[Media(kind="image", url="https://a/b")]),
            ],
        ),
    )
    assert items == [
        {"role": "assistant", "content": "let me"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "d", "name": "sh", "input": "ls"},
        {"role": "assistant", "content": "done"},
        {"type": "function_call_output", "call_id": "c", "output": "42"},
        {
            "type": "custom_tool_call_output",
            "call_id": "d",
            "output": [{"type": "input_image", "image_url": "https://a/b", "detail": "auto"}],
        },
    ]


def test_a_refusal_stands_in_parts() -> None:
    (item,) = write(assistant(Text(text="well"), Refusal(text="no")))
    assert [part["type"] for part in item["content"]] == ["output_text", "refusal"]
    assert item["id"].startswith("msg_")


OWN = Reasoning(text="", redacted="rs_1 gA", origin="responses")


def test_only_own_thoughts_go_back() -> None:
    items = write(
        assistant(
            Reasoning(text="hm", signature="s", origin="messages"),
            Reasoning(text="", redacted="r", origin="messages"),
            Reasoning(text="hm", origin="responses"),
            OWN,
            Text(text="hi"),
        )
    )
    assert items == [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "gA",
        },
        {"role": "assistant", "content": "hi"},
    ]
    assert write(assistant(OWN), gone=frozenset((Feature.REASONING_REPLAY,))) == []


def test_ids_are_made_short_and_stay_apart() -> None:
    assert short_id("call_1") == "call_1"
    long, other = "x" * 70 + "1", "x" * 70 + "2"
    assert len(short_id(long)) == CALL_ID_CHARS_MAX
    assert short_id(long) == short_id(long) != short_id(other)
    call, result = write(
        assistant(ToolCall(id=long, name="f", arguments="{}")),
        Turn(role="tool", parts=[ToolResult(call_id=long, name="f", parts=[])]),
    )
    assert call["call_id"] == result["call_id"]
