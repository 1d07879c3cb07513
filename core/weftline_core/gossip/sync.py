"""Comparing all state with one peer, so that a lost rumour heals and a split mesh finds together.

Two nodes exchange digests of a few hundred bytes; only what differs travels. A dead node and the
seeds are tried again for ever: after a partition somebody must speak first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from weftline_core.gossip.codec import encode
from weftline_core.gossip.config import GossipConfig
from weftline_core.gossip.members import Member, Members, draw
from weftline_core.gossip.messages import Address, Digest, MemberState, alive
from weftline_core.gossip.rumours import Budget
from weftline_core.gossip.table import Table
from weftline_core.ids import NodeId
from weftline_core.rng import Rng

# Between two attempts of a node that knows nobody; soon, as the first may be lost while the name of
# a seed is still looked up.
JOIN_RETRY_S = 0.5

# Between two attempts of a node that has peers to reach a seed that is none of them. It may be a
# name for a node that is a peer already; after a long partition it may be the only way back.
SEED_RETRY_S = 30.0

# Seeds remembered; more do not make a join surer.
SEEDS_MAX = 32


@dataclass(frozen=True, slots=True)
class Greeting:
    """Messages for one address."""

    to: Address
    encoded: list[bytes]


class Sync:
    """When to compare with whom, and what to answer."""

    def __init__(self, members: Members, table: Table, config: GossipConfig, rng: Rng) -> None:
        self._members = members
        self._table = table
        self._config = config
        self._rng = rng
        self._seeds: list[Address] = []
        self._sync_at_s = float("-inf")
        self._reconnect_at_s = float("-inf")
        self._seeds_at_s = float("-inf")
        self._budget: Budget | None = None
        self.refused = 0

    def join(self, seeds: list[Address]) -> list[Greeting]:
        """Remember `seeds`, of which at least one should be in the mesh, and greet the new ones."""
        own = self._members.me.address
        new = [seed for seed in dict.fromkeys(seeds) if seed != own and seed not in self._seeds]
        self._seeds = (self._seeds + new)[-SEEDS_MAX:]
        return [self.greeting(seed, None) for seed in new]

    def tick(self, now_s: float) -> list[Greeting]:
        """Return the comparisons that are due."""
        greetings: list[Greeting] = []
        present = self._members.present()
        if now_s >= self._sync_at_s:
            # Spread over the interval, so that nodes started together don't compare together.
            spread = 0.5 + self._rng.random()
            self._sync_at_s = now_s + self._config.sync_interval_s * spread
            greetings += [self.greeting(m.info.address, m) for m in draw(present, 1, self._rng)]
        if now_s >= self._reconnect_at_s:
            wait_s = self._config.reconnect_interval_s if present else JOIN_RETRY_S
            self._reconnect_at_s = now_s + wait_s
            greetings += self._reconnect(now_s, alone=not present)
        return greetings

    def greeting(self, to: Address, member: Member | None) -> Greeting:
        """Return an introduction with a digest that asks for an answer.

        member: the node believed to live at `to`; if it is accused, it hears of it.
        """
        encoded = [encode(alive(self._members.me))]
        accusation = self._members.accusation(member) if member is not None else None
        if accusation is not None:
            encoded.append(encode(accusation))
        encoded.append(encode(self._digest(answer=True)))
        return Greeting(to, encoded)

    def answer(self, digest: Digest, now_s: float) -> Greeting | None:
        """Return what the sender of `digest` does not hold, and our own digest if it wants one.

        Only a present member is answered, at the address known here, and within a budget: whoever
        forges a source must not make this node flood a third party.
        """
        member = self._members.get(NodeId(digest.node))
        if member is None or not member.present:
            self.refused += 1
            return None
        if self._budget is None:
            self._budget = Budget(self._config.sync_bytes_max, now_s)
        if self._budget.left(now_s) <= 0:
            self.refused += 1
            return None
        ours = self._table.buckets()
        buckets = [i for i, mark in enumerate(ours) if mark != digest.rows[i]]
        strange = digest.members != self._members.mark()
        if not buckets and not strange:
            return None
        encoded = self._within_budget(self._differing(buckets, strange=strange), self._budget)
        if digest.answer:
            # Last, so that it is compared after the rows have been merged.
            encoded.append(encode(self._digest(answer=False)))
        return Greeting(member.info.address, encoded)

    def _differing(self, buckets: list[int], *, strange: bool) -> Iterator[bytes]:
        if strange:
            yield from self._members.records()
        # From another bucket each time, so that a table beyond one answer's size gets through.
        start = self._rng.randrange(len(buckets)) if buckets else 0
        for bucket in buckets[start:] + buckets[:start]:
            yield from self._table.encoded(bucket)

    def _within_budget(self, encoded: Iterator[bytes], budget: Budget) -> list[bytes]:
        taken: list[bytes] = []
        size = 0
        for part in encoded:
            size += len(part)
            if size > self._config.sync_bytes_max:
                break
            taken.append(part)
        budget.spend(size)
        return taken

    def _reconnect(self, now_s: float, *, alone: bool) -> list[Greeting]:
        others = self._members.others()
        dead = [member for member in others if member.state is MemberState.DEAD]
        greetings = [self.greeting(m.info.address, m) for m in draw(dead, 1, self._rng)]
        if alone or now_s >= self._seeds_at_s:
            self._seeds_at_s = now_s + SEED_RETRY_S
            known = {member.info.address for member in others}
            strangers = [seed for seed in self._seeds if seed not in known]
            count = len(strangers) if alone else 1
            greetings += [self.greeting(seed, None) for seed in draw(strangers, count, self._rng)]
        return greetings

    def _digest(self, *, answer: bool) -> Digest:
        return Digest(self._members.me.id, answer, self._members.mark(), self._table.buckets())
