"""How commands show what they found: an aligned table for people, JSON or YAML for programs.

On a terminal the table has colours (not under NO_COLOR); elsewhere it is plain text, one row a
line, never cut. JSON and YAML carry the same facts with machine names and full precision.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from weftline_core.ids import shown as escaped

if TYPE_CHECKING:
    from rich.table import Table

Cell: TypeAlias = str | int | float | None

# What a reader's eye should find first. A cell that is exactly one of these words gets its colour.
STYLES = {
    "up": "green",
    "probation": "yellow",
    "down": "bold red",
    "draining": "cyan",
    "connected": "green",
    "lost": "bold red",
    "created": "green",
    "changed": "yellow",
    "deleted": "red",
    "ok": "green",
    "warning": "yellow",
    "failed": "bold red",
}


class Format(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows under headings; a heading carries the unit of its column, as in `RTT ms`."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def cells(self) -> list[tuple[str, ...]]:
        """Return the rows as text."""
        return [tuple(shown(cell) for cell in row) for row in self.rows]

    def numeric(self) -> tuple[bool, ...]:
        """Return for each column whether it holds numbers, which stand to the right."""
        columns = zip(*self.rows, strict=True) if self.rows else [()] * len(self.columns)
        return tuple(
            all(cell is None or isinstance(cell, int | float) for cell in column)
            for column in columns
        )


def shown(cell: Cell) -> str:
    """Return a cell as people read it; nothing is `-`, and a fraction has one digit."""
    if cell is None or cell == "":
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.1f}" if isinstance(cell, float) else escaped(str(cell))


def plain(grid: Grid) -> str:
    """Return a grid as aligned text."""
    rows = [grid.columns, *grid.cells()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(grid.columns))]
    numeric = grid.numeric()
    lines = [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def rich_table(grid: Grid) -> "Table":
    """Return a grid for a colour terminal."""
    # Late: rich costs 40 ms, which `-o json` need not pay.
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title, right in zip(grid.columns, grid.numeric(), strict=True):
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    for row in grid.cells():
        table.add_row(*(Text(text, style=STYLES.get(text, "")) for text in row))
    return table


def print_grid(grid: Grid, *, empty: str = "nothing") -> None:
    """Print a grid on stdout, or `empty` in words if it has no rows."""
    if not grid.rows:
        say(empty)
    elif sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415  # late, as above

        Console(highlight=False).print(rich_table(grid))
    else:
        say(plain(grid))


def print_data(data: object, form: Format) -> None:
    """Print plain data (dicts, lists, structs) as JSON or YAML; a list becomes YAML documents."""
    if form is Format.JSON:
        text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
        # As it is: a space of another width is no letter to escape in what a program reads.
        sys.stdout.write(f"{text}\n")
        return
    import yaml  # noqa: PLC0415  # late: 15 ms that JSON need not pay

    value = msgspec.to_builtins(data)
    documents = cast("list[object]", value) if isinstance(value, list) else [value]
    text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
    sys.stdout.write(text)


def say(text: str) -> None:
    """Print lines on stdout; nothing in them can steer the terminal."""
    sys.stdout.write(f"{_harmless(text)}\n")


def note(text: str) -> None:
    """Print a line on stderr: for people, never part of a command's output.

    Nobody may be there any more (a closed terminal or pipe), and that stops nothing.
    """
    with suppress(OSError):
        sys.stderr.write(f"{_harmless(text)}\n")
        sys.stderr.flush()


def _harmless(text: str) -> str:
    """Return lines with control characters escaped: names and reasons come from strangers."""
    return "\n".join(map(escaped, text.split("\n")))
