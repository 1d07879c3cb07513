"""OpenAI's chat completions, as its SDK writes and reads them."""

import json
from typing import Any, Final, cast

from tests.conformance.events import events, inner, listed, parsed
from tests.conformance.wants import (
    MODEL,
    Called,
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

PNG: Final = "iVBORw0KGgo="
PDF: Final = "data:application/pdf;base64,JVBERi0="


_STOPS: Final = {
    Stop.END: "stop",
    Stop.SEQUENCE: "stop",
    Stop.LENGTH: "length",
    Stop.CALLS: "tool_calls",
    Stop.FILTERED: "content_filter",
}


class ChatClient:
    """A client of `/v1/chat/completions`."""

    name = "chat"

    @property
    def stops(self) -> dict[Stop, str]:
        return _STOPS

    def path(self, *, stream: bool) -> str:
        del stream
        return "/v1/chat/completions"

    def count(self, body: Json) -> None:
        del body

    def body(self, want: Want) -> Json:
        body: Json = {"model": MODEL, "messages": _messages(want), "stream": want.stream}
        if want.stream:
            body["stream_options"] = {"include_usage": True}
        if want.tools:
            body["tools"] = [
                {"type": "function", "function": {"name": t.name, "parameters": t.schema}}
                for t in want.tools
            ]
        if want.only:
            body["tool_choice"] = {"type": "function", "function": {"name": want.only}}
        if want.schema is not None:
            form = {"name": "form", "schema": want.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        if want.reasoning:
            body["reasoning_effort"] = "high"
        if want.max_tokens is not None:
            body["max_completion_tokens"] = want.max_tokens
        if want.stops:
            body["stop"] = list(want.stops)
        return body

    def again(self, body: Json, read: Read, results: list[str]) -> Json:
        answers = [
            {"role": "tool", "tool_call_id": call.id, "content": text}
            for call, text in zip(read.calls, results, strict=True)
        ]
        return {**body, "messages": [*body["messages"], *read.turn, *answers]}

    def whole(self, data: bytes) -> Read:
        body = parsed(data)
        must(body.get("object") == "chat.completion", "object is not chat.completion")
        must(isinstance(body.get("id"), str) and body["id"], "it has no id")
        must(isinstance(body.get("created"), int), "created is no integer")
        must(body.get("choices"), "it has no choices")
        choice: Json = body["choices"][0]
        message: Json = choice["message"]
        must(message.get("role") == "assistant", "the message's role is not assistant")
        read = Read(
            text=_words(message.get("content")),
            reasoning=_thoughts(message),
            refusal=message.get("refusal") or "",
            stop=choice["finish_reason"],
            model=body["model"],
            usage=_usage(body.get("usage")),
            finished=True,
            choices=len(body["choices"]),
        )
        for call in listed(message, "tool_calls"):
            _called(read, call["id"], call["function"]["name"], call["function"]["arguments"])
        return _with_turn(read, message.get("tool_calls"))

    def streamed(self, data: bytes) -> Read:
        read, calls, seen = Read(), dict[int, Json](), set[int]()
        for name, text in events(data):
            must(not read.finished and not read.error, "something comes after the end")
            if text == "[DONE]":
                must(read.stop, "it is done without a finish reason")
                read.finished = True
                continue
            chunk = parsed(text)
            if "error" in chunk:
                read.error = str(chunk["error"]["message"])
                continue
            must(name == "", f"an event called {name}")
            must(isinstance(chunk.get("choices"), list), "a chunk without choices")
            read.model = read.model or chunk.get("model", "")
            read.usage = _usage(chunk.get("usage")) or read.usage
            for choice in chunk["choices"]:
                seen.add(choice["index"])
                if choice["index"] == 0:
                    _take(read, calls, choice)
        read.choices = len(seen)
        for call in calls.values():
            function = call["function"]
            if read.finished:
                _called(read, call["id"], function["name"], function["arguments"])
        return _with_turn(read, list(calls.values()))

    def error(self, status: int, data: bytes) -> Trouble:
        error = parsed(data)["error"]
        must(set(error) >= {"message", "type", "param", "code"}, "an error lacks a field")
        must(isinstance(error["message"], str) and error["message"], "an error without words")
        must(status >= 400, f"an error with status {status}")
        return Trouble(error["message"], error["type"], error["param"] or "", error["code"] or "")

    def overload(self) -> int:
        return 503

    def uses(self) -> list[Use]:
        return [
            Use(feature=feature, path=path, body={**_plain(), **more}, needle=needle)
            for feature, path, more, needle in _USES
        ]


def _messages(want: Want) -> list[Json]:
    messages: list[Json] = []
    if want.system:
        messages.append({"role": "system", "content": want.system})
    for at, text in enumerate(want.earlier):
        messages.append({"role": "assistant" if at % 2 else "user", "content": text})
    url = f"data:image/png;base64,{want.image}" if want.image else want.image_url
    content: object = want.user
    if url:
        picture = {"type": "image_url", "image_url": {"url": url}}
        content = [{"type": "text", "text": want.user}, picture]
    return [*messages, {"role": "user", "content": content}]


def _words(content: Any) -> str:
    if isinstance(content, list):
        # Mistral's own form, which its clients read.
        parts = cast("list[Json]", content)
        return "".join(part["text"] for part in parts if part["type"] == "text")
    must(content is None or isinstance(content, str), "content is no text")
    return content or ""


def _thoughts(holder: Json) -> str:
    content = holder.get("content")
    if isinstance(content, list):
        parts = cast("list[Json]", content)
        thoughts = [t for p in parts if p["type"] == "thinking" for t in listed(p, "thinking")]
        return "".join(t["text"] for t in thoughts)
    return holder.get("reasoning_content") or holder.get("reasoning") or ""


def _take(read: Read, calls: dict[int, Json], choice: Json) -> None:
    delta = choice["delta"]
    must(not read.stop or not any(delta.values()), "content after the finish reason")
    read.text += _words(delta.get("content"))
    read.reasoning += _thoughts(delta)
    read.refusal += delta.get("refusal") or ""
    for part in listed(delta, "tool_calls"):
        call = calls.setdefault(
            # Mistral's fragments are whole calls without a place.
            part.get("index", len(calls)),
            {"type": "function", "function": {}},
        )
        if part.get("id"):
            call["id"] = part["id"]
        function = call["function"]
        for key, value in inner(part, "function").items():
            function[key] = function.get(key, "") + (value or "")
    read.stop = choice.get("finish_reason") or read.stop


def _called(read: Read, call_id: str, name: str, arguments: Any) -> None:
    must(call_id and name, "a tool call without id or name")
    must(isinstance(arguments, str), "arguments are no text")
    read.calls.append(Called(call_id, name, json.loads(arguments)))


def _with_turn(read: Read, calls: list[Json] | None) -> Read:
    turn: Json = {"role": "assistant", "content": read.text or None}
    if calls:
        turn["tool_calls"] = calls
    read.turn = [turn]
    return read


def _usage(usage: Json | None) -> Tokens | None:
    if usage is None:
        return None
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    must(isinstance(usage["total_tokens"], int), "total_tokens is no integer")
    cached = inner(usage, "prompt_tokens_details").get("cached_tokens")
    reasoning = inner(usage, "completion_tokens_details").get("reasoning_tokens")
    return Tokens(prompt, completion, cached, reasoning)


def _plain() -> Json:
    return {"model": MODEL, "messages": [{"role": "user", "content": "say: yes"}]}


def _user(*parts: Json) -> Json:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "look"}, *parts]}]}


