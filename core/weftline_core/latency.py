"""Two ways to keep a delay: one reacts to trouble, one sees through it.

Time to first content must react at once, so `PeakEwma` rises fast and falls slowly. A round trip
must not react to a busy server, so `RttWindow` believes the lower half of what it saw. Both are
read at an instant, and a read changes nothing.
"""

from collections import deque
from math import exp

# How fast an old sample gives way to new ones, and how soon an unrepeated one stops counting.
# Finagle and linkerd decay over 10 s; it is also about how long a slow episode of an engine lasts.
DECAY_S = 10.0

# The weight of one sample: a rise counts half at once (finagle takes it whole, but one long prompt
# is not yet an outage), a fall an eighth, so that two slow answers turn traffic away and about
# ten fast ones bring it back.
RISE_WEIGHT = 0.5
FALL_WEIGHT = 0.125

# Twelve minima of 5 s make the minute over which a round trip is judged: long enough to see
# through queues, short enough to follow a changed route within half of it.
RTT_BUCKET_S = 5.0
RTT_BUCKETS = 12


class PeakEwma:
    """A time-decayed mean that rises fast and falls slowly. Source: finagle's and linkerd's
    peak-EWMA, softened for answers whose cost differs by prompt.
    """

    __slots__ = ("at_s", "value_ms")

    def __init__(self) -> None:
        self.value_ms: float | None = None
        self.at_s = 0.0

    def add(self, sample_ms: float, now_s: float) -> None:
        """Take one sample."""
        old_ms = self.value_ms
        if old_ms is None:
            self.value_ms = sample_ms
        else:
            share = max(
                RISE_WEIGHT if sample_ms > old_ms else FALL_WEIGHT, 1.0 - self.weight(now_s)
            )
            self.value_ms = old_ms + share * (sample_ms - old_ms)
        self.at_s = now_s

    def weight(self, now_s: float) -> float:
        """Return how much the value still counts, 1 when fresh and towards 0 with age."""
        if self.value_ms is None:
            return 0.0
        return exp(min(0.0, (self.at_s - now_s) / DECAY_S))

    def read(self, now_s: float, rest_ms: float) -> float:
        """Return the value at an instant, drawn with age towards `rest_ms`, which is what one
        would believe without any sample.
        """
        if self.value_ms is None:
            return rest_ms
        return rest_ms + (self.value_ms - rest_ms) * self.weight(now_s)


class RttWindow:
    """The lower half of the round trips of the last minute, as one number."""

    __slots__ = ("_minima", "at_s", "rtt_ms")

    def __init__(self) -> None:
        self.rtt_ms: float | None = None
        self.at_s = 0.0
        self._minima: deque[tuple[int, float]] = deque(maxlen=RTT_BUCKETS)

    def add(self, rtt_ms: float, now_s: float) -> None:
        """Take one sample; the estimate is ready in `rtt_ms`, and stays when no more come."""
        bucket = int(now_s // RTT_BUCKET_S)
        minima = self._minima
        if minima and minima[-1][0] >= bucket:
            minima[-1] = (minima[-1][0], min(minima[-1][1], rtt_ms))
        else:
            minima.append((bucket, rtt_ms))
        while minima[0][0] <= bucket - RTT_BUCKETS:
            minima.popleft()
        lower = sorted(low_ms for _, low_ms in minima)[: (len(minima) + 1) // 2]
        self.rtt_ms = sum(lower) / len(lower)
        self.at_s = now_s
