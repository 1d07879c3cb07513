"""`weft get`, `weft nodes`: what there is."""

from typing import Annotated

import typer

from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, print_data, print_grid, say
from weftline.cli.refs import parse_kind, parse_ref
from weftline.cli.views import node_data, nodes_grid, resource_data, resource_grids
from weftline.clock import SystemClock


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(
        "get",
        epilog=examples(
            "weft get                          everything",
            "weft get endpoints",
            "weft get Model/weftline/ngram -o yaml",
            "weft get -o yaml > mesh.yaml      what `weft apply -f` reads back",
        ),
    )(get)
    app.command("nodes", epilog=examples("weft nodes", "weft nodes -o json"))(nodes)


def get(
    what: Annotated[
        str,
        typer.Argument(metavar="[KIND[/NAME]]", help="Model, Endpoint, Key, Credential or Pop."),
    ] = "",
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show resources: all, those of one kind, or one."""
    if "/" in what:
        ref = parse_ref(what)
        one = operate(control, lambda operator: operator.get(ref))
        if output is not Format.TABLE:
            print_data(resource_data(one), output)
            return
        found = [one]
    else:
        kind = parse_kind(what) if what else ""
        found = operate(control, lambda operator: operator.resources(kind))
    if output is not Format.TABLE:
        print_data([resource_data(one) for one in found], output)
        return
    grids = resource_grids(found)
    for i, grid in enumerate(grids):
        if i:
            say("")
        print_grid(grid)
    if not grids:
        say("no resources yet: put some with `weft apply -f FILE`")


def nodes(control: ControlOption = DEFAULT_CONTROL, output: OutputOption = Format.TABLE) -> None:
    """Show the nodes and the revision each has in force."""
    found = operate(control, lambda operator: operator.nodes())
    if output is not Format.TABLE:
        print_data([node_data(node) for node in found], output)
        return
    grid = nodes_grid(found, SystemClock().unix_ms())
    print_grid(grid, empty="no node has come yet: start one with `weft node`")
