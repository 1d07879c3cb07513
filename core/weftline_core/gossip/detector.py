"""Who is probed when, and what silence means.

One node at a time is pinged, in random order but each once a turn. If it keeps silent, others are
asked to ping it; if they hear nothing either, it has failed the probe. Peers that answer "I tried"
show that this node is not the deaf one.

Source: SWIM (DSN 2002) section 4.3; Lifeguard (arXiv 1707.00788) for the Nack.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from weftline_core.gossip.awareness import Awareness
from weftline_core.gossip.config import GossipConfig
from weftline_core.gossip.members import Members, draw
from weftline_core.gossip.messages import (
    Ack,
    Address,
    MemberState,
    Message,
    Nack,
    Ping,
    PingRequest,
)
from weftline_core.ids import NodeId
from weftline_core.rng import Rng

# Pings under way for others. A request beyond it is dropped: the asker has more helpers.
RELAYS_MAX = 256

Send: TypeAlias = tuple[Address, Message]


@dataclass(slots=True)
class Verdict:
    """What one step of the detector asks for. `failed` is a node that did not pass its probe."""

    sends: list[Send] = field(default_factory=list[Send])
    failed: NodeId | None = None


@dataclass(slots=True)
class _Probe:
    target: NodeId
    sequence: int
    help_at_s: float
    ends_s: float
    helpers: int = 0
    nacks: int = 0


@dataclass(slots=True)
class _Relay:
    asker: Address
    sequence: int
    nack_at_s: float
    ends_s: float
    nacked: bool = False


class Detector:
    """Probes the present members of one roster."""

    def __init__(self, config: GossipConfig, rng: Rng, awareness: Awareness) -> None:
        self._config = config
        self._rng = rng
        self._awareness = awareness
        self._probe: _Probe | None = None
        self._next_s = float("-inf")
        self._turn: list[NodeId] = []
        self._relays: dict[int, _Relay] = {}

    def tick(self, members: Members, now_s: float) -> Verdict:
        """Do what is due."""
        verdict = Verdict()
        self._serve_relays(verdict, now_s)
        probe = self._probe
        if probe is not None and now_s >= probe.ends_s:
            self._probe = None
            self._blame(probe)
            verdict.failed = probe.target
        elif probe is not None and not probe.helpers and now_s >= probe.help_at_s:
            self._ask_for_help(probe, members, verdict)
        if self._probe is None and now_s >= self._next_s:
            self._start(members, verdict, now_s)
        return verdict

    def hear_ack(self, sequence: int) -> list[Send]:
        """Take in an answer; pass it on if the ping was sent for somebody else."""
        if self._probe is not None and self._probe.sequence == sequence:
            self._probe = None
            self._awareness.better()
            return []
        relay = self._relays.pop(sequence, None)
        return [] if relay is None else [(relay.asker, Ack(relay.sequence))]

    def hear_nack(self, sequence: int) -> None:
        """Take note that a helper tried."""
        if self._probe is not None and self._probe.sequence == sequence:
            self._probe.nacks += 1

    def hear_request(
        self, request: PingRequest, asker: Address, members: Members, now_s: float
    ) -> list[Send]:
        """Ping for somebody else; only ever a member, at the address known here."""
        member = members.get(NodeId(request.target))
        if member is None or len(self._relays) >= RELAYS_MAX:
            return []
        sequence = self._sequence()
        nack_at_s = now_s + self._config.probe_timeout_s
        ends_s = now_s + self._config.probe_interval_s
        self._relays[sequence] = _Relay(asker, request.sequence, nack_at_s, ends_s)
        return [(member.info.address, Ping(sequence, request.target))]

    def probe_next(self, node: NodeId) -> None:
        """Probe `node` out of turn: others say that it is silent."""
        self._turn.append(node)

    def postpone(self, by_s: float) -> None:
        """Shift what is under way: this node stood still and heard no answers."""
        self._next_s += by_s
        if self._probe is not None:
            self._probe.help_at_s += by_s
            self._probe.ends_s += by_s

    def _start(self, members: Members, verdict: Verdict, now_s: float) -> None:
        stretch = self._awareness.stretch
        ends_s = now_s + stretch(self._config.probe_interval_s)
        self._next_s = ends_s
        target = self._next_target(members)
        if target is None:
            return
        member = members.get(target)
        assert member is not None, target
        help_at_s = now_s + stretch(self._config.probe_timeout_s)
        self._probe = _Probe(target, self._sequence(), help_at_s, ends_s)
        verdict.sends.append((member.info.address, Ping(self._probe.sequence, target)))

    def _next_target(self, members: Members) -> NodeId | None:
        while self._turn:
            node = self._turn.pop()
            if members.is_present(node):
                return node
        present = [member.info.id for member in members.present()]
        self._turn = draw(present, len(present), self._rng)
        return self._turn.pop() if self._turn else None

    def _ask_for_help(self, probe: _Probe, members: Members, verdict: Verdict) -> None:
        able = [
            member
            for member in members.present()
            if member.state is MemberState.ALIVE and member.info.id != probe.target
        ]
        helpers = draw(able, self._config.indirect_probes, self._rng)
        probe.helpers = len(helpers)
        for helper in helpers:
            request = PingRequest(probe.sequence, probe.target)
            verdict.sends.append((helper.info.address, request))
        # Asked once, even if there is nobody to ask.
        probe.help_at_s = float("inf")

    def _blame(self, probe: _Probe) -> None:
        # Helpers that said nothing at all point at this node's own ears, or at its network.
        silent = probe.helpers - probe.nacks if probe.helpers else 1
        if silent > 0:
            self._awareness.worse(silent)

    def _serve_relays(self, verdict: Verdict, now_s: float) -> None:
        for sequence, relay in list(self._relays.items()):
            if now_s >= relay.ends_s:
                del self._relays[sequence]
            elif not relay.nacked and now_s >= relay.nack_at_s:
                relay.nacked = True
                verdict.sends.append((relay.asker, Nack(relay.sequence)))

    def _sequence(self) -> int:
        # Random, so that nobody who did not see the ping can answer it.
        return self._rng.getrandbits(32)
