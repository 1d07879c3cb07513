"""Arguments of tool calls, for dialects in which they are an object and not its text."""

from typing import cast

import orjson


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
