"""Anthropic's Messages request: typed."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.chat_request import decoded_size
from weftline_bench.sims.exchange import read
from weftline_bench.sims.script import Json

IDS = r"^[a-zA-Z0-9_-]+$"
NAMES = r"^[a-zA-Z0-9_-]{1,128}$"

_Cache: TypeAlias = Json | None


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shape that refuses fields it does not have."""


class Text(_Strict, kw_only=True, tag_field="type", tag="text"):
    """Text, never empty."""

    text: str
    cache_control: _Cache = None
    citations: list[Json] | None = None


class Base64(_Strict, kw_only=True, tag_field="type", tag="base64"):
    """Bytes."""

    media_type: str
    data: str


class Url(_Strict, kw_only=True, tag_field="type", tag="url"):
    """An address."""

    url: str


class FileId(_Strict, kw_only=True, tag_field="type", tag="file"):
    """An uploaded file."""

    file_id: str


class PlainText(_Strict, kw_only=True, tag_field="type", tag="text"):
    """Text as a document."""

    media_type: Literal["text/plain"]
    data: str


class Image(_Strict, kw_only=True, tag_field="type", tag="image"):
    """An image."""

    source: Base64 | Url | FileId
    cache_control: _Cache = None


class Document(_Strict, kw_only=True, tag_field="type", tag="document"):
    """A PDF or a text."""

    source: Base64 | Url | FileId | PlainText
    title: str | None = None
    context: str | None = None
    citations: Json | None = None
    cache_control: _Cache = None


class ToolUse(_Strict, kw_only=True, tag_field="type", tag="tool_use"):
    """One call of the history; its input is an object."""

    id: Annotated[str, msgspec.Meta(pattern=IDS)]
    name: Annotated[str, msgspec.Meta(pattern=NAMES)]
    input: Json
    cache_control: _Cache = None


class ToolResult(_Strict, kw_only=True, tag_field="type", tag="tool_result"):
    """What a call gave."""

    tool_use_id: Annotated[str, msgspec.Meta(pattern=IDS)]
    content: str | list[Text | Image | Document] | None = None
    is_error: bool | None = None
    cache_control: _Cache = None


class Thinking(_Strict, kw_only=True, tag_field="type", tag="thinking"):
    """Reasoning with the signature that proves it."""

    thinking: str
    signature: str


class Redacted(_Strict, kw_only=True, tag_field="type", tag="redacted_thinking"):
    """Reasoning that is hidden."""

    data: str


Block: TypeAlias = Text | Image | Document | ToolUse | ToolResult | Thinking | Redacted


class Message(_Strict):
    """One turn, or a part of one."""

    role: Literal["user", "assistant"]
    content: str | list[Block]


class ToolDefinition(_Strict):
    """One tool."""

    name: Annotated[str, msgspec.Meta(pattern=NAMES)]
    input_schema: Json
    description: str | None = None
    strict: bool | None = None
    type: Literal["custom"] | None = None
    cache_control: _Cache = None
    eager_input_streaming: bool | None = None
    defer_loading: bool | None = None
    input_examples: list[Json] | None = None


class ServerTool(msgspec.Struct, kw_only=True):
    """A tool that Anthropic runs; its type carries a date. What else it has is its own."""

    type: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+_\d{8}$")]
    name: str


class Choice(_Strict):
    """Which tool must or may be called."""

    type: Literal["auto", "any", "none", "tool"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingConfig(_Strict):
    """How much to think."""

    type: Literal["adaptive", "enabled", "disabled", "between_tools"]
    budget_tokens: int | None = None
    display: Literal["summarized", "omitted"] | None = None


class OutputFormat(_Strict):
    """The JSON schema of the answer."""

    type: Literal["json_schema"]
    schema: Json


class OutputConfig(_Strict):
    """How hard to try, and in what form."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class MessagesRequest(_Strict):
    """A Messages request."""

    model: Annotated[str, msgspec.Meta(min_length=1)]
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    max_tokens: Annotated[int, msgspec.Meta(ge=0)] | None = None
    system: str | list[Text] | None = None
    stream: bool = False
    stop_sequences: list[str] = []
    tools: list[Json] = []
    tool_choice: Choice | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, msgspec.Meta(ge=0)] | None = None
    metadata: dict[str, str | None] | None = None
    cache_control: _Cache = None
    service_tier: Literal["auto", "standard_only"] | None = None
    speed: Literal["standard", "fast"] | None = None
    inference_geo: str | None = None
    container: str | None = None
    diagnostics: Json | None = None
    user_profile_id: str | None = None

    def functions(self) -> list[ToolDefinition]:
        """Return the tools of the caller's own; those of Anthropic's are only looked at."""
        own: list[Json] = []
        for tool in self.tools:
            if tool.get("type") in (None, "custom"):
                own.append(tool)
            else:
                read(tool, ServerTool, "tools: ")
        return read(own, list[ToolDefinition], "tools: ")


def ask_of(asked: MessagesRequest) -> Ask:
    """Return what was asked."""
    turns = merged(asked.messages)
    last = turns[-1][1] if turns[-1][0] == "user" else []
    choice, config = asked.tool_choice, asked.output_config
    thinking = asked.thinking
    return Ask(
        text=text_of(last),
        system=asked.system if isinstance(asked.system, str) else text_of(asked.system or []),
        tools=[Tool(t.name, t.input_schema) for t in asked.functions()],
        results=[_result(b) for b in last if isinstance(b, ToolResult)],
        must_call=(choice.name or True) if choice and choice.type in ("any", "tool") else False,
        may_call=choice is None or choice.type != "none",
        parallel=not (choice and choice.disable_parallel_tool_use),
        schema=config.format.schema if config and config.format else None,
        media=[_media(b) for b in last if isinstance(b, Image | Document)],
        reasoning=thinking is not None and thinking.type in ("adaptive", "enabled"),
        tokens_max=asked.max_tokens,
        stops=asked.stop_sequences,
    )


def merged(messages: Sequence[Message]) -> list[tuple[str, list[Block]]]:
    """Return the turns: messages of the same role in a row are one."""
    turns: list[tuple[str, list[Block]]] = []
    for message in messages:
        blocks = blocks_of(message)
        if turns and turns[-1][0] == message.role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((message.role, blocks))
    return turns


def blocks_of(message: Message) -> list[Block]:
    """Return what a message holds, a plain text as a block."""
    if isinstance(message.content, str):
        return [Text(text=message.content)] if message.content else []
    return list(message.content)


def text_of(blocks: Sequence[Block]) -> str:
    """Return the text among blocks."""
    return "".join(b.text for b in blocks if isinstance(b, Text))


def _result(block: ToolResult) -> str:
    if isinstance(block.content, list):
        return text_of(block.content)
    return block.content or ""


def _media(block: Image | Document) -> Media:
    source = block.source
    if isinstance(source, Base64):
        return Media(source.media_type, decoded_size(source.data))
    if isinstance(source, PlainText):
        return Media(source.media_type, len(source.data.encode()))
    known = "image/*" if isinstance(block, Image) else "file"
    return Media(known, url=source.url if isinstance(source, Url) else source.file_id)
