"""Arguments of tool calls: as an object, and as the text that stands in a call."""

from typing import cast

import orjson

from weftline_core.chat.parts import ToolCall


def arguments_object(arguments: str, *, free_text: bool = False) -> dict[str, object] | None:
    """Return a call's arguments as an object; None if they are none, as when a limit cut them
    short. Text for a free-text tool is its `input`.
    """
    if free_text:
        return {"input": arguments}
    if not arguments.strip():
        return {}
    try:
        value: object = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def function_call(call: ToolCall) -> dict[str, object]:
    """Return a call as OpenAI's dialect and those after it have it; empty arguments are no JSON."""
    function = {"name": call.name, "arguments": call.arguments if call.arguments.strip() else "{}"}
    return {"id": call.id, "type": "function", "function": function}
