"""Gemini's generateContent request: typed, and with the rules of the real one.

Names are in camel case; those in snake case are taken too, as the official SDK mixes both.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, cast

import msgspec

from weftline_bench.sims.ask import Ask, Media, Tool
from weftline_bench.sims.chat_request import decoded_size
from weftline_bench.sims.exchange import bad, read
from weftline_bench.sims.script import Json

STOPS_MAX = 5

# What stands in the place of a signature where another model made the call; it is not checked.
NO_SIGNATURE = "skip_thought_signature_validator"
NAMES = r"^[a-zA-Z0-9_.:-]{1,64}$"

# What these hold is the caller's own, and its names are left alone.
_FREE = frozenset(
    {
        "args",
        "labels",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
        "responseSchema",
    }
)

# Words of JSON schema that the OpenAPI subset of `parameters` and `responseSchema` lacks.
_NOT_OPENAPI = frozenset(
    {"$ref", "$defs", "$schema", "additionalProperties", "const", "oneOf", "patternProperties"}
)


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A shape that refuses fields it does not have."""


class Blob(_Strict):
    """Bytes, base64."""

    mime_type: str
    data: str
    display_name: str | None = None


class FileData(_Strict):
    """A file by address."""

    file_uri: str
    mime_type: str | None = None
    display_name: str | None = None


class FunctionCall(_Strict):
    """One call of the history."""

    name: Annotated[str, msgspec.Meta(pattern=NAMES)]
    id: str | None = None
    args: Json | None = None


class FunctionResponse(_Strict):
    """What a call gave: an object, never text."""

    name: Annotated[str, msgspec.Meta(pattern=NAMES)]
    response: Json
    id: str | None = None
    parts: list[Json] | None = None


class Part(_Strict):
    """One part: exactly one of the first seven."""

    text: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: Json | None = None
    code_execution_result: Json | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    video_metadata: Json | None = None
    media_resolution: Json | None = None

    def kinds(self) -> int:
        """Return how many of the first seven it has."""
        held = (
            self.text,
            self.inline_data,
            self.file_data,
            self.function_call,
            self.function_response,
            self.executable_code,
            self.code_execution_result,
        )
        return sum(item is not None for item in held)


class Content(_Strict):
    """One turn."""

    parts: list[Part] = []
    role: str | None = None


class Declaration(_Strict):
    """One function."""

    name: Annotated[str, msgspec.Meta(pattern=NAMES)]
    description: str | None = None
    parameters: Json | None = None
    parameters_json_schema: Json | None = None
    response: Json | None = None
    response_json_schema: Json | None = None
    behavior: str | None = None


class Tools(_Strict):
    """Functions, or a tool of Google's own."""

    function_declarations: list[Declaration] | None = None
    google_search: Json | None = None
    code_execution: Json | None = None
    url_context: Json | None = None


class Calling(_Strict):
    """Which functions must or may be called."""

    mode: Literal["AUTO", "ANY", "NONE", "VALIDATED"] | None = None
    allowed_function_names: list[str] | None = None


class ToolConfig(_Strict):
    """How tools are used."""

    function_calling_config: Calling | None = None


