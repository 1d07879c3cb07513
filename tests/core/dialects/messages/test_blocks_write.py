"""Turns become messages in the order that the provider demands."""

import base64
from typing import Any

import pytest

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
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
from weftline_core.dialects.messages.blocks_write import (
    CACHE_HINTS_MAX,
    BlockWriter,
    arguments_of,
)


def blocks(part: Part, *refuses: str) -> list[Any]:
    return BlockWriter(frozenset(refuses)).blocks(part)


def messages(*turns: tuple[Any, list[Part]]) -> list[tuple[Any, Any]]:
    written = BlockWriter(frozenset()).messages([Turn(role=r, parts=p) for r, p in turns])
    return [(message["role"], message["content"]) for message in written]


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def call(call_id: str, arguments: str = "{}") -> ToolCall:
    return ToolCall(id=call_id, name="f", arguments=arguments)


def result(call_id: str, *words: str) -> ToolResult:
    return ToolResult(call_id=call_id, name="f", parts=[Text(text=w) for w in words])


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (Text(text="hi"), [text("hi")]),
        (Text(text=""), []),
        (Text(text=" \n"), []),
        (Refusal(text="no"), [text("no")]),
        (
            Text(text="hi", cache="1h"),
            [{**text("hi"), "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        ),
        (Text(text="hi", cache="5m"), [{**text("hi"), "cache_control": {"type": "ephemeral"}}]),
        (
            Reasoning(text="hm", signature="s", origin="messages"),
            [{"type": "thinking", "thinking": "hm", "signature": "s"}],
        ),
        (
            Reasoning(text="", redacted="x", origin="messages"),
            [{"type": "redacted_thinking", "data": "x"}],
        ),
        (Reasoning(text="hm"), []),
        (Reasoning(text="hm", signature="s", origin="generate"), []),
        (Foreign(origin="messages", value={}), []),
        (Media(kind="audio", mime="audio/wav", data="QQ=="), []),
        (Media(kind="video", url="https://x"), []),
        (Media(kind="image", file_id="file_1"), []),
    ],
)
def test_a_part_becomes_blocks(part: Part, written: list[Any]) -> None:
    assert blocks(part) == written


@pytest.mark.parametrize(
    ("media", "kind", "source"),
    [
        (
            Media(kind="image", url="https://x/y.png", detail="high"),
            "image",
            {"type": "url", "url": "https://x/y.png"},
        ),
        (
            Media(kind="image", mime="image/jpg", data="QQ=="),
            "image",
            {"type": "base64", "media_type": "image/jpeg", "data": "QQ=="},
        ),
        (
            Media(kind="image", data="/9j/4AA"),
            "image",
            {"type": "base64", "media_type": "image/jpeg", "data": "/9j/4AA"},
        ),
        (
            Media(kind="file", data="QQ=="),
            "document",
            {"type": "base64", "media_type": "application/pdf", "data": "QQ=="},
        ),
        (
            Media(kind="file", mime="text/markdown", data=b64("# é".encode())),
            "document",
            {"type": "text", "media_type": "text/plain", "data": "# é"},
        ),
        (
            Media(kind="file", mime="text/plain", data="!!"),
            "document",
            {"type": "base64", "media_type": "text/plain", "data": "!!"},
        ),
        (
            Media(kind="file", mime="application/zip", data="QQ=="),
            "document",
            {"type": "base64", "media_type": "application/zip", "data": "QQ=="},
        ),
        (
            Media(kind="file", url="https://x/y.pdf"),
            "document",
            {"type": "url", "url": "https://x/y.pdf"},
        ),
    ],
)
def test_media_have_a_source_that_the_dialect_knows(
    media: Media, kind: str, source: dict[str, str]
) -> None:
    assert blocks(media) == [{"type": kind, "source": source}]


def test_a_file_keeps_its_name() -> None:
    assert blocks(Media(kind="file", data="QQ==", name="a.pdf"))[0]["title"] == "a.pdf"


@pytest.mark.parametrize(
    ("feature", "part"),
    [
        (F.IMAGE, Media(kind="image", data="QQ==")),
        (F.IMAGE_URL, Media(kind="image", url="https://x")),
        (F.FILE, Media(kind="file", data="QQ==")),
        (F.FILE_URL, Media(kind="file", url="https://x")),
        (F.REASONING_REPLAY, Reasoning(text="hm", signature="s", origin="messages")),
    ],
)
def test_what_a_model_refuses_is_left_out(feature: F, part: Part) -> None:
    assert blocks(part)
    assert blocks(part, feature) == []


def test_a_refused_hint_leaves_its_block() -> None:
    assert blocks(Text(text="x", cache="5m"), F.CACHE_HINT) == [text("x")]


def test_turns_of_one_role_are_one_message() -> None:
    written = messages(
        ("user", [Text(text="a")]),
        ("user", [Text(text="b")]),
        ("system", [Text(text="be brief")]),
        ("assistant", [Text(text="c")]),
        ("assistant", [Text(text="")]),
        ("assistant", [Text(text="d")]),
    )
    assert written == [
        ("user", [text("a"), text("b"), text("be brief")]),
        ("assistant", [text("c"), text("d")]),
    ]


def test_a_message_of_nothing_is_none() -> None:
    written = messages(
        ("user", [Text(text="a")]), ("assistant", [Text(text=" ")]), ("user", [Text(text="b")])
    )
    assert written == [("user", [text("a"), text("b")])]


def test_a_conversation_begins_with_the_user() -> None:
    assert messages(("assistant", [Text(text="hi")]))[0][0] == "user"


def test_all_results_stand_first_in_one_message() -> None:
    written = messages(
        ("user", [Text(text="go")]),
        ("assistant", [call("a:1"), call("b")]),
        ("tool", [result("a:1", "one")]),
        ("system", [Text(text="hurry")]),
        ("tool", [result("b", "two", "three")]),
        ("user", [Text(text="well?")]),
    )
    assert [role for role, _ in written] == ["user", "assistant", "user"]
    assert written[2][1] == [
        {"type": "tool_result", "tool_use_id": "a_1", "content": "one"},
        {"type": "tool_result", "tool_use_id": "b", "content": [text("two"), text("three")]},
        text("hurry"),
        text("well?"),
    ]
    assert [block["id"] for block in written[1][1]] == ["a_1", "b"]


def test_two_calls_of_one_id_are_told_apart() -> None:
    written = messages(
        ("user", [Text(text="go")]),
        ("assistant", [call("call_0")]),
        ("tool", [result("call_0", "one")]),
        ("assistant", [call("call_0")]),
        ("tool", [result("call_0", "two")]),
    )
    ids = [block.get("id") or block["tool_use_id"] for _, c in written[1:] for block in c]
    assert ids == ["call_0", "call_0", "call_0_2", "call_0_2"]


def test_a_result_keeps_its_pictures_its_failure_and_its_hint() -> None:
    parts: list[Text | Media] = [Text(text="x"), Media(kind="image", url="https://x")]
    whole = ToolResult(call_id="a", name="f", parts=parts, is_error=True, cache="5m")
    writer = BlockWriter(frozenset())
    written: Any = writer.messages([Turn(role="tool", parts=[whole])])[0]["content"]
    image = {"type": "image", "source": {"type": "url", "url": "https://x"}}
    assert written == [
        {
            "type": "tool_result",
            "tool_use_id": "a",
            "content": [text("x"), image],
            "is_error": True,
            "cache_control": {"type": "ephemeral"},
        }
    ]
    refusing = BlockWriter(frozenset({F.TOOL_RESULT_MEDIA, F.TOOL_RESULT_ERROR, F.CACHE_HINT}))
    written = refusing.messages([Turn(role="tool", parts=[whole])])[0]["content"]
    assert written == [{"type": "tool_result", "tool_use_id": "a", "content": "x"}]


def test_an_empty_result_has_no_content() -> None:
    written = messages(("tool", [result("a", "")]))
    assert written == [("user", [{"type": "tool_result", "tool_use_id": "a"}])]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [('{"x":1}', {"x": 1}), ("", {}), (" ", {}), ('{"x":', None), ("[1]", None), ("null", None)],
)
def test_arguments_that_are_no_object_are_told_in_words(arguments: str, given: Any) -> None:
    value, note = arguments_of(call("a", arguments))
    assert value == (given or {})
    assert (note is None) is (given is not None)
    assert note is None or arguments in note


def test_a_cut_call_is_an_empty_one_after_a_note() -> None:
    written = blocks(call("a", '{"x":'))
    assert [block["type"] for block in written] == ["text", "tool_use"]
    assert written[1] == {"type": "tool_use", "id": "a", "name": "f", "input": {}}


def test_free_text_is_wrapped() -> None:
    free = ToolCall(id="a", name="f", arguments="print(1)", free_text=True)
    assert blocks(free)[0]["input"] == {"input": "print(1)"}


def test_hints_beyond_the_limit_are_the_first_ones() -> None:
    writer = BlockWriter(frozenset())
    parts: list[Part] = [Text(text=str(i), cache="5m") for i in range(CACHE_HINTS_MAX + 2)]
    content: Any = writer.messages([Turn(role="user", parts=parts)])[0]["content"]
    writer.trim()
    hinted = [block["text"] for block in content if "cache_control" in block]
    assert hinted == [str(i) for i in range(2, CACHE_HINTS_MAX + 2)]
