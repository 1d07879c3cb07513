"""Cohere's v2 requests: typed, and with the rules of the real one."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.chat_request import FunctionTool, data_url
from weftline_bench.sims.exchange import bad, read
from weftline_bench.sims.script import Json


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shape that refuses fields it does not have."""


class Text(_Strict, kw_only=True, tag_field="type", tag="text"):
    """Text."""

    text: str


class Thinking(_Strict, kw_only=True, tag_field="type", tag="thinking"):
    """Reasoning of an earlier turn."""

    thinking: str


class ImageUrl(_Strict):
    """An image by https or data URL."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class Image(_Strict, kw_only=True, tag_field="type", tag="image_url"):
    """An image."""

    image_url: ImageUrl


class Document(_Strict, kw_only=True, tag_field="type", tag="document"):
    """What a tool found."""

    document: Json


Content: TypeAlias = str | list[Text | Thinking | Image | Document]


class Called(_Strict):
    """Which function was called, and with what."""

    name: str
    arguments: str


class ToolCall(_Strict):
    """One call of the history."""

    id: str
    function: Called
    type: Literal["function"] = "function"


class Message(_Strict):
    """One message."""

    role: Literal["user", "assistant", "system", "tool"]
    content: Content | None = None
    tool_calls: list[ToolCall] | None = None
    tool_plan: str | None = None
    tool_call_id: str | None = None
    citations: list[Json] | None = None


class Format(_Strict):
    """What an answer must be."""

    type: Literal["text", "json_object"]
    json_schema: Json | None = None


class ThinkingConfig(_Strict):
    """How much to think."""

    type: Literal["enabled", "disabled"]
    token_budget: int | None = None


class ChatRequest(_Strict):
    """A chat request."""

    model: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    stream: bool = False
    tools: list[FunctionTool] | None = None
    strict_tools: bool | None = None
    documents: list[str | Json] | None = None
    citation_options: Json | None = None
    response_format: Format | None = None
    safety_mode: Literal["CONTEXTUAL", "STRICT", "OFF"] | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    stop_sequences: Annotated[list[str], msgspec.Meta(max_length=5)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0)] | None = None
    seed: int | None = None
    frequency_penalty: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    presence_penalty: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    k: Annotated[int, msgspec.Meta(ge=0, le=500)] | None = None
    p: Annotated[float, msgspec.Meta(ge=0.01, le=0.99)] | None = None
    logprobs: bool | None = None
    tool_choice: Literal["REQUIRED", "NONE"] | None = None
    thinking: ThinkingConfig | None = None
    priority: int | None = None


class EmbedInput(_Strict):
    """Text and images that become one vector."""

    content: list[Text | Image]


class EmbedRequest(_Strict):
    """An embedding request; exactly one of texts, images and inputs."""

    model: str
    input_type: Literal["search_document", "search_query", "classification", "clustering", "image"]
    texts: Annotated[list[str], msgspec.Meta(max_length=96)] | None = None
    images: list[str] | None = None
    inputs: list[Json] | None = None
    embedding_types: list[Literal["float", "int8", "uint8", "binary", "ubinary", "base64"]] = []
    output_dimension: int | None = None
    max_tokens: int | None = None
    truncate: Literal["NONE", "START", "END"] | None = None


def read_chat(body: Json) -> ChatRequest:
    """Return the chat request of a body."""
    asked = read(body, ChatRequest, "invalid request: ")
    waiting: list[str] = []
    for message in asked.messages:
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise bad(f"tool call id not found in previous tool calls: {message.tool_call_id}")
            waiting.remove(message.tool_call_id or "")
            continue
        if waiting:
            raise bad("all tool calls must be followed by their tool messages")
        if message.content is None and not message.tool_calls:
            raise bad("message must be at least 1 token long")
        waiting = [call.id for call in message.tool_calls or ()]
    if asked.messages[-1].role not in ("user", "tool"):
        raise bad("the last message must be from the user or a tool")
    if asked.tool_choice is not None and not asked.tools:
        raise bad("tool_choice requires tools")
    return asked


def ask_of(asked: ChatRequest) -> Ask:
    """Return what was asked."""
    user = [m for m in asked.messages if m.role == "user"]
    form = asked.response_format
    return Ask(
        text=_text(user[-1]) if user else "",
        system="\n".join(_text(m) for m in asked.messages if m.role == "system"),
        tools=[Tool(t.function.name, t.function.parameters) for t in asked.tools or ()],
        results=_results(asked.messages),
        must_call=asked.tool_choice == "REQUIRED",
        may_call=asked.tool_choice != "NONE",
        schema=(form.json_schema or {}) if form and form.type == "json_object" else None,
        media=_media(user[-1]) if user else [],
        reasoning=asked.thinking is not None and asked.thinking.type == "enabled",
        tokens_max=asked.max_tokens,
        stops=asked.stop_sequences or (),
    )


def read_embed(body: Json) -> list[str]:
    """Return the texts of an embedding request, an image as its URL."""
    asked = read(body, EmbedRequest, "invalid request: ")
    given = [item for item in (asked.texts, asked.images, asked.inputs) if item is not None]
    if len(given) != 1:
        raise bad("valid input must be provided: one of texts, images and inputs")
    return [item if isinstance(item, str) else _input(item) for item in given[0]]


def _input(item: Json) -> str:
    parts = read(item, EmbedInput).content
    return "".join(p.text if isinstance(p, Text) else p.image_url.url for p in parts)


def _text(message: Message) -> str:
    if isinstance(message.content, list):
        return "".join(part.text for part in message.content if isinstance(part, Text))
    return message.content or ""


def _results(messages: Sequence[Message]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        results.insert(0, _result(message))
    return results


def _result(message: Message) -> str:
    """Return what a tool said: text, or the data of its documents."""
    if not isinstance(message.content, list):
        return message.content or ""
    found = [str(p.document.get("data")) for p in message.content if isinstance(p, Document)]
    return _text(message) + "".join(found)


def _media(message: Message) -> list[Media]:
    parts = message.content if isinstance(message.content, list) else []
    return [data_url(part.image_url.url) for part in parts if isinstance(part, Image)]
