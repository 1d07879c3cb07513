"""Tools and the choice among them: read from a client, written to a host."""

from typing import Literal

from weftline_core.chat.conversation import Tool, ToolChoice
from weftline_core.chat.features import Feature
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.shapes import (
    CUSTOM_FIELDS,
    FUNCTION_FIELDS,
    AllowedShape,
    CustomShape,
    FunctionShape,
    NamedTool,
)
from weftline_core.dialects.shape import shaped, wrong
from weftline_core.errors import CallerError


def tools_of(raw: list[dict[str, object]], notes: Notes) -> list[Tool]:
    """Return the tools that the caller runs; a provider's own are only noted.

    Raises:
        CallerError: a tool breaks the dialect.
    """
    tools: list[Tool] = []
    for i, tool in enumerate(raw):
        path = f"tools[{i}]"
        kind = tool.get("type")
        if kind == "function":
            tools.append(_function(tool, path, notes))
        elif kind == "custom":
            tools.append(_custom(tool, path, notes))
        elif isinstance(kind, str):
            notes.note(Feature.HOSTED_TOOL, path)
        else:
            raise CallerError(f"{path}.type is missing", param=f"{path}.type")
    if tools:
        notes.note(Feature.TOOLS, "tools")
    return tools


def choice_of(raw: str | dict[str, object], notes: Notes) -> ToolChoice | None:
    """Return the choice; None for one that only a provider's own tools know.

    Raises:
        CallerError: it breaks the dialect.
    """
    if isinstance(raw, str):
        return _plain_choice(raw, notes)
    kind = raw.get("type")
    if kind in ("function", "custom"):
        named = shaped(raw, NamedTool, "tool_choice")
        if not named.name:
            raise CallerError("tool_choice.name is missing", param="tool_choice.name")
        notes.note(Feature.TOOL_CHOICE, "tool_choice")
        return ToolChoice(mode="one", names=(named.name,))
    if kind != "allowed_tools":
        notes.note(Feature.HOSTED_TOOL, "tool_choice")
        return None
    allowed = shaped(raw, AllowedShape, "tool_choice")
    names: list[str] = []
    for i, tool in enumerate(allowed.tools):
        if tool.type in ("function", "custom") and tool.name:
            names.append(tool.name)
        else:
            notes.note(Feature.HOSTED_TOOL, f"tool_choice.tools[{i}]")
    notes.note(Feature.TOOL_SUBSET, "tool_choice.tools")
    mode: Literal["auto", "any"] = "auto"
    if allowed.mode == "required":
        notes.note(Feature.TOOL_CHOICE, "tool_choice.mode")
        mode = "any"
    return ToolChoice(mode=mode, names=tuple(names))


def tool_objects(tools: list[Tool], *, strict: bool) -> list[dict[str, object]]:
    """Return tools as a host takes them. strict: it may be told to keep to a schema."""
    return [_custom_object(tool) if tool.free_text else _object(tool, strict) for tool in tools]


def choice_object(choice: ToolChoice, tools: list[Tool], *, subset: bool) -> object:
    """Return a choice as a host takes it. subset: it may be told of a choice out of some tools."""
    if choice.mode == "none":
        return "none"
    free = {tool.name for tool in tools if tool.free_text}
    named = [
        {"type": "custom" if name in free else "function", "name": name} for name in choice.names
    ]
    if choice.mode == "one":
        return named[0]
    mode = "required" if choice.mode == "any" else "auto"
    if not named or not subset:
        return mode
    return {"type": "allowed_tools", "mode": mode, "tools": named}


def _function(raw: dict[str, object], path: str, notes: Notes) -> Tool:
    notes.check(raw, FUNCTION_FIELDS, path)
    tool = shaped(raw, FunctionShape, path)
    if tool.strict:
        notes.note(Feature.TOOL_STRICT, f"{path}.strict")
    if tool.parameters and tool.parameters.get("type", "object") != "object":
        where = f"{path}.parameters.type"
        raise wrong(where, "the schema of parameters must be an object's")
    return Tool(
        name=_name(tool.name, path),
        description=tool.description,
        schema=tool.parameters,
        strict=tool.strict,
    )


def _custom(raw: dict[str, object], path: str, notes: Notes) -> Tool:
    notes.check(raw, CUSTOM_FIELDS, path)
    tool = shaped(raw, CustomShape, path)
    notes.note(Feature.TOOL_FREE_TEXT, path)
    if tool.format is not None and tool.format.get("type") != "text":
        # A grammar; no other dialect has one.
        notes.strange(f"{path}.format")
    return Tool(name=_name(tool.name, path), description=tool.description, free_text=True)


def _name(name: str, path: str) -> str:
    if not name:
        raise CallerError(f"{path}.name is empty", param=f"{path}.name")
    return name


def _plain_choice(raw: str, notes: Notes) -> ToolChoice:
    if raw == "auto":
        return ToolChoice(mode="auto")
    if raw not in ("none", "required"):
        raise CallerError(
            "tool_choice: must be 'none', 'auto', 'required' or an object", param="tool_choice"
        )
    notes.note(Feature.TOOL_CHOICE, "tool_choice")
    return ToolChoice(mode="none" if raw == "none" else "any")


def _object(tool: Tool, strict: bool) -> dict[str, object]:  # noqa: FBT001
    written: dict[str, object] = {
        "type": "function",
        "name": tool.name,
        "parameters": tool.schema or {"type": "object", "properties": {}},
        # Here alone a tool is strict unless it says otherwise, and then its schema may be refused.
        "strict": strict and bool(tool.strict),
    }
    if tool.description is not None:
        written["description"] = tool.description
    return written


def _custom_object(tool: Tool) -> dict[str, object]:
    written: dict[str, object] = {"type": "custom", "name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    return written
