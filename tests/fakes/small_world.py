"""A small world to judge routing in: PoPs and endpoints with true delays, against an oracle.

No queues and no network but delays: what is judged is how soon the plan finds, leaves and finds
again the best endpoint. Everything comes from one seed.
"""

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from weftline_core.book import Book
from weftline_core.desired import Endpoint, Model
from weftline_core.estimate import Look, candidate
from weftline_core.geo import PLACES, rtt_guess_ms
from weftline_core.hearsay import listen
from weftline_core.ids import NodeId
from weftline_core.routing import make_plan
from weftline_core.rows import Row

# (pop, endpoint) -> the true round trip; (endpoint, instant) -> the true service time.
TrueRtt = Callable[[str, str], float]
TrueService = Callable[[str, float], float]

MODEL = Model(name="m")

GOSSIP_S = 0.5
PROBE_S = 1.0


@dataclass(frozen=True, slots=True)
class World:
    """The truth. regions: endpoint -> region code, or None for one whose place is unknown."""

    pops: Sequence[str]
    regions: Mapping[str, str | None]
    rtt_ms: TrueRtt
    service_ms: TrueService
    rps: float = 10.0
    noise: float = 0.1
    probes: bool = True


@dataclass(slots=True)
class Score:
    """What requests paid over the best possible, and what the best possible was."""

    extra_ms: list[float] = field(default_factory=list[float])
    best_ms: list[float] = field(default_factory=list[float])

    def regret(self) -> float:
        """Return the mean extra cost as a share of the oracle's mean cost."""
        return sum(self.extra_ms) / sum(self.best_ms)


def judge(world: World, seconds: float, seed: int, skip_s: float = 0.0) -> Score:
    """Send requests from every PoP for so long, and score those after `skip_s`."""
    return _Run(world, seed, skip_s).until(seconds)


class _Run:
    """One run: a heap of events, a book for each PoP, and the rows as gossip last carried them."""

    def __init__(self, world: World, seed: int, skip_s: float) -> None:
        self.world, self.skip_s = world, skip_s
        self.rng = random.Random(seed)
        self.score = Score()
        self.books = {pop: Book(NodeId(pop)) for pop in world.pops}
        self.rows: dict[str, list[Row]] = {pop: [] for pop in world.pops}
        self.endpoints = {
            name: Endpoint(name=name, base_url="http://h/v1", models={"m": "m"}, region=region)
            for name, region in sorted(world.regions.items())
        }
        self.events: list[tuple[float, int, str, str, str, float]] = []
        for pop in world.pops:
            self.push(self.rng.random(), "ask", pop)
            self.push(self.rng.random() * GOSSIP_S, "gossip", pop)
            for name in self.endpoints if world.probes else ():
                self.push(self.rng.random() * PROBE_S, "probe", pop, name)

    def push(self, at_s: float, what: str, pop: str, endpoint: str = "", ms: float = 0.0) -> None:
        heapq.heappush(self.events, (at_s, self.rng.getrandbits(60), what, pop, endpoint, ms))

    def until(self, seconds: float) -> Score:
        while self.events[0][0] < seconds:
            now_s, _, what, pop, name, ms = heapq.heappop(self.events)
            if what == "ask":
                self.ask(pop, now_s)
            elif what == "answer":
                self.answer(pop, name, ms, now_s)
            elif what == "probe":
                self.probe(pop, name, now_s)
            else:
                self.rows[pop] = self.books[pop].rows(now_s)
                self.push(now_s + GOSSIP_S, "gossip", pop)
        return self.score

    def ask(self, pop: str, now_s: float) -> None:
        world = self.world
        looks = [self.look(pop, endpoint) for endpoint in self.endpoints.values()]
        chosen = make_plan(MODEL, looks, now_s, self.rng).steps[0].endpoint.name
        truth = {
            name: world.rtt_ms(pop, name) + world.service_ms(name, now_s) for name in self.endpoints
        }
        if now_s >= self.skip_s:
            self.score.extra_ms.append(truth[chosen] - min(truth.values()))
            self.score.best_ms.append(min(truth.values()))
        self.books[pop].began(chosen, now_s)
        ttft_ms = truth[chosen] * self.noise()
        self.push(now_s + ttft_ms / 1000, "answer", pop, chosen, ttft_ms)
        self.push(now_s + self.rng.expovariate(world.rps), "ask", pop)

    def answer(self, pop: str, name: str, ttft_ms: float, now_s: float) -> None:
        book = self.books[pop]
        book.first_content(name, ttft_ms, now_s)
        book.succeeded(name, now_s)
        book.ended(name)

    def probe(self, pop: str, name: str, now_s: float) -> None:
        book = self.books[pop]
        book.rtt(name, self.world.rtt_ms(pop, name) * self.noise(), now_s)
        book.reached(name, now_s)
        self.push(now_s + PROBE_S, "probe", pop, name)

    def look(self, pop: str, endpoint: Endpoint) -> Look:
        name = endpoint.name
        others = [p for p in self.world.pops if p != pop]
        said = [row for p in others for row in self.rows[p] if row.endpoint == name]
        heard = listen(said, endpoint.slots, lambda other: _between_ms(pop, other))
        own = self.books[pop].entry(name)
        return Look(candidate(endpoint, PLACES.get(pop)), own, heard, warm=True)

    def noise(self) -> float:
        return 1.0 + self.world.noise * self.rng.random()


def _between_ms(pop: str, other: str) -> float | None:
    here, there = PLACES.get(pop), PLACES.get(other)
    return None if here is None or there is None else rtt_guess_ms(here, there)
