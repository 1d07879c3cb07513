"""What clients noticed of deaths, from samples and instants: pure sums, in seconds of one clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from weftline_bench.record import Sample, counted, percentiles

# A PoP whose clients an endpoint served in this long before its death is one that used it.
USED_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One endpoint's death and return.

    known_s, trusted_s: by PoP, when its own table said that the endpoint is down, and up again; a
    PoP that did not say so in time is absent. back_s: when the endpoint listened again.
    """

    endpoint: str
    killed_s: float
    known_s: Mapping[str, float]
    back_s: float
    trusted_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """The time in which there was no control plane."""

    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """What it amounts to. Latencies are by name as in `percentiles`.

    errors: what clients saw, by kind; cut: answers that broke off because their endpoint died
    after their first token, which nobody can repeat, and which are not among the errors.
    touched: by death, how many requests were first sent to the dead endpoint. refused_extra_ms:
    how much longer those took that were sent after the death, beside the median of those that
    their second endpoint answered at once; in_flight_extra_ms: the same of those sent before.
    known_s, trusted_s: by death, how long it took the last PoP to know of it, and of the return.
    used_again_s: from the return until a PoP that had used the endpoint did so again. unknown,
    untrusted, unused: how often that took too long.
    """

    requests: int
    errors: dict[str, int]
    cut: int
    deaths: int
    touched: list[int]
    refused_extra_ms: dict[str, float | None]
    in_flight_extra_ms: dict[str, float | None]
    known_s: dict[str, float | None]
    unknown: int
    trusted_s: dict[str, float | None]
    untrusted: int
    used_again_s: dict[str, float | None]
    unused: int
    control_lost_s: float
    control_lost_requests: int
    control_lost_errors: int


def failover(
    pops: Sequence[str], samples: Sequence[Sample], deaths: Sequence[Death], control: Span
) -> Failover:
    """Return the sums; a sample's target is the index of its PoP in `pops`."""
    cut = [sample for sample in samples if _was_cut(sample, deaths)]
    failed = [s for s in samples if s.error is not None and s not in cut]
    touched = [(_cause(s, deaths), s, extra_ms) for s, extra_ms in _extras(samples)]
    refused = [ms for death, s, ms in touched if death and s.sent_s >= death.killed_s]
    in_flight = [ms for death, s, ms in touched if death and s.sent_s < death.killed_s]
    return_s = [used_again_s(samples, death) for death in deaths]
    lost = [s for s in samples if control.from_s <= s.scheduled_s < control.to_s]
    return Failover(
        requests=len(samples),
        errors=counted(s.error for s in failed),
        cut=len(cut),
        deaths=len(deaths),
        touched=[sum(d is death for d, _, _ in touched) for death in deaths],
        refused_extra_ms=percentiles(refused),
        in_flight_extra_ms=percentiles(in_flight),
        known_s=percentiles([max(d.known_s.values()) - d.killed_s for d in deaths if d.known_s]),
        unknown=sum(pop not in death.known_s for death in deaths for pop in pops),
        trusted_s=percentiles(
            [max(d.trusted_s.values()) - d.back_s for d in deaths if d.trusted_s]
        ),
        untrusted=sum(pop not in death.trusted_s for death in deaths for pop in pops),
        used_again_s=percentiles([s for found in return_s for s in found if s is not None]),
        unused=sum(s is None for found in return_s for s in found),
        control_lost_s=control.to_s - control.from_s,
        control_lost_requests=len(lost),
        control_lost_errors=sum(s.error is not None for s in lost),
    )


def _was_cut(sample: Sample, deaths: Sequence[Death]) -> bool:
    """Return whether an answer had begun when its endpoint died, and broke off."""
    if sample.error is None or not sample.content_s:
        return False
    first_s = sample.content_s[0]
    return any(
        death.endpoint == sample.served_by and first_s <= death.killed_s <= sample.ended_s
        for death in deaths
    )


def _extras(samples: Sequence[Sample]) -> list[tuple[Sample, float]]:
    """Return whole answers that took more than one endpoint, and what that cost."""
    whole = [s for s in samples if s.error is None]
    at_once: dict[tuple[int, str | None], list[float]] = {}
    for s in whole:
        if s.attempts == 1:
            at_once.setdefault((s.target, s.served_by), []).append(s.ttft_ms)
    usual_ms = {way: median(values) for way, values in at_once.items()}
    return [
        (s, s.ttft_ms - usual_ms[s.target, s.served_by])
        for s in whole
        if s.attempts > 1 and (s.target, s.served_by) in usual_ms
    ]


def _cause(sample: Sample, deaths: Sequence[Death]) -> Death | None:
    """Return the death that made a request go elsewhere."""
    for death in deaths:
        if death.killed_s <= sample.content_s[0] and sample.sent_s < death.back_s:
            return death
    return None


def used_again_s(samples: Sequence[Sample], death: Death) -> list[float | None]:
    """Return how long each PoP that had used the endpoint took to use it again; None if it did
    not. `samples` need not be all, if they begin USED_S before the death.
    """
    ended_s: dict[int, list[float]] = {}
    for s in samples:
        if s.served_by == death.endpoint and s.error is None:
            ended_s.setdefault(s.target, []).append(s.ended_s)
    return [
        min((at_s - death.back_s for at_s in ends if at_s > death.back_s), default=None)
        for ends in ended_s.values()
        if any(death.killed_s - USED_S <= at_s < death.killed_s for at_s in ends)
    ]
