"""The rules of Messages that types don't tell."""

from typing import Any

import pytest

from weftline_bench.sims.exchange import Refused
from weftline_bench.sims.messages_rules import SIGNATURE, read_messages

USER: Any = {"role": "user", "content": "a"}
TOOLS: Any = [{"name": "f", "input_schema": {"type": "object"}}]


def use(*ids: str) -> Any:
    blocks: list[Any] = [{"type": "tool_use", "id": i, "name": "f", "input": {}} for i in ids]
    return {"role": "assistant", "content": blocks}


def result(*ids: str) -> Any:
    return {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": i, "content": "x"} for i in ids],
    }


def check(messages: Any, **more: Any) -> None:
    read_messages({"model": "claude-3", "max_tokens": 2048, "messages": messages, **more})


@pytest.mark.parametrize(
    ("messages", "more"),
    [
        ([USER, use("a", "b"), result("b", "a")], {"tools": TOOLS}),
        ([USER, use("a"), result("a"), USER], {"tools": TOOLS}),
        ([USER, use("a", "b"), result("a"), result("b")], {"tools": TOOLS}),
        ([USER, {"role": "assistant", "content": "pre"}], {}),
        ([USER], {"tools": [{"type": "web_search_20260318", "name": "web_search", "max_uses": 1}]}),
        ([USER], {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (
            [
                USER,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "", "signature": SIGNATURE + "1"},
                        {"type": "redacted_thinking", "data": "x"},
                    ],
                },
                USER,
            ],
            {},
        ),
    ],
)
def test_what_is_right(messages: Any, more: Any) -> None:
    check(messages, **more)


REFUSED: Any = [
    ([USER, use("a", "b"), result("a")], {"tools": TOOLS}, "without `tool_result`"),
    ([USER, use("a")], {"tools": TOOLS}, "without `tool_result`"),
    ([USER, use("a", "a"), result("a")], {"tools": TOOLS}, "unique"),
    ([USER, use("a"), result("a", "a")], {"tools": TOOLS}, "unexpected `tool_use_id`"),
    ([USER, {"role": "assistant", "content": "x "}], {}, "trailing whitespace"),
    ([{"role": "user", "content": []}], {}, "non-empty content"),
    ([{"role": "user", "content": use("a")["content"]}], {"tools": TOOLS}, "`assistant`"),
    ([USER, {**result("a"), "role": "assistant"}], {"tools": TOOLS}, "`user` messages"),
    ([USER], {"thinking": {"type": "enabled"}}, "Field required"),
    ([USER], {"thinking": {"type": "enabled", "budget_tokens": 9}}, "1024"),
    ([USER], {"thinking": {"type": "adaptive", "budget_tokens": 9}}, "not permitted"),
    ([USER], {"tools": TOOLS * 2}, "unique"),
    ([USER], {"tools": TOOLS, "tool_choice": {"type": "tool", "name": "g"}}, "not found"),
    (
        [USER],
        {"tools": TOOLS, "tool_choice": {"type": "none", "disable_parallel_tool_use": True}},
        "not permitted",
    ),
    ([USER], {"system": [{"type": "text", "text": ""}]}, "non-empty"),
    (
        [USER],
        {
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "tools": TOOLS,
            "tool_choice": {"type": "any"},
        },
        "forces tool use",
    ),
    (
        [USER],
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "temperature": 0.5},
        "set to 1",
    ),
    ([{"role": "user", "content": 5}], {}, "Expected"),
]


@pytest.mark.parametrize(
    ("messages", "more", "words"),
    REFUSED,
)
def test_what_is_refused(messages: Any, more: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        check(messages, **more)


def test_an_image_of_a_strange_type_is_refused() -> None:
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/bmp", "data": "aGk="},
    }
    with pytest.raises(Refused, match="media_type"):
        check([{"role": "user", "content": [image]}])
