"""What every gRPC tool asks first: are you well, and what do you speak."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from grpc_health.v1 import (  # pyright: ignore[reportMissingTypeStubs]
    health_pb2,
    health_pb2_grpc,
)
from grpc_reflection.v1alpha import (  # pyright: ignore[reportMissingTypeStubs]
    reflection_pb2,
    reflection_pb2_grpc,
)

from tests.fakes.control import control_plane

SERVING = health_pb2.HealthCheckResponse.SERVING
NAMES = {"weftline.control.v1.OperatorService", "weftline.control.v1.NodeService"}


async def test_health() -> None:
    async with control_plane() as control:
        stub: Any = health_pb2_grpc.HealthStub(control.channel)  # pyright: ignore[reportUnknownMemberType]
        for name in ("", *NAMES):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == SERVING
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=""))
        assert (await watch.read()).status == SERVING
        stopping = asyncio.ensure_future(control.plane.close())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        await stopping


async def test_reflection() -> None:
    async with control_plane() as control:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(control.channel)  # pyright: ignore[reportArgumentType, reportUnknownMemberType]

        async def asks() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
            yield reflection_pb2.ServerReflectionRequest(list_services="")
            yield reflection_pb2.ServerReflectionRequest(
                file_containing_symbol="weftline.control.v1.OperatorService"
            )

        answers = [answer async for answer in stub.ServerReflectionInfo(asks())]
        names = {service.name for service in answers[0].list_services_response.service}
        assert {*NAMES, "grpc.health.v1.Health"} <= names
        assert answers[1].file_descriptor_response.file_descriptor_proto
