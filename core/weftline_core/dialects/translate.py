"""A stream of one dialect becomes a stream of another, event by event."""

from typing import cast

import orjson

from weftline_core.chat.events import (
    CONTENT,
    Begin,
    CallDelta,
    Done,
    Event,
    Failed,
    Finish,
    TextDelta,
    Used,
)
from weftline_core.dialects.dialect import StreamReader, StreamWriter
from weftline_core.dialects.wire import broken
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class Translation:
    """The `Tap` of a stream that is not passed on as it is.

    writer: for whoever must end the stream in the writer's own way.
    """

    __slots__ = (
        "_reader",
        "begun",
        "content_events",
        "done",
        "error",
        "usage",
        "writer",
    )

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.begun = False
        self.content_events = 0
        self.done = False
        self.error: Verdict | None = None
        self.usage: Usage | None = None

    def read(self, whole: bytes) -> bytes:
        """Return what these events are in the client's dialect."""
        try:
            return self._translated(whole)
        except orjson.JSONEncodeError:
            # Readers take four times as many levels as writers.
            self.error = broken("nested its answer too deeply")
            return b""

    glance = read

    def _translated(self, whole: bytes) -> bytes:
        events = self._reader.read(whole)
        if not events:
            return b""
        if len(events) == 1 and type(events[0]) is TextDelta:
            # What nearly every event of every stream is.
            self.begun = True
            self.content_events += 1
            return self.writer.write(events)
        for i, event in enumerate(events):
            self._note(event)
            if self.error is not None:
                del events[i:]
                break
        return self.writer.write(events)

    def end(self) -> bytes:
        """Return what is still to be written now that the body has ended."""
        events = self._reader.end()
        for event in events:
            self._note(event)
        if not events or self.error is not None:
            return b""
        try:
            return self.writer.write(events)
        except orjson.JSONEncodeError:
            self.error = broken("nested its answer too deeply")
            return b""

    def _note(self, event: Event) -> None:
        kind = type(event)
        if kind in CONTENT:
            self.begun = True
            self.content_events += kind is not Finish
        elif kind is CallDelta:
            self.content_events += 1
        elif kind is Used:
            self.usage = cast("Used", event).usage
        elif kind is Begin:
            self.usage = cast("Begin", event).usage or self.usage
        elif kind is Done:
            self.done = True
        elif kind is Failed:
            self.error = cast("Failed", event).verdict
