"""What this PoP itself has measured of every endpoint: the base of its choices and of its gossip.

The data path and the prober write here; routing reads entries in place, gossip reads rows.
"""

from collections.abc import Collection
from dataclasses import replace
from math import exp

from weftline_core.failures import MEANINGS, Failure
from weftline_core.health import Health
from weftline_core.ids import EndpointId, NodeId
from weftline_core.latency import PeakEwma, RttWindow
from weftline_core.limits import CONNECT_WAIT_S
from weftline_core.rows import EndpointState, Row

# One outcome's weight in the error rate, and how fast the rate fades when nothing happens.
ERROR_WEIGHT = 0.1
ERROR_DECAY_S = 30.0

# What a failed attempt costs the client before the next one is tried, by kind. A silent endpoint
# costs seconds; the bound keeps one such failure from outweighing any distance for ever.
LOST_MS = 250.0
LOST_MS_BY: dict[Failure, float] = {
    Failure.REFUSED: 1.0,
    Failure.CONNECT_TIMEOUT: CONNECT_WAIT_S * 1000.0,
    Failure.SILENT: 2000.0,
    Failure.STALLED: 2000.0,
}

# How fast the fear of a repeated failure fades: the probes of this time will have shown more.
RISK_DECAY_S = 2.0

# A measurement that nobody repeated for this long is no longer told to others.
TOLD_S = 120.0

# Smaller changes of a delay are not worth a packet.
RTT_CHANGE = 0.05
TTFT_CHANGE = 0.10
DELAY_CHANGE_MS = 0.2


class Entry:
    """This PoP's measurements of one endpoint, to be read at an instant.

    good_at_s: when it last proved alive, by an answer or a probe. began_at_s: when a request was
    last sent.
    """

    __slots__ = (
        "_error_at_s",
        "_error_rate",
        "began_at_s",
        "good_at_s",
        "health",
        "in_flight",
        "rtt",
        "ttft",
    )

    def __init__(self, salt: str) -> None:
        self.health = Health(salt)
        self.rtt = RttWindow()
        self.ttft = PeakEwma()
        self.in_flight = 0
        self.began_at_s = float("-inf")
        self.good_at_s = float("-inf")
        self._error_rate = 0.0
        self._error_at_s = 0.0

    def error_rate(self, now_s: float) -> float:
        """Return the recent share of failed requests, in [0, 1]."""
        return self._error_rate * exp(min(0.0, (self._error_at_s - now_s) / ERROR_DECAY_S))

    def outcome(self, now_s: float, *, failed: bool) -> None:
        """Count one request into the error rate."""
        rate = self.error_rate(now_s)
        self._error_rate = rate + ERROR_WEIGHT * (float(failed) - rate)
        self._error_at_s = now_s

    def risk_ms(self, now_s: float) -> float:
        """Return what a client must expect to lose here, after failures without a success since:
        each halves the trust that is left.
        """
        health = self.health
        if not health.streak or health.cause is None:
            return 0.0
        lost_ms = LOST_MS_BY.get(health.cause, LOST_MS)
        fear = 1.0 - 0.5**health.streak
        return lost_ms * fear * exp(min(0.0, (health.failed_at_s - now_s) / RISK_DECAY_S))

    def awaits_first(self) -> bool:
        """Return whether a request sent after the last first content is still out: the answer that
        would correct an old estimate is on its way.
        """
        return self.in_flight > 0 and self.began_at_s > self.ttft.at_s


