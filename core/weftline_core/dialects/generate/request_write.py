"""Writes a conversation as a request to Google."""

from typing import Final

from weftline_core.chat.conversation import AnswerFormat, Conversation, Tool
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.generate.parts_write import PartsWriter
from weftline_core.dialects.generate.thinking import thinking_config
from weftline_core.dialects.losses import GENERATE

# The API takes no more.
STOPS_MAX: Final = 5
# A seed is a 32-bit integer here, and of any size elsewhere.
_SEED_MASK: Final = 0x7FFF_FFFF
_DROPPED: Final = frozenset(GENERATE)
_TIERS: Final = {"flex": "flex", "priority": "priority", "default": "standard"}

# Fields of a schema that say nothing of arguments, if it has no properties.
_BARE: Final = frozenset(
    ("$schema", "additionalProperties", "description", "properties", "required", "title", "type")
)

_Json = dict[str, object]


def write_request(conversation: Conversation, target: Target) -> _Json:
    """Return the request's body."""
    asked = _Asked(conversation, target)
    contents = PartsWriter(target.refuses, target.reasoning).contents(conversation)
    body: _Json = {"contents": contents}
    system: list[_Json] = [{"text": text.text} for text in conversation.system if text.text]
    if system:
        if any(turn.parts for turn in conversation.turns):
            body["systemInstruction"] = {"parts": system}
        else:
            # Google refuses a request of nothing but a system instruction.
            contents[0]["parts"] = system
    config = _sampling(asked)
    _add_form(config, asked)
    if config:
        body["generationConfig"] = config
    if conversation.tools:
        _add_tools(body, asked)
    tier = _TIERS.get(conversation.service_tier or "")
    if tier is not None and asked.takes(Feature.SERVICE_TIER):
        body["serviceTier"] = tier
    return body


class _Asked:
    """A conversation, and what of it may be written."""

    __slots__ = ("conversation", "target")

    def __init__(self, conversation: Conversation, target: Target) -> None:
        self.conversation = conversation
        self.target = target

    def takes(self, feature: Feature) -> bool:
        """Return whether a feature is written."""
        return feature not in _DROPPED and feature not in self.target.refuses


# A field of generationConfig, the conversation's, and the feature.
_PLAIN: Final = (
    ("temperature", "temperature", Feature.TEMPERATURE),
    ("topP", "top_p", Feature.TOP_P),
    ("topK", "top_k", Feature.TOP_K),
    ("presencePenalty", "presence_penalty", Feature.PRESENCE_PENALTY),
    ("frequencyPenalty", "frequency_penalty", Feature.FREQUENCY_PENALTY),
)


def _sampling(asked: _Asked) -> _Json:
    conversation = asked.conversation
    config: _Json = {}
    for there, name, feature in _PLAIN:
        value: object = getattr(conversation, name)
        if value is not None and asked.takes(feature):
            config[there] = value
    if conversation.max_tokens is not None:
        config["maxOutputTokens"] = conversation.max_tokens
    if conversation.seed is not None and asked.takes(Feature.SEED):
        config["seed"] = conversation.seed & _SEED_MASK
    if conversation.stop and asked.takes(Feature.STOP):
        config["stopSequences"] = [stop for stop in conversation.stop if stop][:STOPS_MAX]
    if conversation.choices > 1 and asked.takes(Feature.CHOICES):
        config["candidateCount"] = conversation.choices
    if conversation.logprobs is not None and asked.takes(Feature.LOGPROBS):
        config["responseLogprobs"] = True
        if conversation.logprobs:
            config["logprobs"] = conversation.logprobs
    return config


def _add_form(config: _Json, asked: _Asked) -> None:
    """Write what the answer should look like, thoughts included."""
    conversation = asked.conversation
    if conversation.format is not None:
        _add_format(config, conversation.format, asked)
    if Feature.IMAGE_OUT in conversation.paths and asked.takes(Feature.IMAGE_OUT):
        config["responseModalities"] = ["TEXT", "IMAGE"]
    if asked.takes(Feature.IMAGE_DETAIL):
        details = {
            part.detail
            for turn in conversation.turns
            for part in turn.parts
            if isinstance(part, Media)
        }
        # One setting for all pictures: the closest look that any of them needs.
        if "high" in details:
            config["mediaResolution"] = "MEDIA_RESOLUTION_HIGH"
        elif "low" in details:
            config["mediaResolution"] = "MEDIA_RESOLUTION_LOW"
    thinking = conversation.thinking
    if thinking is None:
        return
    written = thinking_config(thinking, asked.target.reasoning)
    by_effort = thinking.effort is not None
    if not asked.takes(Feature.REASONING_EFFORT if by_effort else Feature.REASONING_BUDGET):
        written = {k: v for k, v in written.items() if k == "includeThoughts"}
    if not asked.takes(Feature.REASONING_SHOWN):
        written.pop("includeThoughts", None)
    if written:
        config["thinkingConfig"] = written


def _add_format(config: _Json, wanted: AnswerFormat, asked: _Asked) -> None:
    feature = Feature.JSON_OBJECT if wanted.schema is None else Feature.JSON_SCHEMA
    if not asked.takes(feature):
        return
    config["responseMimeType"] = "application/json"
    if wanted.schema is not None:
        config["responseJsonSchema"] = wanted.schema


def _add_tools(body: _Json, asked: _Asked) -> None:
    choice = asked.conversation.tool_choice
    if not asked.takes(Feature.TOOLS):
        return
    names = choice.names if choice is not None and asked.takes(Feature.TOOL_SUBSET) else ()
    chosen = frozenset(names) if choice is not None and choice.mode == "auto" else frozenset[str]()
    functions = [
        _function(tool)
        for tool in asked.conversation.tools
        # Of tools that it need not call, the model is only shown those that it may.
        if not tool.free_text and not (chosen and tool.name not in chosen)
    ]
    if not functions:
        return
    body["tools"] = [{"functionDeclarations": functions}]
    if choice is None or choice.mode == "auto" or not asked.takes(Feature.TOOL_CHOICE):
        return
    calling: _Json = {"mode": "NONE" if choice.mode == "none" else "ANY"}
    if choice.mode == "one":
        calling["allowedFunctionNames"] = list(choice.names)
    elif choice.mode == "any" and names:
        calling["allowedFunctionNames"] = list(names)
    body["toolConfig"] = {"functionCallingConfig": calling}


def _function(tool: Tool) -> _Json:
    function: _Json = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    # A function without arguments has no schema; an object of no properties is refused.
    if tool.schema and (tool.schema.get("properties") or tool.schema.keys() - _BARE):
        function["parametersJsonSchema"] = tool.schema
    return function
