"""Ids of tool calls in the letters that Messages takes, one for each call of a request."""

import re
from typing import Final

# Source: the API's own error text; other providers' ids, such as `functions.Bash:0`, break it.
_NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9_-]")


def tool_id(text: str) -> str:
    """Return an id with every other letter replaced; empty if it was."""
    return _NOT_ALLOWED.sub("_", text)


class ToolIds:
    """The ids of one request, old to new, in the order of its turns. The same request gives the
    same ids each time, so that the provider's cache finds it again.

    An id that two calls share, as some servers number from 0 in every turn, becomes two; results
    take them in the order of their calls.
    """

    __slots__ = ("_last", "_open", "_used")

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._open: dict[str, list[str]] = {}
        self._last: dict[str, str] = {}

    def call(self, old: str) -> str:
        """Return the id of a call, never one that was given before."""
        new = base = tool_id(old) or "toolu"
        count = 1
        while new in self._used:
            count += 1
            new = f"{base}_{count}"
        self._used.add(new)
        self._open.setdefault(old, []).append(new)
        self._last[old] = new
        return new

    def result(self, old: str) -> str:
        """Return the id of the call that a result answers."""
        waiting = self._open.get(old)
        if waiting:
            return waiting.pop(0)
        return self._last.get(old) or tool_id(old) or "toolu"

    def settle(self) -> None:
        """Take note that the user has spoken: calls that were not answered never will be."""
        self._open.clear()
