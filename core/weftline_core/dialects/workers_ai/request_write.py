"""Writes a conversation as a request of Workers AI."""

from collections.abc import Set as AbstractSet
from typing import Final

from weftline_core.chat.conversation import Conversation, Tool
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import WORKERS_AI
from weftline_core.dialects.workers_ai.messages_write import Json, messages

_LOST: Final = frozenset[str](WORKERS_AI)
# Left to itself Workers AI stops after 256 tokens, which cuts most answers. More than this would
# not fit into the context of its smaller models.
_OUTPUT_TOKENS: Final = 4096


def write_request(conversation: Conversation, target: Target) -> Json:
    """Return the request's body; the model stands in the path."""
    gone = _LOST | target.refuses
    body: Json = {"messages": messages(conversation, gone)}
    if conversation.stream:
        body["stream"] = True
    most = _OUTPUT_TOKENS
    if target.output_tokens_max is not None:
        most = min(most, target.output_tokens_max)
    body["max_tokens"] = most if conversation.max_tokens is None else conversation.max_tokens
    sampling: dict[F, tuple[str, object]] = {
        F.TEMPERATURE: ("temperature", conversation.temperature),
        F.TOP_P: ("top_p", conversation.top_p),
        F.TOP_K: ("top_k", conversation.top_k),
        F.SEED: ("seed", conversation.seed),
        F.FREQUENCY_PENALTY: ("frequency_penalty", conversation.frequency_penalty),
        F.PRESENCE_PENALTY: ("presence_penalty", conversation.presence_penalty),
    }
    for feature, (name, value) in sampling.items():
        if value is not None and feature not in gone:
            body[name] = value
    body |= _tools(conversation, gone)
    body |= _format(conversation, gone)
    return body


def _tools(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    """Return the tools and who of them must be called: one by name is a must among one."""
    choice = conversation.tool_choice
    tools = conversation.tools if F.TOOLS not in gone else []
    if choice is not None and choice.names:
        narrows = F.TOOL_CHOICE if choice.mode == "one" else F.TOOL_SUBSET
        chosen = frozenset(choice.names)
        tools = [tool for tool in tools if narrows in gone or tool.name in chosen]
    if not tools:
        return {}
    body: Json = {"tools": [_tool(tool) for tool in tools]}
    if choice is not None and F.TOOL_CHOICE not in gone:
        modes = {"auto": "auto", "none": "none", "any": "required", "one": "required"}
        body["tool_choice"] = modes[choice.mode]
    return body


def _tool(tool: Tool) -> Json:
    schema: Json = {"type": "object", "properties": {}} if tool.schema is None else tool.schema
    function: Json = {"name": tool.name, "description": tool.description or ""}
    function["parameters"] = schema
    return {"type": "function", "function": function}


def _format(conversation: Conversation, gone: AbstractSet[str]) -> Json:
    """Return the answer's form; a schema stands there bare, without name or strictness."""
    wanted = conversation.format
    if wanted is None or (F.JSON_OBJECT if wanted.schema is None else F.JSON_SCHEMA) in gone:
        return {}
    if wanted.schema is None:
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_schema", "json_schema": wanted.schema}}
