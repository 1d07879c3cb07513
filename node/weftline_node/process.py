"""A node as a process: builds the real world, says that it is ready, stops at a signal."""

import asyncio
import gc
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import uvloop

from weftline.clock import SystemClock
from weftline.logs import Log
from weftline.plugins import installed_providers
from weftline.process import listening_on, say_ready, to_stderr, until_signal
from weftline.versions import weftline_version
from weftline.wire_hello import NodeHello
from weftline_core.gossip.config import GLOBAL, LOCAL, REGION, GossipConfig
from weftline_node.admin import Admin
from weftline_node.app import Node, World
from weftline_node.chance import SecretRng
from weftline_node.config import NodeSettings
from weftline_node.control_client import ControlClient
from weftline_node.control_link_grpc import GrpcDoor
from weftline_node.file_source import FileSource
from weftline_node.launch import Launch, Preset, settings_of
from weftline_node.locate import Locator
from weftline_node.net import TcpNetwork, UdpSite
from weftline_node.ports import Address, DesiredSource
from weftline_node.snapshot import FileSnapshot
from weftline_node.views import NodeViews

PRESETS: Mapping[Preset, GossipConfig] = {"local": LOCAL, "region": REGION, "global": GLOBAL}

# Allocations between two collections of the youngest generation. A stream allocates a few objects
# a chunk and frees them by count, so the collector finds nothing; at the default of 700 it looks
# 40 times as often.
GC_THRESHOLD = (28_000, 20, 20)


def run(launch: Launch, environ: Mapping[str, str]) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        CannotListen: an address is taken. OperatorError: a wrong option or file.
    """
    settings = settings_of(launch)
    uvloop.run(until_signal(_serve(launch, settings, environ)))


async def _serve(launch: Launch, settings: NodeSettings, environ: Mapping[str, str]) -> None:
    log = Log(SystemClock(), to_stderr)
    source, control = _source(launch, settings, environ, log)
    world = _world(launch, settings, environ, log, source)
    node = Node(settings, world)
    admin: Admin | None = None
    try:
        clients = await node.start()
        ready = {"id": settings.id, "base_url": settings.base_url or f"http://{clients}/v1"}
        if settings.admin is not None:
            views = NodeViews(node, control)
            admin = Admin(settings.admin, views, world.network, world.clock)
            with listening_on(settings.admin, "--admin"):
                ready["admin_url"] = f"http://{await admin.start()}"
        _settle_memory()
        say_ready("node", **ready)
        await asyncio.Event().wait()
    finally:
        if admin is not None:
            admin.close()
        await node.stop()
        log.flush()


def _world(
    launch: Launch,
    settings: NodeSettings,
    environ: Mapping[str, str],
    log: Log,
    source: DesiredSource,
) -> World:
    place_of = None if settings.geoip is None else Locator(settings.geoip).place
    return World(
        clock=SystemClock(),
        network=TcpNetwork(settings.source_address),
        datagrams=UdpSite(),
        source=source,
        rng=SecretRng(),
        chance=random.Random(),  # noqa: S311  # jitter and ties, not secrets
        log=log,
        providers=installed_providers(),
        environ=environ,
        gossip=PRESETS[launch.preset],
        version=weftline_version(),
        place_of=place_of,
    )


def _source(
    launch: Launch, settings: NodeSettings, environ: Mapping[str, str], log: Log
) -> tuple[DesiredSource, Callable[[], dict[str, object]] | None]:
    """Return where desired state comes from, and a view of how it stands."""
    if launch.config is not None:
        return FileSource(Path(launch.config), settings.pepper, environ, log), None
    assert settings.control is not None, "a node without a file has a control plane"
    assert settings.data_dir is not None, "and a place to keep what it is told"
    hello = NodeHello(
        id=settings.id,
        region=settings.region,
        base_url=settings.base_url or f"http://{settings.listen}/v1",
        gossip_address=_shown(settings.gossip_address or settings.gossip),
        admin_url=f"http://{settings.admin}" if settings.admin else "",
        version=weftline_version(),
    )
    client = ControlClient(
        GrpcDoor(settings.control),
        FileSnapshot(settings.data_dir / "desired.snapshot", log),
        hello,
        SystemClock(),
        random.Random(),  # noqa: S311  # jitter, not a secret
        log,
    )
    return client, lambda: asdict(client.status)


def _shown(address: Address | None) -> str:
    return "" if address is None else str(address)


def _settle_memory() -> None:
    """Keep the collector away from what lives as long as the process, and let it run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
