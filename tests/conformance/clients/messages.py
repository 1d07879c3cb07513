"""Anthropic's Messages, as its SDK writes and reads them."""

import json
from typing import Final

from tests.conformance.clients.chat import PNG
from tests.conformance.events import events, inner, listed, parsed
from tests.conformance.wants import (
    MODEL,
    Called,
    Count,
    Json,
    Read,
    Tokens,
    Trouble,
    Use,
    Want,
    must,
)
from weftline_bench.sims.script import Stop
from weftline_core.chat.features import Feature as F  # noqa: N817  # a table reads best in short lines

# How many tokens an answer may have where a request says nothing of it; the field is required.
TOKENS_MAX: Final = 4096


_STOPS: Final = {
    Stop.END: "end_turn",
    Stop.SEQUENCE: "stop_sequence",
    Stop.LENGTH: "max_tokens",
    Stop.CALLS: "tool_use",
    Stop.FILTERED: "refusal",
}


class MessagesClient:
    """A client of `/v1/messages`."""

    name = "messages"

    @property
    def stops(self) -> dict[Stop, str]:
        return _STOPS

    def path(self, *, stream: bool) -> str:
        del stream
        return "/v1/messages"

    def count(self, body: Json) -> Count:
        asked = {n: value for n, value in body.items() if n not in ("stream", "max_tokens")}
        return Count("/v1/messages/count_tokens", asked, lambda told: int(told["input_tokens"]))

    def body(self, want: Want) -> Json:
        messages: list[Json] = [
            {"role": "assistant" if at % 2 else "user", "content": text}
            for at, text in enumerate(want.earlier)
        ]
        content: list[Json] = [{"type": "text", "text": want.user}]
        if want.image:
            source = {"type": "base64", "media_type": "image/png", "data": want.image}
            content.append({"type": "image", "source": source})
        if want.image_url:
            content.append({"type": "image", "source": {"type": "url", "url": want.image_url}})
        messages.append({"role": "user", "content": content})
        body: Json = {
            "model": MODEL,
            "max_tokens": want.max_tokens or TOKENS_MAX,
            "messages": messages,
            "stream": want.stream,
        }
        if want.system:
            body["system"] = want.system
        if want.tools:
            body["tools"] = [{"name": t.name, "input_schema": t.schema} for t in want.tools]
        if want.only:
            body["tool_choice"] = {"type": "tool", "name": want.only}
        if want.schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": want.schema}}
        if want.reasoning:
            body["thinking"] = {"type": "enabled", "budget_tokens": 2048}
        if want.stops:
            body["stop_sequences"] = list(want.stops)
        return body

    def again(self, body: Json, read: Read, results: list[str]) -> Json:
        answers = [
            {"type": "tool_result", "tool_use_id": call.id, "content": text}
            for call, text in zip(read.calls, results, strict=True)
        ]
        turns = [{"role": "assistant", "content": read.turn}, {"role": "user", "content": answers}]
        return {**body, "messages": [*body["messages"], *turns]}

    def whole(self, data: bytes) -> Read:
        return _message(parsed(data))

    def streamed(self, data: bytes) -> Read:
        message: Json = {}
        partial: dict[int, str] = {}
        opened, error = -1, ""
        finished = False
        for name, text in events(data):
            must(not finished and not error, "something comes after the end")
            event = parsed(text)
            kind = event["type"]
            must(name == kind, f"the event {name} says that it is {kind}")
            if kind == "error":
                must(isinstance(event["error"]["type"], str), "an error without a type")
                error = str(event["error"]["message"])
            elif kind == "message_start":
                must(not message, "the message starts twice")
                message = event["message"]
                must(message["content"] == [], "the message starts with content")
            elif kind == "message_stop":
                must(opened == -1, "a block is open at the end")
                finished = True
            elif kind != "ping":
                must(message, f"{kind} before message_start")
                opened = _take(message, partial, event, opened)
        read = _message(message) if finished else _unfinished(message)
        read.finished, read.error = finished, error
        return read

    def error(self, status: int, data: bytes) -> Trouble:
        body = parsed(data)
        must(body["type"] == "error", "it is no error")
        error = body["error"]
        must(isinstance(error["message"], str) and error["message"], "an error without words")
        must(status >= 400, f"an error with status {status}")
        return Trouble(error["message"], error["type"], "")

    def overload(self) -> int:
        return 529

    def uses(self) -> list[Use]:
        return [
            Use(feature=feature, path=path, body={**_plain(), **more}, needle=needle)
            for feature, path, more, needle in _USES
        ]


def _take(message: Json, partial: dict[int, str], event: Json, opened: int) -> int:
    """Take one event; return the index of the open block."""
    kind = event["type"]
    if kind == "message_delta":
        message.update(event["delta"])
        message["usage"] = {**message["usage"], **event["usage"]}
        return opened
    blocks, at = message["content"], event["index"]
    if kind == "content_block_start":
        must(opened == -1 and at == len(blocks), "blocks overlap, or are out of order")
        blocks.append(dict(event["content_block"]))
        return int(at)
    must(at == opened, f"{kind} for a block that is not open")
    if kind == "content_block_stop":
        if at in partial:
            blocks[at]["input"] = json.loads(partial[at])
        return -1
    must(kind == "content_block_delta", f"an event {kind}")
    delta = event["delta"]
    if delta["type"] == "input_json_delta":
        if delta["partial_json"]:
            partial[at] = partial.get(at, "") + delta["partial_json"]
        return opened
    field = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
    name = field[delta["type"]]
    blocks[at][name] = blocks[at].get(name, "") + delta[name]
    return opened


