"""What is told first, how often, and what is dropped."""

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.gossip.rumours import RUMOURS_MAX, Budget, Rank, Rumours


def told(*rumours: tuple[str, bytes, Rank]) -> Rumours:
    box = Rumours()
    for node, encoded, rank in rumours:
        box.tell((node, ""), encoded, rank)
    return box


def test_a_rumour_is_sent_so_often_and_no_more() -> None:
    box = told(("a", b"word a", Rank.STATE))
    assert [box.take(100, times=3) for _ in range(4)] == [[b"word a"]] * 3 + [[]]
    assert len(box) == 0


def test_news_goes_before_numbers_and_the_least_told_before_the_rest() -> None:
    box = told(
        ("a", b"number", Rank.NUMBER),
        ("b", b"member", Rank.MEMBER),
        ("c", b"older state", Rank.STATE),
        ("d", b"newer state", Rank.STATE),
    )
    assert box.take(100, times=9) == [b"member", b"newer state", b"older state", b"number"]
    box.tell(("e", ""), b"untold state", Rank.STATE)
    assert box.take(30, times=9) == [b"member", b"untold state", b"newer state"]


def test_numbers_can_be_told_to_wait() -> None:
    box = told(("a", b"number", Rank.NUMBER), ("b", b"state", Rank.STATE))
    assert box.take(100, times=9, rank_max=Rank.STATE) == [b"state"]
    assert box.take(100, times=9) == [b"state", b"number"]


def test_a_newer_word_replaces_the_older_and_keeps_its_haste() -> None:
    box = told(("a", b"down", Rank.STATE))
    box.take(100, times=2)
    box.tell(("a", ""), b"down, 3 in flight", Rank.NUMBER)
    assert box.take(100, times=2, rank_max=Rank.STATE) == [b"down, 3 in flight"]
    assert len(box) == 1


def test_fresh_means_news_that_nobody_was_sent() -> None:
    box = told(("a", b"number", Rank.NUMBER))
    fresh = [box.fresh]
    box.tell(("b", ""), b"state", Rank.STATE)
    fresh.append(box.fresh)
    box.take(100, times=9)
    fresh.append(box.fresh)
    box.tell(("b", ""), b"state 2", Rank.STATE)
    box.forget("b")
    fresh.append(box.fresh)
    assert fresh == [False, True, False, False]


def test_what_is_forgotten_is_told_no_more() -> None:
    box = Rumours()
    box.tell(("a", ""), b"a lives", Rank.MEMBER)
    box.tell(("a", "!c"), b"c accuses a", Rank.MEMBER)
    box.tell(("b", ""), b"b lives", Rank.MEMBER)
    box.forget_claims("a")
    assert sorted(box.take(100, times=9)) == [b"a lives", b"b lives"]
    box.forget("a")
    assert box.take(100, times=9) == [b"b lives"]


def test_the_box_is_bounded_and_drops_what_matters_least() -> None:
    box = told(("number", b"number", Rank.NUMBER))
    for n in range(RUMOURS_MAX):
        box.tell((f"n{n}", ""), b"state", Rank.STATE)
    assert len(box) == RUMOURS_MAX
    assert box.dropped == 1
    assert b"number" not in box.take(10**6, times=9)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=30), st.integers(0, 200))
def test_what_is_taken_fits(words: list[bytes], room: int) -> None:
    box = told(*((f"n{n}", word, Rank.STATE) for n, word in enumerate(words)))
    assert sum(map(len, box.take(room, times=9))) <= room


def test_a_budget_refills_evenly_saves_one_second_and_can_be_overdrawn() -> None:
    budget = Budget(1000, now_s=0.0)
    assert budget.left(0.0) == 1000
    budget.spend(1500)
    assert budget.left(0.0) == -500
    assert budget.left(0.75) == 250
    assert budget.left(60.0) == 1000
    budget.spend(10_000)
    assert budget.left(60.0) == -1000
    # A clock that steps back gives nothing.
    assert budget.left(59.0) == -1000
