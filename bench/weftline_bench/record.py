"""Samples, and what they amount to. Percentiles are exact, and absent where the samples can't
carry them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

QUANTILES = (0.5, 0.9, 0.99, 0.999)
QUANTILE_NAMES = ("p50", "p90", "p99", "p99_9")

# Fewer answers than this say nothing about a median, and the run is void.
ANSWERS_MIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request. All instants are seconds of one clock.

    round: requests of one round, one to each target, left one right after the other.
    scheduled_s: when it should have left; every latency counts from here, however late it did.
    content_s: when each content event came. error: what went wrong, in one word.
    served_by, attempts: the endpoint and how many it took, if a PoP said so. held: it had to wait
    for another to end, because too many were in flight.
    """

    target: int
    round: int
    scheduled_s: float
    sent_s: float
    ended_s: float
    content_s: tuple[float, ...] = ()
    error: str | None = None
    served_by: str | None = None
    attempts: int = 1
    held: bool = False

    @property
    def ttft_ms(self) -> float:
        """Return the time to the first content event."""
        return (self.content_s[0] - self.scheduled_s) * 1000

    @property
    def total_ms(self) -> float:
        """Return the time to the end of the answer."""
        return (self.ended_s - self.scheduled_s) * 1000

    def gaps_ms(self) -> list[float]:
        """Return the times between content events."""
        pairs = zip(self.content_s, self.content_s[1:], strict=False)
        return [(after - before) * 1000 for before, after in pairs]


def percentile(ordered: Sequence[float], q: float) -> float | None:
    """Return the smallest sample that at least `q` of all are not above (nearest rank), or None if
    there are too few: one in a thousand can't be told from a hundred.
    """
    # 0.999 is a hair less than it says, and so its reciprocal a hair more.
    if not ordered or len(ordered) * (1 - q) < 1 - 1e-9:
        return None
    return ordered[math.ceil(q * len(ordered) - 1e-9) - 1]


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """Return p50, p90, p99, p99_9, with the smallest and largest."""
    ordered = sorted(values)
    found = (percentile(ordered, q) for q in QUANTILES)
    ends = {"min": ordered[0], "max": ordered[-1]} if ordered else {"min": None, "max": None}
    return {**dict(zip(QUANTILE_NAMES, found, strict=True)), **ends}


@dataclass(frozen=True, slots=True)
class Summary:
    """What one target's samples amount to. Latencies are those of whole answers.

    ttft_ms counts from the scheduled time; lag_ms is how late the bench itself was to send.
    """

    name: str
    requests: int
    answers: int
    held: int
    errors: dict[str, int]
    served_by: dict[str, int]
    ttft_ms: dict[str, float | None]
    gap_ms: dict[str, float | None]
    total_ms: dict[str, float | None]
    lag_ms: dict[str, float | None]

    @property
    def void(self) -> bool:
        """Return whether there were too few answers to be a result."""
        return self.answers < ANSWERS_MIN


def counted(values: Iterable[str | None]) -> dict[str, int]:
    """Return how often each value occurs, the commonest first; None is no value."""
    return dict(Counter(value for value in values if value is not None).most_common())


def summarise(name: str, samples: Sequence[Sample]) -> Summary:
    """Return the summary of one target's samples."""
    whole = [sample for sample in samples if sample.error is None]
    return Summary(
        name=name,
        requests=len(samples),
        answers=len(whole),
        held=sum(sample.held for sample in samples),
        errors=counted(sample.error for sample in samples),
        served_by=counted(sample.served_by for sample in whole),
        ttft_ms=percentiles([sample.ttft_ms for sample in whole]),
        gap_ms=percentiles([gap for sample in whole for gap in sample.gaps_ms()]),
        total_ms=percentiles([sample.total_ms for sample in whole]),
        lag_ms=percentiles([(s.sent_s - s.scheduled_s) * 1000 for s in samples]),
    )


@dataclass(frozen=True, slots=True)
class Added:
    """What the second of two targets adds to the first one's TTFT, from pairs of requests sent one
    right after the other: the median of the differences, not the difference of medians.

    low_ms, high_ms: the median lies between with 95 % confidence (order statistics, no model).
    """

    pairs: int
    median_ms: float
    low_ms: float
    high_ms: float
    ratio_p50: float


def added(first: Sequence[Sample], second: Sequence[Sample]) -> Added | None:
    """Return what `second` adds to `first`, or None if there are too few whole pairs."""
    whole = {sample.round: sample for sample in first if sample.error is None}
    pairs = [
        (whole[sample.round].ttft_ms, sample.ttft_ms)
        for sample in second
        if sample.error is None and sample.round in whole
    ]
    if len(pairs) < ANSWERS_MIN:
        return None
    n = len(pairs)
    differences = sorted(b - a for a, b in pairs)
    # Ranks of the median's interval: n/2 -+ 0.98 sqrt(n), which is 1.96 standard deviations.
    reach = 0.98 * math.sqrt(n)
    low, high = max(0, math.floor(n / 2 - reach)), min(n - 1, math.ceil(n / 2 + reach))
    middle_a, middle_b = (sorted(side)[n // 2] for side in zip(*pairs, strict=True))
    return Added(n, differences[n // 2], differences[low], differences[high], middle_b / middle_a)
