"""What nodes call, on the wire: `weftline.control.v1.NodeService`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import grpc
from grpc import aio

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline.logs import Log
from weftline.wire_hello import NodeHello, hello_from_wire
from weftline.wire_rows import row_from_wire
from weftline_control.desired_service import DesiredService
from weftline_control.registry import Full, Registry
from weftline_control.session import OutOfTurn, Session, Snapshots
from weftline_core.ids import name_problem
from weftline_core.rows import Row
from weftline_proto.control.v1 import node_pb2 as pb
from weftline_proto.control.v1 import node_pb2_grpc, types_pb2

Context: TypeAlias = aio.ServicerContext[Any, Any]

# How long a new stream may take to say who it is.
HELLO_WAIT_S = 10.0

# How long a node may take to apply what it was sent. Applying takes milliseconds; a node that is
# silent for this long comes back with a fresh stream, or is gone.
ANSWER_WAIT_S = 30.0

# How a talk ends that nobody is to blame for.
GOODBYE = "the node said goodbye"

FIELD_CHARS_MAX = 256
REASON_CHARS_MAX = 1_000


class NodeApi(node_pb2_grpc.NodeServiceServicer):
    """Feeds nodes with desired state and hears of them."""

    def __init__(self, service: DesiredService, registry: Registry, clock: Clock, log: Log) -> None:
        self._service = service
        self._registry = registry
        self._clock = clock
        self._log = log
        self._snapshots = Snapshots(rewind=service.accept_rewind)

    async def Subscribe(  # noqa: N802
        self,
        request_iterator: AsyncIterator[pb.SubscribeRequest],
        context: Context,
    ) -> AsyncIterator[pb.SubscribeResponse]:
        """Talk with one node for as long as it stays."""
        hello, revision = await self._introduced(request_iterator, context)
        try:
            number = self._registry.joined(hello, revision, *self._now())
        except Full as e:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(e))
        self._log.info("node_joined", node=hello.id, revision=revision, version=hello.version)
        talk = _Talk(hello.id, number, Session(revision))
        listening = Tasks(self._log.failed)
        listening.spawn(self._listen(talk, request_iterator), f"listen to {hello.id}")
        try:
            with (
                self._service.listening(talk.bell.set),
                self._registry.listening(talk.bell.set),
            ):
                async for word in self._words(talk):
                    yield word
        finally:
            await listening.close()
            self._registry.left(hello.id, number, self._clock.now_s())
            self._log.info("node_left", node=hello.id, reason=talk.over or "stream closed")
        if talk.over != GOODBYE:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, talk.over)

    async def _introduced(
        self, requests: AsyncIterator[pb.SubscribeRequest], context: Context
    ) -> tuple[NodeHello, int]:
        """Return who is there and the revision it has; end the call if it does not say."""
        try:
            async with asyncio.timeout(HELLO_WAIT_S):
                first = await anext(requests, None)
        except TimeoutError:
            first = None
        if first is None or first.WhichOneof("word") != "hello":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "say hello first")
        node = first.hello.node
        problem = name_problem(node.id) or _too_long(node)
        if first.hello.revision < 0:
            problem = "a revision is never negative"
        if problem:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, problem)
        return hello_from_wire(node), first.hello.revision

    async def _words(self, talk: "_Talk") -> AsyncIterator[pb.SubscribeResponse]:
        """Yield what the node is to be told, as it comes up, until the talk is over."""
        while not talk.over:
            talk.bell.clear()
            if not self._registry.current(talk.node, talk.number):
                talk.over = "the same node id has opened another stream"
                return
            state = talk.session.next_state(
                self._service.mirror, self._snapshots, accept_rewind=self._service.accept_rewind
            )
            if state is not None:
                talk.answer_by_s = self._clock.now_s() + ANSWER_WAIT_S
                yield state
            seeds = talk.session.next_seeds(self._registry.seeds(talk.node))
            if seeds is not None:
                yield seeds
            self._note_ahead(talk)
            await self._something(talk)

    async def _something(self, talk: "_Talk") -> None:
        """Wait until there may be something new to say."""
        patience_s = None
        if talk.session.awaiting is not None:
            patience_s = max(0.0, talk.answer_by_s - self._clock.now_s())
        try:
            async with asyncio.timeout(patience_s):
                await talk.bell.wait()
        except TimeoutError:
            talk.over = f"no answer to revision {talk.session.awaiting} in {ANSWER_WAIT_S:g} s"

    def _note_ahead(self, talk: "_Talk") -> None:
        """Show the operator a node that is ahead of the store, since it will not follow it."""
        newest = self._service.view.desired.revision
        if talk.session.in_force <= newest or self._service.accept_rewind:
            return
        reason = (
            f"it has revision {talk.session.in_force}, the store only {newest}: was the store set "
            "back? It follows again above that, or with --accept-rewind at the control plane"
        )
        if reason != talk.noted:
            talk.noted = reason
            self._registry.said(talk.node, *self._now(), refusal=reason)

    async def _listen(self, talk: "_Talk", requests: AsyncIterator[pb.SubscribeRequest]) -> None:
        try:
            async for request in requests:
                self._heard(talk, request)
        except OutOfTurn as e:
            talk.over = str(e)
        except grpc.RpcError:
            talk.over = talk.over or "the connection was lost"
        finally:
            talk.over = talk.over or GOODBYE
            talk.bell.set()

    def _heard(self, talk: "_Talk", request: pb.SubscribeRequest) -> None:
        if not self._registry.current(talk.node, talk.number):
            return
        now_s, unix_ms = self._now()
        match request.WhichOneof("word"):
            case "ack":
                talk.session.acked(request.ack.revision)
                self._registry.said(
                    talk.node, now_s, unix_ms, revision=request.ack.revision, refusal=""
                )
                talk.bell.set()
            case "nack":
                talk.session.nacked(request.nack.revision)
                reason = request.nack.reason[:REASON_CHARS_MAX]
                self._registry.said(talk.node, now_s, unix_ms, refusal=reason)
                self._log.warning(
                    "state_refused",
                    node=talk.node,
                    revision=request.nack.revision,
                    reason=reason,
                )
                talk.bell.set()
            case "report":
                self._registry.said(talk.node, now_s, unix_ms)
                self._report(talk.node, request.report)
            case _:
                raise OutOfTurn("said something that this control plane does not know")

    def _report(self, node: str, report: pb.Report) -> None:
        rows: list[Row] = []
        reasons: list[str] = []
        for wire in report.rows:
            try:
                rows.append(row_from_wire(wire))
            except ValueError as e:
                reasons.append(str(e))
        if dropped := self._registry.reported(node, rows):
            reasons.append(f"{dropped} rows are of others or over the limits")
        if reasons:
            self._log.warning("rows_refused", node=node, count=len(reasons), first=reasons[0])

    def _now(self) -> tuple[float, int]:
        return self._clock.now_s(), self._clock.unix_ms()


class _Talk:
    """The open stream of one node. `over` says why it is to end; `bell` rings when there is
    something to do.
    """

    def __init__(self, node: str, number: int, session: Session) -> None:
        self.node = node
        self.number = number
        self.session = session
        self.bell = asyncio.Event()
        self.answer_by_s = 0.0
        self.over = ""
        self.noted = ""


def _too_long(node: types_pb2.Node) -> str | None:
    for field in (node.region, node.base_url, node.gossip_address, node.admin_url, node.version):
        if len(field) > FIELD_CHARS_MAX:
            return f"a field of the hello is over {FIELD_CHARS_MAX} characters"
    return None
