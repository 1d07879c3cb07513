"""What the simulated network does to packets at the moment."""

from dataclasses import dataclass, field
from itertools import permutations

from weftline_core.rng import Rng

# A segment that is lost comes again after this long, as TCP's first retransmission does. It never
# doubles: on a stream that flows, acknowledgements tell of a loss long before the timer.
RETRANSMIT_S = 0.2

# A connection attempt that is lost is tried again after this long (RFC 6298's first timeout).
SYN_RETRANSMIT_S = 1.0

# How long a sender goes on into nothing before its connection breaks. Linux takes 15 minutes, cloud
# load balancers less; short here, so that a run sees it.
GIVE_UP_S = 12.0


@dataclass(slots=True)
class Weather:
    """Latency between hosts, and the faults in force.

    Units: `latency_s` is one-way, by pair in either order; `other_s` holds for pairs not in it.
    loss, duplication: chances per packet. jitter_s: up to so much is added to each packet, which
    reorders datagrams. resets: chance per segment that its connection breaks. cut: directions in
    which nothing passes.
    """

    rng: Rng
    latency_s: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    other_s: float = 0.001
    loss: float = 0.0
    duplication: float = 0.0
    jitter_s: float = 0.0
    resets: float = 0.0
    cut: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def clear(self) -> None:
        """End every fault; latency stays."""
        self.loss = self.duplication = self.jitter_s = self.resets = 0.0
        self.cut.clear()

    def split(self, one: set[str], other: set[str]) -> None:
        """Cut every direction between two groups of hosts."""
        for a in sorted(one):
            for b in sorted(other):
                self.cut |= {(a, b), (b, a)}

    def isolate(self, hosts: set[str]) -> None:
        """Cut `hosts` off from one another."""
        self.cut |= set(permutations(sorted(hosts), 2))

    def passes(self, source: str, target: str) -> bool:
        """Return whether anything sent now from `source` reaches `target`."""
        return (source, target) not in self.cut

    def chance(self, of_one: float) -> bool:
        """Draw; with a chance of 0 nothing is drawn, so that fair weather needs no luck."""
        return of_one > 0 and self.rng.random() < of_one

    def delay_s(self, source: str, target: str) -> float:
        """Return the one-way delay of one packet."""
        pair = (source, target) if source <= target else (target, source)
        base = self.latency_s.get(pair, 0.0001 if source == target else self.other_s)
        return base + (self.rng.random() * self.jitter_s if self.jitter_s else 0.0)

    def segment_delay_s(self, source: str, target: str) -> float:
        """Return the delay of one segment of a stream, its retransmissions included."""
        delay_s = self.delay_s(source, target)
        while self.chance(self.loss):
            delay_s += RETRANSMIT_S
        return delay_s

    def handshake_s(self, source: str, target: str) -> float:
        """Return how long a connection takes that is not cut off: a round trip, and what is lost
        of it once more.
        """
        wait_s = self.delay_s(source, target) + self.delay_s(target, source)
        while self.chance(self.loss):
            wait_s += SYN_RETRANSMIT_S
        return wait_s
