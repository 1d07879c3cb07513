"""What a client's request may hold, as typed shapes, and what it may say unread.

Source: the `openai` SDK's ResponseCreateParams and ResponseInputItemParam.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from weftline_core.chat.conversation import Effort

NAME: Final = "responses"

Role: TypeAlias = Literal["user", "assistant", "system", "developer"]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]


class AudioShape(msgspec.Struct):
    """A sound inside an `input_audio` part."""

    data: str
    format: str


class PartShape(msgspec.Struct):
    """A part of a message or of a tool's output; which fields stand there is told by `type`."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    file_data: str | None = None
    filename: str | None = None
    detail: str | None = None
    input_audio: AudioShape | None = None
    prompt_cache_breakpoint: dict[str, object] | None = None


class MessageShape(msgspec.Struct):
    """A message; the only item that may have no `type`."""

    role: Role
    content: str | list[PartShape]


class FunctionCallShape(msgspec.Struct):
    """A call of a function in the history."""

    call_id: str
    name: str
    arguments: str


class CustomCallShape(msgspec.Struct):
    """A call of a free-text tool in the history."""

    call_id: str
    name: str
    input: str


class ResultShape(msgspec.Struct):
    """What a tool answered, of either kind."""

    call_id: str
    output: str | list[PartShape]


class ThoughtShape(msgspec.Struct):
    """A piece of a summary, or of thoughts in full."""

    text: str


class ReasoningShape(msgspec.Struct):
    """Thoughts in the history."""

    id: str | None = None
    summary: list[ThoughtShape] = []
    content: list[ThoughtShape] | None = None
    encrypted_content: str | None = None


class FunctionShape(msgspec.Struct):
    """A function tool; it is flat, unlike a chat completion's."""

    name: str
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class CustomShape(msgspec.Struct):
    """A free-text tool."""

    name: str
    description: str | None = None
    format: dict[str, object] | None = None


class NamedTool(msgspec.Struct):
    """A tool as a choice names it."""

    type: str
    name: str | None = None


class AllowedShape(msgspec.Struct):
    """A choice out of some tools."""

    mode: Literal["auto", "required"]
    tools: list[NamedTool]


class FormatShape(msgspec.Struct):
    """The form of the answer's text; flat, unlike a chat completion's."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: dict[str, object] | None = None
    description: str | None = None
    strict: bool | None = None


class TextShape(msgspec.Struct):
    """What the answer's text should be like."""

    format: FormatShape | None = None
    verbosity: str | None = None


class ThinkingShape(msgspec.Struct):
    """How much to reason."""

    effort: Effort | None = None
    summary: str | None = None
    generate_summary: str | None = None


class RequestShape(msgspec.Struct):
    """A request. Items and tools are read one by one, since their shape hangs on their type."""

    input: str | list[dict[str, object]] | None = None
    instructions: str | None = None
    max_output_tokens: Count | None = None
    reasoning: ThinkingShape | None = None
    text: TextShape | None = None
    tools: list[dict[str, object]] | None = None
    tool_choice: str | dict[str, object] | None = None
    parallel_tool_calls: bool | None = None
    top_logprobs: Annotated[int, msgspec.Meta(ge=0)] | None = None
    temperature: float | None = None
    top_p: float | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    user: str | None = None
    prompt_cache_key: str | None = None
    include: list[str] | None = None
    truncation: str | None = None


# What a part of each kind may say. What only an answer's parts have is known and not needed.
_MARK: Final = frozenset(("type", "prompt_cache_breakpoint"))
PART_FIELDS: Final[dict[str, frozenset[str]]] = {
    "input_text": _MARK | {"text"},
    "output_text": _MARK | {"text", "annotations", "logprobs"},
    "refusal": _MARK | {"refusal"},
    "input_image": _MARK | {"image_url", "file_id", "detail"},
    "input_file": _MARK | {"file_id", "file_url", "file_data", "filename", "detail"},
    "input_audio": _MARK | {"input_audio"},
}

# What an item of each kind may say. Ids and states are the provider's own book-keeping.
_KEPT: Final = frozenset(("type", "id", "status"))
MESSAGE_FIELDS: Final = _KEPT | {"role", "content", "phase"}
FUNCTION_CALL_FIELDS: Final = _KEPT | {"call_id", "name", "arguments"}
CUSTOM_CALL_FIELDS: Final = _KEPT | {"call_id", "name", "input"}
RESULT_FIELDS: Final = _KEPT | {"call_id", "output", "name"}
REASONING_FIELDS: Final = _KEPT | {"summary", "content", "encrypted_content"}

FUNCTION_FIELDS: Final = frozenset(("type", "name", "description", "parameters", "strict"))
CUSTOM_FIELDS: Final = frozenset(("type", "name", "description", "format"))
TEXT_FIELDS: Final = frozenset(("format", "verbosity"))
FORMAT_FIELDS: Final = frozenset(("type", "name", "schema", "description", "strict"))
THINKING_FIELDS: Final = frozenset(("effort", "summary", "generate_summary"))
REQUEST_FIELDS: Final = frozenset(
    (
        *RequestShape.__struct_fields__,
        "model",
        "stream",
        "stream_options",
        # The mesh's own, see `keeping`.
        "background",
        "store",
        "previous_response_id",
        "conversation",
        # A template that lies at one provider.
        "prompt",
        "moderation",
    )
)
