"""`weft bench failover`: what clients notice when endpoints die, and then the control plane.

A mesh of its own carries a steady load through every PoP. Its endpoints are killed with SIGKILL,
one after another, and started again, while each PoP's table is watched; then the control plane is
killed and kept dead. Whatever a client sees in all that time counts.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import aiohttp
import msgspec

from weftline.cli.local_mesh import (
    ADMIN_OFFSET,
    CHAT,
    GOSSIP_OFFSET,
    HOST,
    HTTP_OFFSET,
    REGIONS,
    plan_mesh,
)
from weftline.cli.output import note
from weftline_bench.client import now_s
from weftline_bench.deaths import Death, Span, failover, used_again_s
from weftline_bench.failover_report import FailoverReport
from weftline_bench.load import Load, OpenLoop, schedule
from weftline_bench.mesh import Ready, ReadyEndpoint, ReadyPop, running_mesh
from weftline_bench.processes import memory_mb, started
from weftline_bench.record import Sample
from weftline_bench.report import environment
from weftline_bench.run import progress
from weftline_bench.ttft import Ask

# An answer that breaks off after its first token can't be repeated; short answers keep such rare
# beside those that can.
TOKENS_MAX = 4

# How long a mesh is left alone before its memory is read.
SETTLE_S = 3.0

# Starts of a node that are timed.
STARTS = 3

# How long the load runs before the first death, and an endpoint lives before the next one dies.
REST_S = 1.5

# How long an endpoint stays dead after every PoP knows.
DEAD_S = 0.5

# Between two looks at a PoP's table: 1 % of what a death may take to be known, and as much of a
# PoP's time.
LOOK_S = 0.02

# A death or a return that takes longer than this was not noticed.
NOTICE_WAIT_S = 15.0

# Longer than any run: the load is stopped when everybody has died.
LOAD_S = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What is done to the mesh. rps: through each PoP."""

    kills: int
    rps: float
    without_control_s: float
    delay_scale: float
    base_port: int
    seed: int


class _Row(msgspec.Struct):
    """A row of a PoP's table."""

    pop: str
    endpoint: str
    state: str


_ROWS = msgspec.json.Decoder(list[_Row])


async def run_failover(drill: Drill) -> FailoverReport:
    """Start a mesh, put it through the drill, stop it, and return what was found.

    Raises:
        CliError: a process does not start.
    """
    at_unix_ms = time.time_ns() // 1_000_000
    facts = environment()
    note("starting a mesh of three PoPs and three endpoints ...")
    scale = ("--delay-scale", f"{drill.delay_scale:g}")
    async with running_mesh(drill.base_port, *scale) as ready, AsyncExitStack() as endpoints:
        await asyncio.sleep(SETTLE_S)
        idle_mb = {pop.id: memory_mb(pop.pid) for pop in ready.pops}
        starts_s = [await _node_start_s(ready, drill.base_port) for _ in range(STARTS)]
        note(f"killing {drill.kills} endpoints, and then the control plane ...")
        samples: list[Sample] = []
        async with aiohttp.ClientSession() as http, _load(ready, drill, samples.append):
            mesh = _Mesh(ready, drill, http, endpoints, samples)
            deaths: list[Death] = []
            with progress(drill.kills + 1) as advance:
                for n in range(drill.kills):
                    deaths.append(await mesh.kill_endpoint(n % len(ready.endpoints)))
                    advance()
                control = await mesh.kill_control()
                advance()
    return FailoverReport(
        at_unix_ms=at_unix_ms,
        environment=facts,
        options=asdict(drill),
        found=failover([pop.id for pop in ready.pops], samples, deaths, control),
        node_ready_s=starts_s,
        node_idle_mb=idle_mb,
    )


@asynccontextmanager
async def _load(ready: Ready, drill: Drill, keep: Callable[[Sample], None]) -> AsyncGenerator[None]:
    """Ask through every PoP while inside; a sample's target is the index of its PoP."""
    load = Load(rps=drill.rps, duration_s=LOAD_S, warm_up_s=REST_S)
    rng = random.Random(drill.seed)  # noqa: S311  # arrival times
    due = schedule(load, len(ready.pops), rng, lambda mean_s: rng.expovariate(1.0 / mean_s))
    asks = [
        Ask(url=pop.base_url, model=CHAT, key=ready.key, tokens_max=TOKENS_MAX)
        for pop in ready.pops
    ]
    targets = [ask.target(pop.id) for ask, pop in zip(asks, ready.pops, strict=True)]
    loop = OpenLoop(targets, load, keep)
    running = asyncio.ensure_future(loop.run(due))
    try:
        yield
    finally:
        loop.stop()
        await running


