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
from weftline_core.dialects.openai import Usage, error_body, error_frame
from weftline_core.dialects.openai_errors import Verdict, verdict, without
from weftline_core.errors import MeshError
from weftline_core.failures import MEANINGS, Failure
from weftline_core.sse import frame
from weftline_node.dial import Dial
from weftline_node.job import Client, Job, Services
from weftline_node.judge import ErrorInside, judge
from weftline_node.relay import ERROR_BODY_BYTES_MAX, BadAnswer, StreamRelay, WholeRelay
from weftline_node.reply import LAST_CHUNK, chunk, refusal, stream_head, whole, whole_head
from weftline_node.settle import Seen, record_of, timing_line
from weftline_node.upstream_connection import Leg

# Up to this size a copy that joins head and body is cheaper than another write.
ONE_WRITE_BYTES_MAX = 64 * 1024

_OK = 200
_NEVER = float("inf")


class Exchange:
    """Receives from the endpoint (`on_*`), serves the client, and does what the machine says."""

    __slots__ = (
        "_alarm_s",
        "_begun",
        "_client",
        "_committed",
        "_first_content_s",
        "_headers",
        "_job",
        "_leg",
        "_machine",
        "_now_s",
        "_out",
        "_paused",
        "_services",
        "_status",
        "_stream",
        "_timer",
        "_usage",
        "_verdict",
        "_whole",
    )

    def __init__(self, job: Job, services: Services, client: Client) -> None:
        self._job = job
        self._services = services
        self._now_s = services.clock.now_s
        self._client = client
        steps = [dial.name for dial in job.dials]
        self._machine = Attempts(steps, job.patience, services.budget)
        self._timer: asyncio.TimerHandle | None = None
        self._alarm_s = _NEVER
        # The attempt in progress.
        self._leg: Leg | None = None
        self._begun: str | None = None
        self._status = 0
        self._headers: Mapping[bytes, bytes] = {}
        self._stream: StreamRelay | None = None
        self._whole: WholeRelay | None = None
        self._verdict: Verdict | None = None
        # The answer to the client.
        self._committed = False
        self._paused = False
        self._first_content_s: float | None = None
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
            self._settle(_OK if self._committed else 0, None)

    def pause(self) -> None:
        """Stop reading from the endpoint."""
        self._paused = True
        if self._leg is not None:
            self._leg.pause()

    def resume(self) -> None:
        """Read on; the silence was the client's doing."""
        self._paused = False
        self._machine.progress(self._now_s())
        if self._leg is not None:
            self._leg.resume()

    # What the endpoint's connection tells.

    def on_sent(self) -> None:
        """The request is on its way."""
        self._do(self._machine.sent(self._now_s()))

    def on_head(self, status: int, headers: Mapping[bytes, bytes]) -> None:
        """Choose what becomes of the body."""
        self._status = status
        self._headers = headers
        try:
            if status != _OK:
                self._whole = WholeRelay(headers, ERROR_BODY_BYTES_MAX)
            elif self._job.request.stream:
                self._stream = StreamRelay(headers)
            else:
                self._whole = WholeRelay(headers)
        except BadAnswer:
            self._bad_answer()

    def on_payload(self, payload: bytes) -> None:
        """Relay what came, in this very loop turn."""
        stream = self._stream
        try:
            if stream is None:
                if self._whole is not None:
                    self._whole.feed(payload)
                return
            seen = stream.tap.content_events
            out = stream.feed(payload)
        except BadAnswer:
            self._bad_answer()
            return
        tap = stream.tap
        if not self._committed or tap.done or tap.error is not None:
            self._turn(stream, out)
        elif out:
            if tap.content_events != seen:
                self._machine.progress(self._now_s())
            self._client.write(chunk(out))

    def on_end(self) -> None:
        """Judge an answer that is whole; a stream that ends here lacks its terminal event."""
        if self._status != _OK:
            self._judge_error()
        elif self._stream is not None:
            self._fail(Failure.TRUNCATED)
        else:
            self._judge_whole()

    def on_failure(self, failure: Failure) -> None:
        """Tell the machine."""
        self._fail(failure)

    # What to make of it.

    def _turn(self, stream: StreamRelay, out: bytes) -> None:
        """Handle the first content, the terminal event, or an error inside the stream."""
        tap = stream.tap
        if tap.error is not None:
            if self._committed and out:
                self._client.write(chunk(out))
            self._verdict = tap.error
            self._fail(tap.error.failure)
            return
        if self._committed:
            self._client.write(chunk(out) + LAST_CHUNK if out else LAST_CHUNK)
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
        assert self._whole is not None, "an answer that is not streamed is collected"
        try:
            self._out, self._usage = judge(self._job, self._dial(), self._whole.body())
        except BadAnswer:
            self._fail(Failure.BROKEN)
        except ErrorInside as e:
            self._verdict = e.verdict
            self._fail(e.verdict.failure)
        else:
            machine = self._machine
            self._do((*machine.content(self._now_s()), *machine.ended()))

    def _judge_error(self) -> None:
        try:
            body = b"" if self._whole is None else self._whole.body()
        except BadAnswer:
            body = b""
        found = verdict(self._status, self._headers, body, self._services.clock.unix_ms() / 1000)
        self._verdict = found
        self._fail(found.failure, found.retry_after_s)

    def _bad_answer(self) -> None:
        """Judge an error by its status when its body is no use."""
        if self._status == _OK:
            self._fail(Failure.BROKEN)
        else:
            self._whole = None
            self._judge_error()

    def _fail(self, failure: Failure, retry_after_s: float | None = None) -> None:
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
                case Blame(endpoint, failure, retry_after_s):
                    self._services.book.failed(endpoint, failure, self._now_s(), retry_after_s)
                case Reject() | Refuse() | Break():
                    self._give_up(command)
        due_s = self._machine.due_s
        if due_s < self._alarm_s:
            self._set_alarm(due_s)

    def _give_up(self, command: Reject | Refuse | Break) -> None:
        match command:
            case Reject():
                self._reject()
            case Refuse(error, retry):
                self._refuse(error, retry=retry)
            case Break(error):
                self._break(error)

    def _dial(self) -> Dial:
        return self._job.dials[self._machine.count - 1]

    def _open(self, *, fresh: bool) -> None:
        job, dial, services = self._job, self._dial(), self._services
        provider, name = dial.provider, dial.name
        assert provider is not None, "a dial in a plan is usable"
        self._stream = self._whole = self._verdict = None
        task = job.request.task
        try:
            body = provider.encode(task, job.request.body, dial.endpoint.models[job.model.name])
        except MeshError as e:
            self._verdict = Verdict(Failure.CALLER, e.code, error_body(e))
            self._status = e.status
            self._fail(Failure.CALLER)
            return
        request = dial.request(task, body, job.request_id)
        leg = self._leg = services.pool.open(dial, request, self, fresh=fresh)
        # After the write: nothing that can wait may stand before it.
        services.book.began(name, leg.opened_s)
        self._begun = name
        if leg.sent_s is not None:
            self._do(self._machine.sent(leg.sent_s))

    def _abort(self) -> None:
        if self._leg is not None:
            self._leg.abort()
            self._leg = None
        self._leave()

    def _leave(self) -> None:
        if self._begun is not None:
            self._services.book.ended(self._begun)
            self._begun = None

    def _set_alarm(self, at_s: float) -> None:
        # An alarm that rings too early costs one more call, so only a sooner one is set anew.
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
        self._committed = True
        self._first_content_s = now_s
        leg, job, client = self._leg, self._job, self._client
        assert leg is not None, "content comes from a leg"
        assert leg.sent_s is not None, "after the request was sent"
        lines = self._lines() + timing_line(job, leg.opened_s, leg.sent_s, now_s)
        stream, out = self._stream, self._out
        if stream is None:
            head = whole_head(_OK, len(out), lines, close=client.closing)
            if len(out) <= ONE_WRITE_BYTES_MAX:
                client.write(head + out)
            else:
                client.write(head)
                client.write(out)
        else:
            last = LAST_CHUNK if stream.tap.done else b""
            client.write(stream_head(lines) + chunk(out) + last)
            # Nobody else will be asked: a stream may last minutes, and its prompt may be large.
            job.request.body.clear()
        if stream is not None or job.request.task == "embeddings":
            # A whole chat answer says nothing of its first token.
            ttft_ms = (now_s - leg.sent_s) * 1e3
            self._services.book.first_content(self._dial().name, ttft_ms, now_s)

    def _finish(self) -> None:
        self._services.book.succeeded(self._dial().name, self._now_s())
        self._leave()
        if self._leg is not None:
            self._leg.drain()
        self._client.finish()
        self._settle(_OK, None)

    def _reject(self) -> None:
        found = self._verdict
        assert found is not None, "a rejection comes with the endpoint's words"
        close = self._client.closing
        status = self._status if self._status != _OK else MEANINGS[Failure.CALLER].status
        answer = without(self._dial().secret, found.answer)
        self._client.write(whole(status, answer, self._lines(), close=close))
        self._client.finish()
        self._settle(status, found.code)

    def _refuse(self, error: MeshError, *, retry: bool) -> None:
        lines = self._lines() if retry else f"{self._lines()}x-should-retry: false\r\n"
        self._client.write(refusal(error, lines, close=self._client.closing))
        self._client.finish()
        self._settle(error.status, error.code)

    def _break(self, error: MeshError) -> None:
        """End with an error event, in good form: a reset could overtake the event itself.

        The endpoint's own words go on only where they are about the request: in others it may name
        its hosts.
        """
        found = self._verdict
        if found is not None and found.failure is Failure.CALLER:
            last, code = frame(found.answer), found.code
        else:
            last, code = error_frame(error), error.code
        self._client.write(chunk(last) + LAST_CHUNK)
        self._client.finish(close=True)
        self._settle(_OK, code)

    def _lines(self) -> str:
        count = self._machine.count
        endpoint = f"x-weft-endpoint: {self._dial().name}\r\n" if count else ""
        return f"{self._job.lines}x-weft-attempts: {count}\r\n{endpoint}"

    def _settle(self, status: int, error_code: str | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        stream = self._stream
        seen = Seen(
            status=status,
            error_code=error_code,
            first_content_s=self._first_content_s,
            usage=self._usage,
            tap=None if stream is None else stream.tap,
            answer_bytes=len(self._out),
        )
        self._services.on_record(record_of(self._job, self._machine, seen, self._now_s()))
