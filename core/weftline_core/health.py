"""Health of one endpoint as one PoP sees it: a table of moves, and the clockwork around it.

UP takes requests. DOWN takes none until its back-off is over or a probe finds it again. PROBATION
lets one request through, and its outcome decides.

A probe only shows that an endpoint can be reached. So a probe's answer cures what a probe can see
(refused, unreachable), never a string of failed requests; and a slow probe never outweighs a
request that was served a moment ago.
"""

from enum import Enum, auto
from zlib import crc32

from weftline_core.failures import MEANINGS, Failure
from weftline_core.rows import EndpointState

# Failures in a row that bring an endpoint down while it also serves: at 5 % of failures, two in a
# row come every 400 requests and three every 8,000. Envoy and finagle wait for 5.
STREAK_MAX = 3

# Failed requests in a row that do so when nothing was served lately. A dead endpoint may cost 2 of
# 20 requests a detour.
QUIET_STREAK_MAX = 2
QUIET_S = 1.0

# Evidence that needs no second opinion: nobody listens there.
HARD = frozenset({Failure.REFUSED, Failure.UNREACHABLE})

# What an answered probe disproves.
REACHABILITY = HARD | {Failure.CONNECT_TIMEOUT}

# Failures that may say for how long to stay away.
COOLING = frozenset({Failure.OVERLOADED, Failure.RATE_LIMITED, Failure.QUOTA})

# The official SDKs obey a Retry-After of up to 120 s; a longer one is an outage or a mistake, and
# is better tested than believed.
COOL_S_MAX = 120.0

# First stay in DOWN, doubled with each relapse. A restarting engine is back after seconds to
# minutes, and one request a minute is a fair price to find out.
BACKOFF_S = 1.0
BACKOFF_S_MAX = 60.0

# Relapses counted at most: 2**16 s is far beyond the cap, and a float has room for it.
RELAPSES_MAX = 16

# The share of a back-off that differs from PoP to PoP, so that they don't all return at once.
BACKOFF_JITTER = 0.25

# Good conduct after which relapses are forgotten: as long as the longest back-off.
FORGIVE_S = 60.0

# For how long an answer to a request outweighs a slow probe: a few probe intervals.
PROBE_DOUBT_S = 5.0

# Where a probe can tell that an endpoint is back, no client is sent to try while probes go on and
# fail. They come about once a second; after three that did not come, clients are the probes again.
PROBED_S = 3.5


class Seen(Enum):
    """What may happen to an endpoint, as far as its health is concerned."""

    SERVED = auto()
    REACHED = auto()
    FAILED = auto()
    STRUCK = auto()
    WAITED = auto()


UP, PROBATION, DOWN = EndpointState.UP, EndpointState.PROBATION, EndpointState.DOWN

# SERVED: a request was answered. REACHED: a probe answered, where that was the doubt. FAILED: one
# failure, tolerated. STRUCK: one too many, or hard evidence. WAITED: the back-off is over.
MOVES: dict[tuple[EndpointState, Seen], EndpointState] = {
    (UP, Seen.SERVED): UP,
    (UP, Seen.REACHED): UP,
    (UP, Seen.FAILED): UP,
    (UP, Seen.STRUCK): DOWN,
    (DOWN, Seen.SERVED): UP,
    (DOWN, Seen.REACHED): PROBATION,
    (DOWN, Seen.FAILED): DOWN,
    (DOWN, Seen.STRUCK): DOWN,
    (DOWN, Seen.WAITED): PROBATION,
    (PROBATION, Seen.SERVED): UP,
    (PROBATION, Seen.REACHED): UP,
    (PROBATION, Seen.FAILED): DOWN,
    (PROBATION, Seen.STRUCK): DOWN,
}


