"""The composition root of the control plane: builds every part, starts and stops it in order."""

import asyncio

from grpc import aio

from weftline.aio import Tasks
from weftline.calls import MESSAGE_BYTES_MAX
from weftline.clock import Clock
from weftline.logs import Log
from weftline.process import CannotListen
from weftline_control.config import ControlConfig
from weftline_control.desired_service import DesiredService
from weftline_control.node_api import NodeApi
from weftline_control.operator_api import OperatorApi
from weftline_control.registry import NODES_MAX, Registry
from weftline_control.standard_services import StandardServices
from weftline_control.store import Store
from weftline_proto.control.v1 import node_pb2, node_pb2_grpc, operator_pb2, operator_pb2_grpc

# Operators' calls at once, beside one stream a node.
OPERATOR_CALLS_MAX = 512

# How often nodes and rows long gone are swept out.
SWEEP_INTERVAL_S = 10.0

# How long calls that run may take to end when the control plane stops.
STOP_GRACE_S = 0.5

_SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    # Else a second control plane on the same port would start and take half the calls.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    # A node that vanished without a word is noticed within 15 s; nodes ping every 10 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
)


class ControlPlane:
    """One control plane over one store, which it does not close."""

    def __init__(self, config: ControlConfig, store: Store, clock: Clock, log: Log) -> None:
        self._config = config
        self._clock = clock
        self._log = log
        self.registry = Registry()
        self.service = DesiredService(store, clock, log, accept_rewind=config.accept_rewind)
        self._tasks = Tasks(log.failed)
        self._server: aio.Server | None = None
        self._standard: StandardServices | None = None
        self.address = str(config.listen)

    async def start(self) -> None:
        """Read the store, then listen.

        Raises:
            StoreAway: the store does not answer. CannotListen: the address cannot be had.
        """
        await self.service.start()
        server = aio.server(
            options=list(_SERVER_OPTIONS), maximum_concurrent_rpcs=NODES_MAX + OPERATOR_CALLS_MAX
        )
        operators = OperatorApi(self.service, self.registry, self._clock)
        nodes = NodeApi(self.service, self.registry, self._clock, self._log)
        operator_pb2_grpc.add_OperatorServiceServicer_to_server(operators, server)
        node_pb2_grpc.add_NodeServiceServicer_to_server(nodes, server)
        names = [
            operator_pb2.DESCRIPTOR.services_by_name["OperatorService"].full_name,
            node_pb2.DESCRIPTOR.services_by_name["NodeService"].full_name,
        ]
        self._standard = StandardServices(server, names)
        self.address = self._bind(server)
        await server.start()
        self._server = server
        await self._standard.serving()
        self._tasks.spawn(self._sweep_for_ever(), "sweep")
        if not self._config.listen.is_local:
            self._log.warning("listens_beyond_this_machine", address=self.address, tls=False)
        self._log.info(
            "control_started",
            address=self.address,
            revision=self.service.view.desired.revision,
            resources=len(self.service.view.desired.resources),
        )

    async def close(self) -> None:
        """Send new calls elsewhere, end those that run, follow the store no more."""
        if self._server and self._standard:
            await self._standard.leaving()
            await self._server.stop(STOP_GRACE_S)
            self._log.info("control_stopped", address=self.address)
        await self._tasks.close()
        await self.service.close()

    def _bind(self, server: aio.Server) -> str:
        listen = self._config.listen
        try:
            port = server.add_insecure_port(str(listen))
        except RuntimeError:
            port = 0
        if not port:
            # gRPC does not say which of the two it is.
            raise CannotListen(listen, "it is in use, or not an address of this machine")
        return str(listen._replace(port=port))

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_INTERVAL_S)
            endpoints = (
                resource.name
                for ref, resource in self.service.view.desired.resources.items()
                if ref.startswith("Endpoint/")
            )
            self.registry.sweep(self._clock.now_s(), endpoints)
