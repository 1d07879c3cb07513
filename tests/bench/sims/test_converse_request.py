"""Converse requests: what was asked, and what is refused."""

from typing import Any

import pytest

from weftline_bench.sims.ask import Media, Tool
from weftline_bench.sims.converse_request import ask_of, read_converse
from weftline_bench.sims.exchange import Refused

USER: Any = {"role": "user", "content": [{"text": "hi"}]}
NOTHING: dict[str, Any] = {}
USE: Any = {
    "role": "assistant",
    "content": [{"toolUse": {"toolUseId": "a", "name": "f", "input": NOTHING}}],
}
RESULT: Any = {
    "role": "user",
    "content": [{"toolResult": {"toolUseId": "a", "content": [{"json": {"x": 1}}, {"text": "y"}]}}],
}
TOOLS: Any = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]}
REFUSED: list[tuple[Any, str]] = [
    ({"messages": [USER, USER]}, "alternate"),
    ({"messages": [USE, RESULT], "toolConfig": TOOLS}, "start with a user"),
    ({"messages": [USER, USE, USER], "toolConfig": TOOLS}, "toolResult blocks"),
    ({"messages": [USER, USE, RESULT]}, "toolConfig"),
    ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "blank"),
    ({"messages": [{"role": "user", "content": [{}]}]}, "exactly one"),
    ({"messages": [{"role": "user", "content": USE["content"]}], "toolConfig": TOOLS}, "assistant"),
    ({"messages": [USER, {"role": "assistant", "content": [{"text": "x"}]}]}, "prefill"),
    ({"messages": [USER], "modelId": "m"}, "unknown field"),
    ({"messages": [USER], "inferenceConfig": {"topK": 1}}, "unknown field"),
    ({"messages": [USER], "toolConfig": {"tools": []}}, "length"),
]


def test_what_was_asked() -> None:
    image = {"image": {"format": "png", "source": {"bytes": "aGk="}}}
    document = {"document": {"name": "d", "format": "txt", "source": {"text": "abc"}}}
    told = ask_of(
        read_converse(
            {
                "messages": [{"role": "user", "content": [{"text": "see"}, image, document]}],
                "system": [{"text": "Brief."}, {"cachePoint": {"type": "default"}}],
                "toolConfig": {**TOOLS, "toolChoice": {"tool": {"name": "f"}}},
                "inferenceConfig": {"maxTokens": 5, "stopSequences": ["x"]},
                "additionalModelRequestFields": {"thinking": {"type": "adaptive"}},
                "outputConfig": {
                    "textFormat": {
                        "type": "json_schema",
                        "structure": {"jsonSchema": {"schema": '{"type":"null"}'}},
                    }
                },
            }
        )
    )
    assert told.media == [Media("image/png", 2), Media("document/txt", 3)]
    assert (told.tools, told.must_call) == ([Tool("f", {"type": "object"})], "f")
    assert (told.text, told.system, told.schema) == ("see", "Brief.", {"type": "null"})
    assert (told.tokens_max, told.stops, told.reasoning) == (5, ["x"], True)


def test_results_are_told() -> None:
    told = ask_of(read_converse({"messages": [USER, USE, RESULT], "toolConfig": TOOLS}))
    assert told.results == ['{"x":1}y']


@pytest.mark.parametrize(("body", "words"), REFUSED)
def test_what_is_refused(body: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_converse(body)
