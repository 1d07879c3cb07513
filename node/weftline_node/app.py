"""The composition root: builds every part of a node, each on those before it.

Whoever wants to know what a node is made of reads `Node.__init__`; whoever wants to know what
happens when desired state changes reads `Node.apply`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline.logs import Log
from weftline.process import listening_on
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired
from weftline_core.documents import listed
from weftline_core.errors import OperatorError
from weftline_core.geo import Place
from weftline_core.gossip.config import GossipConfig
from weftline_core.gossip.members import Change, MemberView
from weftline_core.gossip.messages import MemberInfo, MemberState
from weftline_core.hosts import Provider
from weftline_core.ids import EndpointId, NodeId, Region
from weftline_core.key_ring import KeyState
from weftline_core.record import Record
from weftline_core.rng import Rng
from weftline_core.rows import Row
from weftline_node.cache import AnswerCache, CacheStats
from weftline_node.config import NodeSettings
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable
from weftline_node.gossip_driver import GossipDriver
from weftline_node.ingress.auth import Authenticator
from weftline_node.ingress.server import Ingress, IngressSettings
from weftline_node.kept.responses import Responses
from weftline_node.locate import located
from weftline_node.metrics import Metrics
from weftline_node.pipeline import Pipeline, PipelineParts, PipelineSettings
from weftline_node.ports import Address, DatagramSite, DesiredSource, Network
from weftline_node.prober import Prober
from weftline_node.selector import Selector
from weftline_node.settle import log_fields
from weftline_node.upstream import UpstreamPool

# How often this PoP's own rows are looked at for gossip: news of a death waits 50 ms on average.
PUBLISH_INTERVAL_S = 0.1

# A row's version starts from the wall clock, so that a restarted PoP's rows beat its old ones. The
# bits below the milliseconds leave room for a million changes a second; gossip carries 53 bits.
VERSIONS_PER_MS_BITS = 10

# How long requests in progress may take after the node was told to stop.
DRAIN_WAIT_S = 2.0

# The same for responses that are made in the background; so much less that whoever follows one is
# still told that it has failed.
BACKGROUND_WAIT_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a node takes from outside. The simulator brings its own of each.

    rng: for request ids, so unguessable outside tests. chance: for all else. place_of: where an IP
    address is, if anybody knows.
    """

    clock: Clock
    network: Network
    datagrams: DatagramSite
    source: DesiredSource
    rng: Rng
    chance: Rng
    log: Log
    providers: Mapping[str, Provider]
    environ: Mapping[str, str]
    gossip: GossipConfig
    version: str = ""
    place_of: Callable[[str], Place | None] | None = None


