"""The selector joins catalog, book, rows and clock; the core's own tests judge the choice."""

import random
from collections.abc import Sequence

import orjson

from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Model, Policy
from weftline_core.failures import Failure
from weftline_core.ids import EndpointId, NodeId
from weftline_core.routing import Plan
from weftline_core.rows import EndpointState, Row
from weftline_node.selector import HEARSAY_KEPT_S, Selector

CHAT = Model(name="weft/chat", aliases=("chat",))


def endpoint(name: str, region: str | None = None) -> Endpoint:
    return Endpoint(
        name=name, base_url="https://h/v1", models={"weft/chat": "m"}, region=region or name
    )


def catalog(*endpoints: Endpoint, policy: Policy = "latency", revision: int = 1) -> Catalog:
    model = Model(name="weft/chat", aliases=("chat",), policy=policy)
    return Catalog.of(Desired.EMPTY.changed([model, *endpoints], [], revision))


class Pop:
    """A selector in Amsterdam, and the levers behind it."""

    def __init__(self, region: str | None = "ams") -> None:
        self.at_s = 100.0
        self.book = Book(NodeId("ams"))
        self.rows: dict[str, list[Row]] = {}
        self.asked: list[str] = []
        self.warm: set[str] = set()
        self.selector = Selector(
            region, self.book, self.neighbours, self, random.Random(1), self.warm.__contains__
        )

    def now_s(self) -> float:
        return self.at_s

    def unix_ms(self) -> int:
        return 0

    def neighbours(self, name: EndpointId) -> Sequence[Row]:
        self.asked.append(name)
        return self.rows.get(name, ())

    def says(self, pop: str, name: str, rtt_ms: float) -> None:
        row = Row(NodeId(pop), EndpointId(name), 1, EndpointState.UP, rtt_ms=rtt_ms)
        self.rows.setdefault(name, []).append(row)


def order(plan: Plan) -> list[str]:
    return [step.endpoint.name for step in plan.steps]


def test_before_any_catalog_there_is_nothing_to_try() -> None:
    plan = Pop().selector.plan(CHAT)
    assert plan.steps == ()
    assert "no endpoint serves" in plan.why_empty()


def test_a_new_catalog_is_chosen_from_at_once() -> None:
    pop = Pop()
    pop.selector.swap(catalog(endpoint("iad"), endpoint("nrt")))
    assert order(pop.selector.plan(CHAT)) == ["iad", "nrt"]
    pop.selector.swap(catalog(endpoint("ams"), endpoint("nrt"), revision=2))
    assert order(pop.selector.plan(CHAT)) == ["ams", "nrt"]


def test_swapping_forgets_what_is_gone() -> None:
    pop = Pop()
    pop.book.rtt("iad", 80.0, 100.0)
    pop.book.rtt("old", 80.0, 100.0)
    pop.selector.swap(catalog(endpoint("iad")))
    assert [row.endpoint for row in pop.book.rows(100.0)] == ["iad"]


def test_a_warm_connection_is_worth_its_round_trips() -> None:
    pop = Pop()
    pop.book.rtt("fra", 10.0, 100.0)
    pop.book.rtt("ams", 8.0, 100.0)
    pop.selector.swap(catalog(endpoint("ams"), endpoint("fra")))
    assert order(pop.selector.plan(CHAT)) == ["ams", "fra"]
    pop.warm.add("fra")
    assert order(pop.selector.plan(CHAT)) == ["fra", "ams"]


def test_own_failures_act_at_once() -> None:
    pop = Pop()
    pop.selector.swap(catalog(endpoint("ams"), endpoint("iad"), endpoint("nrt")))
    assert order(pop.selector.plan(CHAT))[0] == "ams"
    pop.book.failed("ams", Failure.REFUSED, pop.at_s)
    assert order(pop.selector.plan(CHAT)) == ["iad", "nrt"]


def test_a_neighbours_row_stands_in_for_geography() -> None:
    pop = Pop()
    pop.selector.swap(catalog(endpoint("api", region="sin")))
    pop.says("fra", "api", 3.0)
    (step,) = pop.selector.plan(CHAT).steps
    assert step.source == "neighbour"
    assert step.rtt_ms < 15.0, "its region's name says Singapore, but it is next to Frankfurt"


