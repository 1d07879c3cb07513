"""OpenAI's chat completion request as its imitators read it too: typed, and strict."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
import orjson

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.exchange import bad
from weftline_bench.sims.script import Json

# OpenAI's own bounds.
STOPS_MAX = 4
NAME = r"^[a-zA-Z0-9_-]{1,64}$"


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A shape that refuses fields it does not have."""


class TextPart(_Strict, kw_only=True, tag_field="type", tag="text"):
    """Text. cache_control: Alibaba's and OpenRouter's explicit cache."""

    text: str
    cache_control: Json | None = None
    prompt_cache_breakpoint: Json | None = None


class ImageUrl(_Strict):
    """An image by https or data URL."""

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(_Strict, kw_only=True, tag_field="type", tag="image_url"):
    """An image; Mistral also takes the bare URL."""

    image_url: ImageUrl | str
    cache_control: Json | None = None
    prompt_cache_breakpoint: Json | None = None


class Audio(_Strict):
    """Sound, base64."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(_Strict, kw_only=True, tag_field="type", tag="input_audio"):
    """Sound; Mistral also takes the bare base64."""

    input_audio: Audio | str


class File(_Strict):
    """A file by id or as data URL."""

    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None


class FilePart(_Strict, kw_only=True, tag_field="type", tag="file"):
    """A file."""

    file: File


class RefusalPart(_Strict, kw_only=True, tag_field="type", tag="refusal"):
    """What an assistant would not say."""

    refusal: str


class ThinkingPart(_Strict, kw_only=True, tag_field="type", tag="thinking"):
    """Mistral's reasoning, as a part of a message."""

    thinking: list[Json]
    closed: bool | None = None


Part: TypeAlias = TextPart | ImagePart | AudioPart | FilePart | RefusalPart | ThinkingPart


class Called(_Strict):
    """Which function was called, and with what."""

    name: str
    arguments: str


class ToolCall(_Strict):
    """One call in the history."""

    id: str
    function: Called
    type: Literal["function"] = "function"
    index: int | None = None


class Message(_Strict):
    """One message. The fields of the last line are not OpenAI's."""

    role: str
    content: str | list[Part] | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None
    audio: Json | None = None
    annotations: list[Json] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[Json] | None = None
    prefix: bool | None = None


class Function(_Strict):
    """One function the model may call."""

    name: Annotated[str, msgspec.Meta(pattern=NAME)]
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None


class FunctionTool(_Strict, kw_only=True, tag_field="type", tag="function"):
    """A tool that takes JSON."""

    function: Function


class CustomTool(_Strict, kw_only=True, tag_field="type", tag="custom"):
    """A tool that takes any text."""

    custom: Json


class Named(_Strict):
    """The name of a function."""

    name: str


class Choice(_Strict, kw_only=True, tag_field="type", tag="function"):
    """The function that must be called."""

    function: Named


class CustomChoice(_Strict, kw_only=True, tag_field="type", tag="custom"):
    """The tool of any text that must be called."""

    custom: Named


class Allowed(_Strict):
    """The tools of which some may or must be called."""

    mode: Literal["auto", "required"]
    tools: list[Json]


class AllowedChoice(_Strict, kw_only=True, tag_field="type", tag="allowed_tools"):
    """A part of the tools."""

    allowed_tools: Allowed


# What only OpenAI itself takes.
OPENAI_ONLY = (CustomTool, CustomChoice, AllowedChoice)


class Schema(_Strict):
    """The JSON schema of an answer."""

    name: str
    schema: Json | None = None
    description: str | None = None
    strict: bool | None = None


class Format(_Strict):
    """What an answer must be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Schema | None = None
    schema: Json | None = None


class StreamOptions(_Strict):
    """What a stream carries besides text. The last one is vLLM's and SGLang's."""

    include_usage: bool = False
    include_obfuscation: bool = True
    continuous_usage_stats: bool = False


class ChatRequest(_Strict, kw_only=True):
    """A chat completion request, with OpenAI's fields and no others."""

    model: Annotated[str, msgspec.Meta(min_length=1)] = ""
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=128)] | None = None
    stop: str | Annotated[list[str], msgspec.Meta(max_length=STOPS_MAX)] | None = None
    seed: int | None = None
    presence_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | int | None = None
    top_logprobs: Annotated[int, msgspec.Meta(ge=0, le=20)] | None = None
    tools: list[FunctionTool | CustomTool] | None = None
    tool_choice: (
        Literal["none", "auto", "required", "any"] | Choice | CustomChoice | AllowedChoice | None
    ) = None
    parallel_tool_calls: bool | None = None
    response_format: Format | None = None
    reasoning_effort: str | int | bool | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: str | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    audio: Json | None = None
    prediction: Json | None = None
    web_search_options: Json | None = None
    moderation: Json | None = None
    user: str | None = None
    safety_identifier: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: Json | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None

    def stops(self) -> list[str]:
        """Return where the answer must end."""
        return [self.stop] if isinstance(self.stop, str) else self.stop or []

    def usage_wanted(self) -> bool:
        """Return whether a stream must end with usage."""
        return self.stream_options is not None and self.stream_options.include_usage


