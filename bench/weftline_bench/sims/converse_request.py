"""Bedrock's Converse request: typed, and with the rules of the real one."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
import orjson

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.chat_request import decoded_size
from weftline_bench.sims.exchange import bad, read
from weftline_bench.sims.script import Json

NAME = r"^[a-zA-Z0-9_-]{1,64}$"

Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=NAME)]


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A shape that refuses fields it does not have."""


class Source(_Strict):
    """Where bytes come from: exactly one."""

    bytes: str | None = None
    s3_location: Json | None = None
    text: str | None = None


class Image(_Strict):
    """An image."""

    format: Literal["png", "jpeg", "gif", "webp"]
    source: Source


class Document(_Strict):
    """A document; its name is seen by the model."""

    name: str
    source: Source
    format: Literal["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"] | None = None
    context: str | None = None
    citations: Json | None = None


class Video(_Strict):
    """A video or a sound."""

    format: str
    source: Source


class ToolUse(_Strict):
    """One call of the history; its input is an object."""

    tool_use_id: Name
    name: Name
    input: Json


class ResultContent(_Strict):
    """A part of what a call gave: exactly one."""

    json: object = None
    text: str | None = None
    image: Image | None = None
    document: Document | None = None
    video: Video | None = None


class ToolResult(_Strict):
    """What a call gave."""

    tool_use_id: Name
    content: list[ResultContent]
    status: Literal["success", "error"] | None = None


class ReasoningText(_Strict):
    """Reasoning with its signature."""

    text: str
    signature: str | None = None


class Reasoning(_Strict):
    """Reasoning, open or hidden."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None


class Block(_Strict):
    """One block: exactly one of these."""

    text: str | None = None
    image: Image | None = None
    document: Document | None = None
    video: Video | None = None
    audio: Video | None = None
    tool_use: ToolUse | None = None
    tool_result: ToolResult | None = None
    reasoning_content: Reasoning | None = None
    cache_point: Json | None = None
    guard_content: Json | None = None

    def count(self) -> int:
        """Return how many of them it has."""
        return sum(getattr(self, name) is not None for name in self.__struct_fields__)


class Message(_Strict):
    """One turn."""

    role: Literal["user", "assistant"]
    content: Annotated[list[Block], msgspec.Meta(min_length=1)]


class Inference(_Strict):
    """How to answer."""

    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    stop_sequences: list[Annotated[str, msgspec.Meta(min_length=1)]] | None = None


class InputSchema(_Strict):
    """The schema of a tool's input."""

    json: Json


class ToolSpec(_Strict):
    """One tool; a description is never empty."""

    name: Name
    input_schema: InputSchema
    description: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    strict: bool | None = None


class ToolEntry(_Strict):
    """A tool or a mark."""

    tool_spec: ToolSpec | None = None
    cache_point: Json | None = None
    system_tool: Json | None = None


class Chosen(_Strict):
    """The tool that must be called."""

    name: str


class Choice(_Strict):
    """Which tool must or may be called: exactly one."""

    auto: Json | None = None
    any: Json | None = None
    tool: Chosen | None = None


class ToolConfig(_Strict):
    """The tools."""

    tools: Annotated[list[ToolEntry], msgspec.Meta(min_length=1)]
    tool_choice: Choice | None = None


class JsonSchema(_Strict):
    """A schema as text."""

    schema: str
    name: str | None = None
    description: str | None = None


class Structure(_Strict):
    """The form of an answer."""

    json_schema: JsonSchema


class TextFormat(_Strict):
    """The form of an answer."""

    type: Literal["json_schema"]
    structure: Structure


class OutputConfig(_Strict):
    """How the answer is to be."""

    text_format: TextFormat | None = None
    effort: str | None = None


class ConverseRequest(_Strict):
    """A Converse request; the model stands in the path."""

    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    system: list[Block] | None = None
    inference_config: Inference | None = None
    tool_config: ToolConfig | None = None
    guardrail_config: Json | None = None
    additional_model_request_fields: Json | None = None
    additional_model_response_field_paths: list[str] | None = None
    prompt_variables: Json | None = None
    request_metadata: dict[str, str] | None = None
    performance_config: Json | None = None
    service_tier: Json | None = None
    output_config: OutputConfig | None = None


def read_converse(body: Json) -> ConverseRequest:
    """Return the request of a body."""
    asked = read(body, ConverseRequest)
    waiting: list[str] = []
    role = "assistant"
    for message in asked.messages:
        if message.role == role:
            raise bad("A conversation must start with a user message and alternate roles.")
        role = message.role
        for block in message.content:
            _check_block(block, role)
        results = [b.tool_result.tool_use_id for b in message.content if b.tool_result]
        if sorted(results) != sorted(waiting):
            raise bad(
                "Expected toolResult blocks for exactly the toolUse blocks of the previous turn."
            )
        waiting = [b.tool_use.tool_use_id for b in message.content if b.tool_use]
        if (waiting or results) and asked.tool_config is None:
            raise bad("The toolConfig field must be defined when using toolUse and toolResult.")
    if role != "user":
        raise bad("The model does not support assistant message prefill.")
    return asked


def ask_of(asked: ConverseRequest) -> Ask:
    """Return what was asked."""
    last = asked.messages[-1].content
    how = asked.inference_config or Inference()
    entries = asked.tool_config.tools if asked.tool_config else []
    tools = [entry.tool_spec for entry in entries if entry.tool_spec]
    choice = (asked.tool_config.tool_choice if asked.tool_config else None) or Choice()
    extra = asked.additional_model_request_fields or {}
    thinking = extra.get("thinking") or extra.get("reasoning_config")
    form = asked.output_config.text_format if asked.output_config else None
    return Ask(
        text=_text(last),
        system=_text(asked.system or []),
        tools=[Tool(t.name, t.input_schema.json) for t in tools],
        results=[_result(b.tool_result) for b in last if b.tool_result],
        must_call=choice.tool.name if choice.tool else choice.any is not None,
        schema=orjson.loads(form.structure.json_schema.schema) if form else None,
        media=[m for b in last if (m := _media(b)) is not None],
        reasoning=isinstance(thinking, dict) and thinking != {"type": "disabled"},
        tokens_max=how.max_tokens,
        stops=how.stop_sequences or (),
    )


def _check_block(block: Block, role: str) -> None:
    if block.count() != 1:
        raise bad("ContentBlock must set exactly one member.")
    if block.text is not None and not block.text.strip():
        raise bad("The text field in the ContentBlock object is blank.")
    if role == "user" and (block.tool_use or block.reasoning_content):
        raise bad("toolUse and reasoningContent are only allowed in assistant messages.")
    if role == "assistant" and (block.tool_result or block.image or block.document):
        raise bad("toolResult, image and document are only allowed in user messages.")


def _text(blocks: Sequence[Block]) -> str:
    return "".join(b.text for b in blocks if b.text is not None)


def _result(result: ToolResult) -> str:
    found: list[str] = []
    for part in result.content:
        if part.text is not None:
            found.append(part.text)
        elif part.json is not None:
            found.append(orjson.dumps(part.json).decode())
    return "".join(found)


def _media(block: Block) -> Media | None:
    if block.image is not None:
        return _sourced(f"image/{block.image.format}", block.image.source)
    if block.document is not None:
        return _sourced(f"document/{block.document.format}", block.document.source)
    return None


def _sourced(mime: str, source: Source) -> Media:
    if source.bytes is not None:
        return Media(mime, decoded_size(source.bytes))
    if source.text is not None:
        return Media(mime, len(source.text.encode()))
    return Media(mime, url=str((source.s3_location or {}).get("uri")))
