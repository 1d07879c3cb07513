"""`weft top`: the PoP x endpoint table, live."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, Grid, plain, print_data, rich_table, say
from weftline.cli.views import node_data, node_state, row_data, table_grid
from weftline_proto.control.v1 import types_pb2

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weftline.cli.client import Operator

# A person sees a change within a second; three PoPs cost the control plane nothing.
INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Shot:
    """The mesh at one moment."""

    nodes: Sequence[types_pb2.Node]
    rows: Sequence[types_pb2.TableRow]
    at_unix_ms: int


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "top",
        epilog=examples(
            "weft top              live; Ctrl-C ends it",
            "weft top --once       one table, also what a pipe gets",
            "weft top -o json",
        ),
    )(top)


def top(
    *,
    once: Annotated[bool, typer.Option("--once", help="Show the table once and end.")] = False,
    interval_s: Annotated[
        float, typer.Option("--interval", min=0.1, max=3600.0, help="Seconds between looks.")
    ] = INTERVAL_S,
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Watch latency and health, PoP by endpoint."""
    if output is not Format.TABLE:
        shot = operate(control, look)
        data = {
            "at_unix_ms": shot.at_unix_ms,
            "nodes": [node_data(node) for node in shot.nodes],
            "table": [row_data(row) for row in shot.rows],
        }
        print_data(data, output)
    elif once or not sys.stdout.isatty():
        shot = operate(control, look)
        say(headline(shot.nodes))
        say(plain(grid(shot.rows)) if shot.rows else "nothing is measured yet")
    else:
        operate(control, lambda operator: live(operator, interval_s))


async def look(operator: "Operator") -> Shot:
    """Return nodes and table as they are now."""
    nodes, table = await asyncio.gather(operator.nodes(), operator.table())
    return Shot(nodes, table.rows, table.at_unix_ms)


def headline(nodes: Sequence[types_pb2.Node]) -> str:
    """Return one line on the nodes: how many, which are not well, and the revision in force."""
    if not nodes:
        return "no nodes"
    connected = sum(node.connected for node in nodes)
    parts = [f"{connected} of {len(nodes)} nodes connected"]
    states = [(node.id, node_state(node)) for node in nodes]
    parts += [f"{name} {state}" for name, state in states if state != "connected"]
    parts += [
        f"{node.id} refuses the newest state: {node.refusal}" for node in nodes if node.refusal
    ]
    revisions = sorted({node.revision for node in nodes})
    shown = f"{revisions[0]}" if len(revisions) == 1 else f"{revisions[0]} to {revisions[-1]}"
    return ", ".join([*parts, f"revision {shown}"])


def grid(rows: Sequence[types_pb2.TableRow]) -> Grid:
    """Return the table with each PoP named once, so that the eye finds where the next begins."""
    whole = table_grid(rows)
    cells = list(whole.rows)
    for i in range(len(cells) - 1, 0, -1):
        if cells[i][0] == cells[i - 1][0]:
            cells[i] = (" ", *cells[i][1:])
    return Grid(whole.columns, cells)


async def live(operator: "Operator", interval_s: float) -> None:
    """Draw the table again and again, also while nobody answers; the caller's Ctrl-C ends it."""
    from rich.live import Live  # noqa: PLC0415  # late: only a terminal needs it

    shot = await look(operator)
    with Live(_screen(shot, ""), screen=True, auto_refresh=False) as screen:
        while True:
            await asyncio.sleep(interval_s)
            trouble = ""
            try:
                shot = await look(operator)
            except CliError as e:
                if e.code is not ExitCode.UNAVAILABLE:
                    raise
                trouble = f"{e.message}; below is what it said last"
            screen.update(_screen(shot, trouble), refresh=True)


def _screen(shot: Shot, trouble: str) -> "RenderableType":
    from rich.console import Group  # noqa: PLC0415  # late, as above
    from rich.text import Text  # noqa: PLC0415

    head = Text(trouble, style="bold red") if trouble else Text(headline(shot.nodes), style="dim")
    return Group(head, Text(), rich_table(grid(shot.rows)))
