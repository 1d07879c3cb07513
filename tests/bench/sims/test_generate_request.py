"""generateContent requests: what was asked, and what is refused."""

from typing import Any

import pytest

from weftline_bench.sims.ask import Media
from weftline_bench.sims.exchange import Refused, json_object
from weftline_bench.sims.generate_request import (
    NO_SIGNATURE,
    GenerateRequest,
    ask_of,
    camel,
    read_generate,
    signature_key,
)

USER: Any = {"role": "user", "parts": [{"text": "hi"}]}
CALL: Any = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"b": 1, "a": 2}}}]}
RESULT: Any = {
    "role": "user",
    "parts": [{"functionResponse": {"name": "f", "response": {"x": 1, "y": 2}}}],
}
TOOLS: Any = [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]


def asked(*contents: Any, model: str = "gemini-3", **more: Any) -> GenerateRequest:
    return read_generate({"contents": list(contents), **more}, model, {})


def test_names_are_taken_in_both_cases_but_for_the_callers_own() -> None:
    body = {
        "generation_config": {"response_schema": {"my_word": 1}},
        "contents": [{"parts": [{"function_call": {"name": "f", "args": {"my_arg": 1}}}]}],
    }
    assert json_object(camel(body)) == {
        "generationConfig": {"responseSchema": {"my_word": 1}},
        "contents": [{"parts": [{"functionCall": {"name": "f", "args": {"my_arg": 1}}}]}],
    }


def test_what_was_asked() -> None:
    media = {
        "role": "user",
        "parts": [
            {"text": "see"},
            {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
            {"fileData": {"fileUri": "u"}},
        ],
    }
    ask = ask_of(
        asked(
            media,
            systemInstruction={"parts": [{"text": "Brief."}]},
            tools=TOOLS,
            toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]}},
            generationConfig={
                "responseMimeType": "application/json",
                "maxOutputTokens": 7,
                "stopSequences": ["x"],
                "thinkingConfig": {"includeThoughts": True},
            },
        )
    )
    assert ask.media == [Media("image/png", 2), Media("file", url="u")]
    assert (ask.text, ask.system, ask.must_call) == ("see", "Brief.", "g")
    assert [t.name for t in ask.tools] == ["g"]
    assert (ask.schema, ask.tokens_max, ask.stops, ask.reasoning) == ({}, 7, ["x"], True)


def test_results_are_objects_or_a_wrapped_text() -> None:
    ask = ask_of(asked(USER, CALL, RESULT))
    assert (ask.text, ask.results) == ("hi", ['{"x":1,"y":2}'])


def test_a_signature_is_asked_back_whatever_the_order_of_arguments() -> None:
    key = signature_key("f", {"a": 2, "b": 1})
    body: Any = {"contents": [USER, CALL, RESULT]}
    with pytest.raises(Refused, match="thought_signature"):
        read_generate(body, "gemini-3", {key: "c2ln"})
    part = {**CALL["parts"][0], "thoughtSignature": "c2ln"}
    body["contents"][1] = {"role": "model", "parts": [part]}
    read_generate(body, "gemini-3", {key: "c2ln"})
    part["thoughtSignature"] = NO_SIGNATURE
    read_generate(body, "gemini-3", {key: "c2ln"})


def test_bytes_may_be_in_the_alphabet_of_urls() -> None:
    for encoded in ("-_-_", "+/+/"):
        inline = {"mimeType": "image/png", "data": encoded}
        body: Any = {"contents": [{"role": "user", "parts": [{"inlineData": inline}]}]}
        assert ask_of(read_generate(body, "gemini-3", {})).media == [Media("image/png", 3)]


REFUSED: Any = [
    ([USER, CALL], {"model": "m", "cachedContent": "c", "tools": TOOLS}, "CachedContent"),
    ([CALL, RESULT], {}, "immediately after"),
    ([{"role": "user", "parts": []}], {}, "must not be empty"),
    ([USER, CALL, {**RESULT, "role": "model"}], {}, "user turn"),
    (
        [USER],
        {
            "generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}},
            "model": "gemini-2.5",
        },
        "not supported",
    ),
    (
        [USER],
        {
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseSchema": {
                    "type": "object",
                    "properties": {"a": {"type": "array", "items": {"anyOf": [{"const": 1}]}}},
                },
            }
        },
        'Unknown name "const"',
    ),
    (
        [USER],
        {
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseSchema": {"type": ["string", "null"]},
            }
        },
        "must be a string",
    ),
    (
        [USER],
        {
            "tools": TOOLS,
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["h"]}},
        },
        "declared",
    ),
]


@pytest.mark.parametrize(
    ("contents", "more", "words"),
    REFUSED,
)
def test_what_is_refused(contents: Any, more: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        asked(*contents, **more)
