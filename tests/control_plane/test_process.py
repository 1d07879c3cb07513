"""`weft control` as a process: ready in one line, stops at once, survives kill -9."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from grpc import aio

from tests.fakes.control import IAD, MODEL
from weftline.wire import to_wire
from weftline_proto.control.v1 import operator_pb2 as pb
from weftline_proto.control.v1.operator_pb2_grpc import OperatorServiceStub

pytestmark = pytest.mark.e2e


@asynccontextmanager
async def weft_control(*options: str) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "weftline", "control", *options, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(process: Process) -> dict[str, object]:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        line = await process.stdout.readline()
    told: dict[str, object] = json.loads(line)
    return told


async def ended(process: Process) -> tuple[int, str]:
    async with asyncio.timeout(20):
        _, stderr = await process.communicate()
    assert process.returncode is not None
    return process.returncode, stderr.decode()


async def test_it_survives_kill_9_and_stops_at_a_signal(tmp_path: Path) -> None:
    options = ("--listen", "127.0.0.1:0", "--data", str(tmp_path))
    async with weft_control(*options) as process:
        told = await ready(process)
        assert (told["event"], told["what"], told["store"]) == ("ready", "control", "sqlite")
        async with aio.insecure_channel(str(told["address"])) as channel:
            request = pb.ApplyRequest(resources=[to_wire(MODEL), to_wire(IAD)])
            applied = await OperatorServiceStub(channel).Apply(request, timeout=5)
        process.kill()
        await ended(process)
    async with weft_control(*options) as process:
        told = await ready(process)
        assert (told["revision"], told["resources"]) == (applied.revision, 2)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        process.send_signal(signal.SIGTERM)
        code, stderr = await ended(process)
        assert code == 0
        assert loop.time() - began_s < 2.0
        events = [json.loads(line)["event"] for line in stderr.splitlines()]
        assert events == ["control_started", "control_stopped"]


async def test_why_it_cannot_start_is_one_line() -> None:
    async with weft_control("--listen", "127.0.0.1:0", "--store", "memory") as first:
        told = await ready(first)
        async with weft_control("--listen", str(told["address"]), "--store", "memory") as second:
            code, stderr = await ended(second)
            assert code == 1
            assert stderr.startswith("error: cannot listen on 127.0.0.1:")
            assert stderr.count("\n") == 1
        first.send_signal(signal.SIGINT)
        assert (await ended(first))[0] == 0
    async with weft_control("--store", "etcd://127.0.0.1:1") as process:
        code, stderr = await ended(process)
        assert code == 1
        assert stderr.startswith("error: etcd at 127.0.0.1:1 does not answer")
