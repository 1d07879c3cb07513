"""Reads a client's request into a conversation."""

from typing import Final, cast

import msgspec

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    ServiceTier,
    Thinking,
)
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.generate.parts_read import PartsReader, detail_of
from weftline_core.dialects.generate.schemas import to_json_schema
from weftline_core.dialects.generate.shapes import Content
from weftline_core.dialects.generate.thinking import DYNAMIC, EFFORTS
from weftline_core.dialects.generate.tools_read import ToolConfig, ToolShape, choice_of, tools_of
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import shaped, wrong
from weftline_core.errors import CallerError


class _Thinking(msgspec.Struct, rename="camel"):
    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class _Config(msgspec.Struct, rename="camel"):
    temperature: float | None = None
    top_p: float | None = None
    # The SDKs send it as 40.0.
    top_k: int | float | None = None
    candidate_count: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_mime_type: str | None = None
    response_schema: dict[str, object] | None = None
    response_json_schema: dict[str, object] | None = None
    response_modalities: list[str] | None = None
    thinking_config: _Thinking | None = None
    speech_config: dict[str, object] | None = None
    media_resolution: str | None = None


class _Request(msgspec.Struct, rename="camel"):
    contents: list[Content]
    system_instruction: Content | None = None
    generation_config: _Config | None = None
    tools: list[ToolShape] | None = None
    tool_config: ToolConfig | None = None
    safety_settings: list[dict[str, object]] | None = None
    cached_content: str | None = None
    continuation_token: str | None = None
    service_tier: str | None = None
    labels: dict[str, str] | None = None
    store: bool | None = None


_REQUEST: Final = frozenset(_Request.__struct_encode_fields__)
_CONFIG: Final = frozenset(_Config.__struct_encode_fields__)
_THINKING: Final = frozenset(_Thinking.__struct_encode_fields__)
_GC: Final = "generationConfig"
_TIERS: Final[dict[str, ServiceTier]] = {
    "flex": "flex",
    "standard": "default",
    "priority": "priority",
}


def read_request(body: dict[str, object], *, stream: bool) -> Conversation:
    """Return all that a request says; its fields are in camelCase.

    Raises:
        CallerError: it breaks the dialect.
    """
    request = shaped(body, _Request)
    if not request.contents:
        raise CallerError("contents: must hold at least one message", param="contents")
    notes = Notes()
    notes.check(body, _REQUEST)
    config = request.generation_config or _Config()
    reader = PartsReader(notes, detail_of(config.media_resolution))
    raw_contents = cast("list[dict[str, object]]", body["contents"])
    found = Conversation(
        system=_system(request.system_instruction),
        turns=reader.turns(request.contents, raw_contents),
        stream=stream,
        usage_in_stream=stream,
    )
    if not found.turns:
        raise CallerError("contents: all messages are empty", param="contents")
    if request.generation_config is not None:
        raw = cast("dict[str, object]", body[_GC])
        _read_config(found, config, raw, notes)
    if request.tools:
        found.tools = tools_of(request.tools, cast("list[dict[str, object]]", body["tools"]), notes)
    if request.tool_config is not None:
        raw = cast("dict[str, object]", body["toolConfig"])
        found.tool_choice = choice_of(request.tool_config, raw, notes)
    _read_wishes(found, request, notes)
    found.paths = notes.paths
    found.unknown = tuple(notes.unknown)
    return found


def _system(content: Content | None) -> list[Text]:
    parts: list[Text] = []
    for i, part in enumerate((content.parts if content else None) or ()):
        where = f"systemInstruction.parts[{i}]"
        if part.text is None:
            raise wrong(where, "must be text")
        if part.text:
            parts.append(Text(text=part.text))
    return parts


# A field of generationConfig -> its name in a conversation.
_PLAIN: Final = (
    ("temperature", "temperature", Feature.TEMPERATURE),
    ("top_p", "topP", Feature.TOP_P),
    ("seed", "seed", Feature.SEED),
    ("presence_penalty", "presencePenalty", Feature.PRESENCE_PENALTY),
    ("frequency_penalty", "frequencyPenalty", Feature.FREQUENCY_PENALTY),
)


