"""`weft explain MODEL`: where a PoP would send a request, and why not elsewhere."""

from collections.abc import Sequence
from typing import Annotated

import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.http import get_json
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, print_data
from weftline_core.documents import suggestion
from weftline_proto.control.v1 import types_pb2


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "explain",
        epilog=examples(
            "weft explain weftline/ngram",
            "weft explain weftline/ngram --pop nrt",
            "weft explain my/model --admin http://127.0.0.1:9080    a node without a control plane",
        ),
    )(explain)


def explain(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="As clients name it.")],
    pop: Annotated[str, typer.Option("--pop", help="Which PoP to ask; the first otherwise.")] = "",
    admin: Annotated[
        str, typer.Option("--admin", envvar="WEFT_ADMIN", help="A node's admin URL, to ask it.")
    ] = "",
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show where a request would go, and every number behind it."""
    url = admin or admin_url(operate(control, lambda operator: operator.nodes()), pop)
    data = get_json(f"{url.rstrip('/')}/explain", dict[str, object], query={"model": model})
    print_data(data, Format.YAML if output is Format.TABLE else output)


def admin_url(nodes: Sequence[types_pb2.Node], pop: str) -> str:
    """Return where the PoP `pop`, or else the first one, answers questions.

    Raises:
        CliError: no such PoP, or it does not say where.
    """
    found = next((node for node in nodes if not pop or node.id == pop), None)
    if found is None:
        names = [node.id for node in nodes]
        what = f"no PoP is called '{pop}'{suggestion(pop, names)}" if pop else "no PoP has come yet"
        raise CliError(what, code=ExitCode.NOT_FOUND)
    if not found.admin_url:
        raise CliError(
            f"{found.id} does not say where its admin listener is",
            hint="give it with --admin http://HOST:PORT",
        )
    return found.admin_url
