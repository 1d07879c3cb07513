"""`weft doctor`: is this machine, and the mesh it sees, in order? Every finding has a next step."""

from typing import Annotated

import typer

from weftline.cli import checks, checks_mesh
from weftline.cli.checks import State
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.options import DEFAULT_CONTROL, OutputOption, examples
from weftline.cli.output import Format, Grid, print_data, print_grid, say

DEFAULT_ETCD = "127.0.0.1:2379"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "doctor",
        epilog=examples(
            "weft doctor",
            "weft doctor --control 10.0.0.5:7700",
            "weft doctor -o json | jq '.[] | select(.state != \"ok\")'",
        ),
    )(doctor)


def doctor(
    control: Annotated[
        str,
        typer.Option(
            "--control",
            envvar="WEFT_CONTROL",
            metavar="HOST:PORT",
            help=f"A control plane that must answer; otherwise {DEFAULT_CONTROL} may.",
        ),
    ] = "",
    etcd: Annotated[
        str, typer.Option("--etcd", metavar="HOST:PORT", help="An etcd to look at, if it answers.")
    ] = DEFAULT_ETCD,
    output: OutputOption = Format.TABLE,
) -> None:
    """Check this machine and the mesh it sees; say what to do."""
    address = control or DEFAULT_CONTROL
    heard = checks_mesh.ask(address)
    findings = checks.this_machine(mesh_runs=isinstance(heard, checks_mesh.Heard))
    findings += checks_mesh.mesh(heard, address, asked_for=bool(control))
    if found := checks_mesh.etcd(etcd):
        findings.append(found)
    if output is Format.TABLE:
        rows = [(one.check, one.state.value, one.words) for one in findings]
        print_grid(Grid(("CHECK", "STATE", "FOUND"), rows))
        steps = [one for one in findings if one.next_step]
        if steps:
            say("\nWhat to do:")
        for one in steps:
            say(f"  {one.check}: {one.next_step}")
    else:
        print_data(findings, output)
    if failed := [one.check for one in findings if one.state is State.FAILED]:
        raise CliError(f"not in order: {', '.join(failed)}", code=ExitCode.FAILED)
