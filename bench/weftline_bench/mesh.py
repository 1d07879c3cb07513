"""`weft bench mesh`: what a client in each region gains by the mesh.

A client stands beside each PoP and asks in three ways, in turns: through its PoP, each endpoint
directly from the same distance, and (drawn from those) an endpoint at random. All of them keep
their connections warm. The mesh is a `weft up` of its own, on ports and data of its own.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from weftline.cli.errors import CliError
from weftline.cli.local_mesh import CHAT, CHAT_THERE, REGIONS, plan_mesh
from weftline.cli.output import Cell, Format, Grid, note, print_data, print_grid, say
from weftline_bench import plot
from weftline_bench.load import Load
from weftline_bench.processes import end, spawn
from weftline_bench.record import Sample, Summary, summarise
from weftline_bench.report import (
    Report,
    environment,
    failures_in_words,
    out_path,
    rounded,
    save,
    verdict,
    warn_if_busy,
)
from weftline_bench.run import Measured, measure
from weftline_bench.ttft import Ask, refuse_void

# Ports of the mesh: far from those of a `weft up` that may be running.
BASE_PORT = 18_080

# Ten processes on two busy cores.
READY_WAIT_S = 60.0

# `weft up` stops everything within 5 s.
STOP_WAIT_S = 8.0

MESH, RANDOM = "through the mesh", "random endpoint"


class ReadyPop(msgspec.Struct):
    """A PoP of the mesh."""

    id: str
    base_url: str
    admin_url: str
    pid: int


class ReadyEndpoint(msgspec.Struct):
    """An endpoint of the mesh."""

    name: str
    base_url: str
    rtt_ms: dict[str, float]
    pid: int


class Ready(msgspec.Struct):
    """What `weft up -o json` says when it is ready. up_pid: its own process."""

    key: str
    data: str
    control: str
    control_pid: int
    pops: list[ReadyPop]
    endpoints: list[ReadyEndpoint]
    up_pid: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which the client of a region asks."""

    region: str
    name: str


@asynccontextmanager
async def running_mesh(base_port: int, *options: str) -> AsyncGenerator[Ready, None]:
    """Run `weft up` with fresh data, and `options` of its own, while inside.

    Raises:
        CliError: it did not get ready; its own words are on stderr.
    """
    with tempfile.TemporaryDirectory(prefix="weftline-bench-") as folder:
        process = await spawn(
            *("up", "-o", "json", "--base-port", str(base_port)),
            *("--data", str(Path(folder) / "data"), *options),
        )
        try:
            assert process.stdout is not None
            try:
                async with asyncio.timeout(READY_WAIT_S):
                    ready = await read_ready(process.stdout)
            except TimeoutError as e:
                raise CliError(f"the mesh was not ready within {READY_WAIT_S:.0f} s") from e
            if ready is None:
                raise CliError("the mesh did not start; the lines above say why")
            ready.up_pid = process.pid
            yield ready
        finally:
            await end(process, STOP_WAIT_S)


async def read_ready(stream: asyncio.StreamReader) -> Ready | None:
    """Return what the mesh says, which may take several lines, or None if it ends first."""
    text = b""
    while line := await stream.readline():
        text += line
        try:
            return msgspec.json.decode(text, type=Ready)
        except msgspec.ValidationError as e:
            raise CliError(f"the mesh says something unexpected: {e}") from e
        except msgspec.DecodeError:
            continue
    return None


def ways_to_ask(ready: Ready, base_port: int) -> dict[Way, Ask]:
    """Return how each region's client asks: through its PoP, and each endpoint directly."""
    sources = {pop.name: pop.source for pop in plan_mesh(REGIONS, base_port=base_port).pops}
    asks: dict[Way, Ask] = {}
    for pop in ready.pops:
        asks[Way(pop.id, MESH)] = Ask(url=pop.base_url, model=CHAT, key=ready.key)
        for endpoint in sorted(ready.endpoints, key=lambda one: one.rtt_ms[pop.id]):
            name = f"{endpoint.name}, {endpoint.rtt_ms[pop.id]:g} ms away"
            asks[Way(pop.id, name)] = Ask(
                url=endpoint.base_url, model=CHAT_THERE, source=sources[pop.id]
            )
    return asks


