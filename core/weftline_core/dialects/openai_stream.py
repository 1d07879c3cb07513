"""Watches a chat completion stream as it passes: content, usage, errors, the end.

Before the first content every event is read; after it, each chunk is only searched for a few
words, and read when one of them is found.
"""

from typing import cast

from weftline_core.dialects.openai import Usage, json_object, usage_of
from weftline_core.dialects.openai_errors import Verdict, stream_verdict
from weftline_core.sse import data_of, events

_DONE = b"[DONE]"
# With `include_usage` every chunk says `"usage":null`; only an opening brace is worth reading.
_USAGE, _USAGE_SPACED = b'"usage":{', b'"usage": {'
_ERROR = b'"error"'
_DATA, _END = b"data:", b"\n\n"


class StreamTap:
    """What has been seen of one stream.

    content_events: events with content, near enough the tokens. done: the terminal event has come.
    error: what an error event inside the stream means.
    """

    __slots__ = ("content_events", "done", "error", "usage")

    def __init__(self) -> None:
        self.content_events = 0
        self.usage: Usage | None = None
        self.error: Verdict | None = None
        self.done = False

    def read(self, whole: bytes) -> bytes:
        """Read every event in `whole`, which ends at an event's end, and return what may be passed
        on: nothing after the terminal event, no error event and nothing after it.
        """
        kept: list[bytes] = []
        for event in events(whole):
            if self.done:
                return _joined(kept)
            data = data_of(event)
            if data == _DONE:
                self.done = True
            elif data:
                self.content_events += self._read_chunk(data)
                if self.error:
                    return _joined(kept)
            kept.append(event)
        return whole

    def glance(self, whole: bytes) -> bytes:
        """Count the events in `whole` and read them only if one may be more than content; return
        what may be passed on.
        """
        if _USAGE in whole or _ERROR in whole or _DONE in whole or _USAGE_SPACED in whole:
            return self.read(whole)
        if _DATA in whole:
            self.content_events += whole.count(_END)
        return whole

    def _read_chunk(self, data: bytes) -> bool:
        """Note the usage and error in one chunk; return whether it has content."""
        chunk = json_object(data)
        if chunk is None:
            return False
        if chunk.get("error"):
            self.error = self.error or stream_verdict(data)
            return False
        self.usage = usage_of(chunk) or self.usage
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            return False
        return any(map(_has_content, cast("list[object]", choices)))


def _joined(kept: list[bytes]) -> bytes:
    return b"".join(event + _END for event in kept)


def _has_content(choice: object) -> bool:
    """Return whether a choice carries anything a reader waits for.

    Text, reasoning, a tool call, audio, a refusal: whatever is not empty and not the role. A
    finish reason counts: an answer of no tokens is an answer.
    """
    if not isinstance(choice, dict):
        return False
    fields = cast("dict[str, object]", choice)
    if fields.get("finish_reason") is not None:
        return True
    delta = fields.get("delta")
    if not isinstance(delta, dict):
        return False
    return any(v and k != "role" for k, v in cast("dict[str, object]", delta).items())
