"""What `weft bench failover` found, beside what a mesh promises: for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from weftline.cli.output import Format, Grid, note, print_data, print_grid, say
from weftline_bench.deaths import Failover
from weftline_bench.report import errors_in_words, rounded

# What a mesh promises.
REFUSED_EXTRA_MS_P99 = 50.0
KNOWN_S_MAX = 2.0
NODE_READY_S_MAX = 1.0
NODE_IDLE_MB_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverReport:
    """One run. node_idle_mb: by PoP, None where the system does not tell."""

    at_unix_ms: int
    environment: Mapping[str, object]
    options: Mapping[str, object]
    found: Failover
    node_ready_s: Sequence[float]
    node_idle_mb: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing measured. kept: whether the promise was, None without one or without samples."""

    what: str
    found: str
    goal: str = ""
    kept: bool | None = None


def lines(report: FailoverReport) -> list[Line]:
    """Return everything found, in the order in which it happens to a client."""
    found, idle_mb = report.found, [m for m in report.node_idle_mb.values() if m is not None]
    errors = sum(found.errors.values())
    lost = f"{found.control_lost_errors} of {found.control_lost_requests}"
    starts_s = report.node_ready_s
    return [
        Line("requests", f"{found.requests}"),
        Line("errors that clients saw", errors_in_words(found.errors), "0", errors == 0),
        Line("answers cut after their first token", f"{found.cut}"),
        Line("endpoints killed", f"{found.deaths}"),
        Line("requests that met the dead one", _each(found.touched)),
        _extra(found),
        Line("  those in flight at the death, ms", _spread(found.in_flight_extra_ms)),
        _limit("every PoP knows of a death, s", found.known_s, found.unknown, KNOWN_S_MAX),
        Line("every PoP knows of a return, s", _late(found.trusted_s, found.untrusted)),
        Line("  and sends requests there again, s", _late(found.used_again_s, found.unused)),
        Line(
            f"errors in {found.control_lost_s:.0f} s without control plane",
            lost,
            "0",
            found.control_lost_errors == 0,
        ),
        Line(
            "a node's start until it is ready, s",
            ", ".join(f"{s:.2f}" for s in starts_s),
            f"<= {NODE_READY_S_MAX:g}",
            max(starts_s) <= NODE_READY_S_MAX,
        ),
        Line(
            "an idle node's memory, MB",
            ", ".join(f"{m:.1f}" for m in idle_mb) or "-",
            f"<= {NODE_IDLE_MB_MAX:g}",
            max(idle_mb) <= NODE_IDLE_MB_MAX if idle_mb else None,
        ),
    ]


def tell_failover(report: FailoverReport, form: Format) -> None:
    """Print the report."""
    if form is not Format.TABLE:
        print_data(report, form)
        return
    told = lines(report)
    words = {True: "kept", False: "missed", None: ""}
    rows = [(line.what, line.found, line.goal, words[line.kept]) for line in told]
    print_grid(Grid(("", "FOUND", "GOAL", ""), rows))
    say("\nExtra: time to first token beside that of requests which went to the second at once.")
    if report.found.refused_extra_ms["p99"] is None:
        note("too few requests met a dead endpoint for a p99: kill more of them with --kills")


def _extra(found: Failover) -> Line:
    extra = found.refused_extra_ms
    p99 = extra["p99"]
    goal = f"p99 <= {REFUSED_EXTRA_MS_P99:g}"
    kept = None if p99 is None else p99 <= REFUSED_EXTRA_MS_P99
    return Line("  extra TTFT of those refused, ms", _spread(extra), goal, kept)


def _limit(what: str, spread: Mapping[str, float | None], missing: int, most: float) -> Line:
    worst = spread["max"]
    kept = missing == 0 and worst <= most if worst is not None else None
    return Line(what, _late(spread, missing), f"<= {most:g}", kept)


def _each(counts: Sequence[int]) -> str:
    total = sum(counts)
    return f"{total}, at most {max(counts)} a death" if counts else "-"


def _spread(values: Mapping[str, float | None]) -> str:
    names = ("p50", "p99", "max")
    return ", ".join(f"{name} {rounded(values[name])}" for name in names)


def _late(values: Mapping[str, float | None], missing: int) -> str:
    told = ", ".join(f"{name} {rounded(values[name])}" for name in ("p50", "max"))
    return f"{told}, {missing} never" if missing else told