class Health:
    """The machine of one endpoint. `salt` names PoP and endpoint, to spread the back-offs.

    cause: the failure that counted last, or None after a success. streak: failures in a row.
    cooling: DOWN because the endpoint itself asked for a pause.
    """

    __slots__ = (
        "_at",
        "_probe_cures",
        "_relapses",
        "_salt",
        "_served_at_s",
        "_trial",
        "_up_since_s",
        "cause",
        "cooling",
        "failed_at_s",
        "retry_at_s",
        "streak",
    )

    def __init__(self, salt: str) -> None:
        self.cause: Failure | None = None
        self.cooling = False
        self.failed_at_s = 0.0
        self.retry_at_s = 0.0
        self.streak = 0
        self._at = UP
        self._probe_cures = False
        self._relapses = 0
        self._salt = salt
        self._served_at_s = float("-inf")
        self._trial = False
        self._up_since_s = float("-inf")

    def state(self, now_s: float) -> EndpointState:
        """Return the state at an instant."""
        if self._at is DOWN and now_s >= self.retry_at_s:
            return PROBATION
        return self._at

    def admits(self, now_s: float) -> bool:
        """Return whether a request may go there: UP, or on probation with no trial under way."""
        if self._at is UP:
            return True
        return not self._trial and self.state(now_s) is PROBATION

    def began(self, now_s: float) -> None:
        """Note a request on its way; outside UP it is the trial."""
        self._settle(now_s)
        if self._at is not UP:
            self._trial = True

    def ended(self) -> None:
        """Note a request's end; a trial that ended without a verdict makes room for another."""
        self._trial = False

    def served(self, now_s: float, *, whole: bool) -> None:
        """Note an answer: its first content, or with `whole` its proper end.

        First content lifts a probation, but only whole answers clear the record: an endpoint that
        cuts every answer short must come down in the end.
        """
        self._settle(now_s)
        self._served_at_s = now_s
        if self._at is DOWN and (self.cooling or not self._trial):
            return  # An old stream that ends well says nothing about new requests.
        if self._at is not UP:
            self._move(Seen.SERVED, now_s)
            self.streak = STREAK_MAX - 1
        if whole:
            self._clear()

    def reached(self, now_s: float) -> None:
        """Note that a probe was answered."""
        self._settle(now_s)
        if not self._probe_cures or self.cooling:
            return
        self._move(Seen.REACHED, now_s)
        if self._at is UP:
            self._clear()

    def failed(self, failure: Failure, now_s: float, retry_after_s: float | None = None) -> None:
        """Note a request's failure; one that is not the endpoint's fault changes nothing."""
        if MEANINGS[failure].hurts:
            pause_s = retry_after_s if failure in COOLING else None
            self._hurt(failure, now_s, pause_s, probe=False)

    def missed(self, failure: Failure, now_s: float) -> None:
        """Note a probe's failure. Unless hard it is ignored while requests are being served, so
        that a busy endpoint isn't brought down by slow probes.
        """
        if failure not in HARD and now_s - self._served_at_s < PROBE_DOUBT_S:
            return
        self._hurt(failure, now_s, None, probe=True)

    def _hurt(self, failure: Failure, now_s: float, pause_s: float | None, *, probe: bool) -> None:
        self._settle(now_s)
        was = self._at
        self.cause = failure
        self.failed_at_s = now_s
        self.streak += 1
        # A slow probe while DOWN for bad answers must not make those curable by a probe; a refused
        # one may, because what listens there afterwards is a new process.
        if was is not DOWN or failure in HARD:
            self._probe_cures = probe or failure in REACHABILITY
        quiet = not probe and now_s - self._served_at_s >= QUIET_S
        enough = self.streak >= (QUIET_STREAK_MAX if quiet else STREAK_MAX)
        struck = enough or failure in HARD or pause_s is not None
        self._move(Seen.STRUCK if struck else Seen.FAILED, now_s)
        if pause_s is not None:
            self._cool(now_s, pause_s)
        elif self._at is was is DOWN and probe and self._probe_cures:
            self.retry_at_s = max(self.retry_at_s, now_s + PROBED_S)
        elif self._at is not was:
            if was is UP and now_s - self._up_since_s >= FORGIVE_S:
                self._relapses = 0
            self._back_off(now_s)

    def _settle(self, now_s: float) -> None:
        """Let the back-off run out, if its time has come."""
        if self._at is DOWN and now_s >= self.retry_at_s:
            self._move(Seen.WAITED, now_s)

    def _move(self, seen: Seen, now_s: float) -> None:
        was, self._at = self._at, MOVES[self._at, seen]
        if self._at is was:
            return
        self.cooling = False
        if self._at is not PROBATION:
            self._trial = False
        if self._at is UP:
            self._up_since_s = now_s

    def _cool(self, now_s: float, pause_s: float) -> None:
        until_s = now_s + (min(pause_s, COOL_S_MAX) if pause_s > 0.0 else 0.0)
        self.retry_at_s = max(until_s, self.retry_at_s) if self.cooling else until_s
        self.cooling = True

    def _back_off(self, now_s: float) -> None:
        full_s = min(BACKOFF_S * 2.0**self._relapses, BACKOFF_S_MAX)
        drawn = crc32(f"{self._salt}#{self._relapses}".encode()) / 2**32
        self.retry_at_s = now_s + full_s * (1.0 - BACKOFF_JITTER * drawn)
        self._relapses = min(self._relapses + 1, RELAPSES_MAX)

    def _clear(self) -> None:
        self.cause = None
        self.streak = 0
        self._probe_cures = False
