"""The ways in which hosts cut a stream into events, each with a splitter that makes them
server-sent ones.
"""

from typing import Protocol

from weftline_core.dialects.dialect import Framing
from weftline_core.eventstream import EventStreamSplitter
from weftline_core.limits import EVENT_BYTES_MAX
from weftline_core.sse import EventTooLong, SseSplitter


class Splitter(Protocol):
    """Lets only whole events of one stream through, as server-sent events with LF."""

    @property
    def pending_bytes(self) -> int:
        """Return the size of the unfinished event; not 0 at the body's end is a cut stream."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Return all events that `chunk` completes, in order; maybe none.

        Raises:
            EventTooLong: an event, finished or not, is over the limit.
            ValueError: the stream is damaged; its bytes cannot be trusted from here on.
        """
        ...


class NdjsonSplitter:
    """Makes an event of each line of JSON; blank lines are keep-alives and count for nothing."""

    __slots__ = ("_event_bytes_max", "_pending", "_pending_bytes")

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        # In pieces, so that a line that comes byte by byte costs no more than another.
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._event_bytes_max = event_bytes_max

    @property
    def pending_bytes(self) -> int:
        """Return the size of the unfinished line."""
        return self._pending_bytes

    def feed(self, chunk: bytes) -> bytes:
        """Return the events of all lines that `chunk` completes, in order; maybe none.

        Raises:
            EventTooLong: a line, finished or not, is over the limit.
        """
        *lines, rest = chunk.split(b"\n")
        if lines and self._pending:
            lines[0] = b"".join((*self._pending, lines[0]))
        if lines:
            self._pending, self._pending_bytes = [], 0
        if rest:
            self._pending.append(rest)
            self._pending_bytes += len(rest)
        self._check(self._pending_bytes)
        out: list[bytes] = []
        for line in lines:
            self._check(len(line))
            # In JSON a bare CR is white space only, and in a server-sent event it ends a line.
            if text := line.replace(b"\r", b" ").strip():
                out.append(b"data: %b\n\n" % text)
        return b"".join(out)

    def _check(self, size: int) -> None:
        if size > self._event_bytes_max:
            raise EventTooLong(f"an event is over EVENT_BYTES_MAX ({self._event_bytes_max} bytes)")


def splitter(framing: Framing) -> Splitter:
    """Return a fresh splitter for one stream that is cut in this way."""
    if framing == "ndjson":
        return NdjsonSplitter()
    if framing == "eventstream":
        return EventStreamSplitter()
    return SseSplitter()
