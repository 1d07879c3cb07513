"""Watches a chat completion stream as it passes: content, usage, errors, the end.

Every event is checked to be JSON, so that no cut or garbled event reaches a client unseen. Before
the first content each one is read in full; after it, a decoder that skips all but three fields
takes a third of a microsecond, less than searching the bytes for words.
"""

from typing import cast

import msgspec

from weftline_core.dialects.chat.stops import failure_of
from weftline_core.dialects.chat.usage import UsageOf
from weftline_core.dialects.openai_errors import inner_verdict, is_error
from weftline_core.dialects.wire import broken, is_utf8, json_object
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage, in_tier
from weftline_core.verdict import Verdict

_DONE = b"[DONE]"
_DATA, _END = b"data: ", b"\n\n"


class _Choice(msgspec.Struct, gc=False):
    """Of a choice, whether it is the end: its delta may be anything."""

    finish_reason: object = None


class _Glimpse(msgspec.Struct, gc=False):
    """The fields that make a chunk more than content."""

    error: object = None
    usage: object = None
    choices: list[_Choice] = []


_GLIMPSE = msgspec.json.Decoder(_Glimpse)


class ChatTap:
    """What has been seen of one stream, as `Tap` says.

    usage_of: what this host means by its usage. usage_wanted: the client asked for the event that
    has only usage; otherwise it is taken out.
    """

    __slots__ = (
        "_usage_of",
        "_usage_wanted",
        "begun",
        "content_events",
        "done",
        "error",
        "usage",
    )

    def __init__(self, usage_of: UsageOf, *, usage_wanted: bool) -> None:
        self._usage_of = usage_of
        self._usage_wanted = usage_wanted
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
        all_kept = True
        for event in events(whole):
            if self.done:
                return _joined(kept)
            data = data_of(event)
            if data == _DONE:
                self.done = True
            elif data:
                keep = self._read_chunk(data)
                if self.error:
                    return _joined(kept)
                if not keep:
                    all_kept = False
                    continue
            kept.append(event)
        return whole if all_kept else _joined(kept)

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
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    return self.read(whole)
                choices = chunk.choices
                if (
                    chunk.error
                    or chunk.usage
                    or len(choices) != 1
                    or choices[0].finish_reason is not None
                ):
                    return self.read(whole)
                content += 1
        self.content_events += content
        return whole

    def end(self) -> bytes:
        """Return nothing: the stream ends with its terminal event or not at all."""
        return b""

    def _read_chunk(self, data: bytes) -> bool:
        """Note what is in one chunk, and return whether it is for the client."""
        chunk = json_object(data)
        if chunk is None:
            self.error = broken("sent an event that is no JSON")
            return False
        if is_error(chunk):
            self.error = inner_verdict(chunk)
            return False
        used = chunk.get("usage")
        self.usage = in_tier(self._usage_of(used), chunk.get("service_tier")) or self.usage
        choices = chunk.get("choices")
        found = cast("list[object]", choices) if isinstance(choices, list) else []
        for choice in found:
            reason = _reason(choice)
            self.error = self.error or failure_of(reason)
            content = _has_content(choice)
            self.content_events += content
            self.begun = self.begun or content or reason is not None
        return bool(self._usage_wanted or found or not used)


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


def _reason(choice: object) -> object:
    """Return the finish reason of a choice: an answer of no tokens is an answer too."""
    return (
        cast("dict[str, object]", choice).get("finish_reason") if isinstance(choice, dict) else None
    )
