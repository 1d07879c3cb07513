"""The shapes of a chat completion request, as far as a translation reads them.

A field that only its own provider knows is not here: it is told as unknown, never lost silently.
Source: OpenAI's schema; `top_k`, `thinking`, `cache_control`, `reasoning_content`, `reasoning` and
`video_url` are what other hosts added to it.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from weftline_core.chat.conversation import Effort

Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]


class MediaUrl(msgspec.Struct, gc=False):
    """Where a picture or film is: a URL, or the thing itself as a `data:` URL."""

    url: str
    detail: str | None = None


class AudioData(msgspec.Struct, gc=False):
    """A sound in base64."""

    data: str
    format: str


class FileData(msgspec.Struct, gc=False):
    """A file: as a `data:` URL, or by its id."""

    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class CacheControl(msgspec.Struct, gc=False):
    """The prompt up to here should be kept. ttl: `5m`, `30m`, `1h` or `12h`."""

    ttl: str | None = None


class PartShape(msgspec.Struct):
    """A content part of any type."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: MediaUrl | str | None = None
    video_url: MediaUrl | str | None = None
    input_audio: AudioData | None = None
    file: FileData | None = None
    cache_control: CacheControl | None = None
    prompt_cache_breakpoint: CacheControl | None = None


class FunctionCall(msgspec.Struct, gc=False):
    """The call of a function."""

    name: Name
    arguments: str = ""


class CustomCall(msgspec.Struct, gc=False):
    """The call of a tool that takes text."""

    name: Name
    input: str = ""


class CallShape(msgspec.Struct):
    """A tool call in the history."""

    id: Name
    type: str = "function"
    function: FunctionCall | None = None
    custom: CustomCall | None = None


class MessageShape(msgspec.Struct):
    """A message of any role."""

    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[PartShape] | None = None
    name: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[CallShape] | None = None
    tool_call_id: str | None = None
    function_call: object = None
    audio: dict[str, object] | None = None


class FunctionShape(msgspec.Struct):
    """A function the caller runs."""

    name: Name
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class CustomShape(msgspec.Struct):
    """A tool that takes text. format: its grammar."""

    name: Name
    description: str | None = None
    format: dict[str, object] | None = None


class ToolShape(msgspec.Struct):
    """A tool of any type."""

    type: str
    function: FunctionShape | None = None
    custom: CustomShape | None = None
    cache_control: CacheControl | None = None


class Named(msgspec.Struct):
    """Something by its name."""

    name: Name


class ToolRef(msgspec.Struct):
    """A tool by its name, nested or flat."""

    type: str = "function"
    name: str | None = None
    function: Named | None = None
    custom: Named | None = None


class AllowedTools(msgspec.Struct):
    """The only tools that may be called this time."""

    mode: Literal["auto", "required"]
    tools: list[ToolRef]


class ChoiceShape(msgspec.Struct):
    """A tool choice that is more than a word."""

    type: Literal["function", "custom", "allowed_tools"]
    function: Named | None = None
    custom: Named | None = None
    allowed_tools: AllowedTools | None = None


class SchemaShape(msgspec.Struct):
    """A named JSON schema."""

    name: str | None = None
    description: str | None = None
    schema: dict[str, object] | None = None
    strict: bool | None = None


class FormatShape(msgspec.Struct):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaShape | None = None


class ThinkingShape(msgspec.Struct):
    """Reasoning switched on or off, as DeepSeek, Fireworks and others have it."""

    type: Literal["enabled", "disabled", "adaptive", "auto"]
    budget_tokens: Count | None = None


class StreamOptions(msgspec.Struct):
    """What else a stream should have."""

    include_usage: bool | None = None


class RequestShape(msgspec.Struct):
    """A chat completion request."""

    messages: list[MessageShape]
    tools: list[ToolShape] | None = None
    tool_choice: Literal["none", "auto", "required", "any"] | ChoiceShape | None = None
    parallel_tool_calls: bool | None = None
    response_format: FormatShape | None = None
    reasoning_effort: Effort | None = None
    thinking: ThinkingShape | None = None
    max_completion_tokens: Count | None = None
    max_tokens: Count | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, msgspec.Meta(ge=0)] | None = None
    n: Count | None = None
    verbosity: str | None = None
    safety_identifier: str | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    store: bool | None = None
    stream_options: StreamOptions | None = None
    modalities: list[str] | None = None
    audio: dict[str, object] | None = None
    prediction: dict[str, object] | None = None
    web_search_options: dict[str, object] | None = None
    moderation: dict[str, object] | None = None
    functions: object = None
    function_call: object = None


def _fields(kind: type[msgspec.Struct], *more: str) -> frozenset[str]:
    return frozenset((*kind.__struct_fields__, *more))


REQUEST_FIELDS: Final = _fields(RequestShape, "model", "stream")
# Clients send answers back as they got them: citations in an old answer mean nothing to a model.
MESSAGE_FIELDS: Final = _fields(MessageShape, "annotations")
PART_FIELDS: Final = _fields(PartShape)
CALL_FIELDS: Final = _fields(CallShape, "index")
TOOL_FIELDS: Final = _fields(ToolShape)
FUNCTION_FIELDS: Final = _fields(FunctionShape)
CUSTOM_FIELDS: Final = frozenset(("name", "description"))
