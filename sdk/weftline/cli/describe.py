"""`weft describe KIND/NAME`: one resource, who uses it, and what is measured of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, print_data, print_grid, say, shown
from weftline.cli.refs import parse_ref
from weftline.cli.views import node_data, resource_facts, row_data, table_grid
from weftline_core.desired import Credential, Endpoint, Key, Model, Resource, ref
from weftline_core.documents import suggestion
from weftline_proto.control.v1 import types_pb2

if TYPE_CHECKING:
    from weftline.cli.client import Operator


@dataclass(frozen=True, slots=True)
class Mesh:
    """What is known at one moment."""

    resources: Sequence[Resource]
    nodes: Sequence[types_pb2.Node]
    rows: Sequence[types_pb2.TableRow]


@dataclass(frozen=True, slots=True)
class Description:
    """One resource in its surroundings.

    resource: None for a PoP of which nothing is wished. related: refs; relation: it `serves`,
    is `served by` or `used by` them.
    """

    ref: str
    resource: Resource | None
    node: types_pb2.Node | None
    relation: str
    related: tuple[str, ...]
    rows: tuple[types_pb2.TableRow, ...]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "describe",
        epilog=examples(
            "weft describe Endpoint/iad-1",
            "weft describe Model/weftline/ngram",
            "weft describe Pop/ams -o json",
        ),
    )(describe)


def describe(
    what: Annotated[str, typer.Argument(metavar="KIND/NAME", help="As in Endpoint/iad-1.")],
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show one resource, its neighbours, and how PoPs measure it."""
    described = description(parse_ref(what), operate(control, _look))
    if output is Format.TABLE:
        _print(described)
        return
    data: dict[str, object] = {
        "ref": described.ref,
        "resource": resource_facts(described.resource) if described.resource else None,
        "node": node_data(described.node) if described.node else None,
        **({described.relation.replace(" ", "_"): described.related} if described.related else {}),
        "table": [row_data(row) for row in described.rows],
    }
    print_data(data, output)


def description(named: str, mesh: Mesh) -> Description:
    """Return what `mesh` knows of one resource.

    Raises:
        CliError: it knows nothing of it; with a suggestion.
    """
    kind, _, name = named.partition("/")
    resource = next((one for one in mesh.resources if ref(one) == named), None)
    node = next((one for one in mesh.nodes if kind == "Pop" and one.id == name), None)
    if resource is None and node is None:
        known = {ref(one) for one in mesh.resources} | {f"Pop/{one.id}" for one in mesh.nodes}
        alike = [one for one in known if one.startswith(f"{kind}/")]
        raise CliError(f"{named} does not exist{suggestion(named, alike)}", code=ExitCode.NOT_FOUND)
    relation, related, endpoints = _surroundings(resource, mesh.resources)
    rows = tuple(
        row for row in mesh.rows if row.endpoint in endpoints or (kind == "Pop" and row.pop == name)
    )
    return Description(named, resource, node, relation, related, rows)


def _surroundings(
    resource: Resource | None, resources: Sequence[Resource]
) -> tuple[str, tuple[str, ...], frozenset[str]]:
    """Return how a resource stands to which others, and the endpoints it is measured at."""
    match resource:
        case Model(name=name):
            serving = [e for e in resources if isinstance(e, Endpoint) and name in e.models]
            refs = tuple(ref(e) for e in serving)
            return "served by", refs, frozenset(e.name for e in serving)
        case Endpoint(name=name, models=models):
            return "serves", tuple(f"Model/{model}" for model in models), frozenset((name,))
        case Credential(name=name):
            using = [e for e in resources if isinstance(e, Endpoint) and name in e.credentials]
            return "used by", tuple(ref(e) for e in using), frozenset()
        case _:
            return "", (), frozenset()


async def _look(operator: "Operator") -> Mesh:
    resources, nodes, table = await asyncio.gather(
        operator.resources(), operator.nodes(), operator.table()
    )
    return Mesh(resources, nodes, table.rows)


def _print(described: Description) -> None:
    say(described.ref)
    facts: dict[str, object] = {}
    if described.node:
        facts |= node_data(described.node)
    if described.resource:
        facts |= resource_facts(described.resource)
    rows = [(f"  {name}", _fact(value)) for name, value in facts.items() if name != "kind"]
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        say(f"{name.ljust(width)}  {value}")
    if described.related:
        say(f"\n{described.relation}")
        for one in described.related:
            say(f"  {one}")
    if not isinstance(described.resource, Key | Credential):
        say("\nmeasured")
        print_grid(table_grid(described.rows), empty="  nothing yet")


def _fact(value: object) -> str:
    match value:
        case dict():
            pairs = cast("dict[str, object]", value)
            return shown(", ".join(f"{name} -> {there}" for name, there in pairs.items()))
        case list():
            return shown(", ".join(str(item) for item in cast("list[object]", value)))
        case str() | int() | float() | None:
            return shown(value)
        case _:
            return str(value)
