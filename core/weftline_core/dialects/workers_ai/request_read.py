"""A client's request of Workers AI's text generation, as a conversation."""

from base64 import b64encode
from typing import Final, cast

from weftline_core.chat.conversation import AnswerFormat, Conversation, Tool, ToolChoice, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Text
from weftline_core.dialects.data_urls import data_url
from weftline_core.dialects.shape import shaped, strays, wrong
from weftline_core.dialects.workers_ai.messages_read import MessagesReader, inline_image
from weftline_core.dialects.workers_ai.request_shapes import (
    REQUEST_FIELDS,
    FormatShape,
    RequestShape,
    ToolShape,
)
from weftline_core.errors import CallerError

# Fields that are a feature whenever they are there, and what they are.
_PLAIN: Final = (
    ("temperature", Feature.TEMPERATURE),
    ("top_p", Feature.TOP_P),
    ("top_k", Feature.TOP_K),
    ("seed", Feature.SEED),
    ("frequency_penalty", Feature.FREQUENCY_PENALTY),
    ("presence_penalty", Feature.PRESENCE_PENALTY),
    # Cloudflare runs these itself; an adapter lies there and changes what the model says.
    ("functions", Feature.HOSTED_TOOL),
    ("lora", Feature.FOREIGN_PART),
)
_JPEG: Final = bytes((0xFF, 0xD8))
_BYTE_MAX: Final = 255
_MODES: Final = {"required": ToolChoice(mode="any"), "any": ToolChoice(mode="any")}


def read_request(body: dict[str, object], *, stream: bool) -> Conversation:
    """Return all that a request says.

    Raises:
        CallerError: it breaks the dialect; `param` is the path of the field at fault.
    """
    shape = shaped(body, RequestShape)
    paths = {feature: name for name, feature in _PLAIN if body.get(name) is not None}
    unknown = strays(body, REQUEST_FIELDS)
    if unknown:
        paths[Feature.UNKNOWN] = unknown[0]
    system, turns = _turns(shape, paths)
    tools = [_tool(tool, f"tools[{i}]", paths) for i, tool in enumerate(shape.tools or [])]
    if tools:
        paths[Feature.TOOLS] = "tools"
    return Conversation(
        system=system,
        turns=turns,
        tools=tools,
        tool_choice=_choice(shape, paths) if tools else None,
        format=_format(shape.response_format, paths),
        max_tokens=shape.max_tokens,
        temperature=shape.temperature,
        top_p=shape.top_p,
        top_k=shape.top_k,
        seed=shape.seed,
        frequency_penalty=shape.frequency_penalty,
        presence_penalty=shape.presence_penalty,
        stream=stream,
        usage_in_stream=True,
        paths=paths,
        unknown=tuple(unknown),
    )


def _turns(shape: RequestShape, paths: dict[Feature, str]) -> tuple[list[Text], list[Turn]]:
    if shape.messages:
        system, turns = MessagesReader(paths).read(shape.messages)
    elif shape.prompt:
        system, turns = [], [Turn(role="user", parts=[Text(text=shape.prompt)])]
    else:
        raise CallerError("messages: there must be at least one, or a 'prompt'", param="messages")
    image = _image(shape, paths)
    if image is not None:
        asked = next((turn for turn in reversed(turns) if turn.role == "user"), None)
        if asked is None:
            raise CallerError("image: no message of the user goes with it", param="image")
        asked.parts.append(image)
    return system, turns


def _image(shape: RequestShape, paths: dict[Feature, str]) -> Media | None:
    """Return the one image of older models: its bytes as numbers, or in base64."""
    name = "image" if shape.image is not None else "image_b64"
    given = shape.image if shape.image is not None else shape.image_b64
    if not given:
        return None
    paths.setdefault(Feature.IMAGE, name)
    if isinstance(given, str):
        url = given if given.startswith("data:") else data_url("image/png", given)
        return inline_image(url, name)
    if not all(0 <= number <= _BYTE_MAX for number in given):
        raise wrong(name, f"its numbers are bytes, in [0, {_BYTE_MAX}]")
    data = bytes(given)
    mime = "image/jpeg" if data.startswith(_JPEG) else "image/png"
    return Media(kind="image", mime=mime, data=b64encode(data).decode())


def _tool(shape: ToolShape, path: str, paths: dict[Feature, str]) -> Tool:
    named = shape.function or shape
    if not named.name:
        raise CallerError(f"{path}.name: a tool has a name", param=f"{path}.name")
    strict = shape.function.strict if shape.function is not None else None
    if strict:
        paths.setdefault(Feature.TOOL_STRICT, f"{path}.function.strict")
    return Tool(
        name=named.name, description=named.description, schema=named.parameters, strict=strict
    )


def _choice(shape: RequestShape, paths: dict[Feature, str]) -> ToolChoice | None:
    if shape.tool_choice in (None, "auto"):
        return None
    paths[Feature.TOOL_CHOICE] = "tool_choice"
    if shape.tool_choice == "none":
        return ToolChoice(mode="none")
    chosen = _MODES.get(shape.tool_choice or "")
    if chosen is None:
        raise CallerError("tool_choice: it is 'auto', 'none' or 'required'", param="tool_choice")
    return chosen


def _format(shape: FormatShape | None, paths: dict[Feature, str]) -> AnswerFormat | None:
    if shape is None or shape.type == "text":
        return None
    if shape.type == "json_object":
        paths[Feature.JSON_OBJECT] = "response_format"
        return AnswerFormat()
    if shape.type != "json_schema" or shape.json_schema is None:
        where = "response_format.json_schema"
        raise wrong(where, "a format of type 'json_schema' must have it")
    paths[Feature.JSON_SCHEMA] = "response_format"
    return AnswerFormat(schema=_bare(shape.json_schema))


def _bare(schema: dict[str, object]) -> dict[str, object]:
    """Return a schema without the wrapping that OpenAI's clients put around it."""
    inner = schema.get("schema")
    return cast("dict[str, object]", inner) if isinstance(inner, dict) else schema
