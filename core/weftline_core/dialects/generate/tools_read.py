"""Reads the tools of a client's request, and which of them must be called."""

from typing import Final, Literal, cast

import msgspec

from weftline_core.chat.conversation import Tool, ToolChoice
from weftline_core.chat.features import Feature
from weftline_core.dialects.generate.schemas import to_json_schema
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import wrong


class _Function(msgspec.Struct, rename="camel"):
    name: str
    description: str | None = None
    parameters: dict[str, object] | None = None
    parameters_json_schema: dict[str, object] | None = None


class ToolShape(msgspec.Struct, rename="camel"):
    """Functions, or a tool of Google's own, which is told by its name alone."""

    function_declarations: list[_Function] | None = None


class _Calling(msgspec.Struct, rename="camel"):
    mode: str | None = None
    allowed_function_names: list[str] | None = None


class ToolConfig(msgspec.Struct, rename="camel"):
    """How tools are to be used."""

    function_calling_config: _Calling | None = None


_FUNCTION: Final = frozenset(_Function.__struct_encode_fields__)
_CALLING: Final = frozenset(_Calling.__struct_encode_fields__)
_TOOL_CONFIG: Final = frozenset(ToolConfig.__struct_encode_fields__)
_FCC: Final = "toolConfig.functionCallingConfig"
_MODES: Final[dict[str, Literal["auto", "any", "none"]]] = {
    "": "auto",
    "MODE_UNSPECIFIED": "auto",
    "AUTO": "auto",
    "VALIDATED": "auto",
    "ANY": "any",
    "NONE": "none",
}


def tools_of(given: list[ToolShape], raw: list[dict[str, object]], notes: Notes) -> list[Tool]:
    """Return the functions of a request. raw: `tools` as the client sent them.

    Raises:
        CallerError: one has no name, or its parameters are no object's.
    """
    tools: list[Tool] = []
    for i, (tool, fields) in enumerate(zip(given, raw, strict=True)):
        for name, value in fields.items():
            if name != "functionDeclarations" and value is not None:
                notes.note(Feature.HOSTED_TOOL, f"tools[{i}].{name}")
        listed = cast("list[dict[str, object]]", fields.get("functionDeclarations") or [])
        for j, function in enumerate(tool.function_declarations or ()):
            path = f"tools[{i}].functionDeclarations[{j}]"
            notes.note(Feature.TOOLS, path)
            notes.check(listed[j], _FUNCTION, path)
            if not function.name:
                raise wrong(f"{path}.name", "must not be empty")
            schema, where = function.parameters_json_schema, f"{path}.parametersJsonSchema"
            if schema is None and function.parameters is not None:
                where = f"{path}.parameters"
                schema = to_json_schema(function.parameters, where)
            if schema and schema.get("type", "object") != "object":
                where += ".type"
                raise wrong(where, "parameters must be an object's")
            tools.append(Tool(name=function.name, description=function.description, schema=schema))
    return tools


def choice_of(config: ToolConfig, raw: dict[str, object], notes: Notes) -> ToolChoice | None:
    """Return which tools must or may be called. raw: `toolConfig` as the client sent it.

    Raises:
        CallerError: there is no such mode.
    """
    notes.check(raw, _TOOL_CONFIG, "toolConfig")
    calling = config.function_calling_config
    if calling is None:
        return None
    notes.check(cast("dict[str, object]", raw["functionCallingConfig"]), _CALLING, _FCC)
    mode = _MODES.get((calling.mode or "").upper())
    if mode is None:
        raise wrong(f"{_FCC}.mode", "must be AUTO, ANY, NONE or VALIDATED")
    names = tuple(calling.allowed_function_names or ()) if mode != "none" else ()
    if mode != "auto":
        notes.note(Feature.TOOL_CHOICE, f"{_FCC}.mode")
    if mode == "any" and len(names) == 1:
        return ToolChoice(mode="one", names=names)
    if names:
        notes.note(Feature.TOOL_SUBSET, f"{_FCC}.allowedFunctionNames")
    return ToolChoice(mode=mode, names=names) if mode != "auto" or names else None
