"""Cohere's requests: what was asked, and what is refused."""

from typing import Any

import pytest

from weftline_bench.sims.ask import Media
from weftline_bench.sims.cohere_request import ask_of, read_chat, read_embed
from weftline_bench.sims.exchange import Refused

USER: Any = {"role": "user", "content": "hi"}
CALL: Any = {
    "role": "assistant",
    "tool_plan": "Let me see.",
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT: Any = {
    "role": "tool",
    "tool_call_id": "a",
    "content": [{"type": "document", "document": {"data": "warm"}}],
}
TOOLS: Any = [{"type": "function", "function": {"name": "f"}}]
REFUSED: list[tuple[Any, str]] = [
    ({"messages": [USER], "top_p": 0.5}, "unknown field"),
    ({"messages": [USER], "tool_choice": "auto"}, "enum"),
    ({"messages": [USER], "tool_choice": "REQUIRED"}, "requires tools"),
    ({"messages": [USER, CALL, USER]}, "followed by"),
    ({"messages": [USER, RESULT]}, "not found"),
    ({"messages": [USER, {"role": "assistant", "content": "x"}]}, "last message"),
    ({"messages": [{"role": "developer", "content": "x"}]}, "enum"),
    ({"messages": [{"role": "user"}]}, "1 token"),
]


def test_what_was_asked() -> None:
    told = ask_of(
        read_chat(
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "Brief."},
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "hi"},
                            {
                                "type": "image_url",
                                "image_url": {"url": "data:image/png;base64,aGk="},
                            },
                        ],
                    },
                    CALL,
                    RESULT,
                ],
                "tools": TOOLS,
                "tool_choice": "REQUIRED",
                "response_format": {"type": "json_object"},
                "thinking": {"type": "enabled"},
                "stop_sequences": ["x"],
                "k": 5,
                "p": 0.5,
            }
        )
    )
    assert (told.text, told.system, told.results) == ("hi", "Brief.", ["warm"])
    assert (told.must_call, told.schema, told.reasoning) == (True, {}, True)
    assert told.media == [Media("image/png", 2)]


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_what_is_refused(body: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_chat({"model": "m", **body})


def test_embeddings_take_one_kind_of_input() -> None:
    plain: Any = {"model": "m", "input_type": "search_query"}
    assert read_embed({**plain, "texts": ["a", "b"]}) == ["a", "b"]
    mixed = {"content": [{"type": "text", "text": "a"}]}
    assert read_embed({**plain, "inputs": [mixed]}) == ["a"]
    several: list[Any] = [
        plain,
        {**plain, "texts": [], "images": []},
        {"model": "m", "texts": ["a"]},
    ]
    for wrong in several:
        with pytest.raises(Refused):
            read_embed(wrong)
