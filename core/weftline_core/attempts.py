"""One request's attempts: events in, commands out.

The machine tries the endpoints of a plan in order, one at a time, until one of them sends content.
From then on there is no other endpoint for this request: what the client has begun to read is
never switched in silence. It never waits: an endpoint that asks for patience is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from weftline_core.errors import (
    MeshError,
    Unavailable,
    UpstreamFailed,
    UpstreamOverloaded,
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


@dataclass(frozen=True, slots=True)
class Open:
    """Send the request to `endpoint`; on a connection dialled anew if `fresh`."""

    endpoint: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Abort:
    """Drop the connection that carries the attempt, unless its answer is already whole."""


@dataclass(frozen=True, slots=True)
class Blame:
    """Note the endpoint's failure, for health and for the next plan."""

    endpoint: str
    failure: Failure
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """Let the answer go to the client: from here there is no way back."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The answer is whole."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Pass on the endpoint's own verdict that the request is wrong."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error status; `retry` is False when a client's retry would only add load."""

    error: MeshError
    retry: bool = True


@dataclass(frozen=True, slots=True)
class Break:
    """End the stream that the client is reading with an error it can see."""

    error: MeshError


@dataclass(frozen=True, slots=True)
class Alarm:
    """Call `alarm` at this instant, and forget any earlier wish."""

    at_s: float


Command: TypeAlias = Open | Abort | Blame | Commit | Finish | Reject | Refuse | Break | Alarm


class Phase(Enum):
    """Where the request stands."""

    NEW = auto()
    OPENING = auto()
    WAITING = auto()
    FLOWING = auto()
    ENDED = auto()


# What the expiry of each phase's own deadline means.
_EXPIRED: dict[Phase, Failure] = {
    Phase.OPENING: Failure.CONNECT_TIMEOUT,
    Phase.WAITING: Failure.SILENT,
    Phase.FLOWING: Failure.STALLED,
}