class Thinking(_Strict):
    """How much to think."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"] | None = None


class Generation(_Strict):
    """How to answer."""

    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    top_k: float | None = None
    candidate_count: Annotated[int, msgspec.Meta(ge=1, le=8)] | None = None
    max_output_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    stop_sequences: Annotated[list[str], msgspec.Meta(max_length=STOPS_MAX)] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_mime_type: str | None = None
    response_schema: Json | None = None
    response_json_schema: Json | None = None
    response_modalities: list[str] | None = None
    thinking_config: Thinking | None = None
    speech_config: Json | None = None
    image_config: Json | None = None
    media_resolution: str | None = None
    audio_transcription_config: Json | None = None


class GenerateRequest(_Strict):
    """A generateContent request; the model stands in the path."""

    contents: Annotated[list[Content], msgspec.Meta(min_length=1)]
    system_instruction: Content | None = None
    generation_config: Generation | None = None
    safety_settings: list[Json] | None = None
    tools: list[Tools] | None = None
    tool_config: ToolConfig | None = None
    cached_content: str | None = None
    service_tier: Literal["flex", "standard", "priority"] | None = None
    labels: dict[str, str] | None = None
    store: bool | None = None
    continuation_token: str | None = None
    model: str | None = None

    def declarations(self) -> list[Declaration]:
        """Return the functions."""
        return [d for t in self.tools or () for d in t.function_declarations or ()]

    def generation(self) -> Generation:
        """Return how to answer."""
        return self.generation_config or Generation()


def read_generate(body: Json, model: str, given: Mapping[str, str]) -> GenerateRequest:
    """Return the request of a body. given: signatures handed out, by the call they stand with."""
    asked = read(body, GenerateRequest, "Invalid JSON payload received. ")
    if asked.cached_content is not None and asked.tools:
        raise bad("CachedContent can not be used with GenerateContent request setting tools.")
    _check_tools(asked)
    _check_generation(asked.generation(), model)
    _check_turns(asked.contents)
    for at, content in enumerate(asked.contents):
        for number, part in enumerate(content.parts):
            _check_part(part, f"contents[{at}].parts[{number}]")
            _check_signature(part, given)
    return asked


def camel(value: object) -> object:
    """Return JSON with its names in camel case, the caller's own names excepted."""
    if isinstance(value, list):
        return [camel(item) for item in cast(list[object], value)]
    if not isinstance(value, dict):
        return value
    named = {_camel(name): item for name, item in cast(Json, value).items()}
    return {name: item if name in _FREE else camel(item) for name, item in named.items()}


def ask_of(asked: GenerateRequest) -> Ask:
    """Return what was asked."""
    last = asked.contents[-1]
    parts = last.parts if last.role != "model" else []
    how = asked.generation()
    calling = asked.tool_config.function_calling_config if asked.tool_config else None
    forced = calling is not None and calling.mode == "ANY"
    names = (calling.allowed_function_names or []) if calling else []
    tools = [
        Tool(d.name, d.parameters_json_schema or d.parameters)
        for d in asked.declarations()
        if not names or d.name in names
    ]
    schema = how.response_json_schema or how.response_schema
    wants_json = how.response_mime_type == "application/json"
    thinking = how.thinking_config
    return Ask(
        text=_text(parts) or _last_words(asked.contents),
        system=_text(asked.system_instruction.parts) if asked.system_instruction else "",
        tools=tools,
        results=[_result(p.function_response) for p in parts if p.function_response],
        must_call=(names[0] if len(names) == 1 else True) if forced else False,
        may_call=calling is None or calling.mode != "NONE",
        schema=(schema or {}) if wants_json else None,
        media=[m for p in parts if (m := _media(p)) is not None],
        reasoning=thinking is not None and bool(thinking.include_thoughts),
        tokens_max=how.max_output_tokens,
        stops=how.stop_sequences or (),
    )


def signature_key(name: str, args: object) -> str:
    """Return under what a simulator remembers the signature of a call."""
    return f"signature {name} {msgspec.json.encode(args, order='sorted').decode()}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _check_tools(asked: GenerateRequest) -> None:
    for declared in asked.declarations():
        if declared.parameters is not None and declared.parameters_json_schema is not None:
            raise bad(f"{declared.name}: parameters and parametersJsonSchema are exclusive.")
        if declared.parameters is not None:
            _check_openapi(declared.parameters, "tools[0].function_declarations[0].parameters")
    calling = asked.tool_config.function_calling_config if asked.tool_config else None
    if calling is not None and calling.allowed_function_names:
        if calling.mode not in ("ANY", "VALIDATED"):
            raise bad("Allowed function names may only be set with mode ANY.")
        known = {d.name for d in asked.declarations()}
        if not known.issuperset(calling.allowed_function_names):
            raise bad("Allowed function names must be declared functions.")


