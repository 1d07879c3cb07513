"""One request's attempts: events in, commands out.

The machine tries the endpoints of a plan in order, one at a time, until one of them sends content.
From then on there is no other endpoint for this request: what the client has begun to read is
never switched in silence. It never waits: an endpoint that asks for patience is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

import msgspec

from weftline_core.errors import (
    MeshError,
    Unavailable,
    UpstreamFailed,
    UpstreamOverloaded,
    UpstreamRateLimited,
    UpstreamTimeout,
)
from weftline_core.failures import MEANINGS, Failure
from weftline_core.limits import (
    ATTEMPTS_MAX,
    CONNECT_WAIT_S,
    FIRST_TOKEN_WAIT_S,
    REQUEST_WAIT_S,
    STALL_WAIT_S,
)
from weftline_core.record import Outcome
from weftline_core.retry_budget import RetryBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each part of a request may take.

    connect_s: to have the request written to a connection. first_content_s: from then to the first
    content. stall_s: between two events after that. total_s: for everything.
    """

    connect_s: float = CONNECT_WAIT_S
    first_content_s: float = FIRST_TOKEN_WAIT_S
    stall_s: float = STALL_WAIT_S
    total_s: float = REQUEST_WAIT_S


class Step(msgspec.Struct, frozen=True):
    """One endpoint to ask.

    again: it is asked once more on purpose, whatever failed before; else further steps at an
    endpoint are other keys for it, and only a failure of the key leads to them. wait_s: how long to
    wait before it, if anything was asked before. first_content_s: its own patience, if it has one.
    alternative: which of the client's requests is asked, where it gave several.
    """

    endpoint: str
    again: bool = False
    wait_s: float = 0.0
    first_content_s: float | None = None
    alternative: int = 0


class Open(msgspec.Struct, frozen=True):
    """Send the request to `endpoint`; on a connection dialled anew if `fresh`."""

    endpoint: str
    fresh: bool = False


class Abort(msgspec.Struct, frozen=True):
    """Drop the connection that carries the attempt, unless its answer is already whole."""


class Blame(msgspec.Struct, frozen=True):
    """Note the endpoint's failure, for health and for the next plan."""

    endpoint: str
    failure: Failure
    retry_after_s: float | None = None


class Commit(msgspec.Struct, frozen=True):
    """Let the answer go to the client: from here there is no way back."""


class Finish(msgspec.Struct, frozen=True):
    """The answer is whole."""


class Reject(msgspec.Struct, frozen=True):
    """Pass on the verdict that the request is wrong, the endpoint's own or what it cannot carry."""


class Refuse(msgspec.Struct, frozen=True):
    """Answer with an error status; `retry` is False when a client's retry would only add load."""

    error: MeshError
    retry: bool = True


class Break(msgspec.Struct, frozen=True):
    """End the stream that the client is reading with an error it can see."""

    error: MeshError


Command: TypeAlias = Open | Abort | Blame | Commit | Finish | Reject | Refuse | Break
Commands: TypeAlias = tuple[Command, ...]

_ABORT = Abort()
_COMMIT = (Commit(),)
_FINISH = (Finish(),)

_NEVER = float("inf")


class Phase(Enum):
    """Where the request stands."""

    NEW = auto()
    PAUSING = auto()
    OPENING = auto()
    WAITING = auto()
    FLOWING = auto()
    ENDED = auto()


# Phases in which no endpoint is at work.
_NOT_ASKING = frozenset((Phase.NEW, Phase.PAUSING, Phase.ENDED))

# What the expiry of each phase's own deadline means.
_EXPIRED: dict[Phase, Failure] = {
    Phase.OPENING: Failure.CONNECT_TIMEOUT,
    Phase.WAITING: Failure.SILENT,
    Phase.FLOWING: Failure.STALLED,
}


