"""A client's chat completion request, as a conversation."""

from collections.abc import Mapping
from typing import Final, cast

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    ServiceTier,
    Thinking,
    Tool,
    ToolChoice,
)
from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.messages_read import MessagesReader
from weftline_core.dialects.chat.parts_read import cache_of
from weftline_core.dialects.chat.shapes import (
    CUSTOM_FIELDS,
    FUNCTION_FIELDS,
    REQUEST_FIELDS,
    TOOL_FIELDS,
    AllowedTools,
    ChoiceShape,
    RequestShape,
    ToolRef,
    ToolShape,
)
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import shaped, wrong

# Fields that are a feature whenever they are there, and what they are.
_PLAIN: Final = (
    ("temperature", Feature.TEMPERATURE),
    ("top_p", Feature.TOP_P),
    ("top_k", Feature.TOP_K),
    ("seed", Feature.SEED),
    ("frequency_penalty", Feature.FREQUENCY_PENALTY),
    ("presence_penalty", Feature.PRESENCE_PENALTY),
    ("logit_bias", Feature.LOGIT_BIAS),
    ("verbosity", Feature.VERBOSITY),
    ("reasoning_effort", Feature.REASONING_EFFORT),
    ("prompt_cache_key", Feature.CACHE_KEY),
    ("metadata", Feature.METADATA),
    ("audio", Feature.AUDIO_OUT),
    ("prediction", Feature.PREDICTION),
    ("web_search_options", Feature.HOSTED_TOOL),
    ("moderation", Feature.SAFETY),
)
_TIERS: Final = frozenset(("default", "flex", "priority"))
_MODALITIES: Final = {"audio": Feature.AUDIO_OUT, "image": Feature.IMAGE_OUT}
_BARE_TOOLS: Final = "this needs 'tools'"


def read_request(body: dict[str, object], *, stream: bool) -> Conversation:
    """Return all that a request says.

    Raises:
        CallerError: it breaks the dialect; `param` is the path of the field at fault.
    """
    shape = shaped(body, RequestShape)
    notes = Notes()
    for name in ("functions", "function_call"):
        if body.get(name) is not None:
            raise wrong(name, "functions are gone from this API: use 'tools' and 'tool_choice'")
    raw = cast("list[Mapping[str, object]]", body["messages"])
    system, turns = MessagesReader(notes).read(shape.messages, raw)
    tools = _tools(shape.tools or [], body, notes)
    options = shape.stream_options
    conversation = Conversation(
        system=system,
        turns=turns,
        tools=tools,
        tool_choice=_tool_choice(shape, tools, notes),
        parallel_tools=shape.parallel_tool_calls,
        format=_format(shape, notes),
        thinking=_thinking(shape, notes),
        max_tokens=shape.max_completion_tokens or shape.max_tokens,
        temperature=shape.temperature,
        top_p=shape.top_p,
        top_k=shape.top_k,
        seed=shape.seed,
        stop=(shape.stop,) if isinstance(shape.stop, str) else tuple(shape.stop or ()),
        frequency_penalty=shape.frequency_penalty,
        presence_penalty=shape.presence_penalty,
        logit_bias=shape.logit_bias,
        logprobs=(shape.top_logprobs or 0) if shape.logprobs else None,
        choices=shape.n or 1,
        verbosity=shape.verbosity,
        user_id=shape.safety_identifier or shape.user,
        metadata=shape.metadata,
        service_tier=_tier(shape, notes),
        cache_key=shape.prompt_cache_key,
        store=shape.store,
        stream=stream,
        usage_in_stream=options is not None and bool(options.include_usage),
        paths=notes.paths,
    )
    _note_rest(shape, body, notes)
    conversation.unknown = tuple(notes.unknown)
    return conversation


def _note_rest(shape: RequestShape, body: Mapping[str, object], notes: Notes) -> None:
    """Note the features that are a field's bare presence, or its not being the default."""
    notes.check(body, REQUEST_FIELDS, "")
    for name, feature in _PLAIN:
        if body.get(name) is not None:
            notes.note(feature, name)
    for name, feature, used in (
        ("stop", Feature.STOP, bool(shape.stop)),
        ("logprobs", Feature.LOGPROBS, shape.logprobs),
        ("n", Feature.CHOICES, (shape.n or 1) > 1),
        ("parallel_tool_calls", Feature.TOOL_SERIAL, shape.parallel_tool_calls is False),
        ("safety_identifier", Feature.USER_ID, shape.safety_identifier),
        ("user", Feature.USER_ID, shape.user),
        ("store", Feature.STORE, shape.store),
    ):
        if used:
            notes.note(feature, name)
    for modality in shape.modalities or ():
        if modality in _MODALITIES:
            notes.note(_MODALITIES[modality], "modalities")
        elif modality != "text":
            notes.strange("modalities")


def _tools(shapes: list[ToolShape], body: Mapping[str, object], notes: Notes) -> list[Tool]:
    if not shapes:
        return []
    notes.note(Feature.TOOLS, "tools")
    raw = cast("list[Mapping[str, object]]", body["tools"])
    return [
        tool
        for i, shape in enumerate(shapes)
        if (tool := _tool(shape, raw[i], f"tools[{i}]", notes)) is not None
    ]


