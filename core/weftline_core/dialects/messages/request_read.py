"""Reads a whole request into a conversation."""

from typing import Final, cast

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Part, Text, ToolCall, ToolResult
from weftline_core.dialects.messages.blocks_read import BlockReader
from weftline_core.dialects.messages.shapes import Json, Message, Request, ToolSpec
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import shaped, wrong
from weftline_core.errors import CallerError

_TOP: Final = frozenset(Request.__struct_fields__) | {"model", "stream", "anthropic_version"}
_MESSAGE: Final = frozenset(Message.__struct_fields__)
_TOOL: Final = frozenset(ToolSpec.__struct_fields__) | {"type"}
# Of objects whose shapes were checked: what may be in them.
_OBJECTS: Final[dict[str, frozenset[str]]] = {
    "tool_choice": frozenset(("type", "name", "disable_parallel_tool_use")),
    "thinking": frozenset(("type", "budget_tokens", "display")),
    "output_config": frozenset(("effort", "format")),
    "metadata": frozenset(("user_id",)),
}
# Without these the model would answer another question, or without its tools.
_NEEDED: Final[dict[str, Feature]] = {
    "mcp_servers": Feature.HOSTED_TOOL,
    "thread": Feature.FOREIGN_PART,
}


def read_request(body: Json) -> Conversation:
    """Return all that a parsed body says.

    Raises:
        CallerError: it breaks the dialect; `param` is the path of the field at fault.
    """
    request, notes = shaped(body, Request), Notes()
    blocks = BlockReader(notes)
    if not request.messages:
        raise CallerError("messages: at least one message is needed", param="messages")
    if request.max_tokens is not None and request.max_tokens < 0:
        raise CallerError("max_tokens: must not be negative", param="max_tokens")
    conversation = Conversation(
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        stop=tuple(request.stop_sequences or ()),
        stream=body.get("stream") is True,
        usage_in_stream=True,
    )
    if request.system is not None:
        conversation.system = blocks.texts(request.system, "system")
    _read_messages(conversation, request, body, blocks, notes)
    _read_tools(conversation, request, blocks, notes)
    _read_choice(conversation, request, notes)
    _read_thinking(conversation, request, notes)
    _read_wishes(conversation, request, notes)
    _read_unknown(body, notes)
    conversation.paths, conversation.unknown = notes.paths, tuple(notes.unknown)
    return conversation


def _read_messages(
    conversation: Conversation, request: Request, body: Json, blocks: BlockReader, notes: Notes
) -> None:
    raw = cast("list[Json]", body["messages"])
    turns = conversation.turns
    for i, message in enumerate(request.messages):
        path = f"messages[{i}]"
        notes.check(raw[i], _MESSAGE, path)
        if message.role == "system":
            words = blocks.texts(message.content, f"{path}.content")
            if not turns:
                conversation.system += words
                continue
            notes.note(Feature.LATE_SYSTEM, path)
            turns.append(Turn(role="system", parts=list[Part](words)))
            continue
        parts = blocks.parts(message.content, f"{path}.content")
        if message.role == "assistant":
            turns.append(Turn(role="assistant", parts=parts))
            continue
        results = [part for part in parts if isinstance(part, ToolResult)]
        rest: list[Part] = [part for part in parts if not isinstance(part, ToolResult)]
        if results:
            turns.append(Turn(role="tool", parts=list[Part](results)))
        if rest or not results:
            turns.append(Turn(role="user", parts=rest))
    if request.messages[-1].role == "assistant":
        notes.note(Feature.PREFILL, f"messages[{len(request.messages) - 1}]")
    ttl = blocks.cache(body.get("cache_control"), "cache_control")
    if ttl is not None:
        _last_cacheable(turns, ttl)


def _last_cacheable(turns: list[Turn], ttl: str) -> None:
    """Put the hint of the whole request where the provider would: on the last block that may."""
    for turn in reversed(turns):
        for part in reversed(turn.parts):
            if isinstance(part, Text | Media | ToolCall | ToolResult):
                part.cache = part.cache or ("1h" if ttl == "1h" else "5m")
                return


