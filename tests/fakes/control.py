"""A control plane on a free port of loopback over a store in memory, and values to apply to it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from grpc import aio

from weftline.clock import SystemClock
from weftline.logs import Log
from weftline_control.app import ControlPlane
from weftline_control.config import ControlConfig
from weftline_control.store import Store
from weftline_control.store_memory import memory_store
from weftline_core.address import Address
from weftline_core.desired import Endpoint, Key, Model, Resource
from weftline_proto.control.v1.node_pb2_grpc import NodeServiceStub
from weftline_proto.control.v1.operator_pb2_grpc import OperatorServiceStub

if TYPE_CHECKING:
    from weftline_proto.control.v1.node_pb2_grpc import NodeServiceAsyncStub
    from weftline_proto.control.v1.operator_pb2_grpc import OperatorServiceAsyncStub

MODEL = Model(name="acme/small", aliases=("small",))
IAD = Endpoint(name="iad", base_url="http://127.0.0.1:9102/v1", models={"acme/small": "ngram"})
NRT = Endpoint(name="nrt", base_url="http://127.0.0.1:9103/v1", models={"acme/small": "ngram"})
KEY = Key(name="app", digest="0" * 64)


@dataclass(slots=True)
class LogLines:
    """What was logged, as plain values."""

    lines: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    def write(self, data: bytes) -> None:
        self.lines.extend(orjson.loads(line) for line in data.splitlines())

    def events(self) -> list[object]:
        return [line["event"] for line in self.lines]


def quiet_log() -> tuple[Log, LogLines]:
    """Return a log and what it collects."""
    lines = LogLines()
    return Log(SystemClock(), lines.write, gather_s=0), lines


@dataclass(frozen=True, slots=True)
class Running:
    """A control plane that runs, and stubs that speak to it."""

    plane: ControlPlane
    operators: "OperatorServiceAsyncStub"
    nodes: "NodeServiceAsyncStub"
    channel: aio.Channel
    log: LogLines

    @property
    def port(self) -> int:
        return int(self.plane.address.rpartition(":")[2])


@asynccontextmanager
async def control_plane(
    store: Store | None = None, *, port: int = 0, accept_rewind: bool = False
) -> AsyncGenerator[Running]:
    """Run a control plane over `store`, or over an empty one."""
    log, lines = quiet_log()
    held = store or memory_store()
    config = ControlConfig(
        listen=Address("127.0.0.1", port),
        store="memory",
        data_dir=Path("unused"),
        accept_rewind=accept_rewind,
    )
    plane = ControlPlane(config, held, SystemClock(), log)
    await plane.start()
    channel = aio.insecure_channel(
        plane.address, options=[("grpc.max_receive_message_length", 64 * 1024 * 1024)]
    )
    running = Running(plane, OperatorServiceStub(channel), NodeServiceStub(channel), channel, lines)
    try:
        yield running
    finally:
        await channel.close()
        await plane.close()
        if store is None:
            await held.close()


def many(count: int) -> list[Resource]:
    """Return a model and `count - 1` endpoints of it."""
    url, models = "http://127.0.0.1:9100/v1", {MODEL.name: "m"}
    names = [f"e-{i}" for i in range(count - 1)]
    return [MODEL, *(Endpoint(name=name, base_url=url, models=models) for name in names)]
