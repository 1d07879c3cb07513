"""What each block becomes, and what is noted of it."""

import base64
from typing import Any

import pytest

from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Foreign, Media, Part, Reasoning, Text, ToolCall, ToolResult
from weftline_core.dialects.messages.blocks_read import BlockReader
from weftline_core.dialects.messages.tool_ids import signed_id
from weftline_core.dialects.notes import Notes
from weftline_core.errors import CallerError

CALL: dict[str, Any] = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
HELLO_B64 = base64.b64encode(b"hello").decode()


def read(*blocks: dict[str, Any]) -> tuple[list[Part], Notes]:
    notes = Notes()
    return BlockReader(notes).parts(list(blocks), "c"), notes


def source(kind: str, **fields: object) -> dict[str, object]:
    return {"type": kind, **fields}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "text", "text": "hi"}, Text(text="hi")),
        (
            {"type": "image", "source": source("base64", media_type="image/png", data="QQ==")},
            Media(kind="image", mime="image/png", data="QQ=="),
        ),
        (
            {"type": "image", "source": source("url", url="https://x/y.png")},
            Media(kind="image", url="https://x/y.png"),
        ),
        (
            {"type": "image", "source": source("file", file_id="file_1")},
            Media(kind="image", file_id="file_1"),
        ),
        (
            {
                "type": "document",
                "title": "T",
                "source": source("base64", media_type="application/pdf", data="QQ=="),
            },
            Media(kind="file", mime="application/pdf", data="QQ==", name="T"),
        ),
        (
            {"type": "document", "source": source("url", url="https://x/y.pdf")},
            Media(kind="file", url="https://x/y.pdf"),
        ),
        (
            {"type": "document", "source": source("file", file_id="file_1")},
            Media(kind="file", file_id="file_1"),
        ),
        (
            {"type": "document", "source": source("text", media_type="text/plain", data="hello")},
            Media(kind="file", mime="text/plain", data=HELLO_B64),
        ),
        (
            {"type": "document", "source": source("content", content="hello")},
            Media(kind="file", mime="text/plain", data=HELLO_B64),
        ),
        (
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": [1]}},
            ToolCall(id="a", name="f", arguments='{"x":[1]}'),
        ),
        (
            {"type": "tool_use", "id": signed_id("a", "c2ln"), "name": "f", "input": {}},
            ToolCall(id="a", name="f", arguments="{}", signature="c2ln"),
        ),
        (
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            Reasoning(text="hm", signature="s", origin="messages"),
        ),
        (
            {"type": "thinking", "thinking": "hm", "signature": ""},
            Reasoning(text="hm", origin="messages"),
        ),
        (
            {"type": "redacted_thinking", "data": "xx"},
            Reasoning(text="", redacted="xx", origin="messages"),
        ),
        (
            {"type": "search_result", "source": "s", "title": "t", "content": []},
            Foreign(
                origin="messages",
                value={"type": "search_result", "source": "s", "title": "t", "content": []},
            ),
        ),
    ],
)
def test_a_block_becomes_a_part(block: dict[str, Any], part: Part) -> None:
    assert read(block)[0] == [part]


@pytest.mark.parametrize(
    ("block", "paths"),
    [
        ({"type": "text", "text": "x"}, {}),
        (
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}},
            {F.CACHE_HINT: "c[0].cache_control"},
        ),
        (
            {"type": "image", "source": source("url", url="u")},
            {F.IMAGE: "c[0].source", F.IMAGE_URL: "c[0].source.url"},
        ),
        (
            {"type": "document", "source": source("url", url="u")},
            {F.FILE: "c[0].source", F.FILE_URL: "c[0].source.url"},
        ),
        (
            {"type": "document", "source": source("file", file_id="f")},
            {F.FILE: "c[0].source", F.FILE_ID: "c[0].source.file_id"},
        ),
        ({"type": "redacted_thinking", "data": "x"}, {F.REASONING_REPLAY: "c[0]"}),
        ({"type": "server_tool_use", "id": "s"}, {F.FOREIGN_PART: "c[0]"}),
        ({"type": "made_up"}, {F.FOREIGN_PART: "c[0]"}),
        ({"type": "text", "text": "x", "new": 1}, {F.UNKNOWN: "c[0].new"}),
        (
            {"type": "document", "source": source("text", data="x"), "context": "c"},
            {F.FILE: "c[0].source", F.UNKNOWN: "c[0].context"},
        ),
        (
            {"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": {"type": "direct"}},
            {},
        ),
        (
            {"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": {"type": "code"}},
            {F.UNKNOWN: "c[0].caller"},
        ),
    ],
)
def test_what_a_block_uses_is_noted(block: dict[str, Any], paths: dict[F, str]) -> None:
    _, notes = read(block)
    assert notes.paths == paths
    assert notes.unknown == ([paths[F.UNKNOWN]] if F.UNKNOWN in paths else [])


