"""The services that every gRPC tool expects: health and reflection.

Both packages come without types; this is the only file that touches them.
"""

from collections.abc import Sequence
from typing import Protocol, cast

from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # pyright: ignore[reportMissingTypeStubs]
from grpc_reflection.v1alpha import reflection  # pyright: ignore[reportMissingTypeStubs]


class _Health(Protocol):
    async def set(self, service: str, status: object) -> None: ...

    async def enter_graceful_shutdown(self) -> None: ...


class StandardServices:
    """Health and reflection of one server."""

    def __init__(self, server: aio.Server, names: Sequence[str]) -> None:
        # The empty name stands for the server as a whole.
        self._names = ("", *names)
        servicer = health.aio.HealthServicer()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        self._health = cast(_Health, servicer)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)  # pyright: ignore[reportUnknownMemberType]
        reflection.enable_server_reflection(  # pyright: ignore[reportUnknownMemberType]
            (*names, health.SERVICE_NAME, reflection.SERVICE_NAME), server
        )

    async def serving(self) -> None:
        """Report that every service takes calls."""
        for name in self._names:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def leaving(self) -> None:
        """Report that calls should go elsewhere, for good."""
        await self._health.enter_graceful_shutdown()