async def _node_start_s(ready: Ready, base_port: int) -> float:
    """Start one PoP more, stop it, and return how long it took to be ready."""
    more = len(REGIONS) + 1
    with tempfile.TemporaryDirectory(prefix="weftline-bench-") as folder:
        own = (
            *("--id", "bench", "--listen", f"{HOST}:{base_port + HTTP_OFFSET + more}"),
            *("--admin", f"{HOST}:{base_port + ADMIN_OFFSET + more}"),
            *("--gossip", f"{HOST}:{base_port + GOSSIP_OFFSET + more}"),
        )
        mesh = (
            *("--control", ready.control, "--data", folder),
            *("--pepper-file", f"{ready.data}/pepper"),
            *("--join", f"{HOST}:{base_port + GOSSIP_OFFSET}"),
        )
        async with started("node", *own, *mesh) as (_, seconds):
            return seconds


class _Mesh:
    """The mesh under load, and what can be done to it."""

    def __init__(
        self,
        ready: Ready,
        drill: Drill,
        http: aiohttp.ClientSession,
        endpoints: AsyncExitStack,
        samples: list[Sample],
    ) -> None:
        self._ready = ready
        self._drill = drill
        self._http = http
        self._endpoints = endpoints
        self._samples = samples
        self._pids = {one.name: one.pid for one in ready.endpoints}
        self._sources = {pop.name: pop.source for pop in plan_mesh(base_port=drill.base_port).pops}

    async def kill_endpoint(self, index: int) -> Death:
        """Kill an endpoint, wait until all PoPs know, start it again, wait until it is used."""
        endpoint, first = self._ready.endpoints[index], len(self._samples)
        await asyncio.sleep(REST_S)
        killed_s = now_s()
        os.kill(self._pids[endpoint.name], signal.SIGKILL)
        known_s = await self._until(endpoint, "down")
        await asyncio.sleep(DEAD_S)
        process, _ = await self._endpoints.enter_async_context(started(*self._command(endpoint)))
        self._pids[endpoint.name] = process.pid
        back_s = now_s()
        death = Death(
            endpoint=endpoint.name,
            killed_s=killed_s,
            known_s=known_s,
            back_s=back_s,
            trusted_s=await self._until(endpoint, "up"),
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(NOTICE_WAIT_S):
                # Samples come by the hundred; to look at times is less work than to be told.
                while None in used_again_s(self._samples[first:], death):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)
        return death

    async def kill_control(self) -> Span:
        """Kill the control plane and let nobody start it again for a while."""
        await asyncio.sleep(REST_S)
        up_pid = self._ready.up_pid
        os.kill(up_pid, signal.SIGSTOP)
        try:
            from_s = now_s()
            os.kill(self._ready.control_pid, signal.SIGKILL)
            await asyncio.sleep(self._drill.without_control_s)
            return Span(from_s, now_s())
        finally:
            os.kill(up_pid, signal.SIGCONT)

    async def _until(self, endpoint: ReadyEndpoint, state: str) -> dict[str, float]:
        """Return when each PoP's own table first showed the state; absent if it did not in time."""
        seen_s: dict[str, float] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(NOTICE_WAIT_S), asyncio.TaskGroup() as group:
                for pop in self._ready.pops:
                    group.create_task(self._watch(pop, endpoint.name, state, seen_s))
        return seen_s

    async def _watch(
        self, pop: ReadyPop, endpoint: str, state: str, seen_s: dict[str, float]
    ) -> None:
        wanted = _Row(pop.id, endpoint, state)
        while pop.id not in seen_s:
            # A PoP that does not answer knows nothing; its clients' errors say the rest.
            with suppress(aiohttp.ClientError):
                async with self._http.get(f"{pop.admin_url}/table") as answer:
                    if wanted in _ROWS.decode(await answer.read()):
                        seen_s[pop.id] = now_s()
            await asyncio.sleep(LOOK_S)

    def _command(self, endpoint: ReadyEndpoint) -> tuple[str, ...]:
        address = urlsplit(endpoint.base_url).netloc
        delays = [
            part
            for pop, rtt_ms in endpoint.rtt_ms.items()
            if rtt_ms > 0
            for part in ("--delay", f"{self._sources[pop]}={rtt_ms:g}")
        ]
        return ("bench", "endpoint", "--name", endpoint.name, "--listen", address, *delays)