class Node:
    """One PoP. It is a `Mesh` to its source of desired state."""

    def __init__(self, settings: NodeSettings, world: World) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self._world = world
        clock, chance = world.clock, world.chance
        self._tasks = Tasks(self._on_task_failure)
        self._me = NodeId(settings.id)
        self._book = Book(self._me, epoch=clock.unix_ms() << VERSIONS_PER_MS_BITS)
        self._pool = UpstreamPool(world.network, clock, self._tasks)
        self._selector = Selector(
            settings.region, self._book, self._neighbours, clock, chance, self._pool.warm
        )
        self._cache = AnswerCache(settings.cache, clock.unix_ms() / 1000)
        parts = PipelineParts(
            clock=clock,
            rng=world.rng,
            authenticator=Authenticator(settings.pepper),
            selector=self._selector,
            book=self._book,
            pool=self._pool,
            cache=self._cache,
        )
        self._pipeline = Pipeline(PipelineSettings(pop=self._me), parts, self._on_record)
        self._ingress = Ingress(IngressSettings(), self._pipeline, world.network, clock)
        self._prober = Prober(self._pool.ping, self._book, clock, chance, self._on_task_failure)
        self._gossip: GossipDriver | None = None
        self._desired = Desired.EMPTY
        self._publishing: asyncio.TimerHandle | None = None

    async def start(self) -> Address:
        """Listen, join the mesh, and begin to follow desired state; return where clients come in.

        Raises:
            CannotListen: an address is in use or not ours.
        """
        settings = self.settings
        with listening_on(settings.listen):
            address = await self._ingress.start(settings.listen)
        if settings.gossip is not None:
            with listening_on(settings.gossip, "--gossip"):
                await self._start_gossip(settings.gossip, address)
        self._tasks.spawn(self._world.source.run(self), "follow desired state")
        self._publish()
        return address

    async def stop(self) -> None:
        """Say farewell, let requests in progress end for a while, and let go of everything."""
        if self._gossip is not None:
            await self._gossip.leave()
        await asyncio.gather(
            self._ingress.close(wait_s=DRAIN_WAIT_S),
            self._pipeline.responses.close(wait_s=BACKGROUND_WAIT_S),
        )
        if self._publishing is not None:
            self._publishing.cancel()
        if self._gossip is not None:
            self._gossip.close()
        await self._prober.close()
        await self._pool.close()
        await self._cache.close()
        await self._tasks.close()
        self._world.log.info("stopped", connections=self._ingress.connections)

    # What the source of desired state asks (ports.Mesh).

    def apply(self, desired: Desired) -> None:
        """Take a new desired state, whole or not at all."""
        if problems := desired.problems():
            raise OperatorError(listed(problems))
        catalog = Catalog.of(desired)
        opener = Opener.of(self._world.environ)
        dials = DialTable.of(catalog, self._world.providers, opener)
        place_of = self._world.place_of
        places = {} if place_of is None else located(catalog.endpoints, place_of)
        # From here on nothing fails, so that no part has the new state without the others.
        self._desired = desired
        self._book.drain({endpoint.name for endpoint in catalog.endpoints if endpoint.drain})
        unusable = dials.problems()
        self._selector.swap(catalog, places, unusable)
        self._pipeline.swap(catalog, dials)
        self._prober.swap(catalog, unusable)
        self._world.log.info(
            "desired_state",
            revision=desired.revision,
            models=len(catalog.models),
            endpoints=len(catalog.endpoints),
        )
        for endpoint, problem in unusable.items():
            self._world.log.warning("endpoint_unusable", endpoint=endpoint, reason=problem)
        for endpoint, left_out in dials.bad_keys().items():
            for problem in left_out:
                self._world.log.warning("key_unusable", endpoint=endpoint, reason=problem)

    def rows(self) -> list[Row]:
        """Return this PoP's own rows."""
        return self._book.rows(self._world.clock.now_s())

    def peers(self, seeds: list[Address]) -> None:
        """Hear of other nodes' gossip addresses."""
        if self._gossip is not None:
            own = self._gossip.address
            self._gossip.join([seed for seed in seeds if seed != own])

    # What the admin listener shows.

    @property
    def selector(self) -> Selector:
        """Return what makes the plans."""
        return self._selector

    @property
    def desired(self) -> Desired:
        """Return the desired state in force."""
        return self._desired

    @property
    def catalog(self) -> Catalog:
        """Return the catalog in force."""
        return self._pipeline.catalog

    @property
    def drained(self) -> bool:
        """Return whether the operator wants no new requests here."""
        return self._pipeline.drained

    @property
    def connections(self) -> int:
        """Return how many clients are connected."""
        return self._ingress.connections

    @property
    def cache_stats(self) -> CacheStats:
        """Return what the answer cache has counted, and what it holds."""
        return self._cache.stats()

    @property
    def responses(self) -> Responses:
        """Return the responses that are kept here."""
        return self._pipeline.responses

    def key_states(self) -> Mapping[str, list[KeyState]]:
        """Return how each endpoint's keys stand; an endpoint without credentials is not there."""
        return self._pipeline.key_states()

    @property
    def gossip(self) -> GossipDriver | None:
        """Return what speaks with the other nodes; None for a node that stands alone."""
        return self._gossip

    def members(self) -> list[MemberView]:
        """Return the mesh's members as seen from here; none for a node that stands alone."""
        return [] if self._gossip is None else self._gossip.members()

    def table(self) -> list[Row]:
        """Return the rows of every PoP, this one's as they are now."""
        others = [] if self._gossip is None else self._gossip.rows()
        return [*self.rows(), *(row for row in others if row.pop != self._me)]

    async def _start_gossip(self, address: Address, clients: Address) -> None:
        settings, world = self.settings, self._world
        me = MemberInfo(
            id=self._me,
            region=Region(settings.region),
            address=settings.gossip_address or address,
            base_url=settings.base_url or f"http://{clients}/v1",
            version=world.version,
        )
        driver = GossipDriver(
            world.datagrams, world.clock, world.chance, me, world.gossip, self._on_roster
        )
        await driver.start(address)
        driver.join(list(settings.join))
        self._gossip = driver

    def _neighbours(self, endpoint: str) -> list[Row]:
        if self._gossip is None:
            return []
        return list(self._gossip.neighbour_rows(EndpointId(endpoint)))

    def _publish(self) -> None:
        """Tell the mesh what changed here, again and again."""
        loop = asyncio.get_running_loop()
        self._publishing = loop.call_later(PUBLISH_INTERVAL_S, self._publish)
        if self._gossip is not None:
            self._gossip.publish(self.rows())
            self._prober.hear(self._gossip.rows())

    def _on_roster(self, change: Change) -> None:
        self._world.log.info("member", change=change.kind, id=change.info.id)
        present = (m.info for m in self.members() if m.state is not MemberState.LEFT)
        self._selector.peers({info.id: info.region for info in present})

    def _on_record(self, record: Record) -> None:
        self.metrics.observe(record)
        if not record.logged:
            return
        self._world.log.info("request", **log_fields(record))

    def _on_task_failure(self, name: str, failure: BaseException) -> None:
        self._world.log.failed(name, failure)
