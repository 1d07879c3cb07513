"""A conversation, as a chat completion request to a host."""

from dataclasses import dataclass
from typing import Final, Literal

from weftline_core.chat.conversation import Conversation, Effort, Tool, ToolChoice
from weftline_core.chat.effort import EFFORTS, effort_in_words, nearest_effort
from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.call_ids import CallIdRule, as_it_is
from weftline_core.dialects.chat.messages_write import MessagesWriter
from weftline_core.dialects.dialect import Target

_SCHEMA_NAME: Final = "answer"
# Fields of a conversation that go on as they are, their names here, and what they are.
_PLAIN: Final = (
    ("temperature", "temperature", Feature.TEMPERATURE),
    ("top_p", "top_p", Feature.TOP_P),
    ("seed", "seed", Feature.SEED),
    ("frequency_penalty", "frequency_penalty", Feature.FREQUENCY_PENALTY),
    ("presence_penalty", "presence_penalty", Feature.PRESENCE_PENALTY),
    ("logit_bias", "logit_bias", Feature.LOGIT_BIAS),
    ("verbosity", "verbosity", Feature.VERBOSITY),
    ("service_tier", "service_tier", Feature.SERVICE_TIER),
    ("cache_key", "prompt_cache_key", Feature.CACHE_KEY),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a host wants its requests, where hosts differ.

    max_tokens, user: the names of these fields. stream_options: it knows the field, and sends
    usage only when asked. call_id: the ids of tool calls that it takes. efforts: those it knows,
    the least first. replay: the field for thoughts beside tool calls in the history, for models
    that want theirs back. prefix: a message that begins the answer is marked with this field.
    logprobs_number: how many log probabilities stands in `logprobs` itself.
    """

    max_tokens: Literal["max_completion_tokens", "max_tokens"] = "max_tokens"
    user: Literal["user", "safety_identifier"] = "user"
    stream_options: bool = True
    call_id: CallIdRule = as_it_is
    efforts: tuple[Effort, ...] = EFFORTS
    replay: str | None = None
    prefix: str | None = None
    logprobs_number: bool = False


def write_request(
    conversation: Conversation, target: Target, manners: Manners
) -> dict[str, object]:
    """Return the body. What the dialect cannot carry and what the target refuses is left out."""
    refuses = target.refuses
    writer = MessagesWriter(manners.call_id, manners.replay, refuses)
    writer.system(conversation.system)
    turns = conversation.turns
    if Feature.PREFILL in refuses and turns and turns[-1].role == "assistant":
        turns = turns[:-1]
    for turn in turns:
        writer.turn(turn)
    writer.flush()
    if manners.prefix is not None and writer.messages[-1]["role"] == "assistant":
        writer.messages[-1][manners.prefix] = True
    body: dict[str, object] = {"model": target.model, "messages": writer.messages}
    if conversation.max_tokens is not None:
        body[manners.max_tokens] = conversation.max_tokens
    _put_settings(body, conversation, manners, refuses)
    if conversation.tools and Feature.TOOLS not in refuses:
        _put_tools(body, conversation, refuses)
    _put_format(body, conversation, refuses)
    effort = _effort(conversation, target, manners)
    if effort is not None:
        body["reasoning_effort"] = effort
    if conversation.stream:
        ask_stream(body, manners)
    return body


def _put_settings(
    body: dict[str, object],
    conversation: Conversation,
    manners: Manners,
    refuses: frozenset[str],
) -> None:
    for ours, theirs, feature in _PLAIN:
        value: object = getattr(conversation, ours)
        if value is not None and feature not in refuses:
            body[theirs] = value
    if conversation.logprobs is not None and Feature.LOGPROBS not in refuses:
        body["logprobs"] = conversation.logprobs if manners.logprobs_number else True
        if conversation.logprobs and not manners.logprobs_number:
            body["top_logprobs"] = conversation.logprobs
    if conversation.stop and Feature.STOP not in refuses:
        body["stop"] = list(conversation.stop)
    if conversation.choices > 1 and Feature.CHOICES not in refuses:
        body["n"] = conversation.choices
    if conversation.user_id is not None and Feature.USER_ID not in refuses:
        body[manners.user] = conversation.user_id


def ask_stream(body: dict[str, object], manners: Manners) -> None:
    """Ask for events, and for usage at their end, in place; nested objects are made anew."""
    body["stream"] = True
    if manners.stream_options:
        options = body.get("stream_options")
        kept: dict[str, object] = {**options} if isinstance(options, dict) else {}
        body["stream_options"] = kept | {"include_usage": True}
    else:
        body.pop("stream_options", None)


def _put_tools(
    body: dict[str, object], conversation: Conversation, refuses: frozenset[str]
) -> None:
    """Write tools and the choice among them. A subset is sent as all there is: `allowed_tools` is
    known to one host only.
    """
    choice = conversation.tool_choice
    tools = conversation.tools
    if choice is not None and choice.names and Feature.TOOL_SUBSET not in refuses:
        chosen = frozenset(choice.names)
        named = [tool for tool in tools if tool.name in chosen]
        tools = tools if choice.mode == "one" else named
    written = [_tool(tool, refuses) for tool in tools if _takes(tool, refuses)]
    if not written:
        return
    body["tools"] = written
    if choice is not None and Feature.TOOL_CHOICE not in refuses:
        body["tool_choice"] = _choice(choice, conversation.tools)
    if conversation.parallel_tools is False and Feature.TOOL_SERIAL not in refuses:
        body["parallel_tool_calls"] = False


def _takes(tool: Tool, refuses: frozenset[str]) -> bool:
    return not tool.free_text or Feature.TOOL_FREE_TEXT not in refuses


def _tool(tool: Tool, refuses: frozenset[str]) -> dict[str, object]:
    shape: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        shape["description"] = tool.description
    if tool.free_text:
        return {"type": "custom", "custom": shape}
    if tool.schema is not None:
        shape["parameters"] = tool.schema
    if tool.strict is not None and Feature.TOOL_STRICT not in refuses:
        shape["strict"] = tool.strict
    return {"type": "function", "function": shape}


def _choice(choice: ToolChoice, tools: list[Tool]) -> object:
    if choice.mode == "one" and choice.names:
        name = choice.names[0]
        kind = "custom" if any(t.free_text and t.name == name for t in tools) else "function"
        return {"type": kind, kind: {"name": name}}
    return "required" if choice.mode in ("any", "one") else choice.mode


def _put_format(
    body: dict[str, object], conversation: Conversation, refuses: frozenset[str]
) -> None:
    form = conversation.format
    if form is None:
        return
    if form.schema is None:
        if Feature.JSON_OBJECT not in refuses:
            body["response_format"] = {"type": "json_object"}
    elif Feature.JSON_SCHEMA not in refuses:
        schema: dict[str, object] = {"name": form.name or _SCHEMA_NAME, "schema": form.schema}
        if form.description is not None:
            schema["description"] = form.description
        if form.strict is not None:
            schema["strict"] = form.strict
        body["response_format"] = {"type": "json_schema", "json_schema": schema}


def _effort(conversation: Conversation, target: Target, manners: Manners) -> Effort | None:
    """Return the effort to ask for: one that the host knows."""
    thinking = conversation.thinking
    if thinking is None or Feature.REASONING_EFFORT in target.refuses or not manners.efforts:
        return None
    wanted = effort_in_words(thinking, known=target.reasoning == "effort")
    return None if wanted is None else nearest_effort(wanted, manners.efforts)
