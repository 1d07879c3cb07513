"""A whole node in this process, over real sockets, with a desired state that is given."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.fakes.pop import PROVIDERS
from tests.fakes.waiting import until
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline_core.desired import Desired, Endpoint, Key, Model, Resource
from weftline_core.gossip.config import LOCAL
from weftline_core.keys import digest
from weftline_node.app import Node, World
from weftline_node.config import NodeSettings
from weftline_node.net import TcpNetwork, UdpSite
from weftline_node.ports import Address, Mesh

ANY = Address("127.0.0.1", 0)
PEPPER = b"pepper"
GONE = "http://127.0.0.1:1/v1"
IAD = Endpoint(name="iad", base_url=GONE, models={"m/chat": "x"}, region="iad")
SETTINGS = NodeSettings(id="ams", region="ams", listen=ANY, admin=None, pepper=PEPPER, gossip=ANY)


def desired(*more: Resource, revision: int = 1) -> Desired:
    whole: tuple[Resource, ...] = (
        Model(name="m/chat"),
        IAD,
        Key(name="dev", digest=digest(PEPPER, "key")),
    )
    return Desired.EMPTY.changed((*whole, *more), (), revision)


class Given:
    """A source that gives one state and is silent."""

    def __init__(self, state: Desired) -> None:
        self.state = state

    async def run(self, mesh: Mesh) -> None:
        mesh.apply(self.state)
        await asyncio.Event().wait()


def world(state: Desired, lines: list[bytes]) -> World:
    return World(
        clock=SystemClock(),
        network=TcpNetwork(),
        datagrams=UdpSite(),
        source=Given(state),
        rng=random.Random(1),
        chance=random.Random(2),
        log=Log(SystemClock(), lines.append),
        providers=PROVIDERS,
        environ={},
        gossip=LOCAL,
    )


@asynccontextmanager
async def running(
    settings: NodeSettings = SETTINGS, state: Desired | None = None
) -> AsyncGenerator[tuple[Node, str]]:
    node = Node(settings, world(desired() if state is None else state, []))
    address = await node.start()
    try:
        await until(lambda: node.desired.revision)
        yield node, f"http://{address}"
    finally:
        await node.stop()
