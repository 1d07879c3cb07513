"""Messages to Workers AI, with and without ids of calls."""

from typing import Any

import msgspec
import pytest

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Text, ToolCall, ToolResult
from weftline_core.dialects.workers_ai.messages_read import MessagesReader, inline_image
from weftline_core.dialects.workers_ai.request_shapes import Message
from weftline_core.errors import CallerError


def read(*messages: dict[str, Any]) -> tuple[Any, Any, dict[Feature, str]]:
    paths: dict[Feature, str] = {}
    shapes = msgspec.convert(list(messages), list[Message])
    system, turns = MessagesReader(paths).read(shapes)
    return system, turns, paths


def test_the_system_prompt_stands_before_the_turns() -> None:
    system, turns, paths = read(
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "briefer"},
    )
    assert system == [Text(text="be brief")]
    assert [(turn.role, turn.parts) for turn in turns] == [
        ("user", [Text(text="hi")]),
        ("system", [Text(text="briefer")]),
    ]
    assert paths == {Feature.LATE_SYSTEM: "messages[2]"}


def test_calls_and_results_without_ids_find_each_other_by_name() -> None:
    _, turns, _ = read(
        {"role": "user", "content": "?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"name": "a", "arguments": {"x": 1}},
                {"name": "b", "arguments": "{}"},
                {"name": "a", "arguments": {}},
            ],
        },
        {"role": "tool", "name": "b", "content": "of b"},
        {"role": "tool", "name": "a", "content": "of a"},
        {"role": "tool", "content": "the rest"},
    )
    assert turns[1].parts[0] == ToolCall(id="call_0", name="a", arguments='{"x":1}')
    results = turns[2].parts
    assert [(r.call_id, r.name) for r in results] == [
        ("call_1", "b"),
        ("call_0", "a"),
        ("call_2", "a"),
    ]
    assert isinstance(results[0], ToolResult)


def test_calls_in_openais_form_keep_their_ids() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
    _, turns, _ = read(
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "r"},
    )
    assert turns[1].parts == [ToolCall(id="c1", name="f", arguments='{"x":1}')]
    assert turns[2].parts[0].call_id == "c1"


def test_images_are_linked_or_inline() -> None:
    def part(url: str) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": url}}

    content = [part("data:image/gif;base64,AA=="), part("https://x.test/a.png")]
    _, turns, paths = read({"role": "user", "content": content})
    inline, linked = turns[0].parts
    assert inline == Media(kind="image", mime="image/gif", data="AA==")
    assert linked == Media(kind="image", url="https://x.test/a.png")
    assert paths[Feature.IMAGE] == "messages[0].content[0].image_url.url"
    assert paths[Feature.IMAGE_URL] == "messages[0].content[1].image_url.url"


def test_an_answer_begun_is_noted_and_an_empty_one_is_none() -> None:
    _, turns, paths = read(
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "Once"},
    )
    assert [turn.role for turn in turns] == ["user", "assistant"]
    assert paths == {Feature.PREFILL: "messages[2]"}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"role": "oracle", "content": "x"}, "messages[0].role"),
    ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
    ({"role": "tool", "tool_call_id": "no", "content": "x"}, "messages[0].tool_call_id"),
    ({"role": "user", "content": [{"type": "video"}]}, "messages[0].content[0]"),
    (
        {"role": "assistant", "tool_calls": [{"arguments": {}}]},
        "messages[0].tool_calls[0].name",
    ),
    (
        {
            "role": "system",
            "content": [{"type": "image_url", "image_url": {"url": "https://x.test"}}],
        },
        "messages[0].content",
    ),
]


@pytest.mark.parametrize(("message", "path"), MISTAKES)
def test_mistakes_are_told_with_their_path(message: dict[str, Any], path: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(message)
    assert caught.value.param == path


def test_a_data_url_must_be_base64() -> None:
    with pytest.raises(CallerError):
        inline_image("data:image/png,raw", "image")
