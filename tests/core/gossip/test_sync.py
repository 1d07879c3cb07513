"""What two nodes tell each other when they compare all state."""

import random
from dataclasses import dataclass, replace

from tests.fakes.switch import info, row
from weftline_core.gossip.awareness import Awareness
from weftline_core.gossip.codec import Codec, encode
from weftline_core.gossip.config import LOCAL
from weftline_core.gossip.members import Members
from weftline_core.gossip.messages import (
    Address,
    Alive,
    Claim,
    Digest,
    MemberInfo,
    MemberState,
    Message,
    RowWord,
    row_word,
)
from weftline_core.gossip.rumours import Rumours
from weftline_core.gossip.sync import JOIN_RETRY_S, SEED_RETRY_S, SEEDS_MAX, Sync
from weftline_core.gossip.table import Table

A, B, C = (info(name, number) for number, name in enumerate("abc"))
SEED: Address = ("10.5.5.5", 7000)
CODEC = Codec("test")


@dataclass
class Side:
    members: Members
    table: Table
    sync: Sync


def side(me: MemberInfo, *others: MemberInfo, sync_bytes_max: int = 32 * 1024) -> Side:
    config = replace(LOCAL, sync_bytes_max=sync_bytes_max)
    members = Members(me, config, Rumours(), Awareness(8))
    for other in others:
        members.hear_alive(other, other.address, 0.0)
    table = Table()
    return Side(members, table, Sync(members, table, config, random.Random(2)))


def read(encoded: list[bytes]) -> list[Message]:
    return [m for data in CODEC.pack_all(encoded) for m in CODEC.unpack(data)]


def digest(of: Side, *, answer: bool = True) -> Digest:
    return Digest(of.members.me.id, answer, of.members.mark(), of.table.buckets())


def answer(by: Side, asked: Digest, now_s: float = 0.0) -> list[bytes]:
    """Return what `by` answers; nothing if it does not."""
    greeting = by.sync.answer(asked, now_s)
    return [] if greeting is None else greeting.encoded


def bury(member: MemberInfo, by: Side) -> None:
    claim = Claim(member.id, member.incarnation, MemberState.DEAD, "x")
    by.members.hear_claim(claim, 0.0)


def test_equal_sides_have_nothing_to_say() -> None:
    a, b = side(A, B), side(B, A)
    assert answer(b, digest(a)) == []


def test_only_what_differs_travels_and_then_both_are_equal() -> None:
    a, b = side(A, B, C), side(B, A, C)
    for table in (a.table, b.table):
        table.merge(row_word(row("c", "e"), 1), 0.0)
    a.table.merge(row_word(row("a", "e"), 5), 0.0)
    a.table.merge(row_word(row("b", "e"), 1), 0.0)
    b.table.merge(row_word(row("b", "e"), 2), 0.0)
    first = b.sync.answer(digest(a), 0.0)
    assert first is not None
    assert first.to == A.address
    said = read(first.encoded)
    assert said == [row_word(row("b", "e"), 2), digest(b, answer=False)]
    for message in said:
        if isinstance(message, RowWord):
            a.table.merge(message, 0.0)
    last = said[-1]
    assert isinstance(last, Digest)
    said = read(answer(a, last))
    assert said == [row_word(row("a", "e"), 5)]
    for message in said:
        assert isinstance(message, RowWord)
        b.table.merge(message, 0.0)
    assert a.table.rows() == b.table.rows()


def test_a_missing_member_travels_too() -> None:
    a, b = side(A, B), side(B, A, C)
    names = [m.node for m in read(answer(b, digest(a))) if isinstance(m, Alive)]
    assert names == ["b", "a", "c"]


def test_strangers_and_the_dead_get_no_answer() -> None:
    b = side(B, A, C)
    assert answer(b, digest(side(info("stranger", 9), B))) == []
    bury(A, b)
    assert answer(b, digest(side(A, B))) == []
    assert b.sync.refused == 2


def test_an_answer_and_all_answers_are_within_a_budget() -> None:
    a, b = side(A, B), side(B, A, sync_bytes_max=2000)
    for n in range(200):
        b.table.merge(row_word(row("b", f"e{n:03}"), 1), 0.0)
    first = answer(b, digest(a))
    assert 1800 < sum(map(len, first[:-1])) <= 2000
    assert sum(map(len, answer(b, digest(a), 0.001))) == 0
    assert answer(b, digest(a), 1.0) != []


def test_seeds_are_greeted_at_once_and_until_they_are_members() -> None:
    a = side(A)
    (greeting,) = a.sync.join([SEED, A.address, SEED])
    assert greeting.to == SEED
    said = read(greeting.encoded)
    assert said == [said[0], digest(a)]
    assert isinstance(said[0], Alive)
    assert a.sync.join([SEED]) == []
    assert [g.to for g in a.sync.tick(0.0)] == [SEED]
    assert a.sync.tick(JOIN_RETRY_S - 0.1) == []
    assert [g.to for g in a.sync.tick(JOIN_RETRY_S)] == [SEED]
    seed = replace(B, address=SEED)
    a.members.hear_alive(seed, SEED, 1.0)
    # Now it is a member, and one comparison with it is due now and then.
    due = [g.to for tenth in range(100) for g in a.sync.tick(2.0 + tenth / 10)]
    assert set(due) == {SEED}
    assert 6 <= len(due) <= 21


def test_with_peers_a_seed_that_is_none_is_tried_now_and_then() -> None:
    a = side(A, B)
    a.sync.join([SEED])
    due = [g.to for tenth in range(10 * 100) for g in a.sync.tick(tenth / 10)]
    assert due.count(SEED) == 4
    assert SEED_RETRY_S == 30.0


def test_the_dead_are_tried_again_and_told_what_is_believed_of_them() -> None:
    a = side(A, B)
    bury(B, a)
    (greeting,) = a.sync.tick(0.0)
    assert greeting.to == B.address
    assert encode(Claim("b", B.incarnation, MemberState.DEAD, "a")) in greeting.encoded
    assert a.sync.tick(JOIN_RETRY_S - 0.1) == []


def test_seeds_are_bounded() -> None:
    a = side(A)
    a.sync.join([("10.1.0.1", port) for port in range(1, 200)])
    assert len(a.sync.tick(0.0)) == SEEDS_MAX