FIELDS = frozenset(ChatRequest.__struct_fields__)


def ask_of(asked: ChatRequest, *, reasoning: bool) -> Ask:
    """Return what was asked. reasoning: whether the answer shall have some."""
    user = [m for m in asked.messages if m.role == "user"]
    choice, form = asked.tool_choice, asked.response_format
    schema: Json | None = None
    if form is not None and form.type != "text":
        named = form.json_schema.schema if form.json_schema else None
        schema = named or form.schema or {}
    return Ask(
        text=_text(user[-1]) if user else "",
        system="\n".join(_text(m) for m in asked.messages if m.role in ("system", "developer")),
        tools=[
            Tool(t.function.name, t.function.parameters)
            for t in asked.tools or ()
            if isinstance(t, FunctionTool)
        ],
        results=_results(asked.messages),
        must_call=choice.function.name
        if isinstance(choice, Choice)
        else choice in ("required", "any"),
        may_call=choice != "none",
        parallel=asked.parallel_tool_calls is not False,
        schema=schema,
        media=_media(user[-1]) if user else [],
        reasoning=reasoning,
        tokens_max=asked.max_completion_tokens or asked.max_tokens,
        stops=asked.stops(),
    )


def check_calls(messages: Sequence[Message]) -> None:
    """Refuse a history whose calls and results don't belong together."""
    open_calls: list[str] = []
    for at, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id is None:
                raise bad(
                    f"Missing parameter 'messages[{at}].tool_call_id'.",
                    f"messages[{at}].tool_call_id",
                )
            if message.tool_call_id not in open_calls:
                raise bad(
                    "Invalid parameter: messages with role 'tool' must be a response to a "
                    "preceding message with 'tool_calls'.",
                    f"messages[{at}].role",
                )
            open_calls.remove(message.tool_call_id)
            continue
        _check_answered(open_calls, at)
        for called in message.tool_calls or ():
            _check_arguments(called, at)
        open_calls = [c.id for c in message.tool_calls or ()]
    _check_answered(open_calls, len(messages))


def data_url(url: str) -> Media:
    """Return what a URL of an image or file holds."""
    if not url.startswith("data:"):
        return Media("image/*", url=url)
    mime, _, encoded = url.removeprefix("data:").partition(";base64,")
    return Media(mime, decoded_size(encoded))


def decoded_size(encoded: str) -> int:
    """Return how many bytes base64 text stands for; wrong base64 is refused."""
    try:
        return len(base64.b64decode(encoded, validate=True))
    except binascii.Error as e:
        raise bad("Invalid base64 data.") from e


def _check_answered(open_calls: Sequence[str], at: int) -> None:
    if open_calls:
        raise bad(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            f"to each 'tool_call_id'. No response for: {', '.join(open_calls)}",
            f"messages[{at - 1}].tool_calls",
        )


def _check_arguments(called: ToolCall, at: int) -> None:
    try:
        orjson.loads(called.function.arguments or "{}")
    except orjson.JSONDecodeError as e:
        raise bad("Invalid JSON in tool call arguments.", f"messages[{at}].tool_calls") from e


def _text(message: Message) -> str:
    if isinstance(message.content, list):
        return "".join(part.text for part in message.content if isinstance(part, TextPart))
    return message.content or ""


def _results(messages: Sequence[Message]) -> list[str]:
    results: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        results.insert(0, _text(message))
    return results


def _media(message: Message) -> list[Media]:
    found: list[Media] = []
    for part in message.content if isinstance(message.content, list) else ():
        if isinstance(part, ImagePart):
            image = part.image_url
            found.append(data_url(image if isinstance(image, str) else image.url))
        elif isinstance(part, AudioPart):
            sound = part.input_audio
            found.append(
                Media("audio/*", decoded_size(sound))
                if isinstance(sound, str)
                else Media(f"audio/{sound.format}", decoded_size(sound.data))
            )
        elif isinstance(part, FilePart):
            file = part.file
            known = data_url(file.file_data) if file.file_data else None
            found.append(known or Media("file", url=file.file_id or ""))
    return found