class Book:
    """This PoP's entries.

    epoch: where row versions begin; a later start of the same PoP must have a higher one, such as
    its start in wall-clock milliseconds shifted left by 20 bits (a million changes each
    millisecond).
    """

    def __init__(self, pop: NodeId, epoch: int = 0) -> None:
        self._pop = pop
        self._version = epoch
        self._entries: dict[str, Entry] = {}
        self._told: dict[str, Row] = {}
        self._draining: frozenset[str] = frozenset()

    def entry(self, endpoint: str) -> Entry | None:
        """Return the live entry, or None for an endpoint never tried."""
        return self._entries.get(endpoint)

    def began(self, endpoint: str, now_s: float) -> None:
        """Note a request about to be sent."""
        entry = self._of(endpoint)
        entry.in_flight += 1
        entry.began_at_s = now_s
        entry.health.began(now_s)

    def first_content(self, endpoint: str, ttft_ms: float, now_s: float) -> None:
        """Note the first content of an answer, `ttft_ms` after the request was sent."""
        entry = self._of(endpoint)
        entry.ttft.add(ttft_ms, now_s)
        entry.good_at_s = now_s
        entry.health.served(now_s, whole=False)

    def succeeded(self, endpoint: str, now_s: float) -> None:
        """Note that an answer came to its proper end."""
        entry = self._of(endpoint)
        entry.good_at_s = now_s
        entry.outcome(now_s, failed=False)
        entry.health.served(now_s, whole=True)

    def failed(
        self, endpoint: str, failure: Failure, now_s: float, retry_after_s: float | None = None
    ) -> None:
        """Note that a request failed there, and how."""
        entry = self._of(endpoint)
        entry.health.failed(failure, now_s, retry_after_s)
        if MEANINGS[failure].hurts:
            entry.outcome(now_s, failed=True)

    def ended(self, endpoint: str) -> None:
        """Note the end of a request, however it ended; exactly one for each `began`."""
        entry = self._entries.get(endpoint)
        if entry is not None and entry.in_flight > 0:
            entry.in_flight -= 1
            entry.health.ended()

    def rtt(self, endpoint: str, rtt_ms: float, now_s: float) -> None:
        """Note one network round trip."""
        self._of(endpoint).rtt.add(rtt_ms, now_s)

    def reached(self, endpoint: str, now_s: float) -> None:
        """Note that a probe was answered, with whatever status."""
        entry = self._of(endpoint)
        entry.good_at_s = now_s
        entry.health.reached(now_s)

    def missed(self, endpoint: str, failure: Failure, now_s: float) -> None:
        """Note that a probe was not answered, and why."""
        self._of(endpoint).health.missed(failure, now_s)

    def state(self, endpoint: str, now_s: float) -> EndpointState:
        """Return the endpoint's health; one never tried is UP, else nobody would try it."""
        entry = self._entries.get(endpoint)
        return EndpointState.UP if entry is None else entry.health.state(now_s)

    def drain(self, endpoints: Collection[str]) -> None:
        """Tell from now on of these endpoints, and no others, that the operator empties them,
        whatever their health.
        """
        self._draining = frozenset(endpoints)

    def rows(self, now_s: float) -> list[Row]:
        """Return one row for each endpoint touched; a version grows only when its content did."""
        return [self._row(name, entry, now_s) for name, entry in self._entries.items()]

    def forget(self, except_for: Collection[str]) -> None:
        """Drop the entries of endpoints that are gone; one with requests in flight stays until a
        later call.
        """
        for name, entry in list(self._entries.items()):
            if name not in except_for and not entry.in_flight:
                del self._entries[name]
                self._told.pop(name, None)

    def _of(self, endpoint: str) -> Entry:
        entry = self._entries.get(endpoint)
        if entry is None:
            entry = self._entries[endpoint] = Entry(f"{self._pop}/{endpoint}")
        return entry

    def _row(self, name: str, entry: Entry, now_s: float) -> Row:
        told = self._told.get(name)
        row = Row(
            pop=self._pop,
            endpoint=EndpointId(name),
            version=self._version if told is None else told.version,
            state=EndpointState.DRAINING if name in self._draining else entry.health.state(now_s),
            rtt_ms=_told_ms(entry.rtt.rtt_ms, entry.rtt.at_s, now_s),
            ttft_ms=_told_ms(entry.ttft.value_ms, entry.ttft.at_s, now_s),
            in_flight=entry.in_flight,
            error_rate=round(entry.error_rate(now_s), 2),
        )
        if told is not None:
            row = replace(
                row,
                rtt_ms=_kept(told.rtt_ms, row.rtt_ms, RTT_CHANGE),
                ttft_ms=_kept(told.ttft_ms, row.ttft_ms, TTFT_CHANGE),
            )
            if row == told:
                return told
        self._version += 1
        self._told[name] = row = replace(row, version=self._version)
        return row


def _told_ms(value_ms: float | None, at_s: float, now_s: float) -> float | None:
    """Return a delay as told to others, or None if it is too old to tell."""
    return None if value_ms is None or now_s - at_s > TOLD_S else round(value_ms, 1)


def _kept(told_ms: float | None, new_ms: float | None, change: float) -> float | None:
    """Return the delay told before, if the new one is close to it."""
    if told_ms is None or new_ms is None:
        return new_ms
    return told_ms if abs(new_ms - told_ms) <= max(DELAY_CHANGE_MS, change * told_ms) else new_ms