def _read_config(
    found: Conversation, config: _Config, raw: dict[str, object], notes: Notes
) -> None:
    notes.check(raw, _CONFIG, _GC)
    for name, there, feature in _PLAIN:
        value: int | float | None = getattr(config, name)
        if value is not None:
            setattr(found, name, value)
            notes.note(feature, f"{_GC}.{there}")
    if config.top_k is not None:
        found.top_k = int(config.top_k)
        notes.note(Feature.TOP_K, f"{_GC}.topK")
    if config.max_output_tokens is not None:
        found.max_tokens = _at_least(1, config.max_output_tokens, "maxOutputTokens")
    if config.candidate_count is not None and config.candidate_count != 1:
        found.choices = _at_least(1, config.candidate_count, "candidateCount")
        notes.note(Feature.CHOICES, f"{_GC}.candidateCount")
    if config.stop_sequences:
        found.stop = tuple(config.stop_sequences)
        notes.note(Feature.STOP, f"{_GC}.stopSequences")
    if config.response_logprobs:
        found.logprobs = _at_least(0, config.logprobs or 0, "logprobs")
        notes.note(Feature.LOGPROBS, f"{_GC}.responseLogprobs")
    if config.thinking_config is not None:
        raw_thinking = cast("dict[str, object]", raw["thinkingConfig"])
        notes.check(raw_thinking, _THINKING, f"{_GC}.thinkingConfig")
        found.thinking = _thinking(config.thinking_config, notes)
    found.format = _format(config, notes)
    _read_modalities(config, notes)


def _at_least(least: int, value: int, name: str) -> int:
    if value < least:
        path = f"{_GC}.{name}"
        raise wrong(path, f"must be at least {least}")
    return value


def _thinking(config: _Thinking, notes: Notes) -> Thinking:
    path = f"{_GC}.thinkingConfig"
    thinking = Thinking()
    level = (config.thinking_level or "").upper()
    if level == "THINKING_LEVEL_UNSPECIFIED":
        level = ""
    if level and config.thinking_budget is not None:
        text = "give thinkingLevel or thinkingBudget, not both"
        raise CallerError(f"{path}: {text}", param=f"{path}.thinkingBudget")
    if level:
        thinking.effort = EFFORTS.get(level)
        if thinking.effort is None:
            text = f"must be one of {', '.join(EFFORTS)}"
            raise CallerError(f"{path}.thinkingLevel: {text}", param=f"{path}.thinkingLevel")
        notes.note(Feature.REASONING_EFFORT, f"{path}.thinkingLevel")
    elif config.thinking_budget is not None and config.thinking_budget != DYNAMIC:
        budget = config.thinking_budget
        if budget < 0:
            text = "must be 0, a number of tokens, or -1 for as many as the model likes"
            raise CallerError(f"{path}.thinkingBudget: {text}", param=f"{path}.thinkingBudget")
        if budget == 0:
            thinking.effort = "none"
            notes.note(Feature.REASONING_EFFORT, f"{path}.thinkingBudget")
        else:
            thinking.budget_tokens = budget
            notes.note(Feature.REASONING_BUDGET, f"{path}.thinkingBudget")
    if config.include_thoughts:
        thinking.shown = True
        notes.note(Feature.REASONING_SHOWN, f"{path}.includeThoughts")
    return thinking


def _format(config: _Config, notes: Notes) -> AnswerFormat | None:
    mime = config.response_mime_type or ""
    if mime not in ("", "text/plain", "application/json"):
        # Such as one word of an enum: an answer in another form would be a wrong one.
        notes.note(Feature.FOREIGN_PART, f"{_GC}.responseMimeType")
        return None
    if config.response_json_schema is not None:
        notes.note(Feature.JSON_SCHEMA, f"{_GC}.responseJsonSchema")
        return AnswerFormat(schema=config.response_json_schema)
    if config.response_schema is not None:
        path = f"{_GC}.responseSchema"
        notes.note(Feature.JSON_SCHEMA, path)
        return AnswerFormat(schema=to_json_schema(config.response_schema, path))
    if mime == "application/json":
        notes.note(Feature.JSON_OBJECT, f"{_GC}.responseMimeType")
        return AnswerFormat()
    return None


def _read_modalities(config: _Config, notes: Notes) -> None:
    modes = {mode.upper() for mode in config.response_modalities or ()}
    if "IMAGE" in modes:
        notes.note(Feature.IMAGE_OUT, f"{_GC}.responseModalities")
    if "AUDIO" in modes:
        notes.note(Feature.AUDIO_OUT, f"{_GC}.responseModalities")
    elif config.speech_config is not None:
        notes.strange(f"{_GC}.speechConfig")


def _read_wishes(found: Conversation, request: _Request, notes: Notes) -> None:
    if request.safety_settings:
        notes.note(Feature.SAFETY, "safetySettings")
    # Both name something that lies at Google.
    if request.cached_content:
        notes.note(Feature.FOREIGN_PART, "cachedContent")
    if request.continuation_token:
        notes.note(Feature.FOREIGN_PART, "continuationToken")
    tier = _TIERS.get((request.service_tier or "").lower())
    if tier is not None:
        found.service_tier = tier
        notes.note(Feature.SERVICE_TIER, "serviceTier")
    if request.labels:
        found.metadata = request.labels
        notes.note(Feature.METADATA, "labels")
    if request.store is not None:
        found.store = request.store
        notes.note(Feature.STORE, "store")
