"""A request of Workers AI's text generation, as clients write it."""

from typing import Annotated, Final

import msgspec

_Tokens = Annotated[int, msgspec.Meta(ge=0)]


class Link(msgspec.Struct):
    """Where an image is."""

    url: str


class PartShape(msgspec.Struct):
    """A part of a message."""

    type: str
    text: str | None = None
    image_url: Link | None = None


class FunctionCall(msgspec.Struct):
    """A call in OpenAI's form; its arguments are JSON text there."""

    name: str
    arguments: str | dict[str, object] = "{}"


class Call(msgspec.Struct):
    """A call in either form."""

    id: str | None = None
    name: str | None = None
    arguments: str | dict[str, object] = "{}"
    function: FunctionCall | None = None


class Message(msgspec.Struct):
    """A message; `content` is null beside calls of some clients."""

    role: str
    content: str | list[PartShape] | None = None
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: list[Call] | None = None


class FunctionShape(msgspec.Struct):
    """A tool in OpenAI's form."""

    name: str
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class ToolShape(msgspec.Struct):
    """A tool in either form."""

    name: str | None = None
    description: str | None = None
    parameters: dict[str, object] | None = None
    function: FunctionShape | None = None


class FormatShape(msgspec.Struct):
    """The answer's form; the schema stands there bare."""

    type: str
    json_schema: dict[str, object] | None = None


class RequestShape(msgspec.Struct):
    """The whole request. `functions` are run by Cloudflare itself; `lora` is an adapter there."""

    messages: list[Message] | None = None
    prompt: str | None = None
    image: list[int] | str | None = None
    image_b64: str | None = None
    max_tokens: _Tokens | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    response_format: FormatShape | None = None
    tools: list[ToolShape] | None = None
    tool_choice: str | None = None
    functions: list[object] | None = None
    lora: str | None = None


# `options` asks not to be queued, and nobody is here.
REQUEST_FIELDS: Final = frozenset((*RequestShape.__struct_fields__, "model", "stream", "options"))
