"""One client that follows the events of a kept response, from any of them on."""

from collections.abc import Callable
from typing import Final

import orjson

from weftline_core.dialects.responses.log import ResponseLog
from weftline_node.job import Client
from weftline_node.reply import LAST_CHUNK, chunk, stream_head

# Past events are written in pieces of this size, so that a client that reads slowly holds no more
# than one of them in memory.
PIECE_BYTES: Final = 64 * 1024

# The code of the error of events that had to make room for later ones.
EVENTS_GONE: Final = "events_gone"

_LOST: Final = {
    "type": "invalid_request_error",
    "code": EVENTS_GONE,
    "message": "read too slowly: the next events of this response had to make room; fetch it whole",
    "param": None,
}


class LogReader:
    """Writes the events of a log to a client: first those that it has, then each as it comes. It is
    the client's responder. A client that reads slowly holds nobody up.

    after: the number of the last event that the client has. on_leave: called once when nothing more
    is to be written.
    """

    __slots__ = ("_client", "_log", "_on_leave", "_over", "_paused", "_position")

    def __init__(
        self, log: ResponseLog, client: Client, after: int, on_leave: Callable[["LogReader"], None]
    ) -> None:
        self._log = log
        self._client = client
        self._position = after
        self._on_leave = on_leave
        self._paused = False
        self._over = False

    def start(self, lines: str) -> None:
        """Begin the answer. lines: headers, each with its line end."""
        self._client.serve(self)
        self._client.write(stream_head(lines))
        self._go_on()

    def fed(self, out: bytes, before: int) -> None:
        """Events have been added to the log. before: the number of the one before them."""
        if self._paused or self._over:
            return
        if out and self._position == before:
            self._position = self._log.last
            self._client.write(chunk(out))
        self._go_on()

    # What the client's connection tells.

    def client_gone(self) -> None:
        """Follow no longer; that changes nothing for the response."""
        self._leave()

    def pause(self) -> None:
        """Write nothing more."""
        self._paused = True

    def resume(self) -> None:
        """Write what has come meanwhile."""
        self._paused = False
        self._go_on()

    def _go_on(self) -> None:
        while not self._paused and not self._over:
            found = self._log.batch(self._position, PIECE_BYTES)
            if found is None:
                self._cut()
                return
            out, self._position = found
            if out:
                self._client.write(chunk(out))
            elif self._log.done:
                self._client.write(LAST_CHUNK)
                self._leave()
                self._client.finish()
            else:
                return

    def _cut(self) -> None:
        """Break off, so that no client takes a stream with a hole for a whole one."""
        number = {"sequence_number": self._position + 1}
        event = _LOST | {"type": "error"} | number | {"error": _LOST}
        self._client.write(chunk(b"event: error\ndata: %b\n\n" % orjson.dumps(event)))
        self._leave()
        self._client.finish(close=True)

    def _leave(self) -> None:
        if not self._over:
            self._over = True
            self._on_leave(self)
