"""A node's whole data path on real sockets, in this process, in front of given upstreams.

Everything is the node's own but for the prober, which would find a bad endpoint before the request
under test does.
"""

import asyncio
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import Protocol, Self

from tests.fakes.answers import ask
from tests.fakes.raw_client import Call, Dial, Reply, dial_tcp, request_bytes
from weftline.aio import Tasks
from weftline.clock import SystemClock
from weftline_core.attempts import Patience
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Key, Model, Resource, ref
from weftline_core.ids import NodeId
from weftline_core.keys import digest
from weftline_core.record import Record
from weftline_node.cache import AnswerCache, CacheSettings
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable
from weftline_node.ingress.auth import Authenticator
from weftline_node.ingress.server import Ingress, IngressSettings
from weftline_node.net import TcpNetwork
from weftline_node.pipeline import Pipeline, PipelineParts, PipelineSettings
from weftline_node.ports import Address
from weftline_node.selector import Selector
from weftline_node.upstream import UpstreamPool
from weftline_providers.selfhosted import HOST

PEPPER = b"pepper"
KEY = "weft-end-to-end"
MODEL = "m"
CHAT = "/v1/chat/completions"

# Regions from near to far as seen from the node, so that the plan follows the order of upstreams.
NEAR_TO_FAR = ("ams", "iad", "nrt")

# Short, so that a hang shows soon; long against what a healthy answer here takes.
FIRST_TOKEN_MS = 150
PATIENCE = Patience(connect_s=0.3, stall_s=0.3, total_s=3.0)

# An answer that is not streamed may take eight times the first token's wait.
WHOLE_FIRST_TOKEN_MS = 30


class Upstream(Protocol):
    """What the rig asks of an endpoint."""

    @property
    def who(self) -> str: ...
    @property
    def base_url(self) -> str: ...


class Rig:
    """One node. records: what it settled, in order."""

    def __init__(self, upstreams: Sequence[Upstream], *, whole_only: bool = False) -> None:
        self._upstreams = upstreams
        self._first_token_ms = WHOLE_FIRST_TOKEN_MS if whole_only else FIRST_TOKEN_MS
        self.records: list[Record] = []
        self.port = 0

    @property
    def dial(self) -> Dial:
        """Return the way to the node."""
        return dial_tcp(self.port)

    @property
    def connections(self) -> int:
        """Return how many clients are connected."""
        return self._ingress.connections

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        clock, network, rng = SystemClock(), TcpNetwork(), Random(1)
        self._tasks = Tasks(lambda name, e: loop.call_exception_handler({"message": name, "e": e}))
        pop = NodeId("ams")
        book = Book(pop)
        self._pool = UpstreamPool(network, clock, self._tasks)
        selector = Selector("ams", book, lambda _: (), clock, rng, self._pool.warm)
        parts = PipelineParts(
            clock=clock,
            rng=rng,
            authenticator=Authenticator(PEPPER),
            selector=selector,
            book=book,
            pool=self._pool,
            cache=AnswerCache(CacheSettings(), clock.unix_ms() / 1000),
        )
        settings = PipelineSettings(pop=pop, patience=PATIENCE)
        pipeline = Pipeline(settings, parts, self.records.append)
        catalog = Catalog.of(self._desired())
        selector.swap(catalog)
        pipeline.swap(catalog, DialTable.of(catalog, {HOST.name: HOST}, Opener.of({})))
        self._ingress = Ingress(IngressSettings(), pipeline, network, clock)
        self.port = (await self._ingress.start(Address("127.0.0.1", 0))).port
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._ingress.close(wait_s=0.0)
        await self._pool.close()
        await self._tasks.close()

    async def call(self, nonce: str, *, streamed: bool, padding: int = 0) -> Call:
        """Send a chat request; its answer is for `tests.fakes.judge`."""
        body = ask(nonce, model=MODEL, streamed=streamed, padding=padding)
        request = request_bytes(CHAT, body, {"authorization": f"Bearer {KEY}"})
        return await Call.open(self.dial, request)

    async def ask(self, nonce: str, *, streamed: bool, deadline_s: float = 5.0) -> Reply:
        """Send a chat request and return its answer, however it ended."""
        return await (await self.call(nonce, streamed=streamed)).finish(deadline_s)

    def _desired(self) -> Desired:
        model = Model(name=MODEL, policy="nearest", first_token_ms=self._first_token_ms)
        endpoints = [
            Endpoint(name=u.who, base_url=u.base_url, models={MODEL: "theirs"}, region=region)
            for u, region in zip(self._upstreams, NEAR_TO_FAR, strict=False)
        ]
        key = Key(name="test", digest=digest(PEPPER, KEY))
        everything: tuple[Resource, ...] = (model, *endpoints, key)
        return Desired(revision=1, resources={ref(r): r for r in everything})
