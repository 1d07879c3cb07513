"""Watches a stream of this dialect as it passes: content, usage, errors, the end.

Every event is checked to be JSON, so that no cut or garbled event reaches a client unseen. An event
that is not named by its type is told anew under that name, since the SDKs go by it: some hosts name
none, and Amazon's streams name all the same.
"""

from typing import Final

import msgspec

from weftline_core.dialects.messages.answer_read import text_or
from weftline_core.dialects.messages.shapes import Delta, Json, StreamEvent
from weftline_core.dialects.messages.stream_read import DELTA_HEAD, fault_of, is_known
from weftline_core.dialects.messages.usage import merged, usage_of
from weftline_core.dialects.wire import broken, is_utf8, json_object
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

_END: Final = b"\n\n"


class _Glimpse(msgspec.Struct, gc=False):
    """The fields that show whether a delta is one."""

    type: str | None = None
    error: object = None


_GLIMPSE: Final = msgspec.json.Decoder(_Glimpse)
# Starts of blocks that are content by themselves; others only once a delta comes.
_CONTENT_BLOCKS: Final = frozenset(("tool_use", "server_tool_use", "redacted_thinking"))


class MessagesTap:
    """What has been seen of one stream; the attributes are those of `Tap`."""

    __slots__ = ("_counts", "begun", "content_events", "done", "error", "usage")

    def __init__(self) -> None:
        self.begun = False
        self.content_events = 0
        self.done = False
        self.error: Verdict | None = None
        self.usage: Usage | None = None
        self._counts: Json = {}

    def read(self, whole: bytes) -> bytes:
        """Read every event and return what may be passed on: nothing after the terminal event, no
        error event and nothing after it.
        """
        kept: list[bytes] = []
        changed = False
        for event in events(whole):
            named = None if self.done or self.error is not None else self._named(event)
            changed = changed or named is not event
            if named is None:
                break
            kept.append(named)
        return b"".join(event + _END for event in kept) if changed else whole

    def glance(self, whole: bytes) -> bytes:
        """Do the same, faster where all is content of blocks."""
        if not is_utf8(whole) or self.done or self.error is not None:
            return self.read(whole)
        content = 0
        for event in whole.split(_END):
            if event:
                data = event[len(DELTA_HEAD) :]
                if not event.startswith(DELTA_HEAD) or b"\n" in data:
                    return self.read(whole)
                try:
                    glimpse = _GLIMPSE.decode(data)
                except (msgspec.DecodeError, RecursionError):
                    return self.read(whole)
                if glimpse.type != "content_block_delta" or glimpse.error:
                    return self.read(whole)
                content += 1
        self.content_events += content
        return whole

    def end(self) -> bytes:
        """Return nothing: only `message_stop` ends a stream in good form."""
        return b""

    def _named(self, event: bytes) -> bytes | None:
        """Note what is in an event, and return it with its name; None for an error."""
        data = data_of(event)
        fields = json_object(data)
        self.error = fault_of(event, data, fields) or self._known(fields)
        if self.error is not None:
            return None
        kind = (fields or {}).get("type")
        if not isinstance(kind, str):
            return event
        head = b"event: " + kind.encode() + b"\n"
        if event.startswith(head) or not kind.isprintable():
            return event
        # A line end in JSON is never within a text.
        return head + b"data: " + data.replace(b"\n", b" ")

    def _known(self, fields: Json | None) -> Verdict | None:
        """Note what is in an event of the dialect; return what is wrong with it."""
        if fields is None or not is_known(fields):
            return None
        try:
            self._note(msgspec.convert(fields, StreamEvent))
        except msgspec.ValidationError:
            return broken(f"sent a '{fields['type']}' event that breaks its protocol")
        return None

    def _note(self, event: StreamEvent) -> None:
        kind = event.type
        if kind == "content_block_delta":
            self._content(has_content(event.delta))
        elif kind == "content_block_start":
            block = event.content_block or {}
            said = bool(block.get("text") or block.get("thinking"))
            self._content(said or text_or(block.get("type")) in _CONTENT_BLOCKS)
        elif kind == "message_start":
            self._count((event.message or {}).get("usage"))
        elif kind == "message_delta":
            self._count(event.usage)
            if event.delta is not None and event.delta.stop_reason is not None:
                # An answer of no tokens is an answer.
                self.begun = True
        elif kind == "message_stop":
            self.done = True

    def _content(self, found: bool) -> None:  # noqa: FBT001  # one flag, by position
        self.content_events += found
        self.begun = self.begun or found

    def _count(self, usage: object) -> None:
        self._counts = merged(self._counts, usage)
        self.usage = usage_of(self._counts)


def has_content(delta: Delta | None) -> bool:
    """Return whether a delta carries anything that a reader waits for."""
    if delta is None:
        return False
    return bool(delta.text or delta.thinking or delta.partial_json)
