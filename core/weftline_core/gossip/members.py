"""The roster: who is in the mesh, and which word about a node wins.

Two rules decide everything. For one node the greater `(incarnation, state)` wins, so the order of
arrival does not matter. Only the node itself raises its incarnation, so a suspect can contradict
and nobody can be talked back to life by an old rumour.

Source: Das, Gupta, Motivala, "SWIM", DSN 2002, sections 4.2 and 4.3.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2s
from typing import NamedTuple, TypeVar

from weftline_core.gossip.awareness import Awareness
from weftline_core.gossip.codec import encode
from weftline_core.gossip.config import GossipConfig
from weftline_core.gossip.messages import (
    VERSION_MAX,
    Address,
    Alive,
    Claim,
    MemberInfo,
    MemberState,
    alive,
)
from weftline_core.gossip.rumours import Rank, Rumours
from weftline_core.gossip.suspicion import Suspicion
from weftline_core.gossip.table import POPS_MAX
from weftline_core.ids import NodeId
from weftline_core.rng import Rng

T = TypeVar("T")

# Nodes on the roster, this one and the dead included.
MEMBERS_MAX = POPS_MAX

# How long a conflict is silent after it was told, and how long a twin is believed to be there.
CONFLICT_QUIET_S = 60.0

_PRESENT = (MemberState.ALIVE, MemberState.SUSPECT)


class Kind(StrEnum):
    """What changed about a node."""

    JOINED = "joined"
    UPDATED = "updated"
    SUSPECTED = "suspected"
    RECOVERED = "recovered"
    DIED = "died"
    LEFT = "left"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the roster. For a conflict, `info` is the second node that uses the name."""

    kind: Kind
    info: MemberInfo


class MemberView(NamedTuple):
    """A node as believed at this moment."""

    info: MemberInfo
    state: MemberState


@dataclass(slots=True)
class Member:
    """What is held about another node."""

    info: MemberInfo
    state: MemberState
    since_s: float
    suspicion: Suspicion | None = None

    @property
    def present(self) -> bool:
        """Whether it takes part: a suspect does, until it is declared dead."""
        return self.state in _PRESENT


