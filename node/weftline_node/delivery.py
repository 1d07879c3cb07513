"""Writes one answer to one client: its head, content and end, or an error in its own dialect."""

from typing import Protocol

from weftline_core.dialects.dialect import Failing, Front
from weftline_core.errors import MeshError
from weftline_core.usage import Usage
from weftline_core.verdict import Words
from weftline_node.job import Client, Job
from weftline_node.reply import (
    LAST_CHUNK,
    chunk,
    header_text,
    refusal,
    stream_head,
    whole,
    whole_head,
    words_of,
)

# Up to this size a copy that joins head and body is cheaper than another write.
ONE_WRITE_BYTES_MAX = 64 * 1024

# Fields named as dropped, in one header; beyond it only their number is told.
DROPPED_CHARS_MAX = 1024

_OK = 200


class Keeper(Protocol):
    """Keeps an answer while it goes to its client."""

    def add(self, out: bytes) -> None:
        """Keep more of it."""
        ...

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:
        """It is whole. dropped: the request's fields that it was made without."""
        ...

    def broken(self, frame: bytes) -> None:
        """It ends with these events, which say what is wrong."""
        ...

    def refused(self, status: int, words: Words) -> None:
        """There is none, but an error."""
        ...

    def drop(self) -> None:
        """It will not be whole; after `keep` this does nothing."""
        ...


class Delivery:
    """Writes one answer to one client.

    committed: a 200 has gone out. status: what has gone out, 0 for nothing.
    """

    __slots__ = ("_client", "_job", "_keeper", "committed", "first_content_s", "status")

    def __init__(self, job: Job, client: Client, keeper: Keeper | None = None) -> None:
        self._job = job
        self._client = client
        self._keeper = keeper
        self.committed = False
        self.first_content_s: float | None = None
        self.status = 0

    def stream(self, lines: str, out: bytes, now_s: float, *, last: bool) -> None:
        """Begin a stream with its first content, in one write; `last` if it is all there is."""
        self._commit(now_s)
        end = LAST_CHUNK if last else b""
        self._client.write(stream_head(lines) + chunk(out) + end)
        if self._keeper is not None:
            self._keeper.add(out)

    def whole(self, lines: str, out: bytes, now_s: float) -> None:
        """Write a whole answer."""
        self._commit(now_s)
        client = self._client
        head = whole_head(_OK, len(out), lines, close=client.closing)
        if len(out) <= ONE_WRITE_BYTES_MAX:
            client.write(head + out)
        else:
            client.write(head)
            client.write(out)
        if self._keeper is not None:
            self._keeper.add(out)

    def more(self, out: bytes) -> None:
        """Write more of a stream."""
        self._client.write(chunk(out))
        if self._keeper is not None:
            self._keeper.add(out)

    def last(self, out: bytes) -> None:
        """Write the end of a stream, with what comes before it, if anything does."""
        self._client.write(chunk(out) + LAST_CHUNK if out else LAST_CHUNK)
        if self._keeper is not None:
            self._keeper.add(out)

    def finish(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:
        """Let the connection go on with the next request: the answer is whole. It is kept before
        that, since the next request may be an equal one.
        """
        if self._keeper is not None:
            self._keeper.keep(usage, stream=stream, dropped=dropped)
        self._client.finish()

    def forget(self) -> None:
        """Let go of what was kept of an answer that is not whole."""
        if self._keeper is not None:
            self._keeper.drop()

    def reject(self, front: Front, status: int, words: Words, lines: str) -> None:
        """Answer with an endpoint's verdict on the request."""
        status, body = front.error(status, words, self._job.request_id)
        self._client.write(whole(status, body, lines, close=self._client.closing))
        self._client.finish()
        self.status = status
        if self._keeper is not None:
            self._keeper.refused(status, words)

    def refuse(self, front: Front, error: MeshError, lines: str) -> None:
        """Answer with an error of the mesh."""
        close, request_id = self._client.closing, self._job.request_id
        self._client.write(refusal(error, lines, close=close, front=front, request_id=request_id))
        self._client.finish()
        self.status = error.status
        if self._keeper is not None:
            self._keeper.refused(error.status, words_of(error))

    def break_off(self, front: Front, status: int, words: Words, failing: Failing | None) -> None:
        """End a stream with an error event, in good form: a reset could overtake the event itself.

        failing: what has written the stream so far, if it must write its end as well.
        """
        if failing is None:
            frame = front.error_frame(status, words)
        else:
            frame = failing.failed(status, words)
        self._client.write(chunk(frame) + LAST_CHUNK)
        self._client.finish(close=True)
        if self._keeper is not None:
            self._keeper.broken(frame)

    def _commit(self, now_s: float) -> None:
        self.committed = True
        self.first_content_s = now_s
        self.status = _OK


def dropped_line(dropped: tuple[str, ...]) -> str:
    """Return the header that names the fields of the request which were not sent on."""
    if not dropped:
        return ""
    names = ", ".join(dict.fromkeys(dropped))
    shown = header_text(names[:DROPPED_CHARS_MAX])
    more = "" if len(names) <= DROPPED_CHARS_MAX else f"... ({len(dropped)})"
    return f"x-weft-dropped: {shown}{more}\r\n"
