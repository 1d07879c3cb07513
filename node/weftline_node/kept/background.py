"""One response that is made in the background: the exchange's client and keeper in one, which
writes into a log whatever becomes of those who read it.
"""

from collections.abc import Callable
from typing import Final

from weftline.clock import Clock
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.responses.background import BackgroundStream
from weftline_core.dialects.responses.log import ResponseLog
from weftline_core.dialects.responses.objects import response_id
from weftline_core.usage import Usage
from weftline_core.verdict import Words
from weftline_node.job import Client, Job, Responder
from weftline_node.kept.plan import KeepPlan
from weftline_node.kept.reader import LogReader
from weftline_node.kept.store import KEEP_S, KEEP_UNSTORED_S, Kept, ResponseStore, Turn
from weftline_node.reply import whole

# The events of one response. An event of one token takes some 200 bytes, so this is 40,000 tokens;
# a longer answer loses its oldest, and can still be fetched whole.
LOG_BYTES_MAX: Final = 8 * 1024 * 1024

_OK: Final = 200
_STOPPED: Final = Words(
    message="this PoP was stopped before the response was whole: ask again, at another PoP",
    kind="server_error",
    code="pop_stopped",
)
_STOPPED_STATUS: Final = 503

_UNENDED: Final = Words(
    message="the response ended without a final event",
    kind="upstream_error",
    code="upstream_failed",
)
_UNENDED_STATUS: Final = 502


class Background:
    """Makes one response. Until `announce`, what is written goes to the real client: a request that
    can't even be put to anybody is answered with its error, as ever.

    on_end: called once when an announced response has ended. turned_away: the client was told an
    error, and there is nothing to announce.
    """

    __slots__ = (
        "_announced",
        "_client",
        "_clock",
        "_ended",
        "_job",
        "_on_end",
        "_plan",
        "_readers",
        "_responder",
        "_store",
        "_stream",
        "kept",
        "log",
        "turned_away",
    )

    def __init__(
        self,
        store: ResponseStore,
        clock: Clock,
        plan: KeepPlan,
        job: Job,
        client: Client,
        on_end: Callable[["Background"], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._job = job
        self._client = client
        self._on_end = on_end
        self._announced = self._ended = self.turned_away = False
        self._responder: Responder | None = None
        self._readers: dict[LogReader, None] = {}
        said = plan.said or {}
        echo = Echo(
            request_id=job.request_id,
            model=job.asks[0].request.model,
            created_unix_s=job.started_unix_s,
            body=said,
        )
        self._stream = BackgroundStream(echo)
        self.log = ResponseLog(LOG_BYTES_MAX)
        self.kept = Kept(
            id=response_id(job.request_id),
            tenant=plan.tenant,
            turn=Turn(plan.asked, plan.previous),
            keep_s=KEEP_S if said.get("store") is not False else KEEP_UNSTORED_S,
            log=self.log,
            run=self,
        )

    def announce(self) -> None:
        """Tell the client the response's id, and keep it from now on."""
        self._announced = True
        self.log.add(self._stream.begin())
        self._store.put(self.kept, self._clock.now_s())
        lines, client = self._job.lines, self._client
        if self._plan.stream:
            self.follow(client, -1, lines)
        else:
            client.write(whole(_OK, self._stream.snapshot(), lines, close=client.closing))
            client.finish()

    # What a kept response asks (`store.Run`).

    def snapshot(self) -> bytes:
        """Return the response as it is now."""
        return self._stream.snapshot()

    def follow(self, client: Client, after: int, lines: str) -> None:
        """Write its events to a client. after: the number of the last one that the client has."""
        reader = LogReader(self.log, client, after, self._leave)
        self._readers[reader] = None
        reader.start(lines)

    def cancel(self) -> None:
        """Leave the endpoint at once; everybody sees that it was cancelled."""
        self._stop()
        self._end(self._stream.cancelled())

    def fail(self) -> None:
        """Leave the endpoint at once; everybody sees that it failed."""
        self._stop()
        self._end(self._stream.failed(_STOPPED_STATUS, _STOPPED))

    # What the exchange asks of its client (`job.Client`).

    @property
    def closing(self) -> bool:
        """Return whether the real client's connection ends with an error that it is told."""
        return not self._announced and self._client.closing

    def serve(self, responder: Responder) -> None:
        """Know whom to tell that the response is wanted no more."""
        self._responder = responder

    def write(self, data: bytes) -> None:
        """Pass an error on that comes before anybody was asked."""
        if not self._announced:
            self.turned_away = True
            self._client.write(data)

    def finish(self, *, close: bool = False) -> None:
        """Let the real client go on after such an error."""
        if not self._announced:
            self._client.finish(close=close)

    # What the exchange tells of the answer (`delivery.Keeper`).

    def add(self, out: bytes) -> None:
        """Write more of it into the log."""
        self._write(self._stream.read(out))

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:  # noqa: ARG002
        """It is whole."""
        if self._stream.done:
            self._end(b"")
        else:
            # Nobody may wait for an end that does not come.
            self.broken(b"")

    def broken(self, frame: bytes) -> None:
        """It has ended with an error."""
        out = self._stream.read(frame)
        if not self._stream.done:
            out += self._stream.failed(_UNENDED_STATUS, _UNENDED)
        self._end(out)

    def refused(self, status: int, words: Words) -> None:
        """It has not even begun."""
        if self._announced:
            self._end(self._stream.failed(status, words))

    def drop(self) -> None:
        """Whatever has ended it has said so."""

    def _stop(self) -> None:
        responder, self._responder = self._responder, None
        if responder is not None:
            responder.client_gone()

    def _end(self, out: bytes) -> None:
        if self._ended:
            return
        self._ended = True
        self._responder = None
        self._store.ended(self.kept, self._stream.snapshot(), self._clock.now_s())
        self._write(out)
        self._on_end(self)

    def _write(self, out: bytes) -> None:
        before = self.log.last
        self.log.add(out)
        self._store.grew(self.kept)
        for reader in list(self._readers):
            reader.fed(out, before)

    def _leave(self, reader: LogReader) -> None:
        self._readers.pop(reader, None)
