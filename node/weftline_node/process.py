"""A node as a process: builds the real world, says that it is ready, stops at a signal."""

import asyncio
import gc
import random
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import uvloop

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.version import weftline_version
from weftline_core.gossip.config import GLOBAL, LOCAL, REGION, GossipConfig
from weftline_node.admin import Admin
from weftline_node.app import CannotListen, Node, World
from weftline_node.config import NodeSettings
from weftline_node.control_client import ControlClient
from weftline_node.control_link import NodeHello
from weftline_node.control_link_grpc import GrpcDoor
from weftline_node.file_source import FileSource
from weftline_node.logs import Log
from weftline_node.net import LoopClock, TcpNetwork, UdpSite
from weftline_node.plugins import installed_providers
from weftline_node.ports import DesiredSource
from weftline_node.snapshot import FileSnapshot
from weftline_node.views import NodeViews

PRESETS: Mapping[str, GossipConfig] = {"local": LOCAL, "region": REGION, "global": GLOBAL}

# Allocations between two collections of the youngest generation. A stream allocates a few objects
# a chunk and frees them by count, so the collector finds nothing; at the default of 700 it looks
# 40 times as often.
GC_THRESHOLD = (28_000, 20, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a node process is started with. config: its file, None under a control plane."""

    settings: NodeSettings
    preset: str = "region"
    config: Path | None = None


def run(launch: Launch, environ: Mapping[str, str]) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        CliError: it cannot start; the message says what to do. OperatorError: a wrong file.
    """
    with suppress(asyncio.CancelledError):
        uvloop.run(_serve(launch, environ))


async def _serve(launch: Launch, environ: Mapping[str, str]) -> None:
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    settings = launch.settings
    log = Log(LoopClock(loop), _to_stderr)
    source, control = _source(launch, environ, log)
    node = Node(settings, _world(launch, environ, log, source))
    admin = Admin(settings.admin, NodeViews(node, control)) if settings.admin else None
    try:
        ready = {"event": "ready", "what": "node", "id": settings.id}
        ready["base_url"] = settings.base_url or f"http://{await node.start()}/v1"
        if admin is not None:
            ready["admin_url"] = f"http://{await admin.start()}"
        _settle_memory()
        sys.stdout.buffer.write(orjson.dumps(ready) + b"\n")
        sys.stdout.buffer.flush()
        await asyncio.Event().wait()
    except CannotListen as e:
        raise CliError(str(e), code=ExitCode.FAILED) from e
    finally:
        if admin is not None:
            await admin.close()
        await node.stop()
        log.flush()


def _world(launch: Launch, environ: Mapping[str, str], log: Log, source: DesiredSource) -> World:
    return World(
        clock=LoopClock(asyncio.get_running_loop()),
        network=TcpNetwork(launch.settings.source_address),
        datagrams=UdpSite(),
        source=source,
        rng=secrets.SystemRandom(),
        chance=random.Random(),  # noqa: S311  # jitter and ties, not secrets
        log=log,
        providers=installed_providers(),
        environ=environ,
        gossip=PRESETS[launch.preset],
        version=weftline_version(),
    )


def _source(
    launch: Launch, environ: Mapping[str, str], log: Log
) -> tuple[DesiredSource, Callable[[], dict[str, object]] | None]:
    """Return where desired state comes from, and a view of how it stands."""
    settings = launch.settings
    if launch.config is not None:
        return FileSource(launch.config, settings.pepper, environ, log), None
    assert settings.control is not None, "a node without a file has a control plane"
    hello = NodeHello(
        id=settings.id,
        region=settings.region,
        base_url=settings.base_url or f"http://{settings.listen}/v1",
        gossip_address=str(settings.gossip_address or settings.gossip or ""),
        admin_url=f"http://{settings.admin}" if settings.admin else "",
        version=weftline_version(),
    )
    clock = LoopClock(asyncio.get_running_loop())
    disk = FileSnapshot((settings.data_dir or Path()) / "desired.snapshot", log)
    jitter = random.Random()  # noqa: S311  # not a secret
    client = ControlClient(GrpcDoor(settings.control), disk, hello, clock, jitter, log)
    return client, lambda: asdict(client.status)


def _settle_memory() -> None:
    """Keep the collector away from what lives as long as the process, and let it run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


def _to_stderr(data: bytes) -> None:
    # Whoever read the log may be gone; that is no reason to stop.
    with suppress(OSError):
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()
