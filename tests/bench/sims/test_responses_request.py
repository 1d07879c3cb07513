"""Responses requests: what was asked, and what is refused."""

from typing import Any

import pytest

from weftline_bench.sims.ask import Media
from weftline_bench.sims.exchange import Refused
from weftline_bench.sims.responses_request import ask_of, read_responses

CALL = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "a", "output": "warm"}


def ask(given: Any, **more: Any) -> Any:
    return ask_of(*read_responses({"model": "m", "input": given, **more}))


def test_a_text_and_items_are_read() -> None:
    assert ask("hi").text == "hi"
    parts = [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "data:image/png;base64,aGk="},
        {"type": "input_file", "file_url": "u"},
        {"type": "input_audio", "input_audio": {"format": "mp3", "data": "aGk="}},
    ]
    told = ask([{"role": "developer", "content": "Brief."}, {"role": "user", "content": parts}])
    assert told.system == "\nBrief."
    assert told.media == [
        Media("image/png", 2),
        Media("file", url="u"),
        Media("audio/mp3", 2),
    ]
    assert ask([{"role": "user", "content": "?"}, CALL, OUTPUT]).results == ["warm"]


def test_options_are_read() -> None:
    told = ask(
        "x",
        tools=[{"type": "function", "name": "f"}, {"type": "web_search", "filters": {}}],
        tool_choice={"type": "function", "name": "f"},
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "null"}}},
        reasoning={"effort": "none"},
        max_output_tokens=16,
        parallel_tool_calls=False,
    )
    assert (told.must_call, told.schema, told.reasoning) == ("f", {"type": "null"}, False)
    assert (told.tokens_max, told.parallel) == (16, False)


REFUSED: Any = [
    ({"input": "x", "model": ""}, "Missing required parameter"),
    ({"input": "x", "messages": []}, "Unknown parameter: 'messages'"),
    ({"input": "x", "tools": [{"type": "bogus"}]}, "Invalid value: 'bogus'"),
    ({"input": [OUTPUT]}, "No tool call found"),
    ({"input": [CALL]}, "No tool output found"),
    ({"input": [{"role": "tool", "content": "x"}]}, "Invalid enum"),
    ({"input": "x", "max_output_tokens": 1}, ">= 16"),
    ({"input": "x", "tools": [{"type": "function", "function": {}}]}, "Object"),
]


@pytest.mark.parametrize(
    ("body", "words"),
    REFUSED,
)
def test_what_is_refused(body: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_responses({"model": "m", **body})
