"""Writes a conversation as a request of Converse."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

import orjson

from weftline_core.chat.conversation import Conversation, Thinking, Tool
from weftline_core.chat.effort import budget_of, effort_of
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import ToolCall, ToolResult
from weftline_core.dialects.converse.messages_write import Json, MessagesWriter
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import CONVERSE

_LOST: Final = frozenset[str](CONVERSE)
# The least that Anthropic's models reason with, and what they may answer with if nobody says.
_BUDGET_TOKENS_MIN: Final = 1024
_OUTPUT_TOKENS: Final = 4096
_STOPS_MAX: Final = 2500
# What a value of `requestMetadata` may not hold, how long it may be, and how many there may be.
_NOT_IN_METADATA: Final = re.compile(r"[^a-zA-Z0-9\s:_@$#=/+,.-]")
_METADATA_CHARS_MAX: Final = 256
_METADATA_MAX: Final = 16
# What Bedrock calls the efforts that it has no word for.
_EFFORTS: Final = {"minimal": "low"}


def write_request(conversation: Conversation, target: Target) -> Json:
    """Return the request's body.

    Raises:
        CallerError: a part of the conversation cannot be sent.
    """
    gone = _LOST | target.refuses
    writer = MessagesWriter(gone)
    body: Json = {"messages": writer.write(conversation)}
    if system := writer.system(conversation.system):
        body["system"] = system
    if tools := _tools(conversation, writer, gone):
        body["toolConfig"] = tools
    limits = _limits(conversation, gone)
    model_fields: Json = {}
    output: Json = {}
    if conversation.top_k is not None and F.TOP_K not in gone:
        model_fields["top_k"] = conversation.top_k
    if conversation.thinking is not None:
        _think(conversation.thinking, target, gone, (limits, model_fields, output))
    if (text_format := _format(conversation, gone)) is not None:
        output["textFormat"] = text_format
    named = {
        "inferenceConfig": limits,
        "additionalModelRequestFields": model_fields,
        "outputConfig": output,
        "requestMetadata": _metadata(conversation, gone),
        "serviceTier": _tier(conversation, gone),
    }
    body |= {name: value for name, value in named.items() if value}
    return body


def _limits(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    limits: Json = {}
    if conversation.max_tokens is not None:
        limits["maxTokens"] = conversation.max_tokens
    if conversation.temperature is not None and F.TEMPERATURE not in gone:
        # Others go up to 2; more than 1 is refused here.
        limits["temperature"] = min(conversation.temperature, 1.0)
    if conversation.top_p is not None and F.TOP_P not in gone:
        limits["topP"] = conversation.top_p
    stops = [stop for stop in conversation.stop if stop.strip()][:_STOPS_MAX]
    if stops and F.STOP not in gone:
        limits["stopSequences"] = stops
    return limits


def _tools(conversation: Conversation, writer: MessagesWriter, gone: AbstractSet[str]) -> Json:
    """Return `toolConfig`, which Bedrock wants wherever the history has a call."""
    choice = conversation.tool_choice
    past = _past_tools(conversation)
    tools = conversation.tools if F.TOOLS not in gone else []
    if choice is not None and choice.names and choice.mode != "one" and F.TOOL_SUBSET not in gone:
        chosen = frozenset(choice.names)
        tools = [tool for tool in tools if tool.name in chosen]
    if choice is not None and choice.mode == "none":
        tools = [tool for tool in tools if tool.name in past]
    known = {tool.name for tool in tools}
    specs = [block for tool in tools for block in _tool(tool, writer, gone)]
    specs += [_spec(Tool(name=name)) for name in past if name not in known]
    if not specs:
        return {}
    config: Json = {"tools": specs}
    if choice is not None and tools and F.TOOL_CHOICE not in gone:
        if choice.mode == "any":
            config["toolChoice"] = {"any": {}}
        elif choice.mode == "one" and choice.names:
            config["toolChoice"] = {"tool": {"name": choice.names[0]}}
    return config


def _tool(tool: Tool, writer: MessagesWriter, gone: AbstractSet[str]) -> list[Json]:
    block = _spec(tool, strict=tool.strict if F.TOOL_STRICT not in gone else None)
    return [block, *writer.cache_point(tool.cache)]


def _spec(tool: Tool, strict: bool | None = None) -> Json:  # noqa: FBT001  # None, true or false
    schema: Json = {
        "type": "object",
        **({"properties": {}} if tool.schema is None else tool.schema),
    }
    spec: Json = {"name": tool.name, "inputSchema": {"json": schema}}
    if tool.description:
        spec["description"] = tool.description
    if strict is not None:
        spec["strict"] = strict
    return {"toolSpec": spec}


def _past_tools(conversation: Conversation) -> dict[str, None]:
    """Return the tools that the history names, in order."""
    return {
        part.name: None
        for turn in conversation.turns
        for part in turn.parts
        if isinstance(part, ToolCall | ToolResult) and part.name
    }


def _think(
    thinking: Thinking, target: Target, gone: AbstractSet[str], into: tuple[Json, Json, Json]
) -> None:
    """Say how much to reason, in the way that the model knows. into: the limits, the model's own
    fields and the output's form.
    """
    if (F.REASONING_EFFORT if thinking.budget_tokens is None else F.REASONING_BUDGET) in gone:
        return
    limits, model_fields, output = into
    effort = effort_of(thinking)
    if target.reasoning in ("budget", "adaptive"):
        if effort == "none":
            model_fields["thinking"] = {"type": "disabled"}
            return
        told: Json = {"type": "adaptive"}
        if target.reasoning == "budget":
            tokens = _budget(thinking, target, limits)
            told = {"type": "enabled", "budget_tokens": tokens}
        if thinking.shown is not None and F.REASONING_SHOWN not in gone:
            told["display"] = "summarized" if thinking.shown else "omitted"
        model_fields["thinking"] = told
    if target.reasoning != "budget" and effort not in (None, "none"):
        output["effort"] = _EFFORTS.get(effort, effort)


def _budget(thinking: Thinking, target: Target, limits: Json) -> int:
    """Return the tokens to reason with, and make room for them in the answer's limit, which counts
    them in.
    """
    tokens = max(_BUDGET_TOKENS_MIN, budget_of(thinking) or _BUDGET_TOKENS_MIN)
    limit = limits.get("maxTokens")
    total = tokens + (limit if isinstance(limit, int) else _OUTPUT_TOKENS)
    if target.output_tokens_max is not None:
        total = min(total, target.output_tokens_max)
    limits["maxTokens"] = total
    return max(_BUDGET_TOKENS_MIN, min(tokens, total - 1))


def _format(conversation: Conversation, gone: AbstractSet[str]) -> Json | None:
    wanted = conversation.format
    if wanted is None or wanted.schema is None or F.JSON_SCHEMA in gone:
        return None
    schema: Json = {"schema": orjson.dumps(wanted.schema).decode()}
    if wanted.name:
        schema["name"] = wanted.name
    if wanted.description:
        schema["description"] = wanted.description
    return {"type": "json_schema", "structure": {"jsonSchema": schema}}


def _metadata(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    if not conversation.metadata or F.METADATA in gone:
        return {}
    pairs = list(conversation.metadata.items())[:_METADATA_MAX]
    return {_plain(name): _plain(value) for name, value in pairs if name}


def _plain(text: str) -> str:
    return _NOT_IN_METADATA.sub("_", text)[:_METADATA_CHARS_MAX]


def _tier(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    tier = conversation.service_tier
    if tier in (None, "auto") or F.SERVICE_TIER in gone:
        return {}
    return {"type": tier}
