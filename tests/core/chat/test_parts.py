"""Parts of a turn: each says what it is by its type alone."""

from typing import cast, get_args

import msgspec
import pytest

from weftline_core.chat.parts import (
    Foreign,
    Media,
    MediaKind,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

KINDS = (Text, Media, ToolCall, ToolResult, Reasoning, Refusal, Foreign)


def test_a_part_is_one_of_these() -> None:
    assert get_args(Part) == KINDS


def test_what_may_be_kept_by_a_provider_can_say_so() -> None:
    hinted = {kind for kind in KINDS if "cache" in kind.__struct_fields__}
    assert hinted == {Text, Media, ToolCall, ToolResult}


def test_a_result_is_told_by_its_call_and_its_tool() -> None:
    plain = ToolResult(call_id="c", name="n", parts=[Text(text="a")])
    assert not plain.is_error
    assert plain != msgspec.structs.replace(plain, call_id="d")
    assert plain != msgspec.structs.replace(plain, is_error=True)


@pytest.mark.parametrize("kind", get_args(MediaKind))
def test_media_say_what_they_are(kind: MediaKind) -> None:
    media = Media(kind=kind, url="https://u")
    assert (media.data, media.file_id, media.mime, media.detail) == (None, None, None, None)


def test_parts_of_one_kind_are_equal_by_what_they_say() -> None:
    assert Text(text="a") == Text(text="a")
    assert Text(text="a") != Text(text="a", cache="5m")
    assert Reasoning(text="a", origin="chat") != Reasoning(text="a", origin="messages")
    a_refusal, a_text = cast("Part", Refusal(text="a")), cast("Part", Text(text="a"))
    assert a_refusal != a_text
