"""The gossip of one node: datagrams and time in, datagrams and changes out. No sockets, no clock.

What the shell owes this machine:

1. `now_s` is monotonic, and every call comes from one thread.
2. `tick` comes about every `TICK_S`; a late one does no harm, it is taken as a pause of this node.
3. Every datagram received goes to `receive`, with the address it came from.
4. Everything in `Output.datagrams` is sent, once; whether it arrives is not the shell's concern.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from weftline_core.gossip.awareness import Awareness
from weftline_core.gossip.codec import ROOM_BYTES, Codec, Reason, Refused, encode
from weftline_core.gossip.config import GossipConfig
from weftline_core.gossip.detector import Detector, Send
from weftline_core.gossip.members import Change, Kind, Members, MemberView, draw
from weftline_core.gossip.messages import (
    Ack,
    Address,
    Alive,
    Claim,
    Digest,
    MemberInfo,
    MemberState,
    Message,
    Nack,
    Ping,
    PingRequest,
    RowGone,
    RowWord,
    alive,
    info_of,
)
from weftline_core.gossip.own_rows import OwnRows, Telling
from weftline_core.gossip.rumours import Budget, Rank, Rumours
from weftline_core.gossip.sync import Greeting, Sync
from weftline_core.gossip.table import Merged, Table
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rng import Rng
from weftline_core.rows import Row

# Fine enough for the shortest timer of the presets, and 20 wake-ups a second cost nothing.
TICK_S = 0.05

# A tick this late means that the process or the machine stood still; nobody else is to blame.
PAUSE_S = 0.5

# Nodes that check a suspicion at once, so that it is confirmed or contradicted soon. More than the
# confirmations wanted, as some hear of it late, and few enough that a suspect is not flooded.
SECOND_OPINIONS = 8

# Nodes that are told of our leaving directly, without waiting for a round.
FAREWELLS_MAX = 64

Datagram = tuple[Address, bytes]


@dataclass(frozen=True, slots=True)
class Output:
    """What one call asks for and reports."""

    datagrams: list[Datagram]
    changes: list[Change]


@dataclass(slots=True)
class Counters:
    """Totals since the start. `refused` counts datagrams by reason."""

    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    refused: Counter[Reason] = field(default_factory=Counter[Reason])
    rows_refused: int = 0
    probes_failed: int = 0
    pauses: int = 0


class Gossip:
    """Membership and table of one node.

    me: as others shall see this node; its incarnation must be at least 1 and should be wall-clock
        milliseconds, so that a restarted node outranks its own past.

    Raises:
        ValueError: `me` is not a valid introduction.
    """

    def __init__(self, me: MemberInfo, config: GossipConfig, rng: Rng, now_s: float) -> None:
        self._config = config
        self._rng = rng
        self._codec = Codec(config.cluster)
        self._check(me)
        self._rumours = Rumours()
        self._awareness = Awareness(config.awareness_max)
        self._members = Members(me, config, self._rumours, self._awareness)
        self._table = Table()
        self._own = OwnRows(me.id, me.incarnation, config.row_interval_s)
        self._detector = Detector(config, rng, self._awareness)
        self._sync = Sync(self._members, self._table, config, rng)
        self._budget = Budget(config.budget_bytes_per_s, now_s)
        self._ticked_s = now_s
        self._round_at_s = now_s
        self._expire_at_s = now_s
        self._out: list[Datagram] = []
        self.counters = Counters()

    @property
    def me(self) -> MemberInfo:
        """Return this node as others shall see it now."""
        return self._members.me

    def members(self) -> list[MemberView]:
        """Return every node on the roster, this one included, by name."""
        return self._members.views()

    def rows(self) -> list[Row]:
        """Return the whole table, by PoP and endpoint."""
        return self._table.rows()

    def rows_of_endpoint(self, endpoint: EndpointId) -> list[Row]:
        """Return what each PoP that takes part says of `endpoint`, this one included."""
        return self._table.rows_of_endpoint(endpoint)

    def join(self, seeds: Iterable[Address], now_s: float) -> Output:
        """Greet `seeds`, and go on greeting them as long as they are not on the roster."""
        self._greet(self._sync.join(list(seeds)))
        return self._output(now_s)

    def tick(self, now_s: float) -> Output:
        """Do what is due."""
        if self._members.has_left:
            self._round(now_s)
            return self._output(now_s)
        self._notice_pause(now_s)
        verdict = self._detector.tick(self._members, now_s)
        if verdict.failed is not None:
            self._suspect(verdict.failed, now_s)
        self._carry(verdict.sends)
        self._members.expire(now_s)
        self._announce(self._own.due(now_s), now_s)
        self._greet(self._sync.tick(now_s))
        if now_s >= self._expire_at_s:
            self._expire_at_s = now_s + 1.0
            self._table.expire(now_s)
        if now_s >= self._round_at_s:
            self._round(now_s)
        return self._output(now_s)

    def receive(self, data: bytes, source: Address, now_s: float) -> Output:
        """Take in one datagram. Nothing is ever raised; what is refused is counted."""
        self.counters.packets_in += 1
        self.counters.bytes_in += len(data)
        try:
            messages = self._codec.unpack(data)
        except Refused as refusal:
            self.counters.refused[refusal.reason] += 1
            return Output([], [])
        for message in messages:
            self._hear(message, source, now_s)
        return self._output(now_s)

    def publish(self, rows: Iterable[Row], now_s: float) -> Output:
        """Tell that `rows` are all rows of this PoP now.

        Raises:
            ValueError: a row of another PoP.
        """
        self._announce(self._own.publish(rows, now_s), now_s)
        return self._output(now_s)

    def leave(self, now_s: float) -> Output:
        """Say farewell; from now on only rumours are passed on, and nothing is answered."""
        claim = encode(self._members.leave())
        for member in draw(self._members.present(), FAREWELLS_MAX, self._rng):
            self._send(member.info.address, [claim])
        return self._output(now_s)

    def _check(self, me: MemberInfo) -> None:
        try:
            self._codec.unpack(self._codec.pack([encode(alive(me))]))
        except Refused as refusal:
            raise ValueError(f"other nodes would refuse this one: {refusal}") from None

    def _hear(self, message: Message, source: Address, now_s: float) -> None:
        match message:
            case RowWord() | RowGone():
                self._hear_entry(message, now_s)
            case Alive():
                info = info_of(message)
                self._reply(info.address, self._members.hear_alive(info, source, now_s))
            case Claim():
                self._reply(source, self._members.hear_claim(message, now_s))
            case Ping():
                if message.target == self.me.id and not self._members.has_left:
                    self._send_with_rumours(source, [encode(Ack(message.sequence))])
            case Ack():
                self._carry(self._detector.hear_ack(message.sequence))
            case Nack():
                self._detector.hear_nack(message.sequence)
            case PingRequest():
                sends = self._detector.hear_request(message, source, self._members, now_s)
                self._carry(sends)
            case Digest():
                answer = self._sync.answer(message, now_s)
                self._greet([] if answer is None else [answer])

    def _hear_entry(self, entry: RowWord | RowGone, now_s: float) -> None:
        pop = NodeId(entry.pop)
        if pop == self.me.id:
            # With a twin about, contradicting it would never end; the operator has been told.
            if not self._members.has_twin(now_s):
                self._announce(self._own.echo(entry), now_s)
            return
        if not self._members.is_present(pop):
            # The dead have no rows. Those of a node not heard of yet come with the next digest.
            self.counters.rows_refused += 1
            return
        merged = self._table.merge(entry, now_s)
        if merged is Merged.REFUSED:
            self.counters.rows_refused += 1
        elif merged is not Merged.KNOWN:
            rank = Rank.STATE if merged is Merged.NEWS else Rank.NUMBER
            self._rumours.tell((entry.pop, entry.endpoint), encode(entry), rank)

    def _announce(self, tellings: list[Telling], now_s: float) -> None:
        for entry, rank in tellings:
            self._table.merge(entry, now_s)
            self._rumours.tell((entry.pop, entry.endpoint), encode(entry), rank)

    def _suspect(self, node: NodeId, now_s: float) -> None:
        self.counters.probes_failed += 1
        claim = self._members.suspect(node, now_s)
        member = self._members.get(node)
        if claim is not None and member is not None:
            # The accused hears it first: it is the only one that can contradict.
            self._send(member.info.address, [encode(claim)])

    def _notice_pause(self, now_s: float) -> None:
        late_s = now_s - self._ticked_s - TICK_S
        self._ticked_s = now_s
        if late_s >= PAUSE_S:
            self.counters.pauses += 1
            self._awareness.worse()
            self._detector.postpone(late_s)
            self._members.postpone(late_s)

    def _round(self, now_s: float) -> None:
        """Tell some peers what there is to tell."""
        if not len(self._rumours):
            return
        self._round_at_s = now_s + self._config.gossip_interval_s
        rank_max = Rank.NUMBER if self._budget.left(now_s) > 0 else Rank.STATE
        for to in draw(self._listeners(now_s), self._config.fanout, self._rng):
            encoded = self._rumours.take(ROOM_BYTES, self._times(), rank_max)
            if not encoded:
                break
            self._budget.spend(sum(map(len, encoded)))
            self._send(to, encoded)

    def _listeners(self, now_s: float) -> list[Address]:
        """Return where rumours go: to the present, and to the newly dead, who may object."""
        since_s = now_s - self._config.dead_gossip_s
        return [
            member.info.address
            for member in self._members.others()
            if member.present or (member.state is MemberState.DEAD and member.since_s > since_s)
        ]

    def _times(self) -> int:
        return self._config.retransmits(len(self._members.present()) + 1)

    def _reply(self, to: Address, message: Message | None) -> None:
        if message is not None:
            self._send(to, [encode(message)])

    def _carry(self, sends: list[Send]) -> None:
        for to, message in sends:
            encoded = [encode(message)]
            if isinstance(message, Ping):
                member = self._members.get(NodeId(message.target))
                accusation = self._members.accusation(member) if member is not None else None
                if accusation is not None:
                    encoded.append(encode(accusation))
            self._send_with_rumours(to, encoded)

    def _greet(self, greetings: list[Greeting]) -> None:
        for greeting in greetings:
            self._send_all(greeting.to, greeting.encoded)

    def _send_with_rumours(self, to: Address, encoded: list[bytes]) -> None:
        room = ROOM_BYTES - sum(map(len, encoded))
        self._send(to, encoded + self._rumours.take(room, self._times(), Rank.STATE))

    def _send_all(self, to: Address, encoded: list[bytes]) -> None:
        self._out += [(to, data) for data in self._codec.pack_all(encoded)]

    def _send(self, to: Address, encoded: list[bytes]) -> None:
        self._out.append((to, self._codec.pack(encoded)))

    def _output(self, now_s: float) -> Output:
        changes, self._members.changes = self._members.changes, []
        for change in changes:
            self._follow(change)
        urgent_at_s = self._round_at_s - (
            self._config.gossip_interval_s - self._config.urgent_interval_s
        )
        if now_s >= urgent_at_s and self._rumours.fresh:
            self._round(now_s)
        datagrams, self._out = self._out, []
        self.counters.packets_out += len(datagrams)
        self.counters.bytes_out += sum(len(data) for _, data in datagrams)
        return Output(datagrams, changes)

    def _follow(self, change: Change) -> None:
        """Do to table and peers what a change of the roster means for them."""
        if change.kind in (Kind.DIED, Kind.LEFT):
            self._table.drop(change.info.id)
        elif change.kind is Kind.SUSPECTED:
            # In a small mesh everybody's turn comes soon, and a detour would delay other findings.
            count = len(self._members.present())
            if count > SECOND_OPINIONS > self._rng.random() * count:
                self._detector.probe_next(change.info.id)
        elif change.kind is Kind.RECOVERED:
            # Its rows went with its death, and behind it may be the other half of a split mesh.
            member = self._members.get(change.info.id)
            self._greet([self._sync.greeting(change.info.address, member)])
