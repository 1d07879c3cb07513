"""What is known of the attempt in progress: the way it took and what has come back so far."""

from collections.abc import Callable, Mapping
from typing import cast

from weftline_core.ask import Ask, Unfit
from weftline_core.dialects.dialect import ChatBack, Echo, Failing
from weftline_core.errors import CallerError, MeshError, OperatorError
from weftline_core.failures import MEANINGS, Failure
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict
from weftline_node.dial import Way
from weftline_node.relay import (
    ERROR_BODY_BYTES_MAX,
    BadAnswer,
    ReplayRelay,
    StreamRelay,
    WholeRelay,
)
from weftline_node.reply import words_of
from weftline_node.upstream_connection import Leg

# What it means that a request could not be written; all else is the client's own mistake.
_UNSENT = ((Unfit, Failure.UNFIT), (OperatorError, Failure.DENIED))

_OK = 200

# Statuses by which a client's SDK knows that its request is wrong, and not its key or its rate.
_ABOUT_THE_REQUEST = frozenset({400, 404, 409, 413, 415, 422})


class Attempt:
    """One request to one endpoint.

    status: of its answer, 0 before that. stream, whole: what collects the answer's body; one of
    them, once the head has come. verdict: what the endpoint says is wrong, or what we say of it.
    dropped: the client's fields that were not sent.
    """

    __slots__ = (
        "_headers",
        "ask",
        "dropped",
        "leg",
        "status",
        "stream",
        "verdict",
        "way",
        "whole",
    )

    def __init__(self, way: Way, ask: Ask) -> None:
        self.way = way
        self.ask = ask
        self.leg: Leg | None = None
        self.status = 0
        self._headers: Mapping[bytes, bytes] = {}
        self.stream: StreamRelay | ReplayRelay | None = None
        self.whole: WholeRelay | None = None
        self.verdict: Verdict | None = None
        self.dropped: tuple[str, ...] = ()

    def head(self, status: int, headers: Mapping[bytes, bytes], echo: Callable[[], Echo]) -> None:
        """Choose what becomes of the body.

        Raises:
            BadAnswer: it can be no answer to what was asked.
        """
        self.status = status
        self._headers = headers
        if status != _OK:
            self.whole = WholeRelay(headers, ERROR_BODY_BYTES_MAX)
        elif self.ask.request.stream:
            self.stream = self._stream(headers, echo)
        else:
            self.whole = WholeRelay(headers)

    def _stream(
        self, headers: Mapping[bytes, bytes], echo: Callable[[], Echo]
    ) -> StreamRelay | ReplayRelay:
        back = cast("ChatBack", self.way.back)
        if not headers.get(b"content-type", b"").lower().startswith(b"application/json"):
            return StreamRelay(headers, back.framing, self.ask.tap(back, echo))
        try:
            return ReplayRelay(headers, self.ask.replay(back, echo))
        except CallerError as e:
            raise BadAnswer(e.message) from None

    def judged(self, echo: Callable[[], Echo]) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's dialect, and the usage that it reports.

        Raises:
            BadAnswer: its compression was cut.
            NotAnAnswer: it is no answer to this request.
            AnswerIsError: it is an error object.
        """
        assert self.whole is not None, "an answer that is not streamed is collected"
        return self.ask.judge(self.way.back, self.whole.body(), echo)

    def error(self, at_unix_s: float) -> Verdict:
        """Return the meaning of an answer whose status is not 200; its body may be no use."""
        try:
            body = b"" if self.whole is None else self.whole.body()
        except BadAnswer:
            body = b""
        self.verdict = self.way.back.verdict(self.status, self._headers, body, at_unix_s)
        if self.verdict.failure is Failure.CALLER and self.status not in _ABOUT_THE_REQUEST:
            # Such as Together's 403 for a prompt that is too long: by it, a client would look for a
            # wrong key.
            self.status = MEANINGS[Failure.CALLER].status
        return self.verdict

    def unsent(self, error: MeshError, *, first: bool) -> Failure:
        """Note why the request could not even be written for this endpoint, and return what that
        means. first: no other host was asked before. One that was took the client's words as they
        were: what only another dialect's reader finds wrong with them must not hide its failure.
        """
        wrong = Failure.CALLER if first else Failure.UNFIT
        failure = next((f for kind, f in _UNSENT if isinstance(error, kind)), wrong)
        self.verdict = Verdict(failure, words_of(error))
        self.status = error.status
        return failure

    @property
    def failing(self) -> Failing | None:
        """Return what must write the end of a broken stream, if it must: a translation's writer, or
        a tap that has counted the events that passed.
        """
        if self.stream is None:
            return None
        tap = self.stream.tap
        return next(
            (one for one in (tap, getattr(tap, "writer", None)) if isinstance(one, Failing)), None
        )