def _check_generation(how: Generation, model: str) -> None:
    if how.response_schema is not None:
        _check_openapi(how.response_schema, "generation_config.response_schema")
    schemas = (how.response_schema, how.response_json_schema)
    if None not in schemas:
        raise bad("responseSchema and responseJsonSchema are exclusive.")
    if schemas != (None, None) and how.response_mime_type != "application/json":
        raise bad("Response schema is only supported with responseMimeType application/json.")
    thinking = how.thinking_config
    if thinking is None:
        return
    if thinking.thinking_budget is not None and thinking.thinking_level is not None:
        raise bad("You can only set one of thinking budget and thinking level.")
    if thinking.thinking_level is not None and model.startswith("gemini-2"):
        raise bad("Thinking level is not supported for this model.")


def _check_openapi(schema: Json, path: str) -> None:
    for word, value in schema.items():
        if word in _NOT_OPENAPI:
            raise bad(
                f"Invalid JSON payload received. Unknown name \"{word}\" at '{path}': "
                "Cannot find field.",
                path,
            )
        if word == "type" and not isinstance(value, str):
            raise bad(f"Invalid value at '{path}.type': must be a string.", path)
        if word == "properties" and isinstance(value, dict):
            for name, inner in cast(dict[str, object], value).items():
                _check_openapi(cast(Json, inner), f"{path}.properties[{name}]")
        elif word == "items" and isinstance(value, dict):
            _check_openapi(cast(Json, value), f"{path}.items")
        elif word == "anyOf" and isinstance(value, list):
            for inner in cast(list[Json], value):
                _check_openapi(inner, f"{path}.any_of")


def _check_turns(contents: Sequence[Content]) -> None:
    waiting: list[str] = []
    for at, content in enumerate(contents):
        if content.role not in ("user", "model", None):
            raise bad("Please use a valid role: user, model.", f"contents[{at}].role")
        if not content.parts:
            raise bad("GenerateContentRequest.contents: contents.parts must not be empty.")
        answers = [p.function_response.name for p in content.parts if p.function_response]
        if answers and content.role == "model":
            raise bad("Function response parts must be in a user turn.")
        if sorted(answers) != sorted(waiting):
            raise bad(
                "Please ensure that the number of function response parts is equal to the number "
                "of function call parts of the function call turn."
            )
        calls = [p.function_call.name for p in content.parts if p.function_call]
        if calls and (content.role != "model" or at == 0):
            raise bad(
                "Please ensure that function call turn comes immediately after a user turn or "
                "after a function response turn."
            )
        waiting = calls


def _check_part(part: Part, path: str) -> None:
    if part.kinds() != 1:
        raise bad(f"{path}.data: required oneof field 'data' must have one initialized field")
    if part.inline_data is not None:
        _size(part.inline_data.data)
    if part.thought_signature is not None:
        _size(part.thought_signature)


def _size(encoded: str) -> int:
    """Return how many bytes base64 stands for, in either of its alphabets: Google takes both, and
    its own SDK writes the one for URLs.
    """
    return decoded_size(encoded.replace("-", "+").replace("_", "/"))


def _check_signature(part: Part, given: Mapping[str, str]) -> None:
    call = part.function_call
    if call is None or part.thought_signature == NO_SIGNATURE:
        return
    wanted = given.get(signature_key(call.name, call.args or {}))
    if wanted is not None and part.thought_signature != wanted:
        raise bad(
            f"Function call is missing a thought_signature in functionCall parts: {call.name}."
        )


def _text(parts: Sequence[Part]) -> str:
    return "".join(p.text for p in parts if p.text is not None and not p.thought)


def _last_words(contents: Sequence[Content]) -> str:
    """Return the last text of a user, for a turn of tool results alone."""
    texts = [_text(c.parts) for c in contents if c.role != "model"]
    return next((t for t in reversed(texts) if t), "")


def _result(answer: FunctionResponse) -> str:
    """Return what a tool said: the one value of a wrapped text, else the object as JSON."""
    values = list(answer.response.values())
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return msgspec.json.encode(answer.response).decode()


def _media(part: Part) -> Media | None:
    if part.inline_data is not None:
        return Media(part.inline_data.mime_type, _size(part.inline_data.data))
    if part.file_data is not None:
        return Media(part.file_data.mime_type or "file", url=part.file_data.file_uri)
    return None
