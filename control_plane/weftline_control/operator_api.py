"""What operators call, on the wire: `weftline.control.v1.OperatorService`."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, TypeAlias

from grpc import aio

from weftline.calls import STALE
from weftline.clock import Clock
from weftline.wire import from_wire, to_wire
from weftline.wire_hello import hello_to_wire
from weftline.wire_rows import row_to_wire
from weftline_control.changes import Change, missing
from weftline_control.desired_service import DesiredService
from weftline_control.history import Step
from weftline_control.refusals import Missing, Refused, Violation
from weftline_control.registry import NodeRecord, Registry
from weftline_control.rich_errors import aborting
from weftline_core.desired import KINDS, Desired, Pop, Resource
from weftline_core.documents import suggestion
from weftline_proto.control.v1 import operator_pb2 as pb
from weftline_proto.control.v1 import operator_pb2_grpc, types_pb2

# grpc's context is generic over messages that none of these methods reads or writes by it.
Context: TypeAlias = aio.ServicerContext[Any, Any]


class OperatorApi(operator_pb2_grpc.OperatorServiceServicer):
    """Changes and shows desired state, nodes and the latency table."""

    def __init__(self, service: DesiredService, registry: Registry, clock: Clock) -> None:
        self._service = service
        self._registry = registry
        self._clock = clock

    async def Apply(self, request: pb.ApplyRequest, context: Context) -> pb.ApplyResponse:  # noqa: N802
        """Put resources, all or none."""
        async with aborting(context):
            changes, revision = await self._service.apply(
                _resources(request.resources),
                dry_run=request.dry_run,
                if_revision=request.if_revision,
            )
        return pb.ApplyResponse(changes=map(_change, changes), revision=revision)

    async def Get(self, request: pb.GetRequest, context: Context) -> pb.GetResponse:  # noqa: N802
        """Return one resource."""
        self._mark(context)
        async with aborting(context):
            view = self._service.view
            resource = view.desired.resources.get(request.ref)
            if resource is None:
                raise missing(view, request.ref)
        return pb.GetResponse(resource=self._with_revision(request.ref, resource))

    async def List(self, request: pb.ListRequest, context: Context) -> pb.ListResponse:  # noqa: N802
        """Return all resources of one kind, or all."""
        self._mark(context)
        async with aborting(context):
            if request.kind and request.kind not in KINDS:
                reason = f"unknown kind '{request.kind[:40]}'{suggestion(request.kind, KINDS)}"
                raise Refused([Violation("kind", reason)])
        desired = self._service.view.desired
        prefix = f"{request.kind}/" if request.kind else ""
        return pb.ListResponse(
            resources=[
                self._with_revision(ref, resource)
                for ref, resource in sorted(desired.resources.items())
                if ref.startswith(prefix)
            ],
            revision=desired.revision,
        )

    async def Delete(self, request: pb.DeleteRequest, context: Context) -> pb.DeleteResponse:  # noqa: N802
        """Remove one resource."""
        async with aborting(context):
            change, revision = await self._service.delete(request.ref, dry_run=request.dry_run)
        return pb.DeleteResponse(change=_change(change), revision=revision)

    async def Drain(self, request: pb.DrainRequest, context: Context) -> pb.DrainResponse:  # noqa: N802
        """Empty a PoP or an endpoint, or take it back into use."""
        async with aborting(context):
            self._check_pop(request.ref)
            change, revision = await self._service.drain(request.ref, undo=request.undo)
        return pb.DrainResponse(change=_change(change), revision=revision)

    async def Watch(  # noqa: N802
        self, request: pb.WatchRequest, context: Context
    ) -> AsyncIterator[pb.WatchResponse]:
        """Follow changes from a revision on; a reader that falls too far behind gets all anew."""
        after = request.after_revision
        bell = asyncio.Event()
        with self._service.listening(bell.set):
            if after > self._service.view.desired.revision:
                async with aborting(context):
                    raise Refused([Violation("after_revision", f"{after} is still to come")])
            while True:
                for word in self._since(after):
                    yield word
                    after = word.revision
                if after == self._service.view.desired.revision:
                    await bell.wait()
                bell.clear()

    async def Nodes(self, request: pb.NodesRequest, context: Context) -> pb.NodesResponse:  # noqa: N802, ARG002
        """Return every node known."""
        desired = self._service.view.desired
        return pb.NodesResponse(nodes=[_node(r, desired) for r in self._registry.nodes()])

    async def Table(self, request: pb.TableRequest, context: Context) -> pb.TableResponse:  # noqa: N802, ARG002
        """Return the PoP x endpoint table."""
        return pb.TableResponse(
            rows=map(row_to_wire, self._registry.rows()), at_unix_ms=self._clock.unix_ms()
        )

    def _since(self, after: int) -> list[pb.WatchResponse]:
        """Return what to tell a watcher who knows all up to `after`; 0 knows nothing."""
        desired = self._service.view.desired
        if after == desired.revision:
            return []
        steps = self._service.mirror.history.since(after) if after else None
        if steps is None or after > desired.revision:
            everything = map(to_wire, desired.resources.values())
            return [pb.WatchResponse(revision=desired.revision, put=everything, snapshot=True)]
        return [_step(step) for step in steps]

    def _mark(self, context: Context) -> None:
        if self._service.stale:
            context.set_trailing_metadata((STALE,))

    def _with_revision(self, ref: str, resource: Resource) -> types_pb2.Resource:
        wire = to_wire(resource)
        wire.revision = self._service.mirror.revision_of(ref)
        return wire

    def _check_pop(self, ref: str) -> None:
        """Refuse a PoP that nobody has heard of: most likely its name is misspelt."""
        kind, _, name = ref.partition("/")
        known = {record.hello.id for record in self._registry.nodes()}
        if kind == "Pop" and name not in known and ref not in self._service.view.desired.resources:
            raise Missing(f"no node '{name}' has been seen{suggestion(name, known)}")


def _resources(wires: Iterable[types_pb2.Resource]) -> list[Resource]:
    resources: list[Resource] = []
    violations: list[Violation] = []
    for index, wire in enumerate(wires):
        try:
            resources.append(from_wire(wire))
        except ValueError as e:
            violations.append(Violation(f"resources[{index}]", str(e)))
    if violations:
        raise Refused(violations)
    return resources


def _change(change: Change) -> pb.Change:
    return pb.Change(ref=change.ref, what=change.what)


def _step(step: Step) -> pb.WatchResponse:
    put = map(to_wire, step.put)
    return pb.WatchResponse(revision=step.revision, put=put, deleted=step.deleted)


def _node(record: NodeRecord, desired: Desired) -> types_pb2.Node:
    wire = hello_to_wire(record.hello)
    wire.revision = record.revision
    wire.connected = record.session > 0
    wire.seen_unix_ms = record.seen_unix_ms
    wire.refusal = record.refusal
    pop = desired.resources.get(f"Pop/{wire.id}")
    wire.draining = isinstance(pop, Pop) and pop.drain
    return wire
