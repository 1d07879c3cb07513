"""The ring gives usable keys only, in turn, and keeps every limit in every minute."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from weftline_core.failures import Failure
from weftline_core.key_ring import (
    COOL_S_MAX,
    DENIED_COOL_S,
    DENIED_COOL_S_MAX,
    QUOTA_COOL_S,
    RATE_COOL_S_MAX,
    WINDOW_S,
    KeyRing,
    RingKey,
    Window,
)

A, B, C = (RingKey(name=name) for name in "abc")

OF_KEYS = (Failure.RATE_LIMITED, Failure.QUOTA, Failure.DENIED)


def soonest_s(ring: KeyRing, now_s: float) -> float:
    """Return in how many seconds the first of all keys is usable."""
    return min(state.ready_in_s for state in ring.states(now_s))


def test_keys_take_turns() -> None:
    ring = KeyRing([A, B, C])
    seen: list[str] = []
    for i in range(6):
        first = ring.order(float(i))[0]
        ring.took(first, float(i))
        seen.append(first)
    assert seen == ["a", "b", "c", "a", "b", "c"]


def test_the_order_is_longest_rested_first_and_as_long_as_asked() -> None:
    ring = KeyRing([A, B, C])
    ring.took("a", 0.0)
    assert ring.order(0.0) == ["b", "c", "a"]
    assert ring.order(0.0, count=2) == ["b", "c"]
    assert len(ring) == 3


def test_a_limit_of_requests_holds_in_the_minute_and_then_opens() -> None:
    ring = KeyRing([RingKey(name="a", requests_per_minute=2)])
    ring.took("a", 0.5)
    assert ring.order(0.5) == ["a"]
    ring.took("a", 30.0)
    assert ring.order(30.0) == []
    assert soonest_s(ring, 30.0) == 31.0
    assert ring.order(60.9) == []
    assert ring.order(61.0) == ["a"]
    ring.took("a", 61.0)
    assert ring.order(61.0) == [], "the one of second 30 still counts"


def test_a_limit_of_tokens_counts_what_answers_used() -> None:
    ring = KeyRing([RingKey(name="a", tokens_per_minute=100)])
    ring.took("a", 0.0)
    ring.used_tokens("a", 99, 5.0)
    assert ring.order(5.0) == ["a"]
    ring.used_tokens("a", 500, 6.0)
    assert ring.order(6.0) == []
    assert ring.order(67.0) == ["a"]


def test_a_limited_key_leaves_the_work_to_the_others() -> None:
    ring = KeyRing([RingKey(name="a", requests_per_minute=1), B])
    ring.took("a", 0.0)
    ring.took("b", 0.0)
    assert ring.order(1.0) == ["b"]


def test_a_rate_limit_cools_for_as_long_as_was_asked() -> None:
    ring = KeyRing([A, B])
    ring.failed("a", Failure.RATE_LIMITED, 10.0, 7.0)
    assert ring.order(16.9) == ["b"]
    assert ring.order(17.0) == ["a", "b"]
    ring.failed("b", Failure.RATE_LIMITED, 20.0, 1e9)
    assert soonest_s(ring, 20.0) == 0.0
    assert ring.order(20.0 + COOL_S_MAX) == ["a", "b"]


@pytest.mark.parametrize("odd", [-1.0, 0.0, float("nan")])
def test_a_pause_of_no_length_is_none(odd: float) -> None:
    ring = KeyRing([A])
    ring.failed("a", Failure.RATE_LIMITED, 10.0, odd)
    assert ring.order(10.0) == ["a"]


def test_without_a_hint_pauses_double_until_an_answer() -> None:
    ring = KeyRing([A])
    pauses: list[float] = []
    now_s = 0.0
    for _ in range(9):
        ring.failed("a", Failure.RATE_LIMITED, now_s)
        pause_s = soonest_s(ring, now_s)
        pauses.append(pause_s)
        now_s += pause_s
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, *[RATE_COOL_S_MAX] * 3]
    ring.succeeded("a")
    ring.failed("a", Failure.RATE_LIMITED, now_s)
    assert soonest_s(ring, now_s) == 1.0


def test_a_spent_quota_cools_long() -> None:
    ring = KeyRing([A])
    ring.failed("a", Failure.QUOTA, 0.0)
    assert ring.order(QUOTA_COOL_S - 0.1) == []
    assert ring.order(QUOTA_COOL_S) == ["a"]


def test_a_shorter_pause_never_ends_a_longer_one() -> None:
    ring = KeyRing([A])
    ring.failed("a", Failure.QUOTA, 0.0)
    ring.failed("a", Failure.RATE_LIMITED, 1.0, 2.0)
    assert ring.order(100.0) == []


def test_a_refused_key_rests_longer_with_each_refusal() -> None:
    ring = KeyRing([A, B])
    now_s, pauses = 0.0, list[float]()
    for _ in range(8):
        ring.failed("a", Failure.DENIED, now_s, 3.0)
        assert ring.order(now_s) == ["b"]
        (state, _) = ring.states(now_s)
        pauses.append(state.ready_in_s)
        now_s += state.ready_in_s
    assert pauses == [10.0, 20.0, 40.0, 80.0, 160.0, 320.0, *[DENIED_COOL_S_MAX] * 2]
    ring.succeeded("a")
    ring.failed("a", Failure.DENIED, now_s)
    assert ring.states(now_s)[0].ready_in_s == DENIED_COOL_S


@pytest.mark.parametrize("failure", [f for f in Failure if f not in OF_KEYS])
def test_what_is_not_about_the_key_changes_nothing(failure: Failure) -> None:
    ring = KeyRing([A])
    ring.failed("a", failure, 0.0, 30.0)
    assert ring.order(0.0) == ["a"]


def test_an_alias_is_asked_for_by_name() -> None:
    ring = KeyRing([A, RingKey(name="vip", alias="team-1")])
    assert ring.order(0.0) == ring.order(0.0, "default") == ["a"]
    assert ring.order(0.0, "team-1") == ["vip"]
    assert ring.order(0.0, "team-2") == []
    assert KeyRing([RingKey(name="vip", alias="team-1")]).order(0.0) == []


def test_a_new_state_keeps_what_is_held_against_unchanged_keys() -> None:
    limited = RingKey(name="a", requests_per_minute=1, mark="m1")
    ring = KeyRing([limited, B, C])
    ring.took("a", 0.0)
    ring.failed("b", Failure.RATE_LIMITED, 0.0, 50.0)
    kept = KeyRing([limited, B, C], ring)
    assert kept.order(1.0) == ["c"]
    other_secret = RingKey(name="a", requests_per_minute=1, mark="m2")
    assert KeyRing([other_secret, B], ring).order(1.0) == ["a"]
    # A request that began under the old state still counts.
    ring.failed("c", Failure.RATE_LIMITED, 1.0, 50.0)
    assert kept.order(1.0) == []


def test_a_key_that_is_gone_is_nobodys_business() -> None:
    ring = KeyRing([A])
    ring.took("x", 0.0)
    ring.used_tokens("x", 5, 0.0)
    ring.failed("x", Failure.DENIED, 0.0)
    ring.succeeded("x")
    assert ring.order(0.0) == ["a"]
    assert KeyRing([]).order(0.0) == []


def test_states_tell_names_and_no_more() -> None:
    ring = KeyRing([RingKey(name="a", requests_per_minute=1, mark="m"), B, C, RingKey(name="d")])
    ring.took("a", 0.0)
    ring.failed("b", Failure.QUOTA, 0.0, 9.0)
    ring.failed("c", Failure.DENIED, 0.0)
    told = [(s.name, s.standing, s.ready_in_s, s.cause) for s in ring.states(1.0)]
    assert told == [
        ("a", "limited", 60.0, None),
        ("b", "cooling", 8.0, "quota"),
        ("c", "cooling", 9.0, "denied"),
        ("d", "ready", 0.0, None),
    ]
    assert "mark" not in str(ring.states(1.0))
    assert [s.standing for s in ring.states(70.0)] == ["ready", "ready", "ready", "ready"]


def test_a_window_is_bounded_however_much_it_counts() -> None:
    window = Window(10)
    for i in range(5_000):
        window.add(1, i / 10)
    assert len(window._counts) <= WINDOW_S + 1  # pyright: ignore[reportPrivateUsage]
    assert window.opens_s() > 499.9


class Ring(RuleBasedStateMachine):
    """A ring beside a plain account of all that happened to its keys."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0
        self.keys: dict[str, RingKey] = {}
        self.ring = KeyRing([])
        self.taken: dict[str, list[float]] = {}
        self.spent: dict[str, list[tuple[float, int]]] = {}
        self.resting: dict[str, float] = {}

    @initialize(
        limits=st.lists(
            st.tuples(
                st.none() | st.integers(1, 4),
                st.none() | st.integers(1, 500),
                st.sampled_from(["default", "vip"]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def begin(self, limits: list[tuple[int | None, int | None, str]]) -> None:
        for i, (requests, tokens, alias) in enumerate(limits):
            self.keys[f"k{i}"] = RingKey(
                name=f"k{i}",
                alias=alias,
                requests_per_minute=requests,
                tokens_per_minute=tokens,
            )
        self.ring = KeyRing(self.keys.values())
        self.taken = {name: [] for name in self.keys}
        self.spent = {name: [] for name in self.keys}

    def usable(self, name: str, *, slack_s: float = 0.0) -> bool:
        """Whether a key may surely be used: with `slack_s` of a second its windows may lag."""
        key, now_s = self.keys[name], self.now_s
        if self.resting.get(name, 0.0) > now_s:
            return False
        since_s = now_s - WINDOW_S - slack_s
        requests = sum(1 for at_s in self.taken[name] if at_s > since_s)
        if key.requests_per_minute is not None and requests >= key.requests_per_minute:
            return False
        tokens = sum(count for at_s, count in self.spent[name] if at_s > since_s)
        return key.tokens_per_minute is None or tokens < key.tokens_per_minute

    @rule(seconds=st.floats(0.0, 50.0))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(alias=st.sampled_from([None, "vip"]))
    def take(self, alias: str | None) -> None:
        if found := self.ring.order(self.now_s, alias):
            self.ring.took(found[0], self.now_s)
            self.taken[found[0]].append(self.now_s)

    @rule(index=st.integers(0, 3), count=st.integers(0, 400))
    def spend(self, index: int, count: int) -> None:
        if (name := f"k{index}") in self.keys:
            self.ring.used_tokens(name, count, self.now_s)
            self.spent[name].append((self.now_s, count))

    @rule(
        index=st.integers(0, 3),
        failure=st.sampled_from([Failure.RATE_LIMITED, Failure.QUOTA, Failure.RESET]),
        pause_s=st.floats(0.0, 5000.0),
    )
    def fail(self, index: int, failure: Failure, pause_s: float) -> None:
        if (name := f"k{index}") in self.keys:
            self.ring.failed(name, failure, self.now_s, pause_s)
            if failure is not Failure.RESET:
                until_s = self.now_s + min(pause_s, COOL_S_MAX)
                self.resting[name] = max(until_s, self.resting.get(name, 0.0))

    @rule()
    def change_the_state(self) -> None:
        self.ring = KeyRing(self.keys.values(), self.ring)

    @invariant()
    def only_usable_keys_are_given_and_all_of_them(self) -> None:
        for alias in ("default", "vip"):
            found = set(self.ring.order(self.now_s, alias, 99))
            mine = {name for name, key in self.keys.items() if key.alias == alias}
            assert found <= {name for name in mine if self.usable(name)}
            assert found >= {name for name in mine if self.usable(name, slack_s=1.0)}

    @invariant()
    def limits_hold_in_every_window(self) -> None:
        for name, taken in self.taken.items():
            limit = self.keys[name].requests_per_minute
            for at_s in taken if limit is not None else ():
                inside = sum(1 for other in taken if at_s <= other < at_s + WINDOW_S)
                assert limit is None or inside <= limit

    @invariant()
    def states_agree_with_the_order(self) -> None:
        ready = {s.name for s in self.ring.states(self.now_s) if s.standing == "ready"}
        given = {n for a in ("default", "vip") for n in self.ring.order(self.now_s, a, 99)}
        assert ready == given


Ring.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRing = Ring.TestCase
