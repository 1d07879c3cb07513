"""The real control plane without gRPC: its node API called directly, over queues.

Runs on a virtual-time loop, so that the simulator and the tests of the node's client speak with
the very code that serves nodes in production.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Never, cast

import grpc
from grpc import aio

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline.logs import Log
from weftline_control.desired_service import DesiredService
from weftline_control.node_api import NodeApi
from weftline_control.registry import Registry
from weftline_control.store import Store
from weftline_node.control_link import LinkLost, ToControl, ToNode
from weftline_node.control_wire import from_response, to_request
from weftline_proto.control.v1 import node_pb2 as pb

# A real stream holds about as many words before it makes the sender wait.
QUEUE_MAX = 64


class Aborted(Exception):
    """The call was ended with an error."""


class _Context:
    async def abort(self, code: grpc.StatusCode, details: str = "") -> Never:
        raise Aborted(f"{code.name.lower()}: {details}")


class TwinLink:
    """One conversation with the twin."""

    def __init__(self, api: NodeApi, tasks: Tasks) -> None:
        self._up: asyncio.Queue[pb.SubscribeRequest | None] = asyncio.Queue(QUEUE_MAX)
        self._down: asyncio.Queue[pb.SubscribeResponse | str] = asyncio.Queue(QUEUE_MAX)
        self._over = ""
        self._task = tasks.spawn(self._serve(api), "twin link")

    async def send(self, word: ToControl) -> None:
        if self._over:
            raise LinkLost(self._over)
        # Over the wire, so that what cannot be written is found here too.
        await self._up.put(pb.SubscribeRequest.FromString(to_request(word).SerializeToString()))

    async def receive(self) -> ToNode:
        while True:
            said = await self._down.get()
            if isinstance(said, str):
                raise LinkLost(said)
            word = from_response(pb.SubscribeResponse.FromString(said.SerializeToString()))
            if word is not None:
                return word

    async def close(self) -> None:
        self.cut("closed by the node")

    def cut(self, why: str) -> None:
        """End the conversation as a broken connection does."""
        if not self._over:
            self._over = why
            self._task.cancel()
            while self._down.full():
                self._down.get_nowait()
            self._down.put_nowait(why)

    async def _requests(self) -> AsyncIterator[pb.SubscribeRequest]:
        while (request := await self._up.get()) is not None:
            yield request

    async def _serve(self, api: NodeApi) -> None:
        context = cast("aio.ServicerContext[Any, Any]", _Context())
        why = "hung up"
        try:
            async for word in api.Subscribe(self._requests(), context):
                await self._down.put(word)
        except Aborted as e:
            why = str(e)
        if not self._over:
            self._over = why
            await self._down.put(why)


class ControlTwin:
    """A control plane that can be started, killed and started again over one store."""

    def __init__(
        self, store: Store, clock: Clock, log: Log, *, accept_rewind: bool = False
    ) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._accept_rewind = accept_rewind
        self._links: list[TwinLink] = []
        self._tasks = Tasks(log.failed)
        self._api: NodeApi | None = None
        self.registry = Registry()
        self.service: DesiredService | None = None

    async def start(self, store: Store | None = None) -> DesiredService:
        """Start with empty memory, over the same store or another one."""
        self._store = store or self._store
        self.registry = Registry()
        service = DesiredService(
            self._store, self._clock, self._log, accept_rewind=self._accept_rewind
        )
        await service.start()
        self._api = NodeApi(service, self.registry, self._clock, self._log)
        self.service = service
        return service

    async def kill(self) -> None:
        """Vanish: every conversation breaks, nobody answers."""
        self._api = None
        for link in self._links:
            link.cut("connection reset")
        self._links.clear()
        if self.service:
            await self.service.close()
            self.service = None

    async def open(self) -> TwinLink:
        """Be the door of a node."""
        if self._api is None:
            raise LinkLost("connection refused")
        link = TwinLink(self._api, self._tasks)
        self._links.append(link)
        return link

    async def close(self) -> None:
        """Stop for good."""
        await self.kill()
        await self._tasks.close()