def _tool(shape: ToolShape, raw: Mapping[str, object], path: str, notes: Notes) -> Tool | None:
    cache = cache_of(shape.cache_control, f"{path}.cache_control", notes)
    inner = cast("Mapping[str, object]", raw.get(shape.type))
    if shape.type == "custom" and shape.custom is not None:
        custom = shape.custom
        notes.check(raw, TOOL_FIELDS, path)
        plain = custom.format is None or custom.format.get("type") == "text"
        notes.check(inner, CUSTOM_FIELDS | {"format"} if plain else CUSTOM_FIELDS, f"{path}.custom")
        notes.note(Feature.TOOL_FREE_TEXT, f"{path}.custom")
        return Tool(name=custom.name, description=custom.description, free_text=True, cache=cache)
    if shape.type == "function" and shape.function is not None:
        function = shape.function
        notes.check(raw, TOOL_FIELDS, path)
        notes.check(inner, FUNCTION_FIELDS, f"{path}.function")
        schema = function.parameters
        kind = schema.get("type", "object") if schema else "object"
        if kind != "object":
            where = f"{path}.function.parameters.type"
            raise wrong(where, "the schema of a function's parameters must be of type 'object'")
        if function.strict:
            notes.note(Feature.TOOL_STRICT, f"{path}.function.strict")
        return Tool(
            name=function.name,
            description=function.description,
            schema=schema,
            strict=function.strict,
            cache=cache,
        )
    if shape.type in ("function", "custom"):
        raise wrong(f"{path}.{shape.type}", f"a tool of type '{shape.type}' must have it")
    notes.note(Feature.HOSTED_TOOL, path)
    return None


def _tool_choice(shape: RequestShape, tools: list[Tool], notes: Notes) -> ToolChoice | None:
    choice = shape.tool_choice
    if choice is None or choice == "auto":
        return None
    if choice == "none":
        if tools:
            notes.note(Feature.TOOL_CHOICE, "tool_choice")
        return ToolChoice(mode="none") if tools else None
    if not tools and not shape.tools:
        raise wrong("tool_choice", _BARE_TOOLS)
    notes.note(Feature.TOOL_CHOICE, "tool_choice")
    if not isinstance(choice, ChoiceShape):
        return ToolChoice(mode="any")
    if choice.allowed_tools is not None:
        notes.note(Feature.TOOL_SUBSET, "tool_choice.allowed_tools")
        return _allowed(choice.allowed_tools, tools)
    named = choice.function if choice.type == "function" else choice.custom
    path = f"tool_choice.{choice.type}"
    if named is None:
        raise wrong(path, f"a tool choice of type '{choice.type}' must have it")
    _known(named.name, {tool.name for tool in tools}, f"{path}.name")
    return ToolChoice(mode="one", names=(named.name,))


def _allowed(allowed: AllowedTools, tools: list[Tool]) -> ToolChoice:
    names, offered = list[str](), {tool.name for tool in tools}
    for i, ref in enumerate(allowed.tools):
        path = f"tool_choice.allowed_tools.tools[{i}]"
        name = _name_of(ref)
        if name is None:
            raise wrong(path, "a tool is named by 'function' or 'custom'")
        names.append(_known(name, offered, path))
    return ToolChoice(mode="any" if allowed.mode == "required" else "auto", names=tuple(names))


def _name_of(ref: ToolRef) -> str | None:
    named = ref.function or ref.custom
    return named.name if named is not None else ref.name


def _known(name: str, offered: set[str], path: str) -> str:
    if name not in offered:
        raise wrong(path, "'tools' has no tool of that name")
    return name


def _format(shape: RequestShape, notes: Notes) -> AnswerFormat | None:
    form = shape.response_format
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        notes.note(Feature.JSON_OBJECT, "response_format")
        return AnswerFormat()
    wanted = form.json_schema
    if wanted is None or wanted.schema is None:
        where = "response_format.json_schema" + ("" if wanted is None else ".schema")
        raise wrong(where, "a format of type 'json_schema' must have it")
    notes.note(Feature.JSON_SCHEMA, "response_format")
    return AnswerFormat(
        schema=wanted.schema,
        name=wanted.name,
        description=wanted.description,
        strict=wanted.strict,
    )


def _thinking(shape: RequestShape, notes: Notes) -> Thinking | None:
    effort, asked = shape.reasoning_effort, shape.thinking
    if asked is None:
        return None if effort is None else Thinking(effort=effort)
    if asked.budget_tokens is not None and asked.type == "enabled":
        notes.note(Feature.REASONING_BUDGET, "thinking.budget_tokens")
        return Thinking(effort=effort, budget_tokens=asked.budget_tokens)
    notes.note(Feature.REASONING_EFFORT, "thinking")
    return Thinking(effort="none" if asked.type == "disabled" else effort)


def _tier(shape: RequestShape, notes: Notes) -> ServiceTier | None:
    tier = shape.service_tier
    if tier is None or tier == "auto":
        return None
    if tier not in _TIERS:
        # Such as `scale`, which means something at its own provider only.
        notes.strange("service_tier")
        return None
    notes.note(Feature.SERVICE_TIER, "service_tier")
    return cast("ServiceTier", tier)