_TOOL: Final[Json] = {
    "type": "function",
    "function": {"name": "find", "parameters": {"type": "object", "properties": {}}},
}
_ALLOWED: Final[Json] = {
    "type": "allowed_tools",
    "allowed_tools": {
        "mode": "auto",
        "tools": [{"type": "function", "function": {"name": "find"}}],
    },
}
_OTHER: Final[Json] = {
    "type": "function",
    "function": {**_TOOL["function"], "name": "needle_other"},
}
_PREDICTED: Final[Json] = {"type": "content", "content": "needle"}

_USES: Final[list[tuple[F, str, Json, str]]] = [
    (F.TEMPERATURE, "temperature", {"temperature": 0.25}, "0.25"),
    (F.TOP_P, "top_p", {"top_p": 0.75}, "0.75"),
    (F.TOP_K, "top_k", {"top_k": 33}, "33"),
    (F.SEED, "seed", {"seed": 77123}, "77123"),
    (F.STOP, "stop", {"stop": ["needle"]}, "needle"),
    (F.FREQUENCY_PENALTY, "frequency_penalty", {"frequency_penalty": 0.5}, "0.5"),
    (F.PRESENCE_PENALTY, "presence_penalty", {"presence_penalty": 0.5}, "0.5"),
    (F.LOGIT_BIAS, "logit_bias", {"logit_bias": {"77123": 1}}, "77123"),
    (F.LOGPROBS, "logprobs", {"logprobs": True, "top_logprobs": 3}, "ogprobs"),
    (F.CHOICES, "n", {"n": 2}, "2"),
    (F.JSON_OBJECT, "response_format", {"response_format": {"type": "json_object"}}, "json"),
    (F.VERBOSITY, "verbosity", {"verbosity": "low"}, '"low"'),
    (F.PREDICTION, "prediction", {"prediction": _PREDICTED}, "needle"),
    (
        F.AUDIO_OUT,
        "audio",
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        "alloy",
    ),
    (F.REASONING_EFFORT, "reasoning_effort", {"reasoning_effort": "high"}, ""),
    (
        F.IMAGE_DETAIL,
        "messages[0].content[1].image_url.detail",
        _user(
            {
                "type": "image_url",
                "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"},
            }
        ),
        "",
    ),
    (
        F.AUDIO,
        "messages[0].content[1]",
        _user({"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}}),
        PNG,
    ),
    (
        F.FILE,
        "messages[0].content[1]",
        _user({"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}}),
        "JVBERi0=",
    ),
    (
        F.FILE_ID,
        "messages[0].content[1].file.file_id",
        _user({"type": "file", "file": {"file_id": "file-1"}}),
        "file-1",
    ),
    (
        F.LATE_SYSTEM,
        "messages[1]",
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "system", "content": "needle"},
                {"role": "user", "content": "say: yes"},
            ]
        },
        "needle",
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
    (
        F.SPEAKER,
        "messages[0].name",
        {"messages": [{"role": "user", "content": "say: yes", "name": "needle"}]},
        "needle",
    ),
    (F.TOOL_CHOICE, "tool_choice", {"tools": [_TOOL], "tool_choice": "required"}, ""),
    (F.TOOL_SUBSET, "tool_choice", {"tools": [_TOOL, _OTHER], "tool_choice": _ALLOWED}, ""),
    (
        F.TOOL_STRICT,
        "tools[0].function.strict",
        {"tools": [{"type": "function", "function": {**_TOOL["function"], "strict": True}}]},
        '"strict":true',
    ),
    (
        F.TOOL_SERIAL,
        "parallel_tool_calls",
        {"tools": [_TOOL], "parallel_tool_calls": False},
        "parallel",
    ),
    (
        F.TOOL_FREE_TEXT,
        "tools[0]",
        {"tools": [{"type": "custom", "custom": {"name": "shell"}}]},
        "shell",
    ),
    (F.CACHE_KEY, "prompt_cache_key", {"prompt_cache_key": "needle"}, "needle"),
    (F.USER_ID, "safety_identifier", {"safety_identifier": "needle"}, "needle"),
    (F.METADATA, "metadata", {"metadata": {"team": "needle"}}, "needle"),
    (F.SERVICE_TIER, "service_tier", {"service_tier": "priority"}, ""),
    (F.STORE, "store", {"store": True}, '"store":true'),
    (F.UNKNOWN, "needle_field", {"needle_field": 1}, "needle_field"),
]
