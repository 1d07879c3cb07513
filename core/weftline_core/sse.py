"""Server-sent events: whole events out of any split of bytes. Source: WHATWG HTML section 9.2.

Line ends come in as LF, CRLF or CR, mixed, and go out as LF, which every official SDK reads.
"""

from weftline_core.limits import EVENT_BYTES_MAX

_END = b"\n\n"


class EventTooLong(ValueError):
    """One event is over the limit; the rest of the stream cannot be trusted to be bounded."""


class SseSplitter:
    """Lets only complete events through and keeps the unfinished tail."""

    __slots__ = ("_after_cr", "_event_bytes_max", "_pending", "_pending_bytes")

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        # In pieces: to join them at each read would make an event that comes byte by byte cost the
        # square of its size.
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._after_cr = False
        self._event_bytes_max = event_bytes_max

    @property
    def pending_bytes(self) -> int:
        """Return the size of the unfinished event."""
        return self._pending_bytes

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes of all events that `chunk` completes, in order; maybe none.

        Raises:
            EventTooLong: an event, finished or not, is over the limit.
        """
        if b"\r" in chunk or self._after_cr:
            chunk = self._to_lf(chunk)
        if not self._pending and chunk.endswith(_END) and len(chunk) <= self._event_bytes_max:
            # What nearly every chunk of every provider looks like: one or more whole events.
            return chunk
        return self._split(chunk)

    def _split(self, chunk: bytes) -> bytes:
        if not self._pending and not chunk.strip(b"\n"):
            # A bare line end between events is a keep-alive and waits for nothing.
            return chunk
        if self._pending:
            between = self._pending[-1][-1:] + chunk[:1]
            if _END not in chunk and between != _END:
                self._check(self._pending_bytes + len(chunk))
                self._keep(chunk)
                return b""
            chunk = b"".join((*self._pending, chunk))
        return self._cut(chunk)

    def _cut(self, buffer: bytes) -> bytes:
        cut = buffer.rfind(_END) + len(_END)
        if cut < len(_END):
            cut = 0
        elif len(buffer) > self._event_bytes_max:
            self._check(max(map(len, buffer[:cut].split(_END))))
        self._check(len(buffer) - cut)
        self._pending = []
        self._pending_bytes = 0
        self._keep(buffer[cut:])
        return buffer[:cut]

    def _keep(self, tail: bytes) -> None:
        if tail:
            self._pending.append(tail)
            self._pending_bytes += len(tail)

    def _check(self, size: int) -> None:
        if size > self._event_bytes_max:
            raise EventTooLong(f"an event is over EVENT_BYTES_MAX ({self._event_bytes_max} bytes)")

    def _to_lf(self, chunk: bytes) -> bytes:
        if self._after_cr and chunk.startswith(b"\n"):
            # The second half of a CRLF that was split between two reads.
            chunk = chunk[1:]
            self._after_cr = False
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def events(whole: bytes) -> list[bytes]:
    """Return the events in bytes that a splitter let through, without their blank lines."""
    last = len(whole) - len(_END)
    if last > 0 and whole.find(_END) == last and not whole.startswith(b"\n"):
        # Nearly always there is just one.
        return [whole[:last]]
    return [event for part in whole.split(_END) if (event := part.strip(b"\n"))]


def data_of(event: bytes) -> bytes:
    """Return the data of one event: its `data` lines, joined; empty for a comment."""
    if event.startswith(b"data: ") and b"\n" not in event:
        return event[6:]
    lines: list[bytes] = []
    for line in event.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            lines.append(value[1:] if value.startswith(b" ") else value)
    return b"\n".join(lines)


def frame(data: bytes) -> bytes:
    """Return `data`, which must be one line, as one event."""
    return b"data: " + data + _END
