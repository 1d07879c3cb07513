"""Answers "where to?" for the data path: joins catalog, own book and neighbours' rows, and lets
the core decide.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from weftline.clock import Clock
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Model
from weftline_core.geo import PLACES, Place, rtt_guess_ms
from weftline_core.hearsay import Hearsay, listen
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rng import Rng
from weftline_core.routing import Candidate, LeftOut, Look, Plan, Step, candidate, make_plan
from weftline_core.rows import Row

# For how long a digest of the neighbours' rows is used again. Gossip brings new rows about every
# 100 ms, and with dozens of PoPs the digest costs more than all the rest of a plan.
HEARSAY_KEPT_S = 0.05

# What a client may read where the operator is told the whole reason.
UNUSABLE = "cannot be used from this PoP, as its operator can see"


class Selector:
    """Makes plans from what is known at this instant. Nothing here waits.

    pop_region: this PoP's region code, or None if unknown. neighbours: the live peers' rows for an
    endpoint. warm: whether an idle connection to an endpoint is at hand.
    """

    def __init__(
        self,
        pop_region: str | None,
        book: Book,
        neighbours: Callable[[EndpointId], Sequence[Row]],
        clock: Clock,
        rng: Rng,
        warm: Callable[[str], bool],
    ) -> None:
        self._here = None if pop_region is None else PLACES.get(pop_region)
        self._book = book
        self._neighbours = neighbours
        self._clock = clock
        self._rng = rng
        self._warm = warm
        self._catalog = Catalog.of(Desired.EMPTY)
        self._candidates: dict[str, tuple[Candidate, ...]] = {}
        self._unusable: Mapping[str, str] = {}
        self._barred: dict[str, tuple[LeftOut, ...]] = {}
        self._heard: dict[str, tuple[float, Hearsay]] = {}
        self._turns: dict[str, int] = {}
        self._regions: Mapping[NodeId, str] = {}
        self._distances_ms: dict[NodeId, float | None] = {}

    def swap(
        self,
        catalog: Catalog,
        places: Mapping[str, Place] | None = None,
        unusable: Mapping[str, str] | None = None,
    ) -> None:
        """Choose from this catalog from now on, and forget endpoints that it lacks.

        places: where endpoints without a region are, by name, as far as that is known. unusable:
        endpoint -> why this PoP cannot use it; others may, so nothing here says that it is down.
        """
        self._catalog = catalog
        self._unusable = unusable = unusable or {}
        self._candidates, self._barred = {}, {}
        for model in catalog.models:
            endpoints = catalog.endpoints_of(model)
            self._candidates[model.name] = tuple(
                candidate(e, self._here, (places or {}).get(e.name))
                for e in endpoints
                if e.name not in unusable
            )
            self._barred[model.name] = tuple(
                LeftOut(e.name, UNUSABLE) for e in endpoints if e.name in unusable
            )
        self._heard.clear()
        self._turns = {m.name: self._turns.get(m.name, 0) for m in catalog.models}
        self._book.forget({e.name for e in catalog.endpoints if e.name not in unusable})

    def peers(self, regions: Mapping[NodeId, str]) -> None:
        """Learn in which regions the other PoPs are; one not named is looked for by its own name,
        as in `ams` or `ams-2`.
        """
        self._regions = dict(regions)
        self._distances_ms.clear()

    def plan(self, model: Model) -> Plan:
        """Return the endpoints to try for a request for `model`, best first; maybe none."""
        turn = self._turns.get(model.name, 0)
        self._turns[model.name] = turn + 1
        now_s = self._clock.now_s()
        plan = make_plan(model, self._looks(model, now_s), now_s, self._rng, turn)
        barred = self._barred.get(model.name)
        if not barred:
            return plan
        return msgspec.structs.replace(plan, left_out=plan.left_out + barred)

    def explain(self, model: Model) -> dict[str, object]:
        """Return the plan that a request would get now, with every number and every row behind it.
        Asking changes no later choice.
        """
        now_s = self._clock.now_s()
        turn = self._turns.get(model.name, 0)
        plan = make_plan(model, self._looks(model, now_s), now_s, _Steady(), turn)
        return {
            "model": plan.model,
            "policy": plan.policy,
            "revision": self._catalog.revision,
            "panic": plan.panic,
            "steps": [_step(step) for step in plan.steps],
            "left_out": [
                *(msgspec.structs.asdict(out) for out in plan.left_out),
                *(
                    {"endpoint": out.endpoint, "reason": f"is unusable: {reason}"}
                    for out in self._barred.get(model.name, ())
                    for reason in (self._unusable[out.endpoint],)
                ),
            ],
            "heard": {
                endpoint.name: [_row(row) for row in self._neighbours(EndpointId(endpoint.name))]
                for endpoint in self._catalog.endpoints_of(model)
            },
        }

    def _looks(self, model: Model, now_s: float) -> list[Look]:
        book, warm = self._book, self._warm
        return [
            Look(place, book.entry(name), self._hearsay(place, name, now_s), warm(name))
            for place in self._candidates.get(model.name, ())
            for name in (place.endpoint.name,)
        ]

    def _hearsay(self, place: Candidate, name: str, now_s: float) -> Hearsay:
        kept = self._heard.get(name)
        if kept is not None and now_s - kept[0] < HEARSAY_KEPT_S:
            return kept[1]
        heard = listen(self._neighbours(EndpointId(name)), place.endpoint.slots, self._distance_ms)
        self._heard[name] = (now_s, heard)
        return heard

    def _distance_ms(self, pop: NodeId) -> float | None:
        if pop not in self._distances_ms:
            here, there = self._here, self._place(pop)
            self._distances_ms[pop] = (
                None if here is None or there is None else rtt_guess_ms(here, there)
            )
        return self._distances_ms[pop]

    def _place(self, pop: NodeId) -> Place | None:
        region = self._regions.get(pop)
        if region is not None:
            return PLACES.get(region)
        return PLACES.get(pop) or PLACES.get(pop.partition("-")[0])


class _Steady:
    """Chance taken out, for explanations."""

    def random(self) -> float:
        return 0.5

    def randrange(self, stop: int, /) -> int:  # noqa: ARG002
        return 0

    def getrandbits(self, k: int, /) -> int:  # noqa: ARG002
        return 0


def _step(step: Step) -> dict[str, object]:
    words: dict[str, object] = {"endpoint": step.endpoint.name, "state": step.state.name}
    return msgspec.structs.asdict(step) | words


def _row(row: Row) -> dict[str, object]:
    return {
        "pop": row.pop,
        "state": row.state.name,
        "rtt_ms": row.rtt_ms,
        "ttft_ms": row.ttft_ms,
        "in_flight": row.in_flight,
        "error_rate": row.error_rate,
    }
