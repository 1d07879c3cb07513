"""Writes a conversation as a request body."""

from typing import Final, cast

from weftline_core.chat.conversation import Conversation, ServiceTier, Tool, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text, ToolCall, ToolResult
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.messages.blocks_write import BlockWriter
from weftline_core.dialects.messages.shapes import Json
from weftline_core.dialects.messages.thinking import write_thinking

# A limit must be given. Every model of the provider can write this much.
OUTPUT_TOKENS_DEFAULT: Final = 4096

TEMPERATURE_MAX: Final = 1.0

_TIERS: Final[dict[ServiceTier, str]] = {
    "auto": "auto",
    "default": "standard_only",
    "flex": "standard_only",
    "priority": "auto",
}


def write_request(conversation: Conversation, target: Target) -> Json:
    """Return the body of a request, with neither model nor `stream`."""
    refuses = target.refuses
    blocks = BlockWriter(refuses)
    body: Json = {
        "max_tokens": conversation.max_tokens
        if conversation.max_tokens is not None
        else target.output_tokens_max or OUTPUT_TOKENS_DEFAULT
    }
    if Feature.TOOLS not in refuses:
        _write_tools(body, conversation, refuses, blocks)
    system, turns = _split(conversation)
    head = [block for text in system for block in blocks.blocks(text)]
    if len(head) == 1 and "cache_control" not in head[0]:
        body["system"] = head[0]["text"]
    elif head:
        body["system"] = head
    prefilled = bool(turns) and turns[-1].role == "assistant"
    if prefilled and Feature.PREFILL in refuses:
        del turns[-1]
        prefilled = False
    messages = body["messages"] = blocks.messages(turns)
    if prefilled:
        _tighten(messages)
    blocks.trim()
    _write_sampling(body, conversation, refuses)
    _write_wishes(body, conversation, refuses)
    write_thinking(body, conversation, target)
    return body


def _split(conversation: Conversation) -> tuple[list[Text], list[Turn]]:
    """Return the system's words and the turns; only what stands before all else is the former."""
    system, turns = conversation.system, conversation.turns
    first = 0
    while first < len(turns) and turns[first].role == "system":
        first += 1
    if first:
        early = [part for turn in turns[:first] for part in turn.parts if isinstance(part, Text)]
        system = system + early
    return system, turns[first:]


def _tighten(messages: list[Json]) -> None:
    """Take the space off the end of an answer's given beginning: it would be an error."""
    if messages and messages[-1]["role"] == "assistant":
        last = cast("list[Json]", messages[-1]["content"])[-1]
        if last["type"] == "text":
            last["text"] = cast("str", last["text"]).rstrip()


def _write_tools(
    body: Json, conversation: Conversation, refuses: frozenset[str], blocks: BlockWriter
) -> None:
    choice = None if Feature.TOOL_CHOICE in refuses else conversation.tool_choice
    names = choice.names if choice is not None and choice.mode in ("auto", "any") else ()
    if Feature.TOOL_SUBSET in refuses:
        names = ()
    chosen = frozenset(names)
    tools = [
        _tool(tool, refuses, blocks)
        for tool in conversation.tools
        if not tool.free_text and (not chosen or tool.name in chosen)
    ]
    if not tools:
        # A history with calls must come with tools; nobody offered them, so none may be called.
        tools = [_tool(Tool(name=name), refuses, blocks) for name in _called(conversation)]
        if tools:
            body["tools"] = tools
            body["tool_choice"] = {"type": "none"}
        return
    body["tools"] = tools
    written: Json = {"type": "auto"}
    if choice is not None:
        written["type"] = "tool" if choice.mode == "one" else choice.mode
        if choice.mode == "one" and choice.names:
            written["name"] = choice.names[0]
    serial = conversation.parallel_tools is False and Feature.TOOL_SERIAL not in refuses
    if serial and written["type"] != "none":
        written["disable_parallel_tool_use"] = True
    if len(written) > 1 or written["type"] != "auto":
        body["tool_choice"] = written


def _tool(tool: Tool, refuses: frozenset[str], blocks: BlockWriter) -> Json:
    schema = tool.schema or {"type": "object", "properties": {}}
    if "type" not in schema:
        schema = {"type": "object", **schema}
    written: Json = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    written["input_schema"] = schema
    if tool.strict and Feature.TOOL_STRICT not in refuses:
        written["strict"] = True
    return blocks.hinted(written, tool.cache)


def _called(conversation: Conversation) -> list[str]:
    """Return the names of the tools in the history, each once."""
    names: dict[str, None] = {}
    for turn in conversation.turns:
        for part in turn.parts:
            if isinstance(part, ToolCall | ToolResult):
                names[part.name] = None
    return list(names)


def _write_sampling(body: Json, conversation: Conversation, refuses: frozenset[str]) -> None:
    if conversation.temperature is not None and Feature.TEMPERATURE not in refuses:
        body["temperature"] = min(conversation.temperature, TEMPERATURE_MAX)
    if conversation.top_p is not None and Feature.TOP_P not in refuses:
        body["top_p"] = conversation.top_p
    if conversation.top_k is not None and Feature.TOP_K not in refuses:
        body["top_k"] = conversation.top_k
    if Feature.STOP not in refuses:
        # A sequence of spaces only is an error.
        stops = [stop for stop in conversation.stop if stop.strip()]
        if stops:
            body["stop_sequences"] = stops


def _write_wishes(body: Json, conversation: Conversation, refuses: frozenset[str]) -> None:
    form = conversation.format
    if form is not None and form.schema is not None and Feature.JSON_SCHEMA not in refuses:
        body["output_config"] = {"format": {"type": "json_schema", "schema": form.schema}}
    if conversation.user_id is not None and Feature.USER_ID not in refuses:
        body["metadata"] = {"user_id": conversation.user_id}
    tier = conversation.service_tier
    if tier is not None and Feature.SERVICE_TIER not in refuses:
        body["service_tier"] = _TIERS[tier]
