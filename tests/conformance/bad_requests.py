"""Requests that break each client dialect, and the path at fault that the client must read."""

import json
from dataclasses import dataclass
from typing import Final

from tests.conformance.clients.chat import PNG
from tests.conformance.wants import MODEL, Json

_HUGE: Final = 10**30


@dataclass(frozen=True, slots=True)
class Bad:
    """A request. at: the path that its error names; "" for any, None where it is no error but
    comes with the field dropped. raw: sent as it is, instead of the body.
    """

    name: str
    body: Json
    at: str | None = ""
    raw: bytes = b""


def _chat(**more: object) -> Json:
    return {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], **more}


def _chat_user(*parts: object) -> Json:
    return _chat(messages=[{"role": "user", "content": list(parts)}])


def _doubled(good: Json) -> Bad:
    """Return a good request but for a field that stands in it twice."""
    return Bad("a doubled field", {}, "needle", raw=_with(good, '"needle":1,"needle":1'))


def _nested(good: Json, depth: int) -> Bad:
    """Return a good request but for the depth of a field that nobody knows."""
    raw = _with(good, f'"needle":{"[" * depth}{"]" * depth}')
    return Bad(f"a field {depth:,} deep", {}, raw=raw)


def _with(good: Json, more: str) -> bytes:
    return f"{json.dumps(good)[:-1]},{more}}}".encode()


def _picture(url: str) -> Json:
    return {"type": "image_url", "image_url": {"url": url}}


_CHAT: Final = [
    Bad("an unknown field", _chat(needle=1), None),
    Bad("no messages", {"model": MODEL, "messages": []}, "messages"),
    Bad("no field of messages", {"model": MODEL}, "messages"),
    Bad("no model", {"messages": [{"role": "user", "content": "a"}]}, "model"),
    Bad("messages of a wrong type", _chat(messages="hi"), "messages"),
    Bad(
        "a number deep down", _chat_user({"type": "text", "text": 5}), "messages[0].content[0].text"
    ),
    Bad("an unknown role", _chat(messages=[{"role": "boss", "content": "a"}]), "messages[0].role"),
    Bad(
        "a tool result without a call",
        _chat(messages=[{"role": "tool", "tool_call_id": "x", "content": "a"}]),
        "messages[0].tool_call_id",
    ),
    Bad(
        "a tool whose schema is no object",
        _chat(
            tools=[
                {"type": "function", "function": {"name": "f", "parameters": {"type": "string"}}}
            ]
        ),
        "tools[0].function.parameters.type",
    ),
    Bad(
        "a picture that is no base64",
        _chat_user(_picture("data:image/png,xx")),
        "messages[0].content[0].image_url.url",
    ),
    Bad(
        "a picture without a URL",
        _chat_user({"type": "image_url"}),
        "messages[0].content[0].image_url",
    ),
    Bad(
        "a film, which nobody there takes",
        _chat_user({"type": "video_url", "video_url": {"url": "https://e.com/a.mp4"}}),
        "messages[0].content[0].video_url.url",
    ),
    Bad("fewer tokens than none", _chat(max_tokens=-1), "max_tokens"),
    Bad("a temperature in words", _chat(temperature="hot"), "temperature"),
    Bad("a number beyond 64 bits", _chat(seed=_HUGE), "seed"),
    Bad("a lone surrogate", _chat(messages=[{"role": "user", "content": "\ud800"}])),
    Bad("a tool choice without tools", _chat(tool_choice="required"), "tool_choice"),
    Bad("a tool choice of no tool", _chat(tools=[], tool_choice="required"), "tool_choice"),
]


def _responses(**more: object) -> Json:
    return {"model": MODEL, "input": "hi", **more}


def _item(*content: object) -> Json:
    return _responses(input=[{"role": "user", "content": list(content)}])


_RESPONSES: Final = [
    Bad("an unknown field", _responses(needle=1), None),
    Bad("no input", {"model": MODEL, "input": []}, "input"),
    Bad("no field of input", {"model": MODEL}, "input"),
    Bad("input of a wrong type", _responses(input=5), "input"),
    Bad("a number deep down", _item({"type": "input_text", "text": 5}), "input[0].content[0].text"),
    Bad("an unknown role", _responses(input=[{"role": "boss", "content": "a"}]), "input[0].role"),
    Bad(
        "a tool result without a call",
        _responses(input=[{"type": "function_call_output", "call_id": "x", "output": "a"}]),
        "input[0].call_id",
    ),
    Bad(
        "a tool whose schema is no object",
        _responses(tools=[{"type": "function", "name": "f", "parameters": {"type": "string"}}]),
        "tools[0].parameters.type",
    ),
    Bad(
        "a picture that is no base64",
        _item({"type": "input_image", "image_url": "data:image/png,xx"}),
        "input[0].content[0].image_url",
    ),
    Bad("fewer tokens than none", _responses(max_output_tokens=-1), "max_output_tokens"),
    Bad("a temperature in words", _responses(temperature="hot"), "temperature"),
    Bad("a number beyond 64 bits", _responses(max_output_tokens=_HUGE), "max_output_tokens"),
    Bad("a lone surrogate", _responses(input="\ud800")),
]


