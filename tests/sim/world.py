"""Three real nodes in a simulated world: their composition root, given this world's ports."""

from collections import Counter
from dataclasses import dataclass
from random import Random

import msgspec
import orjson

from tests.fakes.bad_upstream import BadUpstream
from tests.sim.control import ControlTwin, Door
from tests.sim.loop import VirtualClock
from tests.sim.net import Net
from weftline.logs import Log
from weftline.wire_hello import NodeHello
from weftline_core.desired import Desired, Endpoint, Key, Model
from weftline_core.gossip.config import GLOBAL
from weftline_core.keys import digest
from weftline_node.app import Node
from weftline_node.app import World as Ports
from weftline_node.config import NodeSettings
from weftline_node.control_client import ControlClient
from weftline_node.ports import Address, Listening
from weftline_providers.selfhosted import HOST

PEPPER = b"pepper"
KEY = "weft-simulated"
MODEL = "sim/model"

# Region -> host of its node, endpoint and clients. Numbers, since gossip speaks of numbers.
REGIONS = ("ams", "iad", "nrt")
NODES = {region: f"10.0.0.{n}" for n, region in enumerate(REGIONS, 1)}
ENDPOINTS = {region: f"10.1.0.{n}" for n, region in enumerate(REGIONS, 1)}
CLIENTS = {region: f"10.2.0.{n}" for n, region in enumerate(REGIONS, 1)}
CONTROL = "10.3.0.1"

# One-way, in seconds: about half the round trips measured between such places.
BETWEEN_S = {("ams", "iad"): 0.042, ("iad", "nrt"): 0.078, ("ams", "nrt"): 0.118}
WITHIN_S = 0.002

CLIENT_PORT, GOSSIP_PORT, ENDPOINT_PORT = 8080, 7946, 80

# Shorter than the default, so that more of a run's faults are met with a second attempt.
FIRST_TOKEN_MS = 1500


def latencies() -> dict[tuple[str, str], float]:
    """Return the one-way delay between every two hosts."""
    places = [
        (host, region) for hosts in (NODES, ENDPOINTS, CLIENTS) for region, host in hosts.items()
    ]
    places.append((CONTROL, "iad"))
    out: dict[tuple[str, str], float] = {}
    for a, here in places:
        for b, there in places:
            if a < b:
                pair = (here, there) if here < there else (there, here)
                out[a, b] = WITHIN_S if here == there else BETWEEN_S[pair]
    return out


class Disk:
    """A node's disk: what was saved last, as the bytes that a file would hold."""

    def __init__(self) -> None:
        self._saved: bytes | None = None

    def load(self) -> Desired | None:
        """Return the state saved last."""
        return None if self._saved is None else msgspec.json.decode(self._saved, type=Desired)

    def save(self, desired: Desired) -> None:
        """Replace the saved state."""
        self._saved = msgspec.json.encode(desired)

    def wipe(self) -> None:
        """Lose what was saved."""
        self._saved = None

    def pulled(self) -> "Disk":
        """Return the disk as a process finds it whose predecessor was killed and writes no more."""
        disk = Disk()
        disk._saved = self._saved
        return disk


@dataclass(slots=True)
class Pop:
    """One PoP: its disk outlives its process."""

    region: str
    disk: Disk
    clock: VirtualClock
    door: Door
    node: Node | None = None

    @property
    def host(self) -> str:
        """Return its host."""
        return NODES[self.region]


class World:
    """PoPs, endpoints and a control plane.

    logs: what nodes logged as warnings or worse. settled: records of each request, by its id.
    """

    def __init__(self, net: Net, rng: Random) -> None:
        self.net = net
        self._rng = rng
        self.control = ControlTwin(net, CONTROL)
        self.pops = {
            r: Pop(r, Disk(), VirtualClock(net.loop), self.control.door(NODES[r])) for r in REGIONS
        }
        self.upstreams = {r: BadUpstream(who=f"e{n}") for n, r in enumerate(REGIONS, 1)}
        self.logs: list[str] = []
        self.settled: Counter[str] = Counter()
        self._listening: dict[str, Listening] = {}

    async def start(self) -> None:
        """Bring everything up, and apply the first desired state."""
        for region in REGIONS:
            await self.open_endpoint(region)
        model = Model(name=MODEL, first_token_ms=FIRST_TOKEN_MS)
        key = Key(name="sim", digest=digest(PEPPER, KEY))
        self.control.apply(model, key, *(self.endpoint(region) for region in REGIONS))
        for region in REGIONS:
            await self.start_node(region)

    async def stop(self) -> None:
        """Stop every node in good order."""
        for pop in self.pops.values():
            if pop.node is not None:
                await pop.node.stop()
                pop.node = None
        for host in (*ENDPOINTS.values(), *CLIENTS.values(), *NODES.values()):
            self.net.kill(host)

    def endpoint(self, region: str, *, drain: bool = False) -> Endpoint:
        """Return the resource of a region's endpoint."""
        url = f"http://{ENDPOINTS[region]}:{ENDPOINT_PORT}/v1"
        models = {MODEL: "theirs"}
        return Endpoint(name=f"e-{region}", base_url=url, models=models, region=region, drain=drain)

    async def open_endpoint(self, region: str) -> None:
        """Let the region's endpoint listen."""
        address = Address(ENDPOINTS[region], ENDPOINT_PORT)
        site = self.net.site(ENDPOINTS[region])
        self._listening[region] = await site.listen(address, self.upstreams[region].protocol)

    async def start_node(self, region: str) -> None:
        """Start the region's node on its disk."""
        pop = self.pops[region]
        host = pop.host
        gossip = Address(host, GOSSIP_PORT)
        settings = NodeSettings(
            id=region,
            region=region,
            listen=Address(host, CLIENT_PORT),
            admin=None,
            pepper=PEPPER,
            gossip=gossip,
        )
        log = Log(pop.clock, self._keep_log)
        site = self.net.site(host)
        hello = NodeHello(id=region, region=region, gossip_address=str(gossip))
        pop.door = self.control.door(host)
        source = ControlClient(pop.door, pop.disk, hello, pop.clock, self._chance(), log)
        ports = Ports(
            clock=pop.clock,
            network=site,
            datagrams=site,
            source=source,
            rng=self._chance(),
            chance=self._chance(),
            log=log,
            providers={HOST.name: HOST},
            environ={},
            gossip=GLOBAL,
        )
        pop.node = Node(settings, ports)
        await pop.node.start()

    async def kill_node(self, region: str) -> None:
        """End the region's node as `kill -9` does: nothing more reaches anybody."""
        pop = self.pops[region]
        node, pop.node = pop.node, None
        if node is not None:
            self.net.kill(pop.host)
            pop.door.shut()
            pop.disk = pop.disk.pulled()
            # What a dead process leaves in this one: its timers and tasks.
            await node.stop()

    def _chance(self) -> Random:
        return Random(self._rng.getrandbits(64))

    def _keep_log(self, data: bytes) -> None:
        for line in data.splitlines():
            fields = orjson.loads(line)
            if fields["event"] == "request":
                self.settled[fields["request_id"]] += 1
            if fields["level"] != "info":
                self.net.trace.note("log", line.decode())
                self.logs.append(line.decode())