def test_a_neighbours_place_comes_from_membership_or_else_its_name() -> None:
    pop = Pop()
    pop.selector.swap(catalog(endpoint("api", region="sin")))
    pop.says("pop-17", "api", 3.0)
    assert pop.selector.plan(CHAT).steps[0].source == "geography"
    pop.selector.peers({NodeId("pop-17"): "fra"})
    pop.at_s += 1.0
    assert pop.selector.plan(CHAT).steps[0].source == "neighbour"
    pop.rows.clear()
    pop.says("lhr-2", "api", 3.0)
    pop.at_s += 1.0
    assert pop.selector.plan(CHAT).steps[0].source == "neighbour"


def test_without_a_region_of_our_own_all_distances_are_guesses() -> None:
    for region in (None, "atlantis"):
        pop = Pop(region)
        pop.selector.swap(catalog(endpoint("iad")))
        pop.says("fra", "iad", 3.0)
        assert pop.selector.plan(CHAT).steps[0].source == "guess"


def test_rows_are_digested_once_for_a_moment() -> None:
    pop = Pop()
    pop.selector.swap(catalog(endpoint("iad")))
    for _ in range(10):
        pop.selector.plan(CHAT)
    assert pop.asked == ["iad"]
    pop.at_s += 2 * HEARSAY_KEPT_S
    pop.selector.plan(CHAT)
    assert pop.asked == ["iad", "iad"]


def test_turns_go_on_across_catalogs() -> None:
    pop = Pop()
    both = catalog(endpoint("ams"), endpoint("iad"), policy="round_robin")
    model = both.model("chat")
    assert model is not None
    pop.selector.swap(both)
    firsts = [order(pop.selector.plan(model))[0] for _ in range(3)]
    pop.selector.swap(both)
    assert [*firsts, order(pop.selector.plan(model))[0]] == ["ams", "iad", "ams", "iad"]


def test_an_explanation_holds_every_number_and_changes_nothing() -> None:
    pop = Pop()
    pop.selector.swap(
        catalog(endpoint("ams"), endpoint("fra"), endpoint("iad"), policy="round_robin")
    )
    pop.book.failed("iad", Failure.REFUSED, pop.at_s)
    pop.says("fra", "ams", 9.0)
    model = Model(name="weft/chat", policy="round_robin")
    told = [orjson.loads(orjson.dumps(pop.selector.explain(model))) for _ in range(2)]
    assert told[0] == told[1]
    (told, _) = told
    assert (told["model"], told["policy"], told["revision"]) == ("weft/chat", "round_robin", 1)
    assert told["panic"] is False
    assert [step["endpoint"] for step in told["steps"]] == ["ams", "fra"]
    step = told["steps"][0]
    assert (step["state"], step["source"]) == ("UP", "neighbour")
    parts = ("connect_ms", "rtt_ms", "queue_ms", "service_ms", "risk_ms")
    assert abs(step["predicted_ms"] - sum(step[part] for part in parts)) < 1e-9
    assert "refused the connection" in told["left_out"][0]["reason"]
    assert told["heard"]["ams"][0]["pop"] == "fra"
    assert order(pop.selector.plan(model))[0] == "ams", "no turn was used up"


def test_what_cannot_be_used_from_here_is_in_no_plan_and_the_reason_is_the_operators() -> None:
    pop = Pop()
    state = catalog(endpoint("ams"), endpoint("iad"))
    pop.book.reached("ams", pop.at_s)
    pop.selector.swap(state, unusable={"ams": "the variable KEY is not set on this node"})
    plan = pop.selector.plan(CHAT)
    assert order(plan) == ["iad"]
    assert [(out.endpoint, "KEY" in out.reason) for out in plan.left_out] == [("ams", False)]
    assert "the variable KEY is not set" in str(pop.selector.explain(CHAT)["left_out"])
    assert pop.book.entry("ams") is None, "nothing is told of it"
    pop.selector.swap(state)
    assert order(pop.selector.plan(CHAT)) == ["ams", "iad"]
