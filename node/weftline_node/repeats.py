"""Answers given again: from the cache, or from an equal request that is under way.

What is not there is asked for as ever, and its answer kept on the way to the client.
"""

from collections.abc import Callable

from weftline.clock import Clock
from weftline_core.answer_cache import (
    ENTRY_BYTES_MAX,
    CacheKey,
    CachePolicy,
    Entry,
    Question,
    cache_key,
)
from weftline_core.ask import Ask
from weftline_core.record import Outcome, Record
from weftline_core.usage import NO_USAGE, Usage
from weftline_core.verdict import Words
from weftline_node.cache import AnswerCache, Hit, OnDisk
from weftline_node.coalesce import Flight, Follower
from weftline_node.delivery import dropped_line
from weftline_node.job import Client, Job
from weftline_node.reply import LAST_CHUNK, chunk, stream_head, whole

_JSON = "application/json"
_EVENTS = "text/event-stream"
_OK = 200


class CacheKeeper:
    """Keeps one answer while it goes to its client, to be given again."""

    __slots__ = ("_cache", "_clock", "_flight", "_key", "_pieces", "_size", "_ttl_s")

    def __init__(
        self, cache: AnswerCache, clock: Clock, key: CacheKey, ttl_s: int, flight: Flight | None
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._key = key
        self._ttl_s = ttl_s
        self._flight = flight
        self._pieces: list[bytes] | None = []
        self._size = 0

    def add(self, out: bytes) -> None:
        """Keep more of the answer; one that grows too large is let go."""
        if self._pieces is None:
            return
        self._size += len(out)
        if self._size > ENTRY_BYTES_MAX:
            self.drop()
            return
        self._pieces.append(out)

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:
        """The answer is whole: let others have it."""
        pieces, self._pieces = self._pieces, None
        if pieces is None:
            return
        at_unix_s = self._clock.unix_ms() / 1000
        entry = Entry(
            tenant=self._key.tenant,
            body=b"".join(pieces),
            content_type=_EVENTS if stream else _JSON,
            stream=stream,
            usage=usage,
            stored_unix_s=at_unix_s,
            expires_unix_s=at_unix_s + self._ttl_s,
            dropped=dropped,
        )
        if self._ttl_s:
            self._cache.put(self._key, entry)
        if self._flight is not None:
            self._flight.end(entry)

    def broken(self, frame: bytes) -> None:
        """The answer is not whole; `drop` follows."""

    def refused(self, status: int, words: Words) -> None:
        """There is no answer; `drop` follows."""

    def drop(self) -> None:
        """The answer will not be whole, or is too large; after `keep` this does nothing."""
        self._pieces = None
        if self._flight is not None:
            self._flight.end(None)


class Repeats:
    """The answers that one node gives again. on_record: called for each that is, or whose client
    left before.
    """

    def __init__(
        self, cache: AnswerCache, clock: Clock, on_record: Callable[[Record], None]
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._on_record = on_record

    def serve(
        self,
        job: Job,
        policy: CachePolicy,
        client: Client,
        go: Callable[[CacheKeeper | None], None],
    ) -> None:
        """Answer from what is kept, now or soon; else call `go`, with what keeps the answer."""
        Repeat(self, job, policy, client, go).start()

    def key_of(self, job: Job, policy: CachePolicy) -> CacheKey:
        """Return what names the answer to a job."""
        ask, model = job.asks[0], job.ways[0].model
        request = ask.request
        plain = len(job.asks) == 1 and not ask.lines
        question = Question(
            tenant=job.tenant,
            dialect=request.dialect,
            task=ask.purpose if ask.purpose == "count" else request.task,
            model=model.name,
            stream=request.stream,
            asked_of=job.asked_of,
            body=request.body if plain else {"asks": [_asked(ask) for ask in job.asks]},
        )
        return cache_key(question, policy.own_key)

    @property
    def cache(self) -> AnswerCache:
        """Return where answers are kept."""
        return self._cache

    @property
    def clock(self) -> Clock:
        """Return the clock."""
        return self._clock

    def record(self, record: Record) -> None:
        """Note a request that ended without an endpoint being asked."""
        self._on_record(record)


def _asked(ask: Ask) -> dict[str, object]:
    """Return all that one of several requests, or one with headers of its own, says."""
    request = ask.request
    return {
        "dialect": request.dialect,
        "model": request.model,
        "stream": request.stream,
        "lines": ask.lines.decode("latin-1"),
        "body": request.body,
    }


class Repeat:
    """One request that may be answered from what is kept. It is the responder while it waits for a
    disk or for an equal request.
    """

    __slots__ = ("_client", "_follower", "_go", "_gone", "_home", "_job", "_key", "_policy")

    def __init__(
        self,
        home: Repeats,
        job: Job,
        policy: CachePolicy,
        client: Client,
        go: Callable[[CacheKeeper | None], None],
    ) -> None:
        self._home = home
        self._job = job
        self._policy = policy
        self._client = client
        self._go = go
        self._key = home.key_of(job, policy)
        self._follower: Follower | None = None
        self._gone = False

    def start(self) -> None:
        """Look for the answer."""
        cache, at_unix_s = self._home.cache, self._home.clock.unix_ms() / 1000
        if not self._policy.read:
            self._lead()
            return
        found = cache.get(self._key, at_unix_s)
        if isinstance(found, Hit):
            self._give(found.entry)
        elif isinstance(found, OnDisk):
            self._client.serve(self)
            found.future.add_done_callback(lambda future: self._resume_with(future.result()))
        else:
            self._lead()

    # What the client's connection tells.

    def client_gone(self) -> None:
        """Wait no longer."""
        self._gone = True
        if self._follower is not None:
            self._follower.leave()
        self._settle(Outcome.CANCELED, 0, None)

    def pause(self) -> None:
        """Nothing has been written yet."""

    def resume(self) -> None:
        """Nothing has been written yet."""

    def _resume_with(self, entry: Entry | None) -> None:
        """Go on with what a disk or an equal request has brought."""
        if self._gone:
            return
        if entry is not None:
            self._give(entry)
        else:
            self._lead()

    def _lead(self) -> None:
        """Ask for the answer, or wait for somebody who does."""
        flight: Flight | None = None
        if self._policy.coalesce:
            flight = self._home.cache.begin(self._key)
            if flight is None:
                self._follower = self._home.cache.join(self._key, self._resume_with)
                if self._follower is not None:
                    self._client.serve(self)
                    return
        home = self._home
        if not self._policy.ttl_s and flight is None:
            self._go(None)
            return
        self._go(CacheKeeper(home.cache, home.clock, self._key, self._policy.ttl_s, flight))

    def _give(self, entry: Entry) -> None:
        job, client = self._job, self._client
        face = ""
        if job.face is not None:
            face = job.face.lines(job.request_id, job.wishes.event_id, None, "hit")
        lines = f"{job.lines}x-weft-attempts: 0\r\nx-weft-cache: hit\r\n{face}"
        lines += dropped_line(entry.dropped)
        if entry.stream:
            client.write(stream_head(lines) + chunk(entry.body) + LAST_CHUNK)
        else:
            client.write(whole(_OK, entry.body, lines, close=client.closing))
        client.finish()
        self._settle(Outcome.OK, _OK, entry.usage)

    def _settle(self, outcome: Outcome, status: int, usage: Usage | None) -> None:
        job, now_s = self._job, self._home.clock.now_s()
        spent_ms = (now_s - job.started_s) * 1e3
        given = status == _OK
        record = Record(
            request_id=job.request_id,
            tenant=job.tenant,
            model=job.ways[0].model.name,
            endpoint="",
            attempts=0,
            status=status,
            outcome=outcome,
            streamed=job.stream,
            ttft_ms=spent_ms if given else None,
            total_ms=spent_ms,
            usage=NO_USAGE if usage is None else usage,
            usage_source="none" if usage is None else "reported",
            cost_nanodollars=0 if given else None,
            cost_source="cache" if given else "",
            dialect=job.asks[0].request.dialect,
            cached=given,
            metadata=job.wishes.metadata,
            event_id=job.wishes.event_id,
            gateway=job.gateway,
            logged=job.wishes.collect_log,
        )
        self._home.record(record)
