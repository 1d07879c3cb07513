"""A whole PoP's data path in this process: ingress, pipeline, upstream pool, over real sockets.

Only the choice of endpoints is fixed: they are tried in the order in which they were given.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from tests.fakes.raw_client import Dial, dial_tcp
from weftline.aio import Tasks
from weftline.clock import Clock, SystemClock
from weftline_core.attempts import Patience
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Key, Model, Pop, Resource, ref
from weftline_core.dialects.chat.back import BACK as CHAT_BACK
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS_BACK
from weftline_core.estimate import Step
from weftline_core.hosts import Host, Provider
from weftline_core.ids import NodeId
from weftline_core.keys import digest
from weftline_core.record import Record
from weftline_core.routing import Plan
from weftline_core.rows import EndpointState
from weftline_node.cache import AnswerCache, CacheSettings
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable
from weftline_node.ingress.auth import Authenticator
from weftline_node.ingress.server import Ingress, IngressSettings
from weftline_node.net import TcpNetwork
from weftline_node.pipeline import Pipeline, PipelineParts, PipelineSettings
from weftline_node.ports import Address, Network
from weftline_node.upstream import UpstreamPool

KEY = "weft-test-key"
PEPPER = b"pepper"
CHAT = Model(name="m/chat", first_token_ms=400)
EMBED = Model(name="m/embed", task="embeddings", first_token_ms=400)
PROVIDERS: Mapping[str, Provider] = {
    "selfhosted": Host(name="selfhosted", speaks=(CHAT_BACK, EMBEDDINGS_BACK))
}
QUICK = Patience(connect_s=0.3, first_content_s=0.4, stall_s=0.4, total_s=10.0)


class InOrder:
    """A selector that plans endpoints in the order of the catalog's names."""

    def __init__(self) -> None:
        self.catalog = Catalog.of(Desired.EMPTY)

    def plan(self, model: Model) -> Plan:
        steps = [step(e) for e in self.catalog.endpoints_of(model) if not e.drain]
        return Plan(model=model.name, policy="latency", steps=tuple(steps))


def step(endpoint: Endpoint) -> Step:
    return Step(
        endpoint=endpoint,
        state=EndpointState.UP,
        predicted_ms=0.0,
        connect_ms=0.0,
        rtt_ms=0.0,
        queue_ms=0.0,
        service_ms=0.0,
        risk_ms=0.0,
        uncertain_ms=0.0,
        load=0.0,
        source="own",
    )


def endpoint(
    name: str,
    base_url: str,
    *,
    provider: str = "selfhosted",
    secret: str | None = None,
    drain: bool = False,
) -> Endpoint:
    """Return an endpoint that serves both models under names of its own."""
    models = {CHAT.name: "their-chat", EMBED.name: "their-embed"}
    return Endpoint(
        name=name, base_url=base_url, models=models, provider=provider, secret=secret, drain=drain
    )


@dataclass
class FakePop:
    """A running data path. records: what it settled, in order."""

    endpoints: Sequence[Endpoint]
    models: Sequence[Model] = (CHAT, EMBED)
    patience: Patience = QUICK
    providers: Mapping[str, Provider] = field(default_factory=lambda: PROVIDERS)
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: IngressSettings = field(default_factory=IngressSettings)
    network: Network = field(default_factory=TcpNetwork)
    clock: Clock = field(default_factory=SystemClock)
    records: list[Record] = field(default_factory=list[Record])
    failures: list[BaseException] = field(default_factory=list[BaseException])

    async def __aenter__(self) -> Self:
        clock = self.clock
        self.tasks = Tasks(lambda _name, e: self.failures.append(e))
        self.pool = UpstreamPool(self.network, clock, self.tasks)
        self.book = Book(NodeId("ams"))
        self.selector = InOrder()
        parts = PipelineParts(
            clock=clock,
            rng=random.Random(1),
            authenticator=Authenticator(PEPPER),
            selector=self.selector,
            book=self.book,
            pool=self.pool,
            cache=AnswerCache(CacheSettings(), clock.unix_ms() / 1000),
        )
        settings = PipelineSettings(pop=NodeId("ams"), patience=self.patience)
        self.pipeline = Pipeline(settings, parts, self.records.append)
        self.apply()
        self.ingress = Ingress(self.settings, self.pipeline, self.network, clock)
        self.address = await self.ingress.start(Address("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pipeline.responses.close(wait_s=0.0)
        await self.ingress.close(wait_s=0.2)
        await self.pool.close()
        await self.tasks.close()
        assert self.failures == []

    def apply(self, *more: Resource) -> None:
        """Put the endpoints, the models, the key and `more` into force."""
        key = Key(name="tester", digest=digest(PEPPER, KEY), tenant="acme")
        resources: list[Resource] = [*self.models, key, *self.endpoints, *more]
        desired = Desired(revision=7, resources={ref(r): r for r in resources})
        assert desired.problems() == []
        catalog = Catalog.of(desired)
        self.selector.catalog = catalog
        self.pipeline.swap(catalog, DialTable.of(catalog, self.providers, Opener.of(self.environ)))

    def drain(self) -> None:
        """Have the operator drain this PoP."""
        self.apply(Pop(name="ams", drain=True))

    @property
    def dial(self) -> Dial:
        """Return how to reach it."""
        return dial_tcp(self.address.port)
