"""What the other PoPs say about one endpoint, boiled down so that no single voice weighs much.

A neighbour may be wrong, stale or taken over. So its counts are clamped to what is possible, its
delays are bounds and votes rather than values, and all of it yields to fresh measurements of our
own (see `weftline_core.estimate`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from weftline_core.ids import NodeId
from weftline_core.rows import EndpointState, Row

# A delay beyond a minute is not a measurement.
DELAY_MS_MAX = 60_000.0

# DOWN from this many PoPs, and from most of those heard, is believed when nothing fresh of our own
# says otherwise. One PoP alone may only have lost its own path.
DOWNS_MIN = 2


class Hearsay(NamedTuple):
    """A digest of the neighbours' rows for one endpoint.

    voices: rows heard. downs: how many of them say DOWN. in_flight: their requests, each PoP's
    clamped to the endpoint's slots, so that one alone can fill it but never queue it. rtt_low_ms,
    rtt_high_ms: the triangle's bounds on our own round trip. services_ms: their first-content
    times without the network, sorted.
    """

    voices: int = 0
    downs: int = 0
    in_flight: int = 0
    rtt_low_ms: float = 0.0
    rtt_high_ms: float | None = None
    services_ms: tuple[float, ...] = ()

    def says_down(self) -> bool:
        """Return whether several PoPs, and most of them, say that the endpoint is down."""
        return self.downs >= DOWNS_MIN and 2 * self.downs > self.voices

    def service_ms(self, typical_ms: float) -> float:
        """Return the middle of the neighbours' times and of what is typical; of two, the lower: a
        lone voice can praise, which is soon tested, but not condemn, which never would be.
        """
        votes = sorted((*self.services_ms, typical_ms))
        return votes[(len(votes) - 1) // 2]

    def rtt_ms(self, guess_ms: float | None) -> float | None:
        """Return our round trip as far as the neighbours' bound it, or the guess if they don't."""
        if self.rtt_high_ms is None:
            return guess_ms
        if guess_ms is None:
            return self.rtt_high_ms
        return min(max(guess_ms, self.rtt_low_ms), self.rtt_high_ms)


SILENCE = Hearsay()


def listen(rows: Sequence[Row], slots: int, rtt_to_ms: Callable[[NodeId], float | None]) -> Hearsay:
    """Return the digest of the neighbours' rows for one endpoint.

    rtt_to_ms: the round trip from here to another PoP, or None if unknown.
    """
    if not rows:
        return SILENCE
    low_ms, high_ms = _bounds(rows, rtt_to_ms)
    return Hearsay(
        voices=len(rows),
        downs=sum(row.state is EndpointState.DOWN for row in rows),
        in_flight=sum(min(max(row.in_flight, 0), slots) for row in rows),
        rtt_low_ms=low_ms,
        rtt_high_ms=high_ms,
        services_ms=tuple(sorted(_services_ms(rows))),
    )


def _bounds(
    rows: Iterable[Row], rtt_to_ms: Callable[[NodeId], float | None]
) -> tuple[float, float | None]:
    low_ms, high_ms = 0.0, None
    for row in rows:
        between_ms = rtt_to_ms(row.pop)
        if between_ms is None or row.rtt_ms is None or not 0.0 <= row.rtt_ms <= DELAY_MS_MAX:
            continue
        low_ms = max(low_ms, abs(row.rtt_ms - between_ms))
        over_ms = row.rtt_ms + between_ms
        high_ms = over_ms if high_ms is None else min(high_ms, over_ms)
    # Bounds that contradict each other come from guesses that are off; the upper one is a path
    # that exists.
    return (low_ms if high_ms is None else min(low_ms, high_ms)), high_ms


def _services_ms(rows: Iterable[Row]) -> Iterable[float]:
    for row in rows:
        if row.ttft_ms is not None and 0.0 <= row.ttft_ms <= DELAY_MS_MAX:
            # A row is what a stranger sent: its round trip may be any number.
            yield row.ttft_ms - min(max(0.0, row.rtt_ms or 0.0), row.ttft_ms)