class Attempts:
    """The machine of one request. Instants are monotonic seconds.

    An event that makes no sense in the present phase changes nothing: the shell's callbacks may
    come late, and a late one must not do harm.

    count: endpoints asked. endpoint: the one asked last. outcome: set once, at the end.
    """

    __slots__ = (
        "_alarm_s",
        "_blames",
        "_budget",
        "_fresh",
        "_next",
        "_patience",
        "_since_s",
        "_start_s",
        "_steps",
        "endpoint",
        "outcome",
        "phase",
    )

    def __init__(self, steps: Sequence[str], patience: Patience, budget: RetryBudget) -> None:
        self._steps = steps[:ATTEMPTS_MAX]
        self._patience = patience
        self._budget = budget
        self._next = 0
        self._fresh = False
        self._blames: list[Blame] = []
        self._start_s = 0.0
        # The instant from which the present phase's deadline counts.
        self._since_s = 0.0
        self._alarm_s = float("inf")
        self.phase = Phase.NEW
        self.endpoint: str | None = None
        self.outcome: Outcome | None = None

    @property
    def count(self) -> int:
        """Return how many endpoints have been asked."""
        return self._next

    @property
    def due_s(self) -> float:
        """Return the instant at which the present phase has taken too long."""
        return min(self._since_s + self._wait_s(), self._start_s + self._patience.total_s)

    def start(self, now_s: float) -> list[Command]:
        """Begin with the first endpoint of the plan."""
        if self.phase is not Phase.NEW:
            return []
        self._start_s = now_s
        self._budget.deposit()
        if not self._steps:
            error = Unavailable("no endpoint of this model can be used from here at present")
            return self._end(Outcome.FAILED, Refuse(error))
        return self._open(now_s)

    def sent(self, now_s: float) -> list[Command]:
        """The request has been written to a connection."""
        if self.phase is not Phase.OPENING:
            return []
        return self._enter(Phase.WAITING, now_s)

    def content(self, now_s: float) -> list[Command]:
        """The first content has come: for an answer that is not streamed, all of it."""
        if self.phase is not Phase.WAITING:
            return []
        return [Commit(), *self._enter(Phase.FLOWING, now_s)]

    def progress(self, now_s: float) -> None:
        """More has come, or the client is what everything waits for."""
        if self.phase is Phase.FLOWING:
            self._since_s = now_s

    def ended(self) -> list[Command]:
        """The answer's terminal event has come."""
        if self.phase is not Phase.FLOWING:
            return []
        return self._end(Outcome.OK, Finish())

    def failed(
        self, failure: Failure, now_s: float, retry_after_s: float | None = None
    ) -> list[Command]:
        """The attempt has failed."""
        if self.phase in (Phase.NEW, Phase.ENDED) or self.endpoint is None:
            return []
        if failure is Failure.STALE:
            if self.phase is not Phase.FLOWING and not self._fresh:
                self._fresh = True
                again = Open(self.endpoint, fresh=True)
                return [Abort(), again, *self._enter(Phase.OPENING, now_s)]
            # A connection dialled for this request cannot have been closed while idle.
            failure = Failure.RESET
        if failure is Failure.CALLER and self.phase is not Phase.FLOWING:
            return [Abort(), *self._end(Outcome.REJECTED, Reject())]
        blame = Blame(self.endpoint, failure, retry_after_s)
        self._blames.append(blame)
        if self.phase is Phase.FLOWING:
            error = _error_of(failure, f"the answer broke off: {_clause(blame)}")
            return [Abort(), blame, *self._end(Outcome.BROKEN, Break(error))]
        return [Abort(), blame, *self._go_on(now_s)]

    def alarm(self, now_s: float) -> list[Command]:
        """The instant of the last `Alarm` has come."""
        if self.phase in (Phase.NEW, Phase.ENDED):
            return []
        self._alarm_s = float("inf")
        if now_s < self.due_s:
            return self._set_alarm()
        if now_s < self._start_s + self._patience.total_s:
            return self.failed(_EXPIRED[self.phase], now_s)
        error = UpstreamTimeout(f"the request took longer than {self._patience.total_s:g} s")
        if self.phase is Phase.FLOWING:
            return [Abort(), *self._end(Outcome.BROKEN, Break(error))]
        return [Abort(), *self._end(Outcome.FAILED, Refuse(error, retry=False))]

    def client_gone(self) -> list[Command]:
        """The client has left; nobody waits for an answer."""
        if self.phase is Phase.ENDED:
            return []
        return [Abort(), *self._end(Outcome.CANCELED)]

    def _go_on(self, now_s: float) -> list[Command]:
        """Open the next endpoint, or refuse when there is none that may be asked."""
        spent = self._next >= ATTEMPTS_MAX
        if not spent and self._next < len(self._steps):
            if self._budget.withdraw(now_s):
                return self._open(now_s)
            spent = True
        return self._end(Outcome.FAILED, Refuse(self._last_error(), retry=not spent))

    def _open(self, now_s: float) -> list[Command]:
        self.endpoint = self._steps[self._next]
        self._next += 1
        self._fresh = False
        return [Open(self.endpoint), *self._enter(Phase.OPENING, now_s)]

    def _enter(self, phase: Phase, now_s: float) -> list[Command]:
        self.phase = phase
        self._since_s = now_s
        return self._set_alarm()

    def _set_alarm(self) -> list[Command]:
        # An alarm that rings too early costs one more call; only a sooner one is worth asking for.
        due_s = self.due_s
        if due_s >= self._alarm_s:
            return []
        self._alarm_s = due_s
        return [Alarm(due_s)]

    def _wait_s(self) -> float:
        if self.phase is Phase.OPENING:
            return self._patience.connect_s
        if self.phase is Phase.WAITING:
            return self._patience.first_content_s
        return self._patience.stall_s

    def _end(self, outcome: Outcome, *commands: Command) -> list[Command]:
        self.phase = Phase.ENDED
        self.outcome = outcome
        return list(commands)

    def _last_error(self) -> MeshError:
        last = self._blames[-1]
        tried = "1 endpoint" if len(self._blames) == 1 else f"{len(self._blames)} endpoints"
        waits = [b.retry_after_s for b in self._blames if b.retry_after_s is not None]
        return _error_of(
            last.failure,
            f"no answer could be had from {tried}; the last: {_clause(last)}",
            min(waits, default=None),
        )


def _clause(blame: Blame) -> str:
    return f"endpoint '{blame.endpoint}' {MEANINGS[blame.failure].words}"


def _error_of(failure: Failure, message: str, retry_after_s: float | None = None) -> MeshError:
    kind = {503: UpstreamOverloaded, 504: UpstreamTimeout}.get(
        MEANINGS[failure].status, UpstreamFailed
    )
    return kind(message, retry_after_s=retry_after_s)
