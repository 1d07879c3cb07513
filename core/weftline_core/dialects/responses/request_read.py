"""Reads a client's request into a conversation.

Whether a response is kept, and what it goes on from, is no part of it: the mesh sees to that
(`keeping`). Where it has not, the request leans on a provider's store and goes nowhere else.
"""

from typing import Final, cast

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    ServiceTier,
    Thinking,
    Turn,
)
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.items_read import ItemsReader
from weftline_core.dialects.responses.shapes import (
    FORMAT_FIELDS,
    REQUEST_FIELDS,
    TEXT_FIELDS,
    THINKING_FIELDS,
    RequestShape,
)
from weftline_core.dialects.responses.tools import choice_of, tools_of
from weftline_core.dialects.shape import shaped
from weftline_core.errors import CallerError

# What leans on one provider's store, and so cannot go to another's.
_LEANS: Final = ("previous_response_id", "conversation", "prompt")
_TIERS: Final[dict[str, ServiceTier]] = {
    "auto": "auto",
    "default": "default",
    "flex": "flex",
    "priority": "priority",
}
_LOGPROBS: Final = "message.output_text.logprobs"
# Thoughts are sent encrypted to all who want them back.
_INCLUDED: Final = frozenset((_LOGPROBS, "reasoning.encrypted_content"))


def read_request(body: dict[str, object]) -> Conversation:
    """Return all that a request says.

    Raises:
        CallerError: it breaks the dialect; `param` is the path of the field at fault.
    """
    shape = shaped(body, RequestShape)
    notes = Notes()
    notes.check(body, REQUEST_FIELDS)
    leans = [name for name in _LEANS if body.get(name) is not None]
    for name in leans:
        notes.note(Feature.FOREIGN_PART, name)
    conversation = Conversation(stream=bool(body.get("stream")), usage_in_stream=True)
    _read_input(shape, conversation, notes, elsewhere=bool(leans))
    _read_tools(shape, conversation, notes)
    _read_form(shape, body, conversation, notes)
    _read_sampling(shape, conversation, notes)
    _read_service(shape, body, conversation, notes)
    conversation.paths = notes.paths
    conversation.unknown = tuple(notes.unknown)
    return conversation


def _read_input(
    shape: RequestShape, conversation: Conversation, notes: Notes, *, elsewhere: bool
) -> None:
    if shape.instructions:
        conversation.system.append(Text(text=shape.instructions))
    if not shape.input:
        if not elsewhere:
            what = "is missing" if shape.input is None else "is empty"
            raise CallerError(f"'input' {what}: send a text or a list of items", param="input")
    elif isinstance(shape.input, str):
        conversation.turns.append(Turn(role="user", parts=[Text(text=shape.input)]))
    else:
        reader = ItemsReader(notes, elsewhere=elsewhere)
        reader.read(shape.input)
        conversation.system += reader.system
        conversation.turns = reader.turns


def _read_tools(shape: RequestShape, conversation: Conversation, notes: Notes) -> None:
    if shape.tools:
        conversation.tools = tools_of(shape.tools, notes)
    if shape.tool_choice is not None:
        conversation.tool_choice = choice_of(shape.tool_choice, notes)
    conversation.parallel_tools = shape.parallel_tool_calls
    if shape.parallel_tool_calls is False:
        notes.note(Feature.TOOL_SERIAL, "parallel_tool_calls")


def _read_form(
    shape: RequestShape, body: dict[str, object], conversation: Conversation, notes: Notes
) -> None:
    if shape.text is not None:
        notes.check(cast("dict[str, object]", body["text"]), TEXT_FIELDS, "text")
        conversation.format = _format(shape, body, notes)
        conversation.verbosity = shape.text.verbosity
        if shape.text.verbosity is not None:
            notes.note(Feature.VERBOSITY, "text.verbosity")
    thinking = shape.reasoning
    if thinking is None:
        return
    notes.check(cast("dict[str, object]", body["reasoning"]), THINKING_FIELDS, "reasoning")
    if thinking.effort is not None:
        notes.note(Feature.REASONING_EFFORT, "reasoning.effort")
    summary = "summary" if thinking.summary is not None else "generate_summary"
    shown = thinking.summary is not None or thinking.generate_summary is not None
    if shown:
        notes.note(Feature.REASONING_SHOWN, f"reasoning.{summary}")
    if shown or thinking.effort is not None:
        conversation.thinking = Thinking(effort=thinking.effort, shown=True if shown else None)


def _format(shape: RequestShape, body: dict[str, object], notes: Notes) -> AnswerFormat | None:
    form = shape.text.format if shape.text else None
    if form is None or form.type == "text":
        return None
    raw = cast("dict[str, dict[str, object]]", body["text"])["format"]
    notes.check(raw, FORMAT_FIELDS, "text.format")
    if form.type == "json_object":
        notes.note(Feature.JSON_OBJECT, "text.format")
        return AnswerFormat()
    if form.schema is None:
        raise CallerError("text.format.schema is missing", param="text.format.schema")
    notes.note(Feature.JSON_SCHEMA, "text.format")
    return AnswerFormat(
        schema=form.schema, name=form.name, description=form.description, strict=form.strict
    )


def _read_sampling(shape: RequestShape, conversation: Conversation, notes: Notes) -> None:
    conversation.max_tokens = shape.max_output_tokens
    conversation.temperature = shape.temperature
    if shape.temperature is not None:
        notes.note(Feature.TEMPERATURE, "temperature")
    conversation.top_p = shape.top_p
    if shape.top_p is not None:
        notes.note(Feature.TOP_P, "top_p")
    included = shape.include or []
    if shape.top_logprobs is not None or _LOGPROBS in included:
        conversation.logprobs = shape.top_logprobs or 0
        path = "include" if shape.top_logprobs is None else "top_logprobs"
        notes.note(Feature.LOGPROBS, path)
    for i, name in enumerate(included):
        if name not in _INCLUDED:
            notes.strange(f"include[{i}]")


def _read_service(
    shape: RequestShape, body: dict[str, object], conversation: Conversation, notes: Notes
) -> None:
    user = "user" if shape.safety_identifier is None else "safety_identifier"
    conversation.user_id = shape.safety_identifier or shape.user
    conversation.cache_key = shape.prompt_cache_key
    conversation.metadata = shape.metadata
    for feature, path, is_used in (
        (Feature.USER_ID, user, conversation.user_id),
        (Feature.CACHE_KEY, "prompt_cache_key", shape.prompt_cache_key),
        (Feature.METADATA, "metadata", shape.metadata),
        (Feature.SAFETY, "moderation", body.get("moderation") is not None),
    ):
        if is_used:
            notes.note(feature, path)
    if shape.service_tier is not None:
        conversation.service_tier = _TIERS.get(shape.service_tier)
        if conversation.service_tier is None:
            notes.strange("service_tier")
        elif shape.service_tier != "auto":
            notes.note(Feature.SERVICE_TIER, "service_tier")
    if shape.truncation not in (None, "disabled"):
        notes.strange("truncation")
