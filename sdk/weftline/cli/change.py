"""`weft apply`, `weft drain`, `weft delete`: what changes the desired state."""

from collections.abc import Iterable
from typing import Annotated

import typer

from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, Grid, print_data, print_grid, say
from weftline.cli.refs import parse_ref
from weftline.cli.sources import read_sources
from weftline_proto.control.v1 import operator_pb2

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check and show what would change; change nothing.")
]
RefArgument = Annotated[str, typer.Argument(metavar="KIND/NAME", help="As in Endpoint/iad-1.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(
        "apply",
        epilog=examples(
            "weft apply -f endpoints.yaml",
            "weft apply -f mesh/ --dry-run            every .yaml, .yml and .json in a folder",
            "weft get -o yaml | weft apply -f -       read from another command",
        ),
    )(apply)
    app.command(
        "drain",
        epilog=examples(
            "weft drain Pop/ams           the PoP finishes what it has and takes no more",
            "weft drain Endpoint/iad-1    nothing new is sent there",
            "weft drain Pop/ams --undo",
        ),
    )(drain)
    app.command(
        "delete",
        epilog=examples("weft delete Key/old-app", "weft delete Endpoint/iad-1 --dry-run"),
    )(delete)


def apply(
    sources: Annotated[
        list[str],
        typer.Option(
            "-f", "--file", metavar="FILE|DIR|-", help="Resources in YAML; may be given again."
        ),
    ],
    *,
    dry_run: DryRunOption = False,
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Put resources into the desired state, all or none."""
    resources = read_sources(sources)
    answer = operate(control, lambda operator: operator.apply(resources, dry_run=dry_run))
    _tell(answer.changes, answer.revision, output, dry_run=dry_run)


def drain(
    ref: Annotated[str, typer.Argument(metavar="KIND/NAME", help="A Pop or an Endpoint.")],
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back into use.")] = False,
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Let a PoP or an endpoint finish, and send it nothing new."""
    named = parse_ref(ref)
    answer = operate(control, lambda operator: operator.drain(named, undo=undo))
    _tell([answer.change], answer.revision, output)


def delete(
    ref: RefArgument,
    *,
    dry_run: DryRunOption = False,
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Remove one resource from the desired state."""
    named = parse_ref(ref)
    answer = operate(control, lambda operator: operator.delete(named, dry_run=dry_run))
    _tell([answer.change], answer.revision, output, dry_run=dry_run)


def _tell(
    changes: Iterable[operator_pb2.Change], revision: int, output: Format, *, dry_run: bool = False
) -> None:
    rows = [(change.ref, change.what) for change in changes]
    if output is not Format.TABLE:
        told = [{"ref": ref, "what": what} for ref, what in rows]
        print_data({"changes": told, "revision": revision, "dry_run": dry_run}, output)
        return
    print_grid(Grid(("RESOURCE", "WOULD BE" if dry_run else "WHAT"), rows), empty="no change")
    say(f"revision {revision}{', nothing was changed (dry run)' if dry_run else ''}")
