"""What `weft bench translate` found, beside its goals: for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from weftline.cli.output import Cell, Format, Grid, print_data, print_grid, say

# What a translation may cost of one processor, in microseconds.
GOALS_US: Final[Mapping[str, float]] = {"request": 60.0, "text": 15.0, "call": 15.0}

_COLUMNS: Final = ("request", "text", "call", "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Processor time of one request, event or whole answer between two dialects."""

    client: str
    host: str
    what: str
    best_us: float
    median_us: float

    @property
    def goal_us(self) -> float | None:
        """Return what it may cost; None where nothing is translated, or nothing is promised."""
        return None if self.client == self.host else GOALS_US.get(self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateReport:
    """One run. goals_us: what each may cost where it is translated."""

    at_unix_ms: int
    environment: Mapping[str, object]
    options: Mapping[str, object]
    costs: Sequence[Cost]
    goals_us: Mapping[str, float]


def missed(cost: Cost) -> bool:
    """Return whether it costs more than it may: the best sample says what the code takes, the
    median also how busy the machine was.
    """
    return cost.goal_us is not None and cost.best_us > cost.goal_us


def table(costs: Sequence[Cost]) -> Grid:
    """Return one line a pair, passing on first; in each cell the best and the median."""
    pairs: dict[tuple[str, str], dict[str, Cost]] = {}
    for cost in sorted(costs, key=lambda cost: cost.client != cost.host):
        pairs.setdefault((cost.client, cost.host), {})[cost.what] = cost
    rows: list[tuple[Cell, ...]] = []
    for (client, host), found in pairs.items():
        over = [what for what, cost in found.items() if missed(cost)]
        told = "passed on" if client == host else f"missed: {', '.join(over)}" if over else "kept"
        rows.append((client, host, *(_cell(found.get(what)) for what in _COLUMNS), told))
    return Grid(("CLIENT", "HOST", "REQUEST", "TEXT", "CALL", "ANSWER", "GOAL"), rows)


def tell_translate(report: TranslateReport, form: Format) -> None:
    """Print the report."""
    if form is not Format.TABLE:
        print_data(report, form)
        return
    print_grid(table(report.costs))
    goals = ", ".join(f"{what} <= {most:g}" for what, most in GOALS_US.items())
    say(f"\nMicroseconds of processor time, best / median of the samples. Goals: {goals}.")
    say("A request of 2 KB, an answer of 1 KB; text and call: an event, where one side has more.")


def _cell(cost: Cost | None) -> str:
    return "" if cost is None else f"{cost.best_us:.1f} / {cost.median_us:.1f}"
