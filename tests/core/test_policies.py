"""The orders, by the names that operators know."""

import random
from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.desired import Endpoint
from weftline_core.estimate import Step
from weftline_core.policies import EXPLORED_SHARE, ORDERS, TIE_SHARE, Order
from weftline_core.rows import EndpointState


def step(
    name: str,
    predicted_ms: float = 100.0,
    rtt_ms: float = 10.0,
    load: float = 0.0,
    weight: int = 1,
    uncertain_ms: float = 0.0,
) -> Step:
    return Step(
        endpoint=Endpoint(name=name, base_url="http://h/v1", models={"m": "m"}, weight=weight),
        state=EndpointState.UP,
        predicted_ms=predicted_ms,
        connect_ms=0.0,
        rtt_ms=rtt_ms,
        queue_ms=0.0,
        service_ms=0.0,
        risk_ms=0.0,
        uncertain_ms=uncertain_ms,
        load=load,
        source="own",
    )


def names(order: Order, steps: list[Step], seed: int = 1, turn: int = 0) -> str:
    return "".join(s.endpoint.name for s in order(steps, random.Random(seed), turn))


def leads(order: Order, steps: list[Step], draws: int = 2000) -> Counter[str]:
    rng = random.Random(5)
    return Counter(order(steps, rng, turn)[0].endpoint.name for turn in range(draws))


def test_latency_goes_by_prediction() -> None:
    steps = [step("a", 300.0), step("b", 100.0), step("c", 200.0)]
    assert names(ORDERS["latency"], steps) == "bca"
    assert set(leads(ORDERS["latency"], steps)) == {"b"}


def test_equals_share_and_the_less_loaded_leads() -> None:
    a, b = step("a", 100.0), step("b", 100.0 * (1 + TIE_SHARE))
    shares = leads(ORDERS["latency"], [a, b, step("c", 120.0)])
    assert set(shares) == {"a", "b"}
    assert min(shares.values()) > 900
    loaded = leads(ORDERS["latency"], [step("a", 100.0, load=0.5), b])
    assert loaded["b"] / loaded.total() > 1 - 2 * EXPLORED_SHARE


def test_of_three_equals_the_most_loaded_never_leads() -> None:
    steps = [step("a", load=0.9), step("b", load=0.2), step("c", load=0.1)]
    assert leads(ORDERS["latency"], steps)["a"] < 2000 * 2 * EXPLORED_SHARE


def test_near_misses_are_no_equals() -> None:
    steps = [step("a", 100.0, load=0.9), step("b", 106.0)]
    assert set(leads(ORDERS["latency"], steps)) == {"a"}


def test_doubt_is_explored_now_and_then_where_it_could_win() -> None:
    near, doubtful = step("a", 121.0), step("b", 128.0, uncertain_ms=60.0)
    hopeless = step("c", 300.0, uncertain_ms=60.0)
    shares = leads(ORDERS["latency"], [near, doubtful, hopeless], 10_000)
    assert 0.5 * EXPLORED_SHARE < shares["b"] / 10_000 < 2 * EXPLORED_SHARE
    assert shares["c"] == 0


def test_nearest_goes_by_distance_alone() -> None:
    steps = [step("a", 10.0, rtt_ms=30.0), step("b", 500.0, rtt_ms=5.0)]
    assert names(ORDERS["nearest"], steps) == "ba"


def test_round_robin_takes_turns() -> None:
    steps = [step("a"), step("b"), step("c")]
    assert [names(ORDERS["round_robin"], steps, turn=n) for n in range(4)] == [
        "abc",
        "bca",
        "cab",
        "abc",
    ]


def test_least_outstanding_goes_by_load_then_prediction() -> None:
    steps = [step("a", 10.0, load=0.5), step("b", 90.0), step("c", 80.0)]
    assert names(ORDERS["least_outstanding"], steps) == "cba"


def test_weights_are_shares_and_zero_is_a_last_resort() -> None:
    steps = [step("a", weight=0), step("b", weight=1), step("c", weight=3)]
    shares = leads(ORDERS["weighted"], steps, 4000)
    assert shares["a"] == 0
    assert 2.6 < shares["c"] / shares["b"] < 3.4
    assert all(names(ORDERS["weighted"], steps, seed)[-1] == "a" for seed in range(50))


def test_one_that_just_failed_waits_behind_the_others() -> None:
    failed = msgspec.structs.replace(step("a"), risk_ms=125.0)
    steps = [failed, step("b", rtt_ms=90.0, load=0.5), step("c", weight=0)]
    assert names(ORDERS["nearest"], steps) == "cba"
    assert names(ORDERS["round_robin"], steps, turn=0) == "bca"
    assert names(ORDERS["least_outstanding"], steps) == "cba"
    assert names(ORDERS["weighted"], steps) == "bac", "a last resort stays one"


STEPS = st.lists(
    st.tuples(st.floats(0, 1e4), st.floats(0, 1e3), st.floats(0, 9), st.integers(0, 5)), max_size=8
).map(
    lambda rows: [
        step(f"e{n}", predicted, rtt, load, weight)
        for n, (predicted, rtt, load, weight) in enumerate(rows)
    ]
)


@given(st.sampled_from(sorted(ORDERS)), STEPS, st.integers(0, 99), st.integers(0, 9))
def test_every_order_is_a_permutation_and_depends_on_its_seed_alone(
    policy: str, steps: list[Step], turn: int, seed: int
) -> None:
    order = {str(name): order for name, order in ORDERS.items()}[policy]
    got = order(steps, random.Random(seed), turn)
    assert sorted(s.endpoint.name for s in got) == [s.endpoint.name for s in steps]
    assert got == order(steps, random.Random(seed), turn)
