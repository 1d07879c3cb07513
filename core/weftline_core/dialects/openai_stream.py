"""Watches a chat completion stream as it passes: content, usage, errors, the end.

Every event is checked to be JSON, so that no cut or garbled event reaches a client unseen. Before
the first content each one is read in full; after it, a decoder that skips all but three fields
takes a third of a microsecond, less than searching the bytes for words.
"""

from typing import cast

import msgspec

from weftline_core.dialects.openai import Usage, error_body, is_utf8, json_object, usage_of
from weftline_core.dialects.openai_errors import Verdict, stream_verdict
from weftline_core.errors import UpstreamFailed
from weftline_core.failures import Failure
from weftline_core.sse import data_of, events

_DONE = b"[DONE]"
_DATA, _END = b"data: ", b"\n\n"


class _Choice(msgspec.Struct):
    """Of a choice, whether it is the end: its delta may be anything."""

    finish_reason: object = None


class _Glimpse(msgspec.Struct):
    """The fields that make a chunk more than content."""

    error: object = None
    usage: object = None
    choices: list[_Choice] = []


_GLIMPSE = msgspec.json.Decoder(_Glimpse)


class StreamTap:
    """What has been seen of one stream.

    begun: there is something to read, if only that the answer is empty. content_events: events
    with content, near enough the tokens. done: the terminal event has come. error: what an error
    event inside the stream means.
    """

    __slots__ = ("begun", "content_events", "done", "error", "usage")

    def __init__(self) -> None:
        self.begun = False
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
                self._read_chunk(data)
                if self.error:
                    return _joined(kept)
            kept.append(event)
        return whole

    def glance(self, whole: bytes) -> bytes:
        """Count the events in `whole` if all are plain content, else read them; return what may be
        passed on.
        """
        if not is_utf8(whole):
            return self.read(whole)
        content = 0
        for event in whole.split(_END):
            if event:
                if not event.startswith(_DATA) or b"\n" in event:
                    return self.read(whole)
                try:
                    chunk = _GLIMPSE.decode(event[len(_DATA) :])
                except (msgspec.DecodeError, RecursionError):
                    return self.read(whole)
                if chunk.error or chunk.usage:
                    return self.read(whole)
                if chunk.choices and chunk.choices[0].finish_reason is None:
                    content += 1
        self.content_events += content
        return whole

    def _read_chunk(self, data: bytes) -> None:
        """Note what is in one chunk."""
        chunk = json_object(data)
        if chunk is None:
            self.error = _GARBLED
            return
        if chunk.get("error"):
            self.error = stream_verdict(data)
            return
        self.usage = usage_of(chunk.get("usage")) or self.usage
        choices = chunk.get("choices")
        if isinstance(choices, list):
            found = cast("list[object]", choices)
            content = any(map(_has_content, found))
            self.content_events += content
            self.begun = self.begun or content or any(map(_is_finished, found))


_GARBLED = Verdict(
    Failure.BROKEN,
    UpstreamFailed.code,
    error_body(UpstreamFailed("the answer broke off: the endpoint sent an event that is no JSON")),
)


def _joined(kept: list[bytes]) -> bytes:
    return b"".join(event + _END for event in kept)


def _has_content(choice: object) -> bool:
    """Return whether a choice carries anything a reader waits for.

    Text, reasoning, a tool call, audio, a refusal: whatever is not empty and not the role.
    """
    delta = cast("dict[str, object]", choice).get("delta") if isinstance(choice, dict) else None
    if not isinstance(delta, dict):
        return False
    return any(v and k != "role" for k, v in cast("dict[str, object]", delta).items())


def _is_finished(choice: object) -> bool:
    """Return whether a choice has a finish reason: an answer of no tokens is an answer."""
    return (
        isinstance(choice, dict)
        and cast("dict[str, object]", choice).get("finish_reason") is not None
    )
