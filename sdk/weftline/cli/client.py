"""The operator API as the command sees it: core values in and out, and errors in words.

Every call has a deadline. A refusal carries the server's own reasons, path by path, from its rich
error details.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from grpc import aio

from weftline.calls import DETAILS_KEY, MESSAGE_BYTES_MAX, STALE
from weftline.cli.errors import CliError, ExitCode
from weftline.wire import from_wire, to_wire
from weftline_core.address import parse_address
from weftline_core.desired import Resource
from weftline_proto.control.v1 import operator_pb2, types_pb2
from weftline_proto.control.v1.operator_pb2_grpc import OperatorServiceStub

A = TypeVar("A")

# A control plane on another continent answers a read in 0.5 s; one that needs longer than this has
# lost its store.
DEADLINE_S = 5.0

EXIT_CODES: dict[grpc.StatusCode, ExitCode] = {
    grpc.StatusCode.NOT_FOUND: ExitCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT: ExitCode.USAGE,
    grpc.StatusCode.UNAVAILABLE: ExitCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
}


class Operator:
    """A connection to one control plane's operator API; use it as `async with`.

    Every method raises CliError: refused, not found, or nobody answers. stale: an answer came from
    the control plane's memory, because its store cannot be asked.
    """

    def __init__(self, address: str, deadline_s: float = DEADLINE_S) -> None:
        self._address = str(parse_address(address, "--control"))
        self._deadline_s = deadline_s
        self.stale = False
        options: list[tuple[str, int]] = [
            # A proxy named in the environment is for the web, not for the mesh's own machines.
            ("grpc.enable_http_proxy", 0),
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        ]
        self._channel = aio.insecure_channel(self._address, options=options)
        self._stub = OperatorServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._channel.close()

    async def apply(
        self, resources: Sequence[Resource], *, dry_run: bool = False
    ) -> operator_pb2.ApplyResponse:
        """Put resources, all or none."""
        request = operator_pb2.ApplyRequest(
            resources=[to_wire(resource) for resource in resources], dry_run=dry_run
        )
        return await self._answer(self._stub.Apply(request, timeout=self._deadline_s))

    async def get(self, ref: str) -> Resource:
        """Return one resource."""
        request = operator_pb2.GetRequest(ref=ref)
        answer = await self._answer(self._stub.Get(request, timeout=self._deadline_s))
        return self._resource(answer.resource)

    async def resources(self, kind: str = "") -> list[Resource]:
        """Return the resources of a kind, or all, in the order of their refs."""
        request = operator_pb2.ListRequest(kind=kind)
        answer = await self._answer(self._stub.List(request, timeout=self._deadline_s))
        return [self._resource(wire) for wire in answer.resources]

    async def delete(self, ref: str, *, dry_run: bool = False) -> operator_pb2.DeleteResponse:
        """Remove one resource."""
        request = operator_pb2.DeleteRequest(ref=ref, dry_run=dry_run)
        return await self._answer(self._stub.Delete(request, timeout=self._deadline_s))

    async def drain(self, ref: str, *, undo: bool = False) -> operator_pb2.DrainResponse:
        """Empty a PoP or an endpoint, or take it back into use."""
        request = operator_pb2.DrainRequest(ref=ref, undo=undo)
        return await self._answer(self._stub.Drain(request, timeout=self._deadline_s))

    async def nodes(self) -> Sequence[types_pb2.Node]:
        """Return every node known, in the order of their ids."""
        request = operator_pb2.NodesRequest()
        return (await self._answer(self._stub.Nodes(request, timeout=self._deadline_s))).nodes

    async def table(self) -> operator_pb2.TableResponse:
        """Return the PoP x endpoint table."""
        request = operator_pb2.TableRequest()
        return await self._answer(self._stub.Table(request, timeout=self._deadline_s))

    async def _answer(self, call: aio.UnaryUnaryCall[Any, A]) -> A:
        try:
            answer = await call
            self.stale = self.stale or STALE in tuple(await call.trailing_metadata())
        except aio.AioRpcError as e:
            raise _in_words(e, self._address) from e
        return answer

    def _resource(self, wire: types_pb2.Resource) -> Resource:
        try:
            return from_wire(wire)
        except ValueError as e:
            raise CliError(
                f"the control plane at {self._address} speaks of something newer: {e}",
                hint="update weftline on this machine",
            ) from e


def _in_words(error: aio.AioRpcError, address: str) -> CliError:
    code = error.code()
    exit_code = EXIT_CODES.get(code, ExitCode.FAILED)
    message = error.details() or code.name.lower().replace("_", " ")
    # The message may hold the reasons already; each is told once.
    details = tuple(reason for reason in _reasons(error) if reason not in message)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return CliError(
            f"the control plane at {address} did not answer in time",
            code=exit_code,
            hint="its store may be down: look at its log",
        )
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return CliError(
            f"what answers at {address} does not know this call",
            hint="is it a weftline control plane, and of this version? (weft version)",
        )
    # gRPC's own failure to connect says UNAVAILABLE too, in words of its own; a control plane that
    # lost its store sends details.
    if code is grpc.StatusCode.UNAVAILABLE and not details and _cannot_connect(message):
        return CliError(
            f"no control plane answers at {address}",
            code=exit_code,
            hint="start one with `weft up`, or name another with --control or WEFT_CONTROL",
        )
    return CliError(message, code=exit_code, details=details)


def _cannot_connect(message: str) -> bool:
    words = ("failed to connect", "connection refused", "Socket closed", "DNS resolution failed")
    return any(word.lower() in message.lower() for word in words)


def _reasons(error: aio.AioRpcError) -> Iterator[str]:
    """Yield `path: reason` for everything the server's error details name."""
    for key, value in error.trailing_metadata() or ():
        if key != DETAILS_KEY or not isinstance(value, bytes):
            continue
        for detail in status_pb2.Status.FromString(value).details:
            bad = error_details_pb2.BadRequest()
            unmet = error_details_pb2.PreconditionFailure()
            if detail.Unpack(bad):
                for field in bad.field_violations:
                    yield _joined(field.field, field.description)
            elif detail.Unpack(unmet):
                for violation in unmet.violations:
                    yield _joined(violation.subject, violation.description)


def _joined(path: str, reason: str) -> str:
    return f"{path}: {reason}" if path else reason
