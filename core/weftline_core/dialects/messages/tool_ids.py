"""Ids of tool calls in the letters that Messages takes, one for each call of a request."""

import base64
import re
from collections import deque
from typing import Final

# Source: the API's own error text; other providers' ids, such as `functions.Bash:0`, break it.
_NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9_-]")

# Sends the signature of a call through a client that knows nothing of it: clients give a call's id
# back unchanged, so the signature rides behind it, in letters that an id may have.
SIGNATURE_MARK: Final = "__thought__"


def tool_id(text: str) -> str:
    """Return an id with every other letter replaced; empty if it was."""
    return _NOT_ALLOWED.sub("_", text)


def signed_id(call_id: str, signature: str | None) -> str:
    """Return a call's id with the signature behind it, if there is one."""
    if signature is None:
        return call_id
    letters = base64.urlsafe_b64encode(signature.encode("utf-8", "replace")).decode()
    return call_id + SIGNATURE_MARK + letters.rstrip("=")


def unsigned_id(call_id: str) -> tuple[str, str | None]:
    """Return a call's own id and the signature that was behind it."""
    own, mark, letters = call_id.partition(SIGNATURE_MARK)
    if not mark:
        return call_id, None
    try:
        padded = letters + "=" * (-len(letters) % 4)
        return own, base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError:
        # Somebody else's id that only looks like one of ours.
        return call_id, None


class ToolIds:
    """The ids of one request, old to new, in the order of its turns. The same request gives the
    same ids each time, so that the provider's cache finds it again.

    An id that two calls share, as some servers number from 0 in every turn, becomes two; results
    take them in the order of their calls.
    """

    __slots__ = ("_counts", "_last", "_open", "_used")

    def __init__(self) -> None:
        self._used: set[str] = set()
        # Where to go on counting: to begin anew for each of n calls of one id would take n² steps.
        self._counts: dict[str, int] = {}
        self._open: dict[str, deque[str]] = {}
        self._last: dict[str, str] = {}

    def call(self, old: str) -> str:
        """Return the id of a call, never one that was given before."""
        new = base = tool_id(old) or "toolu"
        if new in self._used:
            count = self._counts.get(base, 1)
            while new in self._used:
                count += 1
                new = f"{base}_{count}"
            self._counts[base] = count
        self._used.add(new)
        self._open.setdefault(old, deque()).append(new)
        self._last[old] = new
        return new

    def result(self, old: str) -> str:
        """Return the id of the call that a result answers."""
        waiting = self._open.get(old)
        if waiting:
            return waiting.popleft()
        return self._last.get(old) or tool_id(old) or "toolu"

    def settle(self) -> None:
        """Take note that the user has spoken: calls that were not answered never will be."""
        self._open.clear()
