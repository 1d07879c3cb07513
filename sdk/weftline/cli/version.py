"""`weft version`: what runs here."""

import platform

import typer

from weftline.cli.options import OutputOption, examples
from weftline.cli.output import Format, Grid, print_data, print_grid, say
from weftline.versions import library_version, weftline_version

# What shapes a node's behaviour and belongs in a report of a fault.
LIBRARIES = ("uvloop", "httptools", "grpcio", "protobuf", "msgspec", "orjson", "aiohttp", "typer")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("version", epilog=examples("weft version", "weft version -o json"))(show)


def show(output: OutputOption = Format.TABLE) -> None:
    """Show the versions of weftline, Python and libraries."""
    found = {"weftline": weftline_version(), "python": platform.python_version()}
    found |= {name: library_version(name) or "" for name in LIBRARIES}
    if output is Format.TABLE:
        print_grid(Grid(("WHAT", "VERSION"), list(found.items())))
    else:
        print_data(found, output)


def print_version() -> None:
    """Print weftline's version alone."""
    say(f"weftline {weftline_version()}")
