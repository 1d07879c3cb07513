"""Watches a stream of Responses as it passes: content, usage, errors, the end.

Every event is checked to be JSON, so that no cut or garbled event reaches a client unseen; a
decoder that skips all but a few fields takes about a microsecond.
"""

from typing import Final

import msgspec

from weftline_core.dialects.responses.answer_shapes import ResponseShape
from weftline_core.dialects.responses.errors import error_events, stream_verdict
from weftline_core.dialects.responses.log import ENDS
from weftline_core.dialects.typed import Garbled, Misshapen, decoded
from weftline_core.dialects.wire import broken, is_utf8
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict, Words

# What comes before anything that a reader waits for.
_PRELUDE: Final = frozenset(
    (
        "response.created",
        "response.queued",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_summary_part.added",
    )
)


class _Glimpse(msgspec.Struct):
    type: str = ""
    sequence_number: int = -1
    error: object = None


class _Held(msgspec.Struct):
    response: dict[str, object]


class _Ended(msgspec.Struct):
    response: ResponseShape


_GLIMPSE: Final = msgspec.json.Decoder(_Glimpse)
_HELD: Final = msgspec.json.Decoder(_Held)
_ENDED: Final = msgspec.json.Decoder(_Ended)
_ANY: Final = msgspec.json.Decoder(dict[str, object])


class ResponsesTap:
    """What has been seen of one stream; see `weftline_core.dialects.dialect.Tap`."""

    __slots__ = (
        "_created",
        "_sequence",
        "begun",
        "content_events",
        "done",
        "error",
        "usage",
    )

    def __init__(self) -> None:
        self.begun = False
        self.content_events = 0
        self.done = False
        self.error: Verdict | None = None
        self.usage: Usage | None = None
        self._sequence = -1
        self._created = b""

    def read(self, whole: bytes) -> bytes:
        """Note what is in these events, and return what may be passed on: nothing after the end,
        no error event and nothing after it.
        """
        if not is_utf8(whole):
            self.error = broken("sent an event that is not UTF-8")
            return b""
        kept: list[bytes] = []
        for event in events(whole):
            if self.done or self.error:
                return _joined(kept)
            data = data_of(event)
            if data:
                self._read_event(data)
                if self.error:
                    return _joined(kept)
            kept.append(event)
        return whole

    def glance(self, whole: bytes) -> bytes:
        """Do the same; reading is as fast."""
        return self.read(whole)

    def end(self) -> bytes:
        """Return nothing: the dialect says itself when all has come."""
        return b""

    def failed(self, status: int, words: Words) -> bytes:
        """Return the events that end the stream where it broke, numbered as the stream is; nothing
        has to have been passed on before.
        """
        response: dict[str, object] = {}
        if self._created:
            response = decoded(self._created, _HELD).response
        return error_events(status, words, unnamed_response() | response, self._sequence + 1)

    def _read_event(self, data: bytes) -> None:
        if data == b"[DONE]":
            return
        try:
            event = decoded(data, _GLIMPSE)
            kind = event.type
            if kind.endswith(".delta"):
                self.begun = True
                self.content_events += 1
            elif kind in ENDS:
                self._read_end(kind, data)
            elif kind == "error" or (event.error and not kind.startswith("response.")):
                self.error = stream_verdict(decoded(data, _ANY))
            elif kind == "response.created":
                # Kept unread: it is needed only if the stream breaks.
                decoded(data, _HELD)
                self._created = data
            elif kind not in _PRELUDE and kind.startswith("response."):
                self.begun = True
        except Garbled:
            self.error = broken("sent an event that is not JSON")
        except Misshapen:
            self.error = broken("sent an event with a field of a wrong type")
        else:
            self._sequence = max(self._sequence, event.sequence_number)

    def _read_end(self, kind: str, data: bytes) -> None:
        response = decoded(data, _ENDED).response
        self.usage = response.used or self.usage
        if kind == "response.failed" or response.error:
            self.error = stream_verdict({"error": response.error} if response.error else {})
        else:
            self.begun = self.done = True


def unnamed_response() -> dict[str, object]:
    """Return as much of a response as there must be, of one of which nothing is known."""
    return {
        "id": "resp_unknown",
        "object": "response",
        "created_at": 0,
        "model": "",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _joined(kept: list[bytes]) -> bytes:
    return b"".join(event + b"\n\n" for event in kept)
