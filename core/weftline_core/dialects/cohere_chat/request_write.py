"""Writes a conversation as a request of Cohere."""

from collections.abc import Set as AbstractSet
from typing import Final

from weftline_core.chat.conversation import Conversation, Tool
from weftline_core.chat.effort import budget_of
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.dialects.cohere_chat.messages_write import Json, messages
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import COHERE

_LOST: Final = frozenset[str](COHERE)
# Cohere refuses more, and penalties below 0.
_STOPS_MAX: Final = 5
_PENALTY_MAX: Final = 1.0


def write_request(conversation: Conversation, target: Target) -> Json:
    """Return the request's body."""
    gone = _LOST | target.refuses
    body: Json = {"model": target.model, "messages": messages(conversation, gone)}
    if conversation.stream:
        body["stream"] = True
    if conversation.max_tokens is not None:
        body["max_tokens"] = conversation.max_tokens
    sampling: dict[F, tuple[str, object]] = {
        F.TEMPERATURE: ("temperature", conversation.temperature),
        F.TOP_P: ("p", conversation.top_p),
        F.TOP_K: ("k", conversation.top_k),
        F.SEED: ("seed", conversation.seed),
        F.STOP: ("stop_sequences", list(conversation.stop[:_STOPS_MAX]) or None),
        F.FREQUENCY_PENALTY: ("frequency_penalty", _penalty(conversation.frequency_penalty)),
        F.PRESENCE_PENALTY: ("presence_penalty", _penalty(conversation.presence_penalty)),
    }
    for feature, (name, value) in sampling.items():
        if value is not None and feature not in gone:
            body[name] = value
    body |= _tools(conversation, gone)
    body |= _format(conversation, gone)
    body |= _thinking(conversation, gone)
    return body


def _penalty(value: float | None) -> float | None:
    return None if value is None else min(max(value, 0.0), _PENALTY_MAX)


def _tools(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    """Return the tools and who of them must be called: Cohere knows only all or none, so one is a
    must among one.
    """
    choice = conversation.tool_choice
    tools = conversation.tools if F.TOOLS not in gone else []
    if choice is not None and choice.names and _narrows(choice.mode, gone):
        chosen = frozenset(choice.names)
        tools = [tool for tool in tools if tool.name in chosen]
    if not tools:
        return {}
    body: Json = {"tools": [_tool(tool) for tool in tools]}
    if choice is not None and F.TOOL_CHOICE not in gone:
        if choice.mode in ("any", "one"):
            body["tool_choice"] = "REQUIRED"
        elif choice.mode == "none":
            body["tool_choice"] = "NONE"
    if F.TOOL_STRICT not in gone and any(tool.strict for tool in tools):
        body["strict_tools"] = True
    return body


def _narrows(mode: str, gone: AbstractSet[str]) -> bool:
    return (F.TOOL_CHOICE if mode == "one" else F.TOOL_SUBSET) not in gone


def _tool(tool: Tool) -> Json:
    schema: Json = {"type": "object", "properties": {}} if tool.schema is None else tool.schema
    function: Json = {"name": tool.name, "parameters": schema}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _format(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    wanted = conversation.format
    if wanted is None or (F.JSON_OBJECT if wanted.schema is None else F.JSON_SCHEMA) in gone:
        return {}
    told: Json = {"type": "json_object"}
    if wanted.schema is not None:
        told["json_schema"] = wanted.schema
    return {"response_format": told}


def _thinking(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    """Return how much to reason, which Cohere counts in tokens."""
    thinking = conversation.thinking
    if thinking is None:
        return {}
    if (F.REASONING_EFFORT if thinking.budget_tokens is None else F.REASONING_BUDGET) in gone:
        return {}
    budget = budget_of(thinking)
    if budget == 0:
        return {"thinking": {"type": "disabled"}}
    told: Json = {"type": "enabled"}
    if budget is not None:
        told["token_budget"] = budget
    return {"thinking": told}