class Attempts:
    """The machine of one request. Instants are monotonic seconds.

    After each event the shell acts on the commands, in order, and sees to it that `alarm` is called
    at `due_s`; too early does no harm. An event that makes no sense in the present phase changes
    nothing: the shell's callbacks may come late, and a late one must not do harm.

    count: how often an endpoint was asked. index: the step asked last. endpoint: of that step.
    outcome: set once, at the end.
    """

    __slots__ = (
        "_attempts_max",
        "_blames",
        "_budget",
        "_fresh",
        "_patience",
        "_since_s",
        "_start_s",
        "_steps",
        "count",
        "endpoint",
        "index",
        "outcome",
        "phase",
    )

    def __init__(
        self,
        steps: Sequence[Step],
        patience: Patience,
        budget: RetryBudget,
        attempts_max: int = ATTEMPTS_MAX,
    ) -> None:
        self._steps = steps
        self._attempts_max = attempts_max
        self._patience = patience
        self._budget = budget
        self._fresh = False
        self._blames: list[Blame] = []
        self._start_s = 0.0
        # The instant from which the present phase's deadline counts.
        self._since_s = 0.0
        self.phase = Phase.NEW
        self.count = 0
        self.index = 0
        self.endpoint: str | None = None
        self.outcome: Outcome | None = None

    @property
    def due_s(self) -> float:
        """Return the instant at which the present phase has taken too long."""
        phase, patience = self.phase, self._patience
        if phase is Phase.ENDED:
            return _NEVER
        if phase is Phase.FLOWING:
            wait_s = patience.stall_s
        elif phase is Phase.WAITING:
            wait_s = self._steps[self.index].first_content_s or patience.first_content_s
        elif phase is Phase.PAUSING:
            wait_s = self._steps[self.index].wait_s
        else:
            wait_s = patience.connect_s
        return min(self._since_s + wait_s, self._start_s + patience.total_s)

    def start(self, now_s: float) -> Commands:
        """Begin with the first endpoint of the plan."""
        if self.phase is not Phase.NEW:
            return ()
        self._start_s = now_s
        self._budget.deposit()
        if not self._steps:
            error = Unavailable("no endpoint of this model can be used from here at present")
            return self._end(Outcome.FAILED, (Refuse(error),))
        return self._open(now_s)

    def sent(self, now_s: float) -> None:
        """The request has been written to a connection."""
        if self.phase is Phase.OPENING:
            self.phase = Phase.WAITING
            self._since_s = now_s

    def content(self, now_s: float) -> Commands:
        """The first content has come: for an answer that is not streamed, all of it."""
        if self.phase is not Phase.WAITING:
            return ()
        self.phase = Phase.FLOWING
        self._since_s = now_s
        return _COMMIT

    def progress(self, now_s: float) -> None:
        """More has come, or the client is what everything waits for."""
        if self.phase is Phase.FLOWING:
            self._since_s = now_s

    def ended(self) -> Commands:
        """The answer's terminal event has come."""
        return self._end(Outcome.OK, _FINISH) if self.phase is Phase.FLOWING else ()

    def failed(
        self, failure: Failure, now_s: float, retry_after_s: float | None = None
    ) -> Commands:
        """The attempt has failed."""
        phase = self.phase
        if phase in _NOT_ASKING or self.endpoint is None:
            return ()
        if failure is Failure.STALE:
            if phase is not Phase.FLOWING and not self._fresh:
                self._fresh = True
                self.phase = Phase.OPENING
                self._since_s = now_s
                return (_ABORT, Open(self.endpoint, fresh=True))
            # A connection dialled for this request cannot have been closed while idle.
            failure = Failure.RESET
        if failure is Failure.CALLER and phase is not Phase.FLOWING:
            return self._rejected(now_s)
        blame = Blame(self.endpoint, failure, retry_after_s)
        self._blames.append(blame)
        if phase is Phase.FLOWING:
            error = _error_of(failure, f"the answer broke off: {_clause(blame)}")
            return self._end(Outcome.BROKEN, (_ABORT, blame, Break(error)))
        return (_ABORT, blame, *self._go_on(failure, now_s))

    def _rejected(self, now_s: float) -> Commands:
        """Go on with another of the client's requests, if it gave several: this one is wrong."""
        steps, asked = self._steps, self._steps[self.index].alternative
        later = (i for i in range(self.index, len(steps)) if steps[i].alternative != asked)
        index = next(later, None)
        if index is None or self.count >= self._attempts_max:
            return self._end(Outcome.REJECTED, (_ABORT, Reject()))
        self.index = index
        return (_ABORT, *self._open(now_s))

    def alarm(self, now_s: float) -> Commands:
        """Some time has passed: act on it, if the present phase has taken too long."""
        if self.phase in (Phase.NEW, Phase.ENDED) or now_s < self.due_s:
            return ()
        if now_s < self._start_s + self._patience.total_s:
            if self.phase is Phase.PAUSING:
                return self._open(now_s)
            return self.failed(_EXPIRED[self.phase], now_s)
        error = UpstreamTimeout(f"the request took longer than {self._patience.total_s:g} s")
        if self.phase is Phase.FLOWING:
            return self._end(Outcome.BROKEN, (_ABORT, Break(error)))
        return self._end(Outcome.FAILED, (_ABORT, Refuse(error, retry=False)))

    def client_gone(self) -> Commands:
        """The client has left; nobody waits for an answer."""
        return () if self.phase is Phase.ENDED else self._end(Outcome.CANCELED, (_ABORT,))

    def _go_on(self, failure: Failure, now_s: float) -> Commands:
        """Open the next step that may do better, or refuse when there is none that may be asked."""
        steps, index, unfit = self._steps, self.index + 1, failure is Failure.UNFIT
        if not MEANINGS[failure].of_key:
            while index < len(steps) and self._is_same(steps[index]):
                index += 1
        # To what is unfit nothing was sent.
        self.count -= unfit
        spent = self.count >= self._attempts_max
        if not spent and index < len(steps):
            if unfit or self._budget.withdraw(now_s):
                self.index = index
                return self._pause(now_s) if steps[index].wait_s else self._open(now_s)
            spent = True
        error = self._last_error()
        if error is None:
            return self._end(Outcome.REJECTED, (Reject(),))
        return self._end(Outcome.FAILED, (Refuse(error, retry=not spent),))

    def _is_same(self, step: Step) -> bool:
        return step.endpoint == self.endpoint and not step.again

    def _pause(self, now_s: float) -> Commands:
        self.phase = Phase.PAUSING
        self._since_s = now_s
        return ()

    def _open(self, now_s: float) -> Commands:
        self.endpoint = endpoint = self._steps[self.index].endpoint
        self.count += 1
        self._fresh = False
        self.phase = Phase.OPENING
        self._since_s = now_s
        return (Open(endpoint),)

    def _end(self, outcome: Outcome, last: Commands) -> Commands:
        self.phase = Phase.ENDED
        self.outcome = outcome
        return last

    def _last_error(self) -> MeshError | None:
        """Return what the endpoints asked have failed with; None if none could be asked."""
        blames = [b for b in self._blames if b.failure is not Failure.UNFIT]
        if not blames:
            return None
        last = blames[-1]
        tried = "1 endpoint" if len(blames) == 1 else f"{len(blames)} endpoints"
        waits = [b.retry_after_s for b in blames if b.retry_after_s is not None]
        return _error_of(
            last.failure,
            f"no answer could be had from {tried}; the last: {_clause(last)}",
            min(waits, default=None),
        )


def _clause(blame: Blame) -> str:
    return f"endpoint '{blame.endpoint}' {MEANINGS[blame.failure].words}"


def _error_of(failure: Failure, message: str, retry_after_s: float | None = None) -> MeshError:
    kind = _KINDS.get(MEANINGS[failure].status, UpstreamFailed)
    return kind(message, retry_after_s=retry_after_s)


_KINDS: dict[int, type[UpstreamFailed]] = {
    kind.status: kind for kind in (UpstreamRateLimited, UpstreamOverloaded, UpstreamTimeout)
}
