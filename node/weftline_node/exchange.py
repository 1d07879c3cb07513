"""One client request in progress: drives the attempts machine, relays the answer, settles once.

Everything here runs in callbacks of two connections, the client's and the endpoint's. There is no
task, no lock and no await on this path.
"""

import asyncio
from collections.abc import Mapping

from weftline_core.attempts import (
    Abort,
    Attempts,
    Blame,
    Break,
    Commands,
    Commit,
    Finish,
    Open,
    Refuse,
    Reject,
)
from weftline_core.dialects.dialect import AnswerIsError, Echo, NotAnAnswer
from weftline_core.errors import MeshError
from weftline_core.failures import MEANINGS, Failure
from weftline_core.usage import Usage
from weftline_node.asked import CacheState, Face
from weftline_node.attempt import Attempt
from weftline_node.delivery import Delivery, Keeper, dropped_line
from weftline_node.job import Client, Job, Services
from weftline_node.relay import BadAnswer, ReplayRelay, StreamRelay
from weftline_node.reply import words_of
from weftline_node.scrub import scrubbed
from weftline_node.settle import Seen, record_of, timing_line

_OK = 200
_NEVER = float("inf")


class Exchange:
    """Receives from the endpoint (`on_*`), serves the client, and does what the machine says."""

    __slots__ = (
        "_alarm_s",
        "_attempt",
        "_begun",
        "_client",
        "_delivery",
        "_job",
        "_machine",
        "_now_s",
        "_out",
        "_paused",
        "_services",
        "_timer",
        "_usage",
    )

    # The one in progress, or the last: the first begins with `start`.
    _attempt: Attempt

    def __init__(
        self, job: Job, services: Services, client: Client, keeper: Keeper | None = None
    ) -> None:
        self._job = job
        self._services = services
        self._now_s = services.clock.now_s
        self._client = client
        self._delivery = Delivery(job, client, keeper)
        steps = [way.step for way in job.ways]
        self._machine = Attempts(steps, job.patience, services.budget, job.attempts_max)
        self._timer: asyncio.TimerHandle | None = None
        self._alarm_s = _NEVER
        self._begun: str | None = None
        # The answer.
        self._paused = False
        self._out = b""
        self._usage: Usage | None = None

    def start(self) -> None:
        """Ask the first endpoint."""
        self._do(self._machine.start(self._job.routed_s))

    # What the client's connection tells.

    def client_gone(self) -> None:
        """Leave the endpoint at once, unless the answer was complete."""
        commands = self._machine.client_gone()
        if commands:
            self._do(commands)
            self._settle(None)

    def pause(self) -> None:
        """Stop reading from the endpoint."""
        self._paused = True
        if self._attempt.leg is not None:
            self._attempt.leg.pause()

    def resume(self) -> None:
        """Read on; the silence was the client's doing."""
        self._paused = False
        self._machine.progress(self._now_s())
        if self._attempt.leg is not None:
            self._attempt.leg.resume()

    # What the endpoint's connection tells.

    def on_sent(self) -> None:
        """The request is on its way."""
        self._machine.sent(self._now_s())
        self._mind_deadline()

    def on_head(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """Choose what becomes of the body."""
        try:
            self._attempt.head(status, headers, self._echo)
        except BadAnswer:
            self._bad_answer()

    def on_payload(self, payload: bytes) -> None:
        """Relay what came, in this very loop turn."""
        attempt = self._attempt
        stream = attempt.stream
        try:
            if stream is None:
                if attempt.whole is not None:
                    attempt.whole.feed(payload)
                return
            seen = stream.tap.content_events
            out = stream.feed(payload)
        except BadAnswer:
            self._bad_answer()
            return
        tap = stream.tap
        if not self._delivery.committed or tap.done or tap.error is not None:
            self._turn(stream, out)
        elif out:
            if tap.content_events != seen:
                self._machine.progress(self._now_s())
            self._delivery.more(out)
        elif tap.content_events != seen:
            # A translation may keep something back until it can write it in one piece.
            self._machine.progress(self._now_s())

    def on_end(self) -> None:
        """Judge an answer that is whole, or a stream that may only end like this."""
        stream = self._attempt.stream
        if self._attempt.status != _OK:
            self._judge_error()
        elif stream is None:
            self._judge_whole()
        else:
            try:
                out = stream.end()
            except BadAnswer:
                self._bad_answer()
                return
            if stream.tap.done or stream.tap.error is not None:
                self._turn(stream, out)
            else:
                self._fail(Failure.TRUNCATED)

    def on_failure(self, failure: Failure) -> None:
        """Tell the machine."""
        self._fail(failure)

    # What to make of it.

    def _turn(self, stream: StreamRelay | ReplayRelay, out: bytes) -> None:
        """Handle the first content, the terminal event, or an error inside the stream."""
        tap, committed = stream.tap, self._delivery.committed
        if tap.error is not None:
            if committed and out:
                self._delivery.more(out)
            self._attempt.verdict = tap.error
            self._fail(tap.error.failure, tap.error.retry_after_s)
            return
        if committed:
            self._delivery.last(out)
        elif out:
            # The terminal event may come with the first content: `_commit` writes both.
            self._out = out
            self._do(self._machine.content(self._now_s()))
        elif tap.done:
            self._fail(Failure.BROKEN)
            return
        if tap.done:
            self._do(self._machine.ended())

    def _judge_whole(self) -> None:
        try:
            self._out, self._usage = self._attempt.judged(self._echo)
        except (BadAnswer, NotAnAnswer):
            self._fail(Failure.BROKEN)
        except AnswerIsError as e:
            self._attempt.verdict = e.verdict
            self._fail(e.verdict.failure, e.verdict.retry_after_s)
        else:
            machine = self._machine
            self._do((*machine.content(self._now_s()), *machine.ended()))

    def _judge_error(self) -> None:
        found = self._attempt.error(self._services.clock.unix_ms() / 1000)
        self._fail(found.failure, found.retry_after_s)

    def _bad_answer(self) -> None:
        """Judge an error by its status when its body is no use."""
        if self._attempt.status == _OK:
            self._fail(Failure.BROKEN)
        else:
            self._judge_error()

    def _fail(self, failure: Failure, retry_after_s: float | None = None) -> None:
        if MEANINGS[failure].of_key and self._attempt.way.lent:
            # What is wrong with its own key is for the client to know.
            failure = Failure.CALLER
        self._do(self._machine.failed(failure, self._now_s(), retry_after_s))

    # What the machine wants.

    def _do(self, commands: Commands) -> None:
        """Act on each command, then mind the deadline. `Open` is always the last, because it may
        come back here.
        """
        for command in commands:
            match command:
                case Open():
                    self._open(fresh=command.fresh)
                case Commit():
                    self._commit()
                case Finish():
                    self._finish()
                case Abort():
                    self._abort()
                case Blame():
                    self._services.blame(self._attempt.way, command, self._now_s())
                case Reject() | Refuse() | Break():
                    self._give_up(command)
        self._mind_deadline()

    def _mind_deadline(self) -> None:
        # An alarm that rings too early costs one more call, so only a sooner one is set anew.
        due_s = self._machine.due_s
        if due_s < self._alarm_s:
            self._set_alarm(due_s)

    def _echo(self) -> Echo:
        job, request = self._job, self._attempt.ask.request
        return Echo(
            request_id=job.request_id,
            model=request.model,
            created_unix_s=job.started_unix_s,
            body=request.body if job.said is None else job.said,
        )

    def _open(self, *, fresh: bool) -> None:
        job, services = self._job, self._services
        way = job.ways[self._machine.index]
        attempt = self._attempt = Attempt(way, job.asks[way.alternative])
        provider, ask = way.dial.provider, attempt.ask
        assert provider is not None, "a way leads to a usable dial"
        try:
            put = ask.put(provider, way.back, way.target)
            at_unix_s = services.clock.unix_ms() / 1000
            request = way.request(ask, put.body, job.request_id, at_unix_s)
        except MeshError as e:
            self._fail(attempt.unsent(e, first=self._machine.count == 1))
            return
        attempt.dropped = put.dropped
        leg = attempt.leg = services.pool.open(way.dial, request, self, fresh=fresh)
        # After the write: nothing that can wait may stand before it.
        services.took(way, leg.opened_s)
        self._begun = way.dial.name
        if leg.sent_s is not None:
            self._machine.sent(leg.sent_s)

    def _abort(self) -> None:
        leg, self._attempt.leg = self._attempt.leg, None
        if leg is not None:
            leg.abort()
        self._leave()

    def _leave(self) -> None:
        if self._begun is not None:
            self._services.book.ended(self._begun)
            self._begun = None

    def _set_alarm(self, at_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._alarm_s = at_s
        self._timer = self._services.call_at(at_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._alarm_s = _NEVER
        now_s = self._now_s()
        if self._paused:
            self._machine.progress(now_s)
        self._do(self._machine.alarm(now_s))

    def _commit(self) -> None:
        now_s = self._now_s()
        attempt, job = self._attempt, self._job
        leg, stream, way = attempt.leg, attempt.stream, attempt.way
        assert leg is not None, "content comes from a leg"
        assert leg.sent_s is not None, "after the request was sent"
        lines = self._lines() + timing_line(job, leg.opened_s, leg.sent_s, now_s)
        if stream is None:
            self._delivery.whole(lines, self._out, now_s)
        else:
            self._delivery.stream(lines, self._out, now_s, last=stream.tap.done)
            # Nobody else will be asked.
            attempt.ask.forget()
        if stream is not None or way.model.task == "embeddings":
            # A whole chat answer says nothing of its first token.
            ttft_ms = (now_s - leg.sent_s) * 1e3
            self._services.book.first_content(way.dial.name, ttft_ms, now_s)

    def _finish(self) -> None:
        attempt = self._attempt
        usage = self._usage if attempt.stream is None else attempt.stream.tap.usage
        self._services.succeeded(attempt.way, usage, self._now_s())
        self._leave()
        if attempt.leg is not None:
            attempt.leg.drain()
        if attempt.way.alternative:
            # What is kept is kept for what was asked first.
            self._delivery.forget()
        stream, dropped = attempt.stream is not None, attempt.dropped
        self._delivery.finish(usage, stream=stream, dropped=dropped)
        self._settle(None)

    def _give_up(self, command: Reject | Refuse | Break) -> None:
        attempt = self._attempt
        front = attempt.ask.front
        match command:
            case Reject():
                found = attempt.verdict
                assert found is not None, "a rejection comes with its words"
                asked = attempt.status not in (0, _OK)
                status = attempt.status if asked else MEANINGS[Failure.CALLER].status
                words = scrubbed(found.words, attempt.way)
                self._delivery.reject(front, status, words, self._lines())
                self._settle(words.code)
            case Refuse(error, retry):
                never = "" if retry else "x-should-retry: false\r\n"
                self._delivery.refuse(front, error, self._lines() + never)
                self._settle(error.code)
            case Break(error):
                self._break(error)

    def _break(self, error: MeshError) -> None:
        """End the stream with an error event. The endpoint's own words go on only where they are
        about the request: in others it may name its hosts.
        """
        attempt = self._attempt
        found = attempt.verdict
        if found is not None and found.failure is Failure.CALLER:
            words, status = scrubbed(found.words, attempt.way), MEANINGS[Failure.CALLER].status
        else:
            words, status = words_of(error), error.status
        self._delivery.break_off(attempt.ask.front, status, words, attempt.failing)
        self._settle(words.code)

    def _lines(self) -> str:
        count, attempt = self._machine.count, self._attempt
        endpoint = f"x-weft-endpoint: {attempt.way.dial.name}\r\n" if count else ""
        dropped = dropped_line(attempt.dropped)
        job = self._job
        cached = "x-weft-cache: miss\r\n" if job.cached else ""
        face = "" if job.face is None else self._face_lines(job.face)
        return f"{job.lines}x-weft-attempts: {count}\r\n{endpoint}{dropped}{cached}{face}"

    def _face_lines(self, face: Face) -> str:
        way = self._attempt.way if self._machine.count else None
        job = self._job
        cache: CacheState = "miss" if job.cached else None
        return face.lines(job.request_id, job.wishes.event_id, way, cache)

    def _settle(self, error_code: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        stream, delivery = self._attempt.stream, self._delivery
        delivery.forget()
        seen = Seen(
            status=delivery.status,
            error_code=error_code,
            first_content_s=delivery.first_content_s,
            usage=self._usage if stream is None else stream.tap.usage,
            content_events=None if stream is None else stream.tap.content_events,
            answer_bytes=len(self._out),
        )
        self._services.on_record(record_of(self._job, self._machine, seen, self._now_s()))
