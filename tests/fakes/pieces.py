"""Streams that come in pieces of any size, as they do from a socket."""

from collections.abc import Iterable

from weftline_core.chat.events import Event
from weftline_core.dialects.dialect import StreamReader
from weftline_core.sse import SseSplitter


def read_in_pieces(reader: StreamReader, wire: bytes, sizes: Iterable[int]) -> list[Event]:
    """Return all that a stream says when its bytes come in pieces of these sizes, and the rest in
    one; its end included.
    """
    splitter, out, at = SseSplitter(), list[Event](), 0
    for size in (*sizes, len(wire)):
        if whole := splitter.feed(wire[at : at + size]):
            out += reader.read(whole)
        at += size
    return out + reader.end()