def test_a_hint_keeps_its_time() -> None:
    def kept(**control: str) -> Part:
        return read({"type": "text", "text": "x", "cache_control": control})[0][0]

    assert kept(type="ephemeral") == Text(text="x", cache="5m")
    assert kept(type="ephemeral", ttl="1h") == Text(text="x", cache="1h")


def test_a_document_of_blocks_is_its_blocks() -> None:
    inner = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    block = {
        "type": "document",
        "source": source("content", content=inner),
        "cache_control": {"type": "ephemeral"},
    }
    parts, notes = read(block)
    assert parts == [Text(text="a"), Text(text="b", cache="5m")]
    assert notes.unknown == ["c[0].source.type"]


def test_a_result_knows_its_tool_and_keeps_what_is_in_it() -> None:
    image = {"type": "image", "source": source("url", url="u")}
    parts, notes = read(
        CALL,
        {
            "type": "tool_result",
            "tool_use_id": "a",
            "is_error": True,
            "content": [
                {"type": "text", "text": "x"},
                image,
                {"type": "tool_reference"},
                {"type": []},
            ],
        },
    )
    inside: list[Text | Media] = [Text(text="x"), Media(kind="image", url="u")]
    assert parts[1:] == [ToolResult(call_id="a", name="f", parts=inside, is_error=True)]
    assert notes.paths[F.TOOL_RESULT_MEDIA] == "c[1].content[1]"
    assert notes.paths[F.TOOL_RESULT_ERROR] == "c[1].is_error"
    assert notes.paths[F.FOREIGN_PART] == "c[1].content[2]"


def test_a_result_finds_its_call_with_the_signature_behind_the_id() -> None:
    parts, _ = read(
        CALL, {"type": "tool_result", "tool_use_id": signed_id("a", "c2ln"), "content": []}
    )
    assert parts[1:] == [ToolResult(call_id="a", name="f", parts=[])]


@pytest.mark.parametrize("content", [None, "", []])
def test_a_result_may_be_empty(content: object) -> None:
    block = {"type": "tool_result", "tool_use_id": "a", "content": content}
    assert read(CALL, block)[0][1:] == [ToolResult(call_id="a", name="f", parts=[])]


@pytest.mark.parametrize(
    ("block", "param"),
    [
        ({"text": "x"}, "c[0].type"),
        ({"type": "text"}, "c[0]"),
        ({"type": "text", "text": 1}, "c[0].text"),
        ({"type": "text", "text": "", "cache_control": {"ttl": "2d"}}, "c[0].cache_control.ttl"),
        ({"type": "image", "source": {"type": "base64"}}, "c[0].source.data"),
        ({"type": "image", "source": {"type": "ftp"}}, "c[0].source.type"),
        ({"type": "document", "source": {"type": "content"}}, "c[0].source.content"),
        ({"type": "tool_use", "id": "a", "name": "f", "input": "{}"}, "c[0].input"),
        (
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": "\ud800"}},
            "c[0].input",
        ),
        ({"type": "tool_result", "tool_use_id": "zz"}, "c[0].tool_use_id"),
        ({"type": "redacted_thinking"}, "c[0]"),
    ],
)
def test_a_mistake_is_told_with_its_path(block: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        read(block)
    assert told.value.param == param


def test_only_text_stands_where_only_text_may() -> None:
    reader = BlockReader(Notes())
    assert reader.texts("hi", "system") == [Text(text="hi")]
    with pytest.raises(CallerError) as told:
        reader.texts([{"type": "image", "source": source("url", url="u")}], "system")
    assert told.value.param == "system[0]"
