"""The options that many commands share, and how examples stand in a command's help."""

from typing import Annotated, TypeAlias

import typer

from weftline.cli.output import Format

DEFAULT_CONTROL = "127.0.0.1:7700"

ControlOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--control",
        envvar="WEFT_CONTROL",
        metavar="HOST:PORT",
        help="The control plane's operator API.",
    ),
]
OutputOption: TypeAlias = Annotated[
    Format, typer.Option("-o", "--output", help="How to print the answer.")
]


def examples(*lines: str) -> str:
    """Return an epilog that shows each line as it stands."""
    # The backspace tells the help formatter not to flow the lines together.
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
