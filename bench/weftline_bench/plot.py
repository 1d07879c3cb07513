"""Runs as pictures, where matplotlib is installed (the extra `plot`)."""

# matplotlib leaves its keyword arguments untyped.
# pyright: reportUnknownMemberType=false

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Colours that the colour-blind can tell apart (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#666666"

# A wider range than this is shown on a logarithmic axis.
LINEAR_RANGE_MAX = 12.0

# Dots in the scatter; more only blacken it.
DOTS_MAX = 4000

TICKS = {0.5: "50", 0.9: "90", 0.99: "99", 0.999: "99.9", 0.9999: "99.99"}


@dataclass(frozen=True, slots=True)
class Series:
    """One target's answers: seconds since the start, and the time to the first token."""

    name: str
    at_s: Sequence[float]
    ttft_ms: Sequence[float]


@dataclass(frozen=True, slots=True)
class Band:
    """One line of a comparison: how p50, p90 and p99 lie, where there are enough samples."""

    name: str
    ttft_ms: Mapping[str, float | None]
    ours: bool


def available() -> bool:
    """Return whether pictures can be made."""
    return find_spec("matplotlib") is not None


def plot_ttft(path: Path, title: str, series: Sequence[Series]) -> None:
    """Draw time to first token by percentile and over time."""
    figure = _figure(11.0, 4.4)
    by_rank, over_time = figure.subplots(1, 2, width_ratios=(3, 4), sharey=True)
    for one, colour in zip(series, COLOURS, strict=False):
        ordered = sorted(one.ttft_ms)
        n = len(ordered)
        rarity = [n / (n - i) for i in range(n)]
        by_rank.step(rarity, ordered, where="post", color=colour, linewidth=1.6, label=one.name)
        every = max(1, n // DOTS_MAX)
        over_time.plot(
            one.at_s[::every], one.ttft_ms[::every], ".", color=colour, markersize=3, alpha=0.6
        )
    most = max((len(one.ttft_ms) for one in series), default=1)
    by_rank.set_xscale("log")
    ticks = {q: text for q, text in TICKS.items() if 1 / (1 - q) <= max(most, 2) * 1.01}
    by_rank.set_xticks([1 / (1 - q) for q in ticks], list(ticks.values()))
    by_rank.set_xticks([], minor=True)
    by_rank.set_xlim(left=1)
    by_rank.set_xlabel("percentile")
    by_rank.set_ylabel("time to first token, ms")
    over_time.set_xlabel("seconds since the start")
    _scale(by_rank, [value for one in series for value in one.ttft_ms], "y")
    for axes in (by_rank, over_time):
        _clean(axes)
    if len(series) > 1:
        figure.legend(frameon=False, loc="outside lower center", ncols=len(series))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.savefig(path, dpi=150)


def plot_bands(path: Path, title: str, groups: Mapping[str, Sequence[Band]]) -> None:
    """Draw one panel a group; in it one line a band, from p50 over p90 to p99."""
    lines = sum(len(bands) for bands in groups.values())
    figure = _figure(9.0, 1.3 + 0.36 * lines + 0.45 * len(groups))
    heights = [len(bands) + 0.6 for bands in groups.values()]
    panels = figure.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=heights)
    values: list[float] = []
    for axes, (group, bands) in zip(panels[:, 0], groups.items(), strict=True):
        for line, band in enumerate(bands):
            found = [v for q in ("p50", "p90", "p99") if (v := band.ttft_ms[q]) is not None]
            values += found
            _band(axes, line, found, COLOURS[0] if band.ours else GREY)
        axes.set_yticks(range(len(bands)), [band.name for band in bands])
        axes.set_ylim(len(bands) - 0.4, -0.6)
        axes.set_title(group, loc="left", fontsize=10)
        _clean(axes)
        axes.grid(visible=False, axis="y")
    last: Axes = panels[-1, 0]
    last.set_xlabel("time to first token, ms: p50 (dot), p90 (bar), p99 (line's end)")
    _scale(last, values, "x")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.savefig(path, dpi=150)


def _band(axes: "Axes", line: int, found: Sequence[float], colour: str) -> None:
    if not found:
        axes.annotate("no result", (0.01, line), xycoords=("axes fraction", "data"), va="center")
        return
    axes.plot([found[0], found[-1]], [line, line], color=colour, linewidth=1.2)
    axes.plot([found[0], found[min(1, len(found) - 1)]], [line, line], color=colour, linewidth=5)
    axes.plot([found[0]], [line], "o", color=colour, markersize=8)
    axes.annotate(
        f"{found[0]:.1f}", (found[0], line), xytext=(0, 8), textcoords="offset points",
        ha="center", fontsize=8, color=colour,
    )  # fmt: skip


def _figure(width: float, height: float) -> "Figure":
    # Late, and without pyplot: a backend for screens is not asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _scale(axes: "Axes", values: Sequence[float], axis: str) -> None:
    """Begin at zero where the range allows, else go logarithmic with plain numbers."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    log = low > 0 and high / low > LINEAR_RANGE_MAX
    limits = (low / 1.3, high * 1.3) if log else (0.0, high * 1.08)
    which: Axis = axes.yaxis if axis == "y" else axes.xaxis
    if axis == "y":
        axes.set_yscale("log" if log else "linear")
        axes.set_ylim(*limits)
    else:
        axes.set_xscale("log" if log else "linear")
        axes.set_xlim(*limits)
    if log:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415

        which.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        which.set_major_formatter(FuncFormatter(plain_number))
        which.set_minor_formatter(NullFormatter())


def plain_number(value: float, _position: int | None = None) -> str:
    """Return 0.5, 2, 100: no powers of ten."""
    digits = max(0, -math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f}"


def _clean(axes: "Axes") -> None:
    axes.grid(visible=True, color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