def _messages(**more: object) -> Json:
    said = [{"role": "user", "content": "hi"}]
    return {"model": MODEL, "max_tokens": 9, "messages": said, **more}


def _said(*content: object) -> Json:
    return _messages(messages=[{"role": "user", "content": list(content)}])


_MESSAGES: Final = [
    Bad("an unknown field", _messages(needle=1), None),
    Bad("no messages", _messages(messages=[]), "messages"),
    Bad("no field of messages", {"model": MODEL, "max_tokens": 9}, "messages"),
    Bad("messages of a wrong type", _messages(messages=5), "messages"),
    Bad("a number deep down", _said({"type": "text", "text": 5}), "messages[0].content[0].text"),
    Bad(
        "an unknown role",
        _messages(messages=[{"role": "boss", "content": "a"}]),
        "messages[0].role",
    ),
    Bad(
        "a tool result without a call",
        _said({"type": "tool_result", "tool_use_id": "x", "content": "a"}),
        "messages[0].content[0].tool_use_id",
    ),
    Bad(
        "a tool whose schema is no object",
        _messages(tools=[{"name": "f", "input_schema": {"type": "string"}}]),
        "tools[0].input_schema.type",
    ),
    Bad(
        "a picture of no known source",
        _said({"type": "image", "source": {"type": "base64", "media_type": "image/png"}}),
        "messages[0].content[0].source",
    ),
    Bad("fewer tokens than none", _messages(max_tokens=-1), "max_tokens"),
    Bad("a temperature in words", _messages(temperature="hot"), "temperature"),
    Bad("a number beyond 64 bits", _messages(top_k=_HUGE), "top_k"),
    Bad("a lone surrogate", _messages(messages=[{"role": "user", "content": "\ud800"}])),
]


def _generate(**more: object) -> Json:
    return {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], **more}


def _parts(*parts: object) -> Json:
    return _generate(contents=[{"role": "user", "parts": list(parts)}])


def _how(**fields: object) -> Json:
    return _generate(generationConfig=fields)


_GENERATE: Final = [
    Bad("an unknown field", _generate(needle=1), None),
    Bad("no contents", _generate(contents=[]), "contents"),
    Bad("no field of contents", {}, "contents"),
    Bad("contents of a wrong type", _generate(contents=5), "contents"),
    Bad("a number deep down", _parts({"text": 5}), "contents[0].parts[0].text"),
    Bad(
        "an unknown role",
        _generate(contents=[{"role": "boss", "parts": [{"text": "a"}]}]),
        "contents[0].role",
    ),
    Bad(
        "a tool whose schema is no object",
        _generate(
            tools=[
                {
                    "functionDeclarations": [
                        {"name": "f", "parametersJsonSchema": {"type": "string"}}
                    ]
                }
            ]
        ),
        "tools[0].functionDeclarations[0].parametersJsonSchema.type",
    ),
    Bad(
        "a picture that is no base64",
        _parts({"inlineData": {"mimeType": "image/png", "data": 5}}),
        "contents[0].parts[0].inlineData.data",
    ),
    Bad("fewer tokens than none", _how(maxOutputTokens=-1), "generationConfig.maxOutputTokens"),
    Bad("a temperature in words", _how(temperature="hot"), "generationConfig.temperature"),
    Bad("a number beyond 64 bits", _how(seed=_HUGE), "generationConfig.seed"),
    Bad("a lone surrogate", _parts({"text": "\ud800"})),
]

# What is wrong with bytes, whatever the dialect.
RAW: Final = [
    Bad("no JSON", {}, raw=b"{"),
    Bad("no object", {}, raw=b"[1]"),
    Bad("nothing", {}, raw=b" "),
    Bad("no UTF-8", {}, raw=b'{"model":"\xff"}'),
    Bad("NaN", {}, raw=b'{"model":"m/chat","temperature":NaN}'),
]

# Ten megabytes at the last.
_DEPTHS: Final = (1_000, 1_000_000, 5_000_000)


def _twisted(good: Json) -> list[Bad]:
    return [_doubled(good), *(_nested(good, depth) for depth in _DEPTHS)]


BAD: Final[dict[str, list[Bad]]] = {
    "chat": [*_CHAT, *_twisted(_chat())],
    "responses": [*_RESPONSES, *_twisted(_responses())],
    "messages": [*_MESSAGES, *_twisted(_messages())],
    "generate": [*_GENERATE, *_twisted(_generate())],
}

# A picture that is good, for a test that the checks can pass.
GOOD_PICTURE: Final = _picture(f"data:image/png;base64,{PNG}")
