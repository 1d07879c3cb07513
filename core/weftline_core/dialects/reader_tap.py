"""A tap for dialects of which the mesh has no faster one: it reads what it passes on."""

from weftline_core.chat.events import Event
from weftline_core.dialects.dialect import StreamReader
from weftline_core.dialects.translate import Translation
from weftline_core.sse import events


class _Nothing:
    """Writes no stream."""

    def write(self, events: list[Event]) -> bytes:  # noqa: ARG002
        """Return nothing."""
        return b""


class ReaderTap(Translation):
    """The `Tap` of a stream that is passed on as it is, by the reader of its dialect."""

    __slots__ = ()

    def __init__(self, reader: StreamReader) -> None:
        super().__init__(reader, _Nothing())

    def read(self, whole: bytes) -> bytes:
        """Return these events, but nothing from an error on and nothing after the end."""
        kept: list[bytes] = []
        for event in events(whole):
            if self.done:
                return b"".join(kept)
            framed = event + b"\n\n"
            super().read(framed)
            if self.error is not None:
                return b"".join(kept)
            kept.append(framed)
        return whole

    glance = read
