"""`weft get`, `weft nodes`, `weft models`: what there is."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from weftline.cli.http import get_json
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, Grid, print_data, print_grid, say
from weftline.cli.refs import parse_kind, parse_ref
from weftline.cli.views import node_data, nodes_grid, resource_data, resource_grids
from weftline.clock import SystemClock
from weftline_core.desired import Endpoint, Model, Resource


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
    app.command(
        "models",
        epilog=examples(
            "weft models                                          as the control plane has them",
            "weft models --url http://127.0.0.1:7701/v1 --key $KEY     as a client sees them",
        ),
    )(models)


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


def models(
    url: Annotated[
        str,
        typer.Option("--url", envvar="WEFT_URL", help="A PoP's base URL, to ask as a client does."),
    ] = "",
    key: Annotated[
        str, typer.Option("--key", envvar="WEFT_KEY", help="A client key, with --url.")
    ] = "",
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show the models that clients can name, and where they run."""
    if url:
        listed = get_json(f"{url.rstrip('/')}/models", _ModelList, bearer=key).data
        data: object = listed
        grid = Grid(("MODEL", "OWNED BY"), [(one.id, one.owned_by) for one in listed])
    else:
        served = _served(operate(control, lambda operator: operator.resources()))
        data, grid = served, _served_grid(served)
    if output is Format.TABLE:
        print_grid(grid, empty="no models yet")
    else:
        print_data(data, output)


class _Listed(msgspec.Struct):
    """A model as a PoP lists it."""

    id: str
    owned_by: str = ""


class _ModelList(msgspec.Struct):
    data: list[_Listed]


class _Served(msgspec.Struct):
    """A model and the endpoints that serve it."""

    model: str
    task: str
    policy: str
    aliases: tuple[str, ...]
    endpoints: list[str]


def _served(resources: Sequence[Resource]) -> list[_Served]:
    endpoints = [one for one in resources if isinstance(one, Endpoint)]
    return [
        _Served(
            model=model.name,
            task=model.task,
            policy=model.policy,
            aliases=model.aliases,
            endpoints=[one.name for one in endpoints if model.name in one.models],
        )
        for model in resources
        if isinstance(model, Model)
    ]


def _served_grid(served: Sequence[_Served]) -> Grid:
    rows = [
        (one.model, one.task, one.policy, ", ".join(one.aliases), ", ".join(one.endpoints))
        for one in served
    ]
    return Grid(("MODEL", "TASK", "POLICY", "ALIASES", "ENDPOINTS"), rows)