def _unfinished(message: Json) -> Read:
    blocks = listed(message, "content")
    return Read(
        text="".join(b["text"] for b in blocks if b["type"] == "text"),
        reasoning="".join(b["thinking"] for b in blocks if b["type"] == "thinking"),
    )


def _message(body: Json) -> Read:
    must(body.get("type") == "message" and body.get("role") == "assistant", "it is no message")
    must(isinstance(body.get("id"), str) and body["id"], "it has no id")
    must("stop_sequence" in body, "stop_sequence is missing")
    must(body["stop_reason"], "it has no stop reason")
    read = _unfinished(
        {"content": [b for b in body["content"] if b["type"] != "redacted_thinking"]}
    )
    read.finished, read.turn, read.model = True, body["content"], body["model"]
    read.stop, read.sequence = body["stop_reason"], body["stop_sequence"]
    for block in body["content"]:
        if block["type"] == "tool_use":
            must(isinstance(block["input"], dict), "the input of a tool is no object")
            read.calls.append(Called(block["id"], block["name"], block["input"]))
        elif block["type"] == "thinking":
            must(isinstance(block["signature"], str), "thoughts without a signature")
        else:
            must(block["type"] in ("text", "redacted_thinking"), f"a block {block['type']}")
    usage = body["usage"]
    cached = usage.get("cache_read_input_tokens") or 0
    prompt = usage["input_tokens"] + cached + (usage.get("cache_creation_input_tokens") or 0)
    thought = inner(usage, "output_tokens_details").get("thinking_tokens")
    read.usage = Tokens(prompt, usage["output_tokens"], cached, thought)
    return read


def _plain() -> Json:
    messages = [{"role": "user", "content": "say: yes"}]
    return {"model": MODEL, "max_tokens": TOKENS_MAX, "messages": messages}


def _user(*parts: Json) -> Json:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, *parts]}]}


def _after_call(result: Json) -> Json:
    call: Json = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}
    answer = {"type": "tool_result", "tool_use_id": "toolu_1", **result}
    return {
        "messages": [
            {"role": "user", "content": "say: yes"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [answer]},
        ],
        "tools": [_TOOL],
    }


_TOOL: Final[Json] = {"name": "find", "input_schema": {"type": "object", "properties": {}}}
_PICTURE: Final[Json] = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": PNG},
}


def _document(source: Json) -> Json:
    return _user({"type": "document", "source": source})


_PDF: Final[Json] = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
_SERIAL: Final[Json] = {"type": "auto", "disable_parallel_tool_use": True}
_THINK: Final[Json] = {"type": "enabled", "budget_tokens": 2345}
_MARKED: Final[Json] = {"type": "text", "text": "say: yes", "cache_control": {"type": "ephemeral"}}

_USES: Final[list[tuple[F, str, Json, str]]] = [
    (F.TEMPERATURE, "temperature", {"temperature": 0.25}, "0.25"),
    (F.TOP_P, "top_p", {"top_p": 0.75}, "0.75"),
    (F.TOP_K, "top_k", {"top_k": 33}, "33"),
    (F.STOP, "stop_sequences", {"stop_sequences": ["needle"]}, "needle"),
    (F.REASONING_EFFORT, "output_config.effort", {"output_config": {"effort": "high"}}, ""),
    (F.REASONING_BUDGET, "thinking.budget_tokens", {"thinking": _THINK}, "2345"),
    (
        F.REASONING_SHOWN,
        "thinking.display",
        {"thinking": {"type": "adaptive", "display": "omitted"}},
        "",
    ),
    (F.FILE, "messages[0].content[1].source", _document(_PDF), "JVBERi0="),
    (
        F.FILE_URL,
        "messages[0].content[1].source.url",
        _document({"type": "url", "url": "https://example.com/a.pdf"}),
        "https://example.com/a.pdf",
    ),
    (
        F.FILE_ID,
        "messages[0].content[1].source.file_id",
        _document({"type": "file", "file_id": "file_1"}),
        "file_1",
    ),
    (
        F.PREFILL,
        "messages[1]",
        {
            "messages": [
                {"role": "user", "content": "say: yes"},
                {"role": "assistant", "content": "needle"},
            ]
        },
        "needle",
    ),
    (F.TOOL_CHOICE, "tool_choice", {"tools": [_TOOL], "tool_choice": {"type": "any"}}, ""),
    (F.TOOL_STRICT, "tools[0].strict", {"tools": [{**_TOOL, "strict": True}]}, '"strict":true'),
    (
        F.TOOL_SERIAL,
        "tool_choice.disable_parallel_tool_use",
        {"tools": [_TOOL], "tool_choice": _SERIAL},
        "parallel",
    ),
    (
        F.TOOL_RESULT_MEDIA,
        "messages[2].content[0].content[0]",
        _after_call({"content": [_PICTURE]}),
        PNG,
    ),
    (
        F.TOOL_RESULT_ERROR,
        "messages[2].content[0].is_error",
        _after_call({"content": "needle", "is_error": True}),
        "error",
    ),
    (
        F.HOSTED_TOOL,
        "tools[0]",
        {"tools": [{"type": "web_search_20260209", "name": "web_search"}]},
        "web_search",
    ),
    (
        F.CACHE_HINT,
        "messages[0].content[0].cache_control",
        {"messages": [{"role": "user", "content": [_MARKED]}]},
        "ache",
    ),
    (F.USER_ID, "metadata.user_id", {"metadata": {"user_id": "needle"}}, "needle"),
    (F.SERVICE_TIER, "service_tier", {"service_tier": "standard_only"}, ""),
    (F.UNKNOWN, "needle_field", {"needle_field": 1}, "needle_field"),
]
