"""How gossip behaves: every knob with what it moves, and three presets."""

from dataclasses import dataclass, replace
from math import ceil, isfinite, log10

# Shorter than a millisecond is a typing error, and so is longer than a week.
SECONDS_MIN = 0.001
SECONDS_MAX = 7 * 86_400.0

CLUSTER_CHARS_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class GossipConfig:
    """Knobs of membership and table. Defaults are a mesh within one continent.

    cluster: label that keeps two meshes on one network apart.
    probe_interval_s: each node checks one other each interval; detection takes about two of them
        plus the suspicion time. Bytes grow in inverse proportion.
    probe_timeout_s: wait for a direct answer before others are asked; above the p99 round trip,
        and small enough that a relayed answer still fits in the interval.
    indirect_probes: peers asked to try as well. More forgive more loss: at 30 % loss a probe of a
        healthy node fails with 0.51 * 0.76 ** indirect_probes.
    gossip_interval_s, fanout: peers told each round; a rumour reaches n nodes in about
        `log(n) / log(fanout + 1)` rounds.
    urgent_interval_s: news (a node or an endpoint changed state) does not wait for the round, but
        rounds are never closer than this.
    retransmit_factor: a rumour is sent `factor * ceil(log10(n + 1))` times by each node.
    suspicion_factor: a suspect has `factor * max(1, log10(n)) * probe_interval_s` to contradict
        when others suspect it too, and `suspicion_factor_max` times that when nobody else does.
    awareness_max: a node that misses answers slows its own probes by up to this factor.
    sync_interval_s: between two comparisons of all state with one peer; heals what rumours lost.
    sync_bytes_max: of one answer to a comparison.
    reconnect_interval_s: between two attempts to reach a dead node or a seed again.
    dead_gossip_s: a node declared dead still hears rumours for so long, so that it can object.
    reclaim_s: a name may move to another address once its old holder was dead for so long.
    forget_s, left_forget_s: memory of dead nodes (which are tried again) and of departed ones
        (which protects against late rumours).
    row_interval_s: between two numeric updates of one row; state changes do not wait.
    budget_bytes_per_s: of rumours sent; beyond it numeric updates wait.
    """

    cluster: str = "weftline"
    probe_interval_s: float = 0.5
    probe_timeout_s: float = 0.2
    indirect_probes: int = 4
    gossip_interval_s: float = 0.1
    fanout: int = 4
    urgent_interval_s: float = 0.02
    retransmit_factor: int = 6
    suspicion_factor: int = 5
    suspicion_factor_max: int = 6
    awareness_max: int = 8
    sync_interval_s: float = 3.0
    sync_bytes_max: int = 32 * 1024
    reconnect_interval_s: float = 2.0
    dead_gossip_s: float = 10.0
    reclaim_s: float = 2.0
    forget_s: float = 86_400.0
    left_forget_s: float = 300.0
    row_interval_s: float = 0.2
    budget_bytes_per_s: int = 64 * 1024

    def __post_init__(self) -> None:
        for name in _SECONDS:
            value = getattr(self, name)
            if not (isfinite(value) and SECONDS_MIN <= value <= SECONDS_MAX):
                raise ValueError(f"{name} must be in [{SECONDS_MIN}, {SECONDS_MAX}], not {value}")
        for name, least, most in _COUNTS:
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be in [{least}, {most}], not {getattr(self, name)}")
        if not 2 * self.probe_timeout_s <= self.probe_interval_s:
            # A relayed probe starts after the timeout and takes two round trips.
            raise ValueError("probe_timeout_s must be at most half of probe_interval_s")
        if not self.cluster or len(self.cluster) > CLUSTER_CHARS_MAX:
            raise ValueError(f"cluster must have 1 to {CLUSTER_CHARS_MAX} characters")

    def retransmits(self, nodes: int) -> int:
        """Return how often each node sends a rumour in a mesh of `nodes`."""
        return self.retransmit_factor * ceil(log10(max(nodes, 1) + 1))

    def suspicion_s(self, nodes: int) -> float:
        """Return the shortest time a suspect has to contradict in a mesh of `nodes`."""
        return self.suspicion_factor * max(1.0, log10(max(nodes, 1))) * self.probe_interval_s


_SECONDS = (
    "probe_interval_s",
    "probe_timeout_s",
    "gossip_interval_s",
    "urgent_interval_s",
    "sync_interval_s",
    "reconnect_interval_s",
    "dead_gossip_s",
    "reclaim_s",
    "forget_s",
    "left_forget_s",
    "row_interval_s",
)
_COUNTS = (
    ("indirect_probes", 0, 16),
    ("fanout", 1, 16),
    ("retransmit_factor", 1, 32),
    ("suspicion_factor", 1, 32),
    ("suspicion_factor_max", 1, 32),
    ("awareness_max", 1, 32),
    ("sync_bytes_max", 1400, 1024 * 1024),
    ("budget_bytes_per_s", 1400, 64 * 1024 * 1024),
)

REGION = GossipConfig()

# One machine: a round trip is under a millisecond, so a missing answer is missed sooner.
LOCAL = replace(REGION, probe_timeout_s=0.1, sync_interval_s=1.0, reconnect_interval_s=1.0)

# Round trips of up to 400 ms: time for a relayed answer, and rounds that do not outrun the news.
GLOBAL = replace(
    REGION, probe_interval_s=1.2, probe_timeout_s=0.5, urgent_interval_s=0.05, sync_interval_s=5.0
)
