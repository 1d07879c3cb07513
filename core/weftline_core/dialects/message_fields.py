"""Takes fields out of a chat completion's messages, for hosts that refuse those they don't know.

Clients send back what they got, with the thoughts that another provider had put beside its answer;
and some SDKs write fields of their own maker's into every message.
"""

from collections.abc import Set as AbstractSet
from typing import cast


def drop_from_messages(body: dict[str, object], names: AbstractSet[str]) -> tuple[str, ...]:
    """Take fields out of a request's messages, in place; messages that change are made anew.

    Returns:
        The paths of those that said something: null, false and empty ones are no loss.
    """
    messages = body.get("messages")
    if not isinstance(messages, list):
        return ()
    found = cast("list[object]", messages)
    at_fault = [
        i
        for i, one in enumerate(found)
        if isinstance(one, dict) and not names.isdisjoint(cast("dict[str, object]", one))
    ]
    if not at_fault:
        return ()
    made, gone = list(found), list[str]()
    for i in at_fault:
        fields = cast("dict[str, object]", found[i])
        gone += (f"messages[{i}].{name}" for name in fields if name in names and fields[name])
        made[i] = {name: value for name, value in fields.items() if name not in names}
    body["messages"] = made
    return tuple(gone)
