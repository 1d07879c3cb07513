"""The typed shapes of a Messages request, and of the events of a stream."""

from typing import Literal, TypeAlias

import msgspec

from weftline_core.chat.parts import CacheTtl

Json: TypeAlias = dict[str, object]


class Message(msgspec.Struct):
    """One message; blocks are read one by one, since new kinds of them appear all the time."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Json]


class CacheControl(msgspec.Struct):
    """A wish to keep the prompt up to here."""

    ttl: CacheTtl | None = None


class TextBlock(msgspec.Struct):
    """Words."""

    text: str


class Source(msgspec.Struct):
    """Where an image or a document is."""

    type: Literal["base64", "url", "file", "text", "content"]
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: str | list[Json] | None = None


class MediaBlock(msgspec.Struct):
    """An image or a document."""

    source: Source
    title: str | None = None


class ToolUseBlock(msgspec.Struct):
    """A call of a tool of the client's."""

    id: str
    name: str
    input: Json


class ToolResultBlock(msgspec.Struct):
    """What such a tool answered."""

    tool_use_id: str
    content: str | list[Json] | None = None
    is_error: bool | None = None


class ThinkingBlock(msgspec.Struct):
    """Thoughts, with their proof."""

    thinking: str
    signature: str | None = None


class RedactedBlock(msgspec.Struct):
    """Thoughts that only their provider can read."""

    data: str


class ToolSpec(msgspec.Struct):
    """A tool of the client's."""

    name: str
    description: str | None = None
    input_schema: Json | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None


class Choice(msgspec.Struct):
    """Which tools may or must be called."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingConfig(msgspec.Struct):
    """How to think."""

    type: Literal["enabled", "adaptive", "disabled", "between_tools"]
    budget_tokens: int | None = None
    display: Literal["summarized", "omitted"] | None = None


class OutputFormat(msgspec.Struct):
    """The form of the answer."""

    type: Literal["json_schema"]
    schema: Json


class OutputConfig(msgspec.Struct):
    """How much effort, and the form of the answer."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class Metadata(msgspec.Struct):
    """Whom the request is for."""

    user_id: str | None = None


class Request(msgspec.Struct):
    """A request for an answer, or for its count of tokens, which has no `max_tokens`."""

    messages: list[Message]
    max_tokens: int | None = None
    system: str | list[Json] | None = None
    tools: list[Json] | None = None
    tool_choice: Choice | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    metadata: Metadata | None = None
    cache_control: CacheControl | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    service_tier: Literal["auto", "standard_only"] | None = None


class Delta(msgspec.Struct, gc=False):
    """What an event adds; which field is set goes by `type`."""

    type: str | None = None
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    citation: Json | None = None
    stop_details: Json | None = None


class StreamEvent(msgspec.Struct, gc=False):
    """One event of a stream, of any kind."""

    type: str | None = None
    index: int = 0
    delta: Delta | None = None
    content_block: Json | None = None
    message: Json | None = None
    usage: Json | None = None
    error: object = None
