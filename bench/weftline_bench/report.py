"""What a run found: for programs as JSON, for people as a table, on disk for later."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from weftline.cli.output import Cell, Grid, note
from weftline_bench.record import QUANTILE_NAMES, Added, Summary

Verdict: TypeAlias = Literal["ok", "partial", "void"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run. verdict: `partial` was ended early by a person, `void` had too few answers to be a
    result. options: how it was asked; no key is among them.
    """

    bench: str
    verdict: Verdict
    at_unix_ms: int
    environment: Mapping[str, object]
    options: Mapping[str, object]
    targets: Sequence[Summary]
    added: Added | None = None


def verdict(targets: Sequence[Summary], *, stopped: bool) -> Verdict:
    """Return what the summaries are worth."""
    if any(target.void for target in targets):
        return "void"
    return "partial" if stopped else "ok"


def environment() -> dict[str, object]:
    """Return the facts without which a latency means little."""
    return {
        "weftline": version("weftline"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": cpu_name(),
        "cpus": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def warn_if_busy(facts: Mapping[str, object]) -> None:
    """Tell a person that others were at work on this machine when the run began."""
    load, cpus = facts["load_1m"], facts["cpus"]
    if isinstance(load, float) and isinstance(cpus, int) and load > cpus:
        note(f"the machine is busy (load {load:g} on {cpus} processors): expect higher latencies")


def cpu_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name, as far as the system tells."""
    try:
        lines = cpuinfo.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(targets: Sequence[Summary]) -> Grid:
    """Return three lines a target; narrow enough for a terminal of 80 columns."""
    rows: list[tuple[Cell, ...]] = []
    for target in targets:
        name = target.name.removeprefix("http://")
        metrics = (("ttft", target.ttft_ms), ("gap", target.gap_ms), ("total", target.total_ms))
        rows += (
            (name, target.answers, metric, *(rounded(values[q]) for q in QUANTILE_NAMES))
            for metric, values in metrics
        )
    return Grid(("TARGET", "ANSWERS", "ms", "p50", "p90", "p99", "p99.9"), rows)


def failures_in_words(targets: Sequence[Summary]) -> list[str]:
    """Return one line for each target that had errors, or for which requests were held back."""
    return [
        f"{target.name}: {errors_in_words(target.errors)} of {target.requests} requests failed"
        for target in targets
        if target.errors
    ] + [
        f"{target.name}: {target.held} requests were held back by the limit of those in flight"
        for target in targets
        if target.held
    ]


def rounded(value: float | None) -> str:
    """Return milliseconds with two digits that mean something; `-` where there are too few
    samples.
    """
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"  # noqa: PLR2004  # two or three digits


def errors_in_words(errors: Mapping[str, int]) -> str:
    """Return the errors by kind, or 0."""
    return ", ".join(f"{count} {kind}" for kind, count in errors.items()) or "0"


def added_in_words(found: Added) -> str:
    """Return the comparison of two targets as a sentence."""
    return (
        f"The second adds {found.median_ms:+.2f} ms to the first token (median of {found.pairs} "
        f"pairs, 95 % within {found.low_ms:+.2f} and {found.high_ms:+.2f}); "
        f"p50 is {found.ratio_p50:.2f} of the first one's."
    )


def out_path(folder: Path, bench: str, at_unix_ms: int) -> Path:
    """Return where a run is kept, without the ending; the folder is made. Runs of one second do
    not overwrite one another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    at = datetime.fromtimestamp(at_unix_ms / 1000, UTC)
    path = folder / f"{bench}-{at:%Y%m%dT%H%M%S}Z"
    number = 1
    while path.with_suffix(".json").exists():
        number += 1
        path = folder / f"{bench}-{at:%Y%m%dT%H%M%S}Z-{number}"
    return path


def save(report: Report, path: Path) -> Path:
    """Write the report beside its plot and return where."""
    target = path.with_suffix(".json")
    target.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return target
