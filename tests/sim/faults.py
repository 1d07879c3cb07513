"""What goes wrong in one run, drawn from its seed before the run begins.

A schedule is data: a failing seed can be printed, read, and cut down by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """What can go wrong."""

    LOSS = "loss"  # packets vanish: datagrams for good, segments until they are sent again
    DISORDER = "disorder"  # datagrams are doubled and overtake one another
    RESETS = "resets"  # connections break at random
    ISOLATED = "isolated"  # one node is cut off from the other nodes
    DEAF = "deaf"  # one node hears nothing from the others, and they hear it
    NO_ROUTE = "no-route"  # one node can't reach one endpoint
    MISBEHAVES = "misbehaves"  # one endpoint has one of the fake upstream's faults
    DEAD = "dead"  # one endpoint's process is gone
    DRAINED = "drained"  # the operator takes one endpoint out, and back in
    NO_CONTROL = "no-control"  # the control plane can't be reached
    RESTART = "restart"  # one node's process dies, and another starts on its disk
    CLOCK = "clock"  # one node's wall clock jumps, and back


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault, in force from `begins_s` to `ends_s` of the run.

    hosts: whom it hits. amount: chance, or milliseconds for CLOCK. fault: for MISBEHAVES.
    """

    kind: Kind
    begins_s: float
    ends_s: float
    hosts: tuple[str, ...] = ()
    amount: float = 0.0
    fault: str = ""

    def __str__(self) -> str:
        words = [self.kind.value, *self.hosts, self.fault, f"{self.amount:g}" * bool(self.amount)]
        return f"{self.begins_s:.1f}-{self.ends_s:.1f} s " + " ".join(filter(None, words))


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can be hit."""

    nodes: tuple[str, ...]
    endpoints: tuple[str, ...]
    faults: tuple[str, ...]


# Troubles in one run: enough that some overlap, few enough that most requests can still succeed.
TROUBLES_MIN, TROUBLES_MAX = 6, 12
LASTS_S_MIN, LASTS_S_MAX = 1.0, 8.0


def schedule(rng: Random, cast: Cast, quiet_s: float, until_s: float) -> tuple[Trouble, ...]:
    """Return the troubles of a run, all of them between `quiet_s` and `until_s`, in order."""
    count = rng.randint(TROUBLES_MIN, TROUBLES_MAX)
    troubles = [_trouble(rng, cast, quiet_s, until_s) for _ in range(count)]
    return tuple(sorted(troubles, key=lambda t: (t.begins_s, t.ends_s, t.kind, t.hosts)))


def _trouble(rng: Random, cast: Cast, quiet_s: float, until_s: float) -> Trouble:
    kind = rng.choice(list(Kind))
    begins_s = rng.uniform(quiet_s, until_s - LASTS_S_MIN)
    ends_s = min(until_s, begins_s + rng.uniform(LASTS_S_MIN, LASTS_S_MAX))
    hosts = _hosts(rng, kind, cast)
    return Trouble(
        kind, begins_s, ends_s, hosts, _amount(rng, kind), _fault(rng, kind, cast.faults)
    )


def _hosts(rng: Random, kind: Kind, cast: Cast) -> tuple[str, ...]:
    match kind:
        case Kind.ISOLATED | Kind.DEAF | Kind.RESTART | Kind.CLOCK:
            return (rng.choice(cast.nodes),)
        case Kind.NO_ROUTE:
            return (rng.choice(cast.nodes), rng.choice(cast.endpoints))
        case Kind.MISBEHAVES | Kind.DEAD | Kind.DRAINED:
            return (rng.choice(cast.endpoints),)
        case Kind.LOSS | Kind.DISORDER | Kind.RESETS | Kind.NO_CONTROL:
            return ()


def _amount(rng: Random, kind: Kind) -> float:
    match kind:
        case Kind.LOSS | Kind.DISORDER:
            return round(rng.uniform(0.05, 0.4), 2)
        case Kind.RESETS:
            return round(rng.uniform(0.001, 0.02), 4)
        case Kind.CLOCK:
            return float(rng.choice((-3_600_000, -5_000, 5_000, 3_600_000)))
        case _:
            return 0.0


def _fault(rng: Random, kind: Kind, faults: Sequence[str]) -> str:
    return rng.choice(faults) if kind is Kind.MISBEHAVES else ""