async def run_mesh(load: Load, seed: int, base_port: int) -> Report:
    """Start a mesh, measure it beside the other ways, stop it, and return what was found."""
    at_unix_ms = time.time_ns() // 1_000_000
    facts = environment()
    warn_if_busy(facts)
    note("starting a mesh of three PoPs and three endpoints ...")
    async with running_mesh(base_port) as ready:
        asks = ways_to_ask(ready, base_port)
        note(f"asking in {len(asks)} ways, {load.warm_up_s + load.duration_s:g} s ...")
        targets = [ask.target(f"{way.region}: {way.name}") for way, ask in asks.items()]
        measured = await measure(targets, load, seed)
    summaries = summarised(list(asks), measured)
    return Report(
        bench="mesh",
        verdict=verdict(summaries, stopped=measured.stopped),
        at_unix_ms=at_unix_ms,
        environment=facts,
        options={
            "rps_each_way": load.rps,
            "duration_s": load.duration_s,
            "warm_up_s": load.warm_up_s,
            "seed": seed,
            "rtt_ms": {one.name: one.rtt_ms for one in ready.endpoints},
        },
        targets=summaries,
    )


def summarised(ways: Sequence[Way], measured: Measured) -> list[Summary]:
    """Return one summary a way, and after a region's own ones that of random choice.

    Random choice is drawn from the direct samples: with as many of each endpoint, their union is
    what a client sees that chooses evenly.
    """
    found: list[Summary] = []
    direct: dict[str, list[list[Sample]]] = {}
    own: dict[str, list[Summary]] = {}
    for way, samples in zip(ways, measured.samples, strict=True):
        own.setdefault(way.region, []).append(summarise(f"{way.region}: {way.name}", samples))
        if way.name != MESH:
            direct.setdefault(way.region, []).append(samples)
    for region, summaries in own.items():
        found += summaries
        even = min((len(samples) for samples in direct[region]), default=0)
        mixed = [sample for samples in direct[region] for sample in samples[:even]]
        found.append(summarise(f"{region}: {RANDOM}", mixed))
    return found


def mesh_table(targets: Sequence[Summary]) -> Grid:
    """Return one line a way: its time to first token."""
    rows: list[tuple[Cell, ...]] = []
    for target in targets:
        region, _, way = target.name.partition(": ")
        total = sum(target.served_by.values())
        served = ", ".join(f"{name} {n / total:.0%}" for name, n in target.served_by.items())
        rows.append(
            (
                region,
                way,
                target.answers,
                *(rounded(target.ttft_ms[q]) for q in ("p50", "p90", "p99")),
                served or None,
            )
        )
    columns = ("REGION", "WAY", "ANSWERS", "p50 ms", "p90 ms", "p99 ms", "SERVED BY")
    return Grid(columns, rows)


def in_words(targets: Sequence[Summary]) -> list[str]:
    """Return one sentence a region; a region's ways are the mesh, the endpoints from the nearest
    on, and random choice.
    """
    by_region: dict[str, list[Summary]] = {}
    for target in targets:
        by_region.setdefault(target.name.partition(": ")[0], []).append(target)
    lines: list[str] = []
    for region, ways in by_region.items():
        mesh, nearest, mixed = (rounded(way.ttft_ms["p50"]) for way in (*ways[:2], ways[-1]))
        lines.append(
            f"A client in {region} waits {mesh} ms through the mesh, {nearest} ms for its nearest "
            f"endpoint, {mixed} ms for a random one (p50)."
        )
    return lines


def tell_mesh(report: Report, form: Format, out: Path) -> None:
    """Print the report and keep it under `out`.

    Raises:
        CliError: the run was void.
    """
    if form is Format.TABLE:
        print_grid(mesh_table(report.targets))
        say("\n" + "\n".join([*failures_in_words(report.targets), *in_words(report.targets)]))
    else:
        print_data(report, form)
    path = out_path(out, report.bench, report.at_unix_ms)
    note(f"kept as {save(report, path)}")
    refuse_void(report)
    if plot.available():
        partial = " (partial)" if report.verdict == "partial" else ""
        title = f"Time to first token, by the client's region{partial}"
        plot.plot_bands(path.with_suffix(".png"), title, bands(report.targets))
        note(f"drawn as {path.with_suffix('.png')}")
    else:
        note("no picture: matplotlib is not installed (pip install 'weftline[plot]')")
    if report.verdict == "partial":
        note("ended early: the result is partial, and marked so")


def bands(targets: Sequence[Summary]) -> Mapping[str, list[plot.Band]]:
    """Return the lines of the picture, by region."""
    groups: dict[str, list[plot.Band]] = {}
    for target in targets:
        region, _, way = target.name.partition(": ")
        band = plot.Band(way, target.ttft_ms, ours=way == MESH)
        groups.setdefault(f"a client in {region}", []).append(band)
    return groups
