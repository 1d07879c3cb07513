"""A request that goes on from a kept response, at a host of its own dialect. The host does not know
what it goes on from, so its answer says null there; the client reads what it has asked for.
"""

import re
from collections.abc import Callable
from typing import Final, cast

import orjson

from weftline_core.ask import Ask
from weftline_core.dialects.dialect import Back, ClientRequest, Echo, Failing, Front, Tap
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict, Words

_NAME: Final = b'"previous_response_id"'

# Within a JSON string the quotes would be escaped, so this is always a field.
_NULL: Final = re.compile(_NAME + rb"\s*:\s*null")


class ContinuedAsk(Ask):
    """One such request. previous_response_id: what it goes on from."""

    __slots__ = ("_told",)

    def __init__(
        self, front: Front, request: ClientRequest, lines: bytes, previous_response_id: str
    ) -> None:
        super().__init__(front, request, lines)
        self._told = _NAME + b":" + orjson.dumps(previous_response_id)

    def judge(
        self, back: Back, data: bytes, echo: Callable[[], Echo]
    ) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's dialect, and the usage it reports; see `Ask`."""
        out, usage = super().judge(back, data, echo)
        return (_NULL.sub(self._said, out) if self.native(back) else out), usage

    def tap(self, back: Back, echo: Callable[[], Echo]) -> Tap:
        """Return what watches or translates the answer's stream."""
        tap = super().tap(back, echo)
        return ContinuedTap(tap, self._said) if self.native(back) else tap

    def _said(self, _: re.Match[bytes]) -> bytes:
        # Not the bytes themselves, in which a backslash would mean something.
        return self._told


class ContinuedTap:
    """Watches a stream as another tap does, and writes into its events what was gone on from."""

    __slots__ = ("_said", "_tap", "begun", "content_events", "done", "error", "usage")

    def __init__(self, tap: Tap, said: Callable[[re.Match[bytes]], bytes]) -> None:
        self._tap = tap
        self._said = said
        self.begun = False
        self.content_events = 0
        self.done = False
        self.error: Verdict | None = None
        self.usage: Usage | None = None

    def read(self, whole: bytes) -> bytes:
        """Note what is in these events, and return what may be passed on."""
        return self._filled(self._tap.read(whole))

    def glance(self, whole: bytes) -> bytes:
        """Do the same, faster where all is plain content."""
        return self._filled(self._tap.glance(whole))

    def end(self) -> bytes:
        """Take note that the body has ended, and return what is still to go out."""
        return self._filled(self._tap.end())

    def failed(self, status: int, words: Words) -> bytes:
        """Return the events that end the stream where it broke."""
        return self._filled(cast("Failing", self._tap).failed(status, words))

    def _filled(self, out: bytes) -> bytes:
        tap = self._tap
        self.begun, self.done = tap.begun, tap.done
        self.content_events = tap.content_events
        self.error, self.usage = tap.error, tap.usage
        return _NULL.sub(self._said, out) if _NAME in out else out
