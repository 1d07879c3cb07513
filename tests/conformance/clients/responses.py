"""OpenAI's Responses, as its SDK writes and reads them."""

import json
from typing import Final

from tests.conformance.clients.chat import PDF, PNG
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

_STOPS: Final = {
    Stop.END: "completed",
    Stop.SEQUENCE: "completed",
    Stop.LENGTH: "max_output_tokens",
    Stop.CALLS: "completed",
    Stop.FILTERED: "content_filter",
}


class ResponsesClient:
    """A client of `/v1/responses`."""

    name = "responses"

    @property
    def stops(self) -> dict[Stop, str]:
        return _STOPS

    def path(self, *, stream: bool) -> str:
        del stream
        return "/v1/responses"

    def count(self, body: Json) -> Count:
        asked = {name: value for name, value in body.items() if name not in ("stream", "store")}
        return Count("/v1/responses/input_tokens", asked, _counted)

    def body(self, want: Want) -> Json:
        items: list[Json] = [
            {"role": "assistant" if at % 2 else "user", "content": text}
            for at, text in enumerate(want.earlier)
        ]
        url = f"data:image/png;base64,{want.image}" if want.image else want.image_url
        parts: list[Json] = [{"type": "input_text", "text": want.user}]
        if url:
            parts.append({"type": "input_image", "image_url": url, "detail": "auto"})
        items.append({"role": "user", "content": parts})
        body: Json = {"model": MODEL, "input": items, "stream": want.stream, "store": False}
        if want.system:
            body["instructions"] = want.system
        if want.tools:
            body["tools"] = [
                {"type": "function", "name": t.name, "parameters": t.schema, "strict": False}
                for t in want.tools
            ]
        if want.only:
            body["tool_choice"] = {"type": "function", "name": want.only}
        if want.schema is not None:
            form = {"type": "json_schema", "name": "form", "schema": want.schema, "strict": True}
            body["text"] = {"format": form}
        if want.reasoning:
            body["reasoning"] = {"effort": "high", "summary": "auto"}
        if want.max_tokens is not None:
            body["max_output_tokens"] = want.max_tokens
        if want.stops:
            body["stop"] = list(want.stops)
        return body

    def again(self, body: Json, read: Read, results: list[str]) -> Json:
        answers = [
            {"type": "function_call_output", "call_id": call.id, "output": text}
            for call, text in zip(read.calls, results, strict=True)
        ]
        return {**body, "input": [*body["input"], *read.turn, *answers]}

    def whole(self, data: bytes) -> Read:
        return _response(parsed(data))

    def streamed(self, data: bytes) -> Read:
        read, items = Read(), dict[int, Json]()
        for number, (name, text) in enumerate(events(data)):
            event = parsed(text)
            kind = event["type"]
            after = read.error and kind != "response.failed"
            must(not read.finished and not after, "something comes after the end")
            must(name == kind, f"the event {name} says that it is {kind}")
            must(event["sequence_number"] == number, f"number {number} is missing")
            must(number or kind == "response.created", "it begins without response.created")
            if kind == "error":
                read.error = str(event["message"])
            elif kind == "response.failed":
                read.error = str(event["response"]["error"]["message"])
            elif kind in ("response.completed", "response.incomplete"):
                told, whole = read, _response(event["response"])
                must((told.text, told.refusal) == (whole.text, whole.refusal), "deltas differ")
                must(told.reasoning == whole.reasoning, "the thoughts' deltas differ")
                must([items[i] for i in sorted(items)] == whole.turn, "items differ at the end")
                read = whole
            else:
                _take(read, items, event)
        return read

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


def _take(read: Read, items: dict[int, Json], event: Json) -> None:
    kind = event["type"]
    if kind == "response.output_text.delta":
        read.text += event["delta"]
    elif kind == "response.refusal.delta":
        read.refusal += event["delta"]
    elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
        read.reasoning += event["delta"]
    elif kind == "response.output_item.added":
        must(event["output_index"] == len(items), "an item is added out of order")
        items[event["output_index"]] = {"open": event["item"]["type"], "arguments": ""}
    elif kind == "response.function_call_arguments.delta":
        items[event["output_index"]]["arguments"] += event["delta"]
    elif kind == "response.function_call_arguments.done":
        told = items[event["output_index"]]["arguments"]
        must(told == event["arguments"], "arguments differ from their deltas")
    elif kind == "response.output_item.done":
        opened = items[event["output_index"]]
        must(opened["open"] == event["item"]["type"], "an item changes its type")
        items[event["output_index"]] = event["item"]


def _counted(told: Json) -> int:
    must(told["object"] == "response.input_tokens", "object is not response.input_tokens")
    return int(told["input_tokens"])


