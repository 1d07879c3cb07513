"""In which order a model's usable endpoints are tried, by the names that operators know."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TypeAlias

from weftline_core.desired import Policy
from weftline_core.estimate import Step
from weftline_core.rng import Rng

# Endpoints whose predictions differ by less than this are equals, and load decides between them: a
# difference that measurement noise makes shouldn't send everybody to one place.
TIE_SHARE = 0.05
TIE_MS = 1.0

# The share of requests that may go where doubt could hide a better endpoint: a service time that
# nobody measured lately, near enough to win if it is half of what is assumed. Without it a slow
# near engine hides a fast one next door for ever (22 % regret in the tests' small world); at one
# in fifty its cost is under the noise.
EXPLORED_SHARE = 0.02

# An endpoint whose expected loss is above this has just failed, or is said to be down. Orders that
# don't count in milliseconds put it behind the others until the risk has faded, some 5 s.
RISK_MS_MAX = 10.0

Order: TypeAlias = Callable[[Sequence[Step], Rng, int], list[Step]]


# What most orders go by.
predicted_ms = attrgetter("predicted_ms")


def risky(step: Step) -> bool:
    """Return whether the endpoint should wait behind others for now."""
    return step.risk_ms > RISK_MS_MAX


def by_latency(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Order by predicted time. Among the equals of the best, the less loaded of two drawn leads;
    now and then, the one that would be best if every doubt were resolved in its favour.
    """
    ordered = sorted(steps, key=predicted_ms)
    if len(ordered) > 1:
        if rng.random() < EXPLORED_SHARE:
            lead = min(range(len(ordered)), key=lambda n: _at_best_ms(ordered[n]))
        else:
            lead = _less_loaded(ordered, _equals(ordered), rng)
        if lead:
            ordered.insert(0, ordered.pop(lead))
    return ordered


def by_distance(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Order by round trip alone."""
    return sorted(steps, key=lambda step: (risky(step), step.rtt_ms, step.predicted_ms))


def in_turn(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Begin with the next one each time, in order of names."""
    start = turn % len(steps) if steps else 0
    return sorted([*steps[start:], *steps[:start]], key=risky)


def by_outstanding(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Order by requests in flight per slot, then by predicted time."""
    return sorted(steps, key=lambda step: (risky(step), step.load, step.predicted_ms))


def by_weight(steps: Sequence[Step], rng: Rng, turn: int) -> list[Step]:  # noqa: ARG001
    """Draw without return, in proportion to the weights; weight 0 is only ever a last resort.

    Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006.
    """
    drawn = [(_draw(step, rng), n) for n, step in enumerate(steps)]
    return [steps[n] for _, n in sorted(drawn, reverse=True)]


ORDERS: Mapping[Policy, Order] = {
    "latency": by_latency,
    "nearest": by_distance,
    "round_robin": in_turn,
    "least_outstanding": by_outstanding,
    "weighted": by_weight,
}


def _at_best_ms(step: Step) -> float:
    return step.predicted_ms - step.uncertain_ms


def _equals(ordered: Sequence[Step]) -> int:
    """Return how many of the first steps are too close to call."""
    best_ms = ordered[0].predicted_ms
    limit_ms = best_ms + max(TIE_MS, TIE_SHARE * best_ms)
    count = 1
    while count < len(ordered) and ordered[count].predicted_ms <= limit_ms:
        count += 1
    return count


def _less_loaded(steps: Sequence[Step], among: int, rng: Rng) -> int:
    """Return the less loaded of two different indices below `among`, drawn by chance."""
    if among == 1:
        return 0
    first = rng.randrange(among)
    second = rng.randrange(among - 1)
    second += second >= first  # skip `first` without a loop
    return first if steps[first].load <= steps[second].load else second


def _draw(step: Step, rng: Rng) -> tuple[bool, bool, float]:
    weight = step.endpoint.weight
    drawn = rng.random() ** (1.0 / weight) if weight > 0 else 0.0
    return weight > 0, not risky(step), drawn