def _read_tools(
    conversation: Conversation, request: Request, blocks: BlockReader, notes: Notes
) -> None:
    for i, fields in enumerate(request.tools or ()):
        path = f"tools[{i}]"
        if fields.get("type") not in (None, "custom"):
            notes.note(Feature.HOSTED_TOOL, path)
            continue
        notes.check(fields, _TOOL, path)
        spec = shaped(fields, ToolSpec, path)
        schema = spec.input_schema
        if schema is not None and schema.get("type", "object") != "object":
            at = f"{path}.input_schema.type"
            raise wrong(at, "a tool's arguments are an 'object'")
        if spec.strict:
            notes.note(Feature.TOOL_STRICT, f"{path}.strict")
        cache = blocks.cache(fields.get("cache_control"), f"{path}.cache_control")
        tool = Tool(name=spec.name, description=spec.description, schema=schema, cache=cache)
        tool.strict = spec.strict
        conversation.tools.append(tool)
    if conversation.tools:
        notes.note(Feature.TOOLS, "tools")


def _read_choice(conversation: Conversation, request: Request, notes: Notes) -> None:
    choice = request.tool_choice
    if choice is None:
        return
    if choice.disable_parallel_tool_use:
        conversation.parallel_tools = False
        notes.note(Feature.TOOL_SERIAL, "tool_choice.disable_parallel_tool_use")
    if choice.type == "tool":
        if choice.name is None:
            raise CallerError(
                "tool_choice.name: say which tool must be called", param="tool_choice.name"
            )
        conversation.tool_choice = ToolChoice(mode="one", names=(choice.name,))
    else:
        conversation.tool_choice = ToolChoice(mode=choice.type)
    if choice.type != "auto":
        notes.note(Feature.TOOL_CHOICE, "tool_choice")


def _read_thinking(conversation: Conversation, request: Request, notes: Notes) -> None:
    config = request.thinking
    effort = request.output_config.effort if request.output_config else None
    if config is None:
        if effort is not None:
            conversation.thinking = Thinking(effort=effort)
            notes.note(Feature.REASONING_EFFORT, "output_config.effort")
        return
    if config.type == "disabled":
        conversation.thinking = Thinking(effort="none")
        notes.note(Feature.REASONING_EFFORT, "thinking")
        if effort is not None:
            notes.strange("output_config.effort")
        return
    thinking = conversation.thinking = Thinking(effort=effort)
    if config.type == "between_tools":
        notes.strange("thinking.type")
    notes.note(Feature.REASONING_EFFORT, "output_config.effort" if effort else "thinking")
    if config.type == "enabled":
        if config.budget_tokens is None or config.budget_tokens < 0:
            path = "thinking.budget_tokens"
            raise wrong(path, "say how many tokens to think with")
        thinking.budget_tokens = config.budget_tokens
        notes.note(Feature.REASONING_BUDGET, "thinking.budget_tokens")
    # Who lets a model think gets its thoughts as blocks, unless they are to be left out.
    thinking.shown = config.display != "omitted"
    if config.display is not None:
        notes.note(Feature.REASONING_SHOWN, "thinking.display")


def _read_wishes(conversation: Conversation, request: Request, notes: Notes) -> None:
    for feature, path, value in (
        (Feature.TEMPERATURE, "temperature", request.temperature),
        (Feature.TOP_P, "top_p", request.top_p),
        (Feature.TOP_K, "top_k", request.top_k),
        (Feature.STOP, "stop_sequences", request.stop_sequences or None),
    ):
        if value is not None:
            notes.note(feature, path)
    if request.output_config is not None and request.output_config.format is not None:
        conversation.format = AnswerFormat(schema=request.output_config.format.schema)
        notes.note(Feature.JSON_SCHEMA, "output_config.format")
    if request.metadata is not None and request.metadata.user_id is not None:
        conversation.user_id = request.metadata.user_id
        notes.note(Feature.USER_ID, "metadata.user_id")
    if request.service_tier == "standard_only":
        conversation.service_tier = "default"
        notes.note(Feature.SERVICE_TIER, "service_tier")


def _read_unknown(body: Json, notes: Notes) -> None:
    for name, known in _OBJECTS.items():
        fields = body.get(name)
        if isinstance(fields, dict):
            notes.check(cast("Json", fields), known, name)
    for name, feature in _NEEDED.items():
        if body.get(name):
            notes.note(feature, name)
    notes.check(body, _TOP | _NEEDED.keys(), "")
