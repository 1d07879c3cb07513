"""Writes a conversation as a request that a host of Responses takes."""

from collections.abc import Set as AbstractSet
from typing import Final

from weftline_core.chat.conversation import AnswerFormat, Conversation
from weftline_core.chat.effort import effort_in_words
from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import RESPONSES
from weftline_core.dialects.responses.items_write import items_of
from weftline_core.dialects.responses.tools import choice_object, tool_objects

# Own thoughts go back; the table speaks of those of others.
_LOST: Final[frozenset[str]] = frozenset(RESPONSES) - {Feature.REASONING_REPLAY}
_ENCRYPTED: Final = "reasoning.encrypted_content"
_LOGPROBS: Final = "message.output_text.logprobs"
# Hosts refuse a lower limit, which other dialects know; an answer a few words longer beats none.
# Source: OpenAI's API, 2026-08.
OUTPUT_TOKENS_MIN: Final = 16


def write_request(conversation: Conversation, target: Target) -> dict[str, object]:
    """Return the body. The host is told to keep nothing: the mesh keeps what is to be kept."""
    gone = _LOST | target.refuses if target.refuses else _LOST
    body: dict[str, object] = {
        "model": target.model,
        "input": items_of(conversation.turns, gone),
        "store": False,
    }
    system = "\n\n".join(text.text for text in conversation.system if text.text)
    if system and body["input"]:
        body["instructions"] = system
    elif system:
        # An input must hold something.
        body["input"] = [{"role": "system", "content": system}]
    if conversation.stream:
        body["stream"] = True
    if conversation.max_tokens is not None:
        body["max_output_tokens"] = max(conversation.max_tokens, OUTPUT_TOKENS_MIN)
    _write_tools(conversation, gone, body)
    _write_form(conversation, gone, body)
    _write_reasoning(conversation, target, gone, body)
    _write_fields(conversation, gone, body)
    return body


def _write_tools(
    conversation: Conversation, gone: AbstractSet[str], body: dict[str, object]
) -> None:
    if not conversation.tools or Feature.TOOLS in gone:
        return
    tools = conversation.tools
    body["tools"] = tool_objects(tools, strict=Feature.TOOL_STRICT not in gone)
    choice = conversation.tool_choice
    if choice is not None and Feature.TOOL_CHOICE not in gone:
        body["tool_choice"] = choice_object(choice, tools, subset=Feature.TOOL_SUBSET not in gone)
    if conversation.parallel_tools is False and Feature.TOOL_SERIAL not in gone:
        body["parallel_tool_calls"] = False


def _write_form(
    conversation: Conversation, gone: AbstractSet[str], body: dict[str, object]
) -> None:
    text: dict[str, object] = {}
    form = conversation.format
    if form is not None:
        feature = Feature.JSON_OBJECT if form.schema is None else Feature.JSON_SCHEMA
        if feature not in gone:
            text["format"] = _format(form)
    if conversation.verbosity is not None and Feature.VERBOSITY not in gone:
        text["verbosity"] = conversation.verbosity
    if text:
        body["text"] = text


def _format(form: AnswerFormat) -> dict[str, object]:
    if form.schema is None:
        return {"type": "json_object"}
    written: dict[str, object] = {
        "type": "json_schema",
        "name": form.name or "answer",
        "schema": form.schema,
    }
    if form.description is not None:
        written["description"] = form.description
    if form.strict is not None:
        written["strict"] = form.strict
    return written


def _write_reasoning(
    conversation: Conversation, target: Target, gone: AbstractSet[str], body: dict[str, object]
) -> None:
    thinking = conversation.thinking
    reasoning: dict[str, object] = {}
    if thinking is not None:
        effort = effort_in_words(thinking, known=target.reasoning == "effort")
        if effort is not None and Feature.REASONING_EFFORT not in gone:
            reasoning["effort"] = effort
        # A model of which nobody says that it can think may refuse to show what it thinks.
        thinks = target.reasoning is not None or "effort" in reasoning
        if thinking.shown and thinks and Feature.REASONING_SHOWN not in gone:
            reasoning["summary"] = "auto"
    if reasoning:
        body["reasoning"] = reasoning
    include: list[str] = []
    off = reasoning.get("effort") == "none"
    if (reasoning or target.reasoning is not None) and not off:
        # Nothing is kept there, so thoughts can only go back if they come encrypted.
        include.append(_ENCRYPTED)
    if conversation.logprobs is not None and Feature.LOGPROBS not in gone:
        include.append(_LOGPROBS)
        body["top_logprobs"] = conversation.logprobs
    if include:
        body["include"] = include


def _write_fields(
    conversation: Conversation, gone: AbstractSet[str], body: dict[str, object]
) -> None:
    fields: tuple[tuple[Feature, str, object], ...] = (
        (Feature.TEMPERATURE, "temperature", conversation.temperature),
        (Feature.TOP_P, "top_p", conversation.top_p),
        (Feature.USER_ID, "safety_identifier", conversation.user_id),
        (Feature.CACHE_KEY, "prompt_cache_key", conversation.cache_key),
        (Feature.METADATA, "metadata", conversation.metadata),
        (Feature.SERVICE_TIER, "service_tier", conversation.service_tier),
    )
    body.update(
        {
            name: value
            for feature, name, value in fields
            if value is not None and feature not in gone
        }
    )
