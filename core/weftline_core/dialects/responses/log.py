"""Keeps the events of one response, so that a client that was cut off can go on reading.

Source: `GET /responses/{id}?stream=true&starting_after=n`, which sends the same events again from
the one after number n, and then those that are still to come.
"""

from bisect import bisect_right
from collections import deque
from itertools import islice
from operator import itemgetter
from typing import Final

import msgspec

from weftline_core.dialects.typed import Garbled, Misshapen, decoded
from weftline_core.sse import data_of, events

_END: Final = b"\n\n"
_STATES: Final = frozenset(
    (
        "response.created",
        "response.queued",
        "response.in_progress",
        "response.completed",
        "response.incomplete",
        "response.failed",
    )
)
ENDS: Final = frozenset(("response.completed", "response.incomplete", "response.failed"))


class _Numbered(msgspec.Struct):
    type: str = ""
    sequence_number: int = -1


class _Held(msgspec.Struct):
    response: msgspec.Raw


_NUMBERED: Final = msgspec.json.Decoder(_Numbered)
_HELD: Final = msgspec.json.Decoder(_Held)


class ResponseLog:
    """The events that were written to one client, by number, no more than `bytes_max` of them.

    response: the JSON of the response in its last known state, for `GET /responses/{id}`; it is
    kept beside the events and counts by itself. done: its last event has come.
    """

    __slots__ = ("_bytes_max", "_dropped", "_events", "_size", "done", "response")

    def __init__(self, bytes_max: int) -> None:
        self.response = b""
        self.done = False
        self._bytes_max = bytes_max
        self._events: deque[tuple[int, bytes]] = deque()
        self._size = 0
        # The number of the last event that had to make room.
        self._dropped = -1

    @property
    def size(self) -> int:
        """Return the bytes of all events that are kept."""
        return self._size

    @property
    def last(self) -> int:
        """Return the number of the last event, -1 before the first."""
        return self._events[-1][0] if self._events else self._dropped

    def add(self, whole: bytes) -> None:
        """Keep whole events. The oldest make room when there are too many; keep-alives and what has
        no number are not kept.
        """
        for event in events(whole):
            data = data_of(event)
            if not data:
                continue
            try:
                numbered = decoded(data, _NUMBERED)
                if numbered.type in _STATES:
                    self.response = bytes(decoded(data, _HELD).response)
            except (Garbled, Misshapen):
                continue
            if numbered.sequence_number <= self.last:
                continue
            self._events.append((numbered.sequence_number, event + _END))
            self._size += len(event) + len(_END)
            self.done = self.done or numbered.type in ENDS
        self.trim(self._bytes_max)

    def trim(self, bytes_max: int) -> None:
        """Let the oldest events go until no more than this is kept."""
        while self._size > bytes_max:
            self._dropped, gone = self._events.popleft()
            self._size -= len(gone)

    def after(self, sequence_number: int) -> bytes | None:
        """Return all kept events with a higher number, maybe none; None if one of them had to make
        room, so that the answer would have a hole.
        """
        if sequence_number < self._dropped:
            return None
        return b"".join(event for number, event in self._events if number > sequence_number)

    def batch(self, sequence_number: int, bytes_max: int) -> tuple[bytes, int] | None:
        """Return the kept events with a higher number, at least one if there is one and no more
        than about `bytes_max`, with the number of the last of them; None as `after` does.
        """
        if sequence_number < self._dropped:
            return None
        begin = bisect_right(self._events, sequence_number, key=itemgetter(0))
        out: list[bytes] = []
        size = 0
        for number, event in islice(self._events, begin, None):
            out.append(event)
            size += len(event)
            sequence_number = number
            if size >= bytes_max:
                break
        return b"".join(out), sequence_number