def _response(body: Json) -> Read:
    must(body.get("object") == "response", "object is not response")
    must(isinstance(body.get("id"), str) and body["id"], "it has no id")
    must(body.get("error") is None, "it has failed")
    status = body["status"]
    must(status in ("completed", "incomplete"), f"its status is {status}")
    reason = inner(body, "incomplete_details").get("reason", "")
    read = Read(stop=reason or status, model=body["model"], finished=True, turn=body["output"])
    for item in body["output"]:
        if item["type"] == "message":
            must(item["role"] == "assistant", "a message of somebody else")
            for part in item["content"]:
                read.text += part.get("text", "")
                read.refusal += part.get("refusal", "")
        elif item["type"] == "reasoning":
            parts = listed(item, "summary") or listed(item, "content")
            read.reasoning += "".join(part["text"] for part in parts)
        else:
            must(item["type"] == "function_call", f"an item of type {item['type']}")
            arguments = json.loads(item["arguments"])
            read.calls.append(Called(item["call_id"], item["name"], arguments))
    usage = body.get("usage")
    if usage is not None:
        read.usage = Tokens(
            usage["input_tokens"],
            usage["output_tokens"],
            usage["input_tokens_details"]["cached_tokens"],
            usage["output_tokens_details"]["reasoning_tokens"],
        )
        total = usage["input_tokens"] + usage["output_tokens"]
        must(usage["total_tokens"] == total, "total_tokens is not the sum")
    return read


def _plain() -> Json:
    return {"model": MODEL, "input": "say: yes", "store": False}


def _user(part: Json) -> Json:
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}, part]}]}


def _after_call(output: object) -> Json:
    call = {"type": "function_call", "call_id": "call_1", "name": "find", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "call_1", "output": output}
    return {"input": [{"role": "user", "content": "say: yes"}, call, result], "tools": [_TOOL]}


_TOOL: Final[Json] = {
    "type": "function",
    "name": "find",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
_OTHER: Final[Json] = {**_TOOL, "name": "needle_other"}
_ALLOWED: Final[Json] = {
    "type": "allowed_tools",
    "mode": "auto",
    "tools": [{"type": "function", "name": "find"}],
}
_PICTURE: Final[Json] = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}

_USES: Final[list[tuple[F, str, Json, str]]] = [
    (F.TEMPERATURE, "temperature", {"temperature": 0.25}, "0.25"),
    (F.TOP_P, "top_p", {"top_p": 0.75}, "0.75"),
    (F.LOGPROBS, "top_logprobs", {"top_logprobs": 3}, "ogprobs"),
    (F.JSON_OBJECT, "text.format", {"text": {"format": {"type": "json_object"}}}, "json"),
    (F.VERBOSITY, "text.verbosity", {"text": {"verbosity": "low"}}, '"low"'),
    (F.REASONING_EFFORT, "reasoning.effort", {"reasoning": {"effort": "high"}}, ""),
    (F.REASONING_SHOWN, "reasoning.summary", {"reasoning": {"summary": "auto"}}, ""),
    (F.IMAGE_DETAIL, "input[0].content[1].detail", _user({**_PICTURE, "detail": "low"}), ""),
    (
        F.AUDIO,
        "input[0].content[1]",
        _user({"type": "input_audio", "input_audio": {"data": PNG, "format": "wav"}}),
        PNG,
    ),
    (
        F.FILE,
        "input[0].content[1]",
        _user({"type": "input_file", "file_data": PDF, "filename": "a.pdf"}),
        "JVBERi0=",
    ),
    (
        F.FILE_URL,
        "input[0].content[1].file_url",
        _user({"type": "input_file", "file_url": "https://example.com/a.pdf"}),
        "https://example.com/a.pdf",
    ),
    (
        F.FILE_ID,
        "input[0].content[1].file_id",
        _user({"type": "input_file", "file_id": "file-1"}),
        "file-1",
    ),
    (
        F.LATE_SYSTEM,
        "input[1]",
        {
            "input": [
                {"role": "user", "content": "a"},
                {"role": "developer", "content": "needle"},
                {"role": "user", "content": "say: yes"},
            ]
        },
        "needle",
    ),
    (
        F.PREFILL,
        "input[1]",
        {
            "input": [
                {"role": "user", "content": "say: yes"},
                {"role": "assistant", "content": "needle"},
            ]
        },
        "needle",
    ),
    (F.TOOL_CHOICE, "tool_choice", {"tools": [_TOOL], "tool_choice": "required"}, ""),
    (F.TOOL_SUBSET, "tool_choice", {"tools": [_TOOL, _OTHER], "tool_choice": _ALLOWED}, ""),
    (F.TOOL_STRICT, "tools[0].strict", {"tools": [{**_TOOL, "strict": True}]}, '"strict":true'),
    (
        F.TOOL_SERIAL,
        "parallel_tool_calls",
        {"tools": [_TOOL], "parallel_tool_calls": False},
        "parallel",
    ),
    (F.TOOL_FREE_TEXT, "tools[0]", {"tools": [{"type": "custom", "name": "shell"}]}, "shell"),
    (F.TOOL_RESULT_MEDIA, "input[2].output[0]", _after_call([_PICTURE]), PNG),
    (F.HOSTED_TOOL, "tools[0]", {"tools": [{"type": "web_search"}]}, "web_search"),
    (F.CACHE_KEY, "prompt_cache_key", {"prompt_cache_key": "needle"}, "needle"),
    (F.USER_ID, "safety_identifier", {"safety_identifier": "needle"}, "needle"),
    (F.METADATA, "metadata", {"metadata": {"team": "needle"}}, "needle"),
    (F.SERVICE_TIER, "service_tier", {"service_tier": "priority"}, ""),
    (F.UNKNOWN, "needle_field", {"needle_field": 1}, "needle_field"),
]
