# ruff: noqa: N802  # gRPC names its methods.
"""An operator API with canned contents, on a real gRPC server in a thread of its own, so that
commands that run their own event loop can call it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from typing import Any, TypeAlias

import grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from grpc import aio

from weftline.wire import from_wire, to_wire
from weftline_core.desired import Desired, Endpoint, Key, Model, Pop, ref
from weftline_proto.control.v1 import operator_pb2 as pb
from weftline_proto.control.v1 import types_pb2
from weftline_proto.control.v1.operator_pb2_grpc import (
    OperatorServiceServicer,
    add_OperatorServiceServicer_to_server,
)

Context: TypeAlias = aio.ServicerContext[Any, Any]

AT_UNIX_MS = 1_800_000_000_000


class CannedOperator(OperatorServiceServicer):
    """Holds a small mesh and keeps what it is told. `fails` makes every call fail so."""

    def __init__(self) -> None:
        self.desired = Desired.EMPTY.changed(
            [
                Model(name="weftline/ngram", aliases=("ngram",)),
                Endpoint(name="ams-1", base_url="http://h:1/v1", models={"weftline/ngram": "n"}),
                Endpoint(name="iad-1", base_url="http://h:2/v1", models={"weftline/ngram": "n"}),
                Key(name="app", digest="ab" * 32),
                Pop(name="ams"),
            ],
            [],
            7,
        )
        self.nodes = [
            types_pb2.Node(
                id="ams",
                region="ams",
                base_url="http://127.0.0.1:8081/v1",
                connected=True,
                revision=7,
                version="0.1.0",
                seen_unix_ms=AT_UNIX_MS,
                admin_url="http://127.0.0.1:9081",
            ),
            types_pb2.Node(id="iad", region="iad", revision=6, seen_unix_ms=AT_UNIX_MS),
        ]
        self.rows = [
            types_pb2.TableRow(
                pop="ams",
                endpoint="ams-1",
                state=types_pb2.ENDPOINT_STATE_UP,
                rtt_ms=2.04,
                ttft_ms=11.5,
                in_flight=3,
                error_rate=0.25,
            ),
            types_pb2.TableRow(pop="ams", endpoint="iad-1", state=types_pb2.ENDPOINT_STATE_DOWN),
            types_pb2.TableRow(
                pop="iad", endpoint="ams-1", state=types_pb2.ENDPOINT_STATE_PROBATION, rtt_ms=80.0
            ),
        ]
        self.asked: list[object] = []
        self.fails: tuple[grpc.StatusCode, str] | None = None
        self.violations: list[tuple[str, str]] = []
        self.silent = False
        self.stale = False

    async def Apply(self, request: pb.ApplyRequest, context: Context) -> pb.ApplyResponse:
        await self._may_fail(request, context)
        resources = [from_wire(wire) for wire in request.resources]
        changes = [
            pb.Change(
                ref=ref(one), what="changed" if ref(one) in self.desired.resources else "created"
            )
            for one in resources
        ]
        if not request.dry_run:
            self.desired = self.desired.changed(resources, [], self.desired.revision + 1)
        return pb.ApplyResponse(changes=changes, revision=self.desired.revision)

    async def Get(self, request: pb.GetRequest, context: Context) -> pb.GetResponse:
        await self._may_fail(request, context)
        if request.ref not in self.desired.resources:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"{request.ref} does not exist")
        return pb.GetResponse(resource=to_wire(self.desired.resources[request.ref]))

    async def List(self, request: pb.ListRequest, context: Context) -> pb.ListResponse:
        await self._may_fail(request, context)
        found = sorted(self.desired.resources.items())
        wires = [to_wire(one) for name, one in found if name.startswith(request.kind)]
        return pb.ListResponse(resources=wires, revision=self.desired.revision)

    async def Delete(self, request: pb.DeleteRequest, context: Context) -> pb.DeleteResponse:
        await self._may_fail(request, context)
        change = pb.Change(ref=request.ref, what="deleted")
        return pb.DeleteResponse(change=change, revision=self.desired.revision + 1)

    async def Drain(self, request: pb.DrainRequest, context: Context) -> pb.DrainResponse:
        await self._may_fail(request, context)
        change = pb.Change(ref=request.ref, what="changed")
        return pb.DrainResponse(change=change, revision=self.desired.revision + 1)

    async def Watch(
        self, request: pb.WatchRequest, context: Context
    ) -> AsyncIterator[pb.WatchResponse]:
        await self._may_fail(request, context)
        yield pb.WatchResponse(revision=self.desired.revision, snapshot=True)

    async def Nodes(self, request: pb.NodesRequest, context: Context) -> pb.NodesResponse:
        await self._may_fail(request, context)
        return pb.NodesResponse(nodes=self.nodes)

    async def Table(self, request: pb.TableRequest, context: Context) -> pb.TableResponse:
        await self._may_fail(request, context)
        return pb.TableResponse(rows=self.rows, at_unix_ms=AT_UNIX_MS)

    async def _may_fail(self, request: object, context: Context) -> None:
        self.asked.append(request)
        if self.silent:
            await asyncio.Event().wait()
        if self.stale:
            context.set_trailing_metadata((("weft-stale", "true"),))
        if self.fails:
            code, message = self.fails
            await context.abort(code, message, self._details(code, message))

    def _details(self, code: grpc.StatusCode, message: str) -> tuple[tuple[str, bytes], ...]:
        if not self.violations:
            return ()
        bad = error_details_pb2.BadRequest()
        for field, description in self.violations:
            bad.field_violations.add(field=field, description=description)
        status = status_pb2.Status(code=code.value[0], message=message)
        status.details.add().Pack(bad)
        return (("grpc-status-details-bin", status.SerializeToString()),)


@contextmanager
def serving(operator: CannedOperator) -> Generator[str]:
    """Serve `operator` in a thread and yield its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[aio.Server, int]:
        server = aio.server()
        add_OperatorServiceServicer_to_server(operator, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    server, port = asyncio.run_coroutine_threadsafe(start(), loop).result(10.0)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(None), loop).result(10.0)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10.0)
        loop.close()