class Members:
    """All nodes known to `me`. What must be spread goes to `rumours`, what changed to `changes`."""

    def __init__(
        self, me: MemberInfo, config: GossipConfig, rumours: Rumours, awareness: Awareness
    ) -> None:
        self.me = me
        self.has_left = False
        self.changes: list[Change] = []
        self.refused = 0
        self._config = config
        self._rumours = rumours
        self._awareness = awareness
        self._known: dict[NodeId, Member] = {}
        self._twin_until_s = float("-inf")
        self._told_conflict_s: dict[NodeId, float] = {}

    def get(self, node: NodeId) -> Member | None:
        """Return what is held about `node`, another one than this."""
        return self._known.get(node)

    def others(self) -> list[Member]:
        """Return every other node on the roster, the dead and the departed too."""
        return list(self._known.values())

    def present(self) -> list[Member]:
        """Return the other nodes that take part."""
        return [member for member in self._known.values() if member.present]

    def views(self) -> list[MemberView]:
        """Return the whole roster, this node included, by name."""
        own = MemberState.LEFT if self.has_left else MemberState.ALIVE
        views = [MemberView(m.info, m.state) for m in self._known.values()]
        return sorted([MemberView(self.me, own), *views], key=lambda view: view.info.id)

    def is_present(self, node: NodeId) -> bool:
        """Return whether `node` takes part, so that its rows count."""
        member = self._known.get(node)
        return member is not None and member.present

    def has_twin(self, now_s: float) -> bool:
        """Return whether another node was heard lately under this node's name."""
        return now_s < self._twin_until_s

    def hear_alive(self, info: MemberInfo, source: Address, now_s: float) -> Alive | Claim | None:
        """Take in an introduction; return what the node at its address should be told, if anything.

        source: where the word came from; the node itself, or one that passes it on.
        """
        direct = source == info.address
        if info.id == self.me.id:
            self._hear_my_name(info, now_s)
            return None
        member = self._known.get(info.id)
        if member is None:
            self._admit(info, now_s)
            return None
        newer = info.incarnation > member.info.incarnation
        moved = info.address != member.info.address
        if moved and (newer or direct) and not self._may_move(member, now_s):
            self._conflict(info, now_s)
            # The second holder should hear whose name it uses.
            return alive(member.info) if direct else None
        if newer:
            self._accept(member, info, now_s)
        elif not moved and not member.present:
            # It does not know that it was declared dead; once told, it can contradict.
            return self._belief(member)
        return None

    def hear_claim(self, claim: Claim, now_s: float) -> Alive | None:
        """Take in a claim; return the contradiction its sender should hear, if it is about us."""
        state = MemberState(claim.state)
        if claim.node == self.me.id:
            return self._contradict(claim)
        member = self._known.get(NodeId(claim.node))
        if member is None or claim.incarnation < member.info.incarnation:
            return None
        newer = (claim.incarnation, state) > (member.info.incarnation, member.state)
        if state is MemberState.SUSPECT:
            self._hear_suspicion(member, claim, now_s)
        elif newer and (state is MemberState.DEAD or claim.accuser == claim.node):
            # Nobody but the node itself may say that it leaves.
            self._bury(member, claim, now_s)
        return None

    def suspect(self, node: NodeId, now_s: float) -> Claim | None:
        """Suspect `node`, which did not answer; return the claim, if the node is still there."""
        member = self._known.get(node)
        if member is None or not member.present:
            return None
        claim = Claim(node, member.info.incarnation, MemberState.SUSPECT, self.me.id)
        self._hear_suspicion(member, claim, now_s)
        return claim

    def expire(self, now_s: float) -> None:
        """Bury suspects whose time is up, and forget those gone for long."""
        for member in self.others():
            if member.suspicion is not None:
                if now_s >= member.suspicion.ends_s(self._wanted()):
                    self._bury(member, self._claim(member, MemberState.DEAD), now_s)
            elif not member.present and now_s - member.since_s >= self._memory_s(member):
                del self._known[member.info.id]

    def postpone(self, by_s: float) -> None:
        """Give every suspect `by_s` more: this node stood still and could not hear them."""
        for member in self._known.values():
            if member.suspicion is not None:
                member.suspicion.began_s += by_s

    def leave(self) -> Claim:
        """Leave the mesh; return the word that says so."""
        self.has_left = True
        claim = Claim(self.me.id, self.me.incarnation, MemberState.LEFT, self.me.id)
        self._rumours.tell((self.me.id, ""), encode(claim), Rank.MEMBER)
        return claim

    def accusation(self, member: Member) -> Claim | None:
        """Return what a suspected or buried `member` should know is believed of it."""
        return None if member.state is MemberState.ALIVE else self._belief(member)

    def records(self) -> Iterator[bytes]:
        """Yield the roster for a peer that holds another one, as it stands in a datagram.

        A dead node is told as a suspect: where the peer can hear it, it gets its say first.
        """
        yield encode(alive(self.me))
        for member in self._known.values():
            if member.present:
                yield encode(alive(member.info))
            if member.state is MemberState.DEAD:
                yield encode(self._claim(member, MemberState.SUSPECT))
            elif member.state is not MemberState.ALIVE:
                yield encode(self._belief(member))

    def mark(self) -> int:
        """Return a number that is equal on two nodes that hold the same roster of present ones."""
        infos = [self.me, *(m.info for m in self._known.values() if m.present)]
        mark = 0
        for info in infos:
            host, port = info.address
            text = f"{info.id} {info.incarnation} {host} {port}"
            mark ^= int.from_bytes(blake2s(text.encode(), digest_size=7).digest())
        return mark

    def _hear_my_name(self, info: MemberInfo, now_s: float) -> None:
        if info.address == self.me.address:
            if info.incarnation > self.me.incarnation:
                self._rise_above(info.incarnation)
        else:
            # It may be this node's own past at another port, which is believed until it is dead.
            self._twin_until_s = now_s + CONFLICT_QUIET_S
            self._conflict(info, now_s)

    def _admit(self, info: MemberInfo, now_s: float) -> None:
        if len(self._known) + 1 >= MEMBERS_MAX:
            gone = [member for member in self._known.values() if not member.present]
            if not gone:
                self.refused += 1
                return
            del self._known[min(gone, key=lambda m: m.since_s).info.id]
        self._known[info.id] = Member(info, MemberState.ALIVE, now_s)
        self._spread(info)
        self.changes.append(Change(Kind.JOINED, info))

    def _accept(self, member: Member, info: MemberInfo, now_s: float) -> None:
        before, member.info = member.info, info
        if member.state is not MemberState.ALIVE:
            joined = member.state is MemberState.LEFT
            member.state, member.since_s, member.suspicion = MemberState.ALIVE, now_s, None
            self.changes.append(Change(Kind.JOINED if joined else Kind.RECOVERED, info))
        elif replace(before, incarnation=info.incarnation) != info:
            self.changes.append(Change(Kind.UPDATED, info))
        self._rumours.forget_claims(info.id)
        self._spread(info)

    def _hear_suspicion(self, member: Member, claim: Claim, now_s: float) -> None:
        accuser = NodeId(claim.accuser)
        if accuser != self.me.id and not self.is_present(accuser):
            return
        if member.present:
            member.info = replace(member.info, incarnation=claim.incarnation)
        if member.state is MemberState.ALIVE:
            least_s = self._config.suspicion_s(len(self._known) + 1)
            most_s = least_s * self._config.suspicion_factor_max
            member.state, member.since_s = MemberState.SUSPECT, now_s
            member.suspicion = Suspicion(now_s, least_s, most_s)
            self.changes.append(Change(Kind.SUSPECTED, member.info))
        # Beyond the wanted confirmations a further one changes nothing and is not spread.
        if member.suspicion is not None and member.suspicion.confirm(accuser, self._wanted()):
            self._rumours.tell((claim.node, f"!{accuser}"), encode(claim), Rank.MEMBER)

    def _bury(self, member: Member, claim: Claim, now_s: float) -> None:
        before, state = member.state, MemberState(claim.state)
        member.info = replace(member.info, incarnation=claim.incarnation)
        member.state, member.since_s, member.suspicion = state, now_s, None
        self._rumours.forget(member.info.id)
        self._rumours.tell((claim.node, ""), encode(claim), Rank.MEMBER)
        if state is not before:
            kind = Kind.DIED if state is MemberState.DEAD else Kind.LEFT
            self.changes.append(Change(kind, member.info))

    def _contradict(self, claim: Claim) -> Alive | None:
        if self.has_left:
            return None
        if claim.incarnation >= self.me.incarnation:
            self._rise_above(claim.incarnation)
            # Being suspected is a sign that this node answers too slowly.
            self._awareness.worse()
        return alive(self.me)

    def _rise_above(self, incarnation: int) -> None:
        self.me = replace(self.me, incarnation=min(VERSION_MAX, incarnation + 1))
        self._spread(self.me)

    def _spread(self, info: MemberInfo) -> None:
        self._rumours.tell((info.id, ""), encode(alive(info)), Rank.MEMBER)

    def _conflict(self, info: MemberInfo, now_s: float) -> None:
        if now_s - self._told_conflict_s.get(info.id, float("-inf")) >= CONFLICT_QUIET_S:
            self._told_conflict_s[info.id] = now_s
            self.changes.append(Change(Kind.CONFLICT, info))

    def _may_move(self, member: Member, now_s: float) -> bool:
        if member.state is MemberState.DEAD:
            return now_s - member.since_s >= self._config.reclaim_s
        return member.state is MemberState.LEFT

    def _memory_s(self, member: Member) -> float:
        dead = member.state is MemberState.DEAD
        return self._config.forget_s if dead else self._config.left_forget_s

    def _wanted(self) -> int:
        """Return how many more accusers make a suspicion certain: those able to accuse count."""
        alive_count = sum(m.state is MemberState.ALIVE for m in self._known.values())
        return max(0, min(self._config.suspicion_factor - 2, alive_count))

    def _belief(self, member: Member) -> Claim:
        return self._claim(member, member.state)

    def _claim(self, member: Member, state: MemberState) -> Claim:
        node, accuser = member.info.id, self.me.id
        if state is MemberState.LEFT:
            accuser = node
        elif member.suspicion is not None:
            # Passing a suspicion on does not make this node one more accuser.
            accuser = min(member.suspicion.accusers)
        incarnation = min(member.info.incarnation, VERSION_MAX - 1)
        return Claim(node, incarnation, state, accuser)


def draw(items: Sequence[T], count: int, rng: Rng) -> list[T]:
    """Return up to `count` different ones of `items`, in random order."""
    pool = list(items)
    drawn: list[T] = []
    while pool and len(drawn) < count:
        index = rng.randrange(len(pool))
        pool[index], pool[-1] = pool[-1], pool[index]
        drawn.append(pool.pop())
    return drawn
