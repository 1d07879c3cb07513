"""In which order a model's usable endpoints are tried, by the names that operators know."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from weftline_core.desired import Policy
from weftline_core.estimate import RTT_DOUBT, SERVICE_DOUBT, Step
from weftline_core.rng import Rng

# Endpoints whose predictions differ by less than this are equals, and load decides between them: a
# difference that measurement noise makes shouldn't send everybody to one place.
TIE_SHARE = 0.05
TIE_MS = 1.0

# What doubt costs in the order. At this price a service time or a distance that nobody measured
# is still an equal's, so ignorance alone never shuts an endpoint out.
CAUTION = 0.1

assert CAUTION * max(SERVICE_DOUBT, RTT_DOUBT["geography"]) <= TIE_SHARE

Order: TypeAlias = Callable[[Sequence[Step], Rng, int], list[Step]]


def score_ms(step: Step) -> float:
    """Return what the order goes by: the prediction, and a little for its doubt."""
    return step.predicted_ms + CAUTION * step.uncertain_ms


def by_latency(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Order by predicted time; among the equals of the best, the less loaded of two drawn leads."""
    ordered = sorted(steps, key=score_ms)
    if len(ordered) > 1:
        best_ms = score_ms(ordered[0])
        limit_ms = best_ms + max(TIE_MS, TIE_SHARE * best_ms)
        equals = 1
        while equals < len(ordered) and score_ms(ordered[equals]) <= limit_ms:
            equals += 1
        if equals > 1:
            ordered.insert(0, ordered.pop(_less_loaded(ordered, equals, rng)))
    return ordered


def by_distance(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Order by round trip alone."""
    return sorted(steps, key=lambda step: (step.rtt_ms, score_ms(step)))


def in_turn(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Begin with the next one each time, in order of names."""
    start = turn % len(steps) if steps else 0
    return [*steps[start:], *steps[:start]]


def by_outstanding(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Order by requests in flight per slot, then by predicted time."""
    return sorted(steps, key=lambda step: (step.load, score_ms(step)))


def by_weight(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Draw without return, in proportion to the weights; weight 0 is only ever a last resort.

    Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006.
    """
    drawn = [(_draw(step.endpoint.weight, rng), n) for n, step in enumerate(steps)]
    return [steps[n] for _, n in sorted(drawn, reverse=True)]


ORDERS: Mapping[Policy, Order] = {
    "latency": by_latency,
    "nearest": by_distance,
    "round_robin": in_turn,
    "least_outstanding": by_outstanding,
    "weighted": by_weight,
}


def _less_loaded(steps: Sequence[Step], among: int, rng: Rng) -> int:
    """Return the less loaded of two different indices below `among`, drawn by chance."""
    first = rng.randrange(among)
    second = rng.randrange(among - 1)
    second += second >= first  # skip `first` without a loop
    return first if steps[first].load <= steps[second].load else second


def _draw(weight: int, rng: Rng) -> float:
    return rng.random() ** (1.0 / weight) if weight > 0 else -1.0
