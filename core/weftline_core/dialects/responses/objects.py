"""The response object in each of its states, and the items in it."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias, cast

import msgspec

from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.responses.errors import response_error
from weftline_core.dialects.responses.usage import usage_object
from weftline_core.ids import stem_of
from weftline_core.usage import Usage
from weftline_core.verdict import Words

Status: TypeAlias = Literal[
    "queued", "in_progress", "completed", "incomplete", "failed", "cancelled"
]
Json: TypeAlias = dict[str, object]

# What a response repeats of its request, with the value of a request that does not say.
_REPEATED: Final[tuple[tuple[str, object], ...]] = (
    ("background", False),
    ("instructions", None),
    ("max_output_tokens", None),
    ("max_tool_calls", None),
    ("metadata", {}),
    ("parallel_tool_calls", True),
    ("previous_response_id", None),
    ("prompt_cache_key", None),
    ("reasoning", {"effort": None, "summary": None}),
    ("safety_identifier", None),
    ("service_tier", "default"),
    ("store", True),
    ("temperature", None),
    ("text", {"format": {"type": "text"}}),
    ("tool_choice", "auto"),
    ("top_logprobs", 0),
    ("top_p", None),
    ("truncation", "disabled"),
    ("user", None),
)


def response_id(request_id: str) -> str:
    """Return the id of the response to a request."""
    return f"resp_{stem_of(request_id)}"


def remembered(echo: Echo) -> Echo:
    """Return as much of an echo as a response repeats, apart from the request, which is large and
    is let go of while its answer comes.
    """
    names = (*(name for name, _ in _REPEATED), "tools", "conversation")
    body = {name: echo.body[name] for name in names if name in echo.body}
    return msgspec.structs.replace(echo, body=body)


def response_object(
    echo: Echo,
    status: Status,
    *,
    output: Sequence[Json] = (),
    usage: Usage | None = None,
    incomplete: str | None = None,
    failure: tuple[int, Words] | None = None,
) -> Json:
    """Return a response in one of its states.

    output: its items. incomplete: why it is not complete (`max_output_tokens`, `content_filter`).
    usage: None if the provider said nothing, which is not zero. failure: the HTTP status that the
    error would have had, and its words.
    """
    body = echo.body
    written: Json = {
        "id": response_id(echo.request_id),
        "object": "response",
        "created_at": echo.created_unix_s,
        "status": status,
        "error": response_error(*failure) if failure else None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "model": echo.model,
        "output": list(output),
        "tools": _tools(body),
        "usage": usage_object(usage) if usage else None,
    }
    for name, default in _REPEATED:
        value = body.get(name)
        written[name] = default if value is None else value
    on = body.get("conversation")
    if on is not None:
        written["conversation"] = {"id": on} if isinstance(on, str) else on
    return written


def ended(
    stop: Stop | None, *, refused_in_words: bool
) -> tuple[Literal["completed", "incomplete"], str | None]:
    """Return the status of an answer that came to its end, and why it is incomplete.

    refused_in_words: it says that it won't, and so is complete.
    """
    if stop is Stop.LENGTH:
        return "incomplete", "max_output_tokens"
    if stop is Stop.FILTERED or (stop is Stop.REFUSED and not refused_in_words):
        return "incomplete", "content_filter"
    return "completed", None


def message_item(item_id: str, content: list[Json], status: str) -> Json:
    """Return a message of the assistant."""
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }


def text_part(
    text: str,
    annotations: list[Json] | None = None,
    logprobs: list[Json] | None = None,
) -> Json:
    """Return a part with words."""
    return {
        "type": "output_text",
        "text": text,
        "annotations": annotations or [],
        "logprobs": logprobs or [],
    }


def refusal_part(text: str) -> Json:
    """Return a part that says the model won't."""
    return {"type": "refusal", "refusal": text}


def reasoning_item(item_id: str, summary: str | None, encrypted: str | None = None) -> Json:
    """Return thoughts."""
    pieces = [] if summary is None else [{"type": "summary_text", "text": summary}]
    item: Json = {"id": item_id, "type": "reasoning", "summary": pieces}
    return item if encrypted is None else item | {"encrypted_content": encrypted}


def call_item(
    item_id: str, call_id: str, name: str, arguments: str, status: str, *, free_text: bool
) -> Json:
    """Return a call of a tool that the caller runs."""
    if free_text:
        return {
            "id": item_id,
            "type": "custom_tool_call",
            "call_id": call_id,
            "name": name,
            "input": arguments,
        }
    return {
        "id": item_id,
        "type": "function_call",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "status": status,
    }


def image_item(item_id: str, mime: str, data: str) -> Json:
    """Return a picture that the model made."""
    return {
        "id": item_id,
        "type": "image_generation_call",
        "status": "completed",
        "result": data,
        "output_format": mime.removeprefix("image/").partition("+")[0],
    }


def annotation(citation: Citation) -> Json:
    """Return where a claim is from. What is not known of it is empty, since SDKs read it."""
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }


def logprob_objects(tokens: list[TokenLogprob]) -> list[Json]:
    """Return log probabilities."""
    return [
        {
            "token": token.token,
            "bytes": list(token.token.encode()),
            "logprob": token.logprob,
            "top_logprobs": _alternatives(token.top),
        }
        for token in tokens
    ]


def _alternatives(tokens: list[TokenLogprob]) -> list[Json]:
    """Return what else a token might have been."""
    return [
        {"token": t.token, "bytes": list(t.token.encode()), "logprob": t.logprob} for t in tokens
    ]


def _tools(body: Mapping[str, object]) -> list[object]:
    """Return a request's tools, with the fields that every function has in an answer."""
    tools = body.get("tools")
    if not isinstance(tools, list):
        return []
    blank: Json = {"parameters": None, "strict": None}
    return [
        blank | cast("Json", tool)
        if isinstance(tool, dict) and cast("Json", tool).get("type") == "function"
        else tool
        for tool in cast("list[object]", tools)
    ]
