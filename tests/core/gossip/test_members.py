"""Which word about a node wins: memberlist's cases, and the laws behind them."""

import random
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.switch import BORN_UNIX_MS, info
from weftline_core.gossip.awareness import Awareness
from weftline_core.gossip.config import LOCAL
from weftline_core.gossip.members import MEMBERS_MAX, Kind, Members, draw
from weftline_core.gossip.messages import (
    VERSION_MAX,
    Address,
    Alive,
    Claim,
    MemberInfo,
    MemberState,
    alive,
)
from weftline_core.gossip.rumours import Rumours
from weftline_core.ids import NodeId

ELSEWHERE: Address = ("10.8.8.8", 7000)
A, B, C, D = (info(name, number) for number, name in enumerate("abcd"))
BORN = BORN_UNIX_MS

SUSPECT, DEAD, LEFT = MemberState.SUSPECT, MemberState.DEAD, MemberState.LEFT


class Printed(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Roster:
    """The roster of `a`, and what came of each word."""

    def __init__(self, *others: MemberInfo) -> None:
        self.rumours = Rumours()
        self.awareness = Awareness(8)
        self.members = Members(A, LOCAL, self.rumours, self.awareness)
        for other in others:
            self.alive(other)

    def alive(
        self, who: MemberInfo, now_s: float = 0.0, source: Address = ELSEWHERE
    ) -> Alive | Claim | None:
        return self.members.hear_alive(who, source, now_s)

    def claim(
        self,
        node: str,
        state: MemberState,
        accuser: str = "b",
        incarnation: int = BORN,
        now_s: float = 0.0,
    ) -> Alive | None:
        return self.members.hear_claim(Claim(node, incarnation, state, accuser), now_s)

    def state(self, node: str) -> MemberState:
        return next(v.state for v in self.members.views() if v.info.id == node)

    def kinds(self) -> list[tuple[Kind, str]]:
        changes, self.members.changes = self.members.changes, []
        return [(change.kind, change.info.id) for change in changes]


def at(who: MemberInfo, incarnation: int) -> MemberInfo:
    return replace(who, incarnation=incarnation)


def test_a_newcomer_is_told_once_however_often_it_is_heard() -> None:
    roster = Roster(B, B, B)
    assert roster.kinds() == [(Kind.JOINED, "b")]
    assert len(roster.rumours) == 1


def test_claims_said_twice_change_nothing() -> None:
    roster = Roster(B, C)
    roster.kinds()
    for _ in range(3):
        roster.claim("c", SUSPECT)
    assert roster.kinds() == [(Kind.SUSPECTED, "c")]
    for _ in range(3):
        roster.claim("c", DEAD)
    assert roster.kinds() == [(Kind.DIED, "c")]
    roster.claim("c", SUSPECT)
    assert roster.state("c") is DEAD


def test_an_old_incarnation_changes_nothing() -> None:
    roster = Roster(B, at(C, 2000))
    roster.kinds()
    roster.claim("c", SUSPECT, incarnation=1999)
    roster.claim("c", DEAD, incarnation=1999)
    roster.claim("c", LEFT, accuser="c", incarnation=1999)
    assert roster.state("c") is MemberState.ALIVE
    # And an old introduction does not bring back the dead.
    roster.claim("c", DEAD, incarnation=2000)
    roster.alive(at(C, 2000))
    assert roster.state("c") is DEAD
    roster.alive(at(C, 2001))
    assert roster.kinds() == [(Kind.DIED, "c"), (Kind.RECOVERED, "c")]


def test_a_suspect_contradicts_with_a_higher_incarnation_only() -> None:
    roster = Roster(B, C)
    roster.claim("c", SUSPECT)
    roster.alive(C)
    assert roster.state("c") is SUSPECT
    roster.alive(at(C, BORN + 1))
    assert roster.state("c") is MemberState.ALIVE
    # The refuted claim is spread no more.
    assert len([w for w in roster.rumours.take(9999, 9) if w[1] == 6]) == 0


def test_accused_ourselves_we_contradict_and_doubt_ourselves() -> None:
    roster = Roster(B)
    answer = roster.claim("a", SUSPECT)
    assert answer is not None
    assert answer.incarnation == BORN + 1
    assert roster.members.me.incarnation == BORN + 1
    assert roster.awareness.score == 1
    # The same claim once more is answered, and costs no further incarnation.
    answer = roster.claim("a", DEAD)
    assert answer is not None
    assert answer.incarnation == BORN + 1
    assert roster.awareness.score == 1


def test_the_highest_claim_can_still_be_contradicted() -> None:
    roster = Roster(B)
    answer = roster.claim("a", DEAD, incarnation=VERSION_MAX - 1)
    assert answer is not None
    assert answer.incarnation == VERSION_MAX


def test_our_own_past_with_a_clock_ahead_is_outranked() -> None:
    roster = Roster(B)
    roster.alive(at(A, 9999))
    assert roster.members.me.incarnation == 10_000


def test_silence_kills_a_suspect_sooner_when_more_accuse() -> None:
    def dies_at(*accusers: str) -> float:
        roster = Roster(B, C, D, info("e", 4), info("f", 5))
        for accuser in accusers:
            roster.claim("b", SUSPECT, accuser=accuser)
        for tenth in range(400):
            roster.members.expire(tenth / 10)
            if roster.state("b") is DEAD:
                return tenth / 10
        return float("inf")

    times = [dies_at("c"), dies_at("c", "d"), dies_at("c", "d", "e"), dies_at("c", "d", "e", "f")]
    assert times == sorted(times, reverse=True)
    assert times[0] == 15.0
    assert times[-1] == 2.5
    # The same accuser again, a stranger, and the accused itself confirm nothing.
    assert dies_at("c", "c", "stranger") == times[0]


def test_where_nobody_could_confirm_one_accuser_is_enough() -> None:
    roster = Roster(B)
    roster.members.suspect(NodeId("b"), 0.0)
    roster.members.expire(2.4)
    assert roster.state("b") is SUSPECT
    roster.members.expire(2.5)
    assert roster.state("b") is DEAD


def test_a_pause_of_ours_is_not_held_against_a_suspect() -> None:
    roster = Roster(B)
    roster.members.suspect(NodeId("b"), 0.0)
    roster.members.postpone(20.0)
    roster.members.expire(21.0)
    assert roster.state("b") is SUSPECT


def test_only_a_node_itself_can_say_that_it_leaves() -> None:
    roster = Roster(B, C)
    roster.kinds()
    roster.claim("c", LEFT, accuser="b")
    assert roster.kinds() == []
    roster.claim("c", LEFT, accuser="c")
    assert roster.kinds() == [(Kind.LEFT, "c")]
    roster.alive(at(C, BORN + 1))
    assert roster.kinds() == [(Kind.JOINED, "c")]


def test_having_left_we_do_not_contradict() -> None:
    roster = Roster(B)
    assert roster.members.leave() == Claim("a", BORN, LEFT, "a")
    assert roster.claim("a", LEFT, accuser="a") is None
    assert roster.state("a") is LEFT


def test_a_second_node_with_a_name_is_told_and_not_believed() -> None:
    roster = Roster(B)
    roster.kinds()
    twin = replace(B, address=ELSEWHERE, incarnation=BORN + 50)
    for n in range(10):
        roster.alive(twin, now_s=float(n))
    assert roster.kinds() == [(Kind.CONFLICT, "b")]
    assert roster.members.views()[1].info == B
    roster.alive(twin, now_s=61.0)
    assert roster.kinds() == [(Kind.CONFLICT, "b")]


def test_a_second_holder_is_answered_with_the_first() -> None:
    roster = Roster(B)
    twin = replace(B, address=ELSEWHERE, incarnation=BORN + 50)
    assert roster.alive(twin, source=C.address) is None
    assert roster.alive(twin, source=ELSEWHERE) == alive(B)


def test_our_own_twin_is_told_and_changes_nothing_here() -> None:
    roster = Roster(B)
    roster.kinds()
    assert not roster.members.has_twin(0.0)
    roster.alive(replace(A, address=ELSEWHERE, incarnation=BORN + 7), source=B.address)
    assert roster.kinds() == [(Kind.CONFLICT, "a")]
    assert roster.members.has_twin(59.0)
    assert not roster.members.has_twin(60.0)
    assert roster.members.me == A


def test_a_name_moves_when_its_old_holder_is_dead_for_a_while_or_has_left() -> None:
    moved = replace(C, address=ELSEWHERE, incarnation=BORN + 9)
    roster = Roster(B, C)
    roster.claim("c", DEAD, now_s=10.0)
    roster.alive(moved, now_s=10.0 + LOCAL.reclaim_s - 0.1)
    assert roster.state("c") is DEAD
    roster.alive(moved, now_s=10.0 + LOCAL.reclaim_s)
    assert roster.state("c") is MemberState.ALIVE
    roster = Roster(B, C)
    roster.claim("c", LEFT, accuser="c", now_s=10.0)
    roster.alive(moved, now_s=10.0)
    assert roster.members.get(NodeId("c")) is not None
    assert roster.state("c") is MemberState.ALIVE


def test_one_that_does_not_know_of_its_death_is_told_where_it_was_known() -> None:
    roster = Roster(B, C)
    roster.claim("c", DEAD)
    assert roster.alive(C, source=C.address) == Claim("c", BORN, DEAD, "a")
    assert roster.alive(C, source=B.address) == Claim("c", BORN, DEAD, "a")
    # An address that only this word names gets nothing.
    assert roster.alive(replace(C, address=ELSEWHERE), source=B.address) is None


def test_a_peer_hears_of_our_dead_as_suspects_and_of_our_suspects_with_their_accuser() -> None:
    roster = Roster(B, C, D)
    roster.claim("c", DEAD)
    roster.claim("d", SUSPECT, accuser="b")
    decoder = msgspec.msgpack.Decoder(Alive | Claim)
    said = [decoder.decode(word) for word in roster.members.records()]
    assert Claim("c", BORN, SUSPECT, "a") in said
    assert Claim("d", BORN, SUSPECT, "b") in said
    assert {w.node for w in said if isinstance(w, Alive)} == {"a", "b", "d"}


def test_the_dead_are_remembered_long_and_the_departed_for_a_while() -> None:
    roster = Roster(B, C)
    roster.claim("b", DEAD, accuser="c")
    roster.claim("c", LEFT, accuser="c")
    roster.members.expire(LOCAL.left_forget_s)
    assert [v.info.id for v in roster.members.views()] == ["a", "b"]
    roster.members.expire(LOCAL.forget_s)
    assert [v.info.id for v in roster.members.views()] == ["a"]


def test_the_roster_is_bounded_and_the_longest_gone_makes_room() -> None:
    roster = Roster(*(info(f"n{n}", n) for n in range(1, MEMBERS_MAX)))
    roster.alive(info("one-more", 999))
    assert len(roster.members.views()) == MEMBERS_MAX
    assert roster.members.refused == 1
    roster.claim("n7", DEAD, accuser="n1", now_s=1.0)
    roster.claim("n8", DEAD, accuser="n1", now_s=2.0)
    roster.alive(info("one-more", 999))
    names = {v.info.id for v in roster.members.views()}
    assert "one-more" in names
    assert "n7" not in names
    assert "n8" in names


words = st.one_of(
    st.tuples(st.just("alive"), st.sampled_from("bc"), st.integers(1, 5)),
    st.tuples(st.sampled_from([DEAD, LEFT]), st.sampled_from("bc"), st.integers(1, 5)),
)


@given(st.lists(words, max_size=12), st.randoms(use_true_random=False))
def test_final_words_have_the_same_outcome_in_any_order(
    said: list[tuple[str | MemberState, str, int]], chance: random.Random
) -> None:
    def outcome(order: list[tuple[str | MemberState, str, int]]) -> dict[str, object]:
        roster = Roster(at(B, 1), at(C, 1))
        for what, node, incarnation in order:
            who = {"b": B, "c": C}[node]
            if isinstance(what, MemberState):
                roster.claim(node, what, accuser=node, incarnation=incarnation)
            else:
                roster.alive(at(who, incarnation))
        return {v.info.id: (v.info.incarnation, v.state) for v in roster.members.views()}

    shuffled = list(said)
    chance.shuffle(shuffled)
    assert outcome(said) == outcome(shuffled)


@given(st.lists(words, max_size=20))
def test_a_belief_never_goes_back(said: list[tuple[str | MemberState, str, int]]) -> None:
    roster = Roster(at(B, 1), at(C, 1))
    before: dict[NodeId, tuple[int, int]] = {}
    for what, node, incarnation in said:
        if isinstance(what, MemberState):
            roster.claim(node, what, accuser=node, incarnation=incarnation)
        else:
            roster.alive(at({"b": B, "c": C}[node], incarnation))
        now = {v.info.id: (v.info.incarnation, int(v.state)) for v in roster.members.views()}
        assert all(now[name] >= rank for name, rank in before.items())
        before = now


def test_equal_rosters_have_equal_marks() -> None:
    one, other = Roster(B, C), Roster(C, B)
    # The node itself holds its address as another kind of tuple than what it heard.
    one.members.me = replace(A, address=Printed(*A.address))
    assert one.members.mark() == other.members.mark()
    one.alive(at(B, BORN + 1))
    assert one.members.mark() != other.members.mark()
    other.alive(at(B, BORN + 1))
    other.claim("c", SUSPECT)
    # A suspicion comes and goes; it is no difference of the roster.
    assert one.members.mark() == other.members.mark()
    other.claim("c", DEAD)
    assert one.members.mark() != other.members.mark()


@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_drawing_is_fair_and_without_repeats(count: int) -> None:
    chance = random.Random(1)
    drawn = [draw("abcd", count, chance) for _ in range(400)]
    assert all(len(set(d)) == len(d) == min(count, 4) for d in drawn)
    often = Counter(name for d in drawn for name in d)
    assert not often or max(often.values()) - min(often.values()) < 80
