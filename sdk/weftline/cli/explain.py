"""`weft explain MODEL`: where a PoP would send a request, and why not elsewhere."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.http import get_json
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Cell, Format, Grid, print_data, print_grid, say
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
    nodes: Sequence[types_pb2.Node]
    nodes = [] if admin else operate(control, lambda operator: operator.nodes())
    url = admin or admin_url(nodes, pop)
    data = get_json(f"{url.rstrip('/')}/explain", dict[str, object], query={"model": model})
    if output is not Format.TABLE:
        print_data(data, output)
        return
    try:
        explained = msgspec.convert(data, Explained)
    except msgspec.ValidationError:
        # A node of another version; its own words are better than none.
        print_data(data, Format.YAML)
        return
    for line in story(explained, "this node" if admin else pop or nodes[0].id):
        say(line)
    print_grid(steps_grid(explained.steps), empty="nothing: requests are refused with 503")
    for step in explained.steps:
        if step.recalled:
            say(f"tried only in need: {step.endpoint} {step.recalled}")
    for out in explained.left_out:
        say(f"left out: {out.endpoint} {out.reason}")


class Step(msgspec.Struct):
    """An endpoint of a plan, as the node explains it."""

    endpoint: str
    state: str
    predicted_ms: float
    connect_ms: float
    rtt_ms: float
    source: str
    queue_ms: float
    service_ms: float
    risk_ms: float
    uncertain_ms: float
    load: float
    recalled: str | None = None


class LeftOut(msgspec.Struct):
    """An endpoint that is in no plan."""

    endpoint: str
    reason: str


class Explained(msgspec.Struct):
    """A plan, as the node explains it."""

    model: str
    policy: str
    revision: int
    panic: bool
    steps: list[Step]
    left_out: list[LeftOut]


def story(explained: Explained, who: str) -> Iterator[str]:
    """Yield the lines above the numbers."""
    yield (
        f"{who} would try these for {explained.model}, in this order"
        f" (policy {explained.policy}, revision {explained.revision}):"
    )
    if explained.panic:
        yield "(so few are usable that those thought dead stand behind them)"


def steps_grid(steps: Sequence[Step]) -> Grid:
    """Return the plan with its numbers: PREDICTED is the sum of CONNECT to RISK, and UNSURE is how
    far off it may be.
    """
    rows: list[tuple[Cell, ...]] = [
        (
            step.endpoint,
            step.state.lower(),
            step.predicted_ms,
            step.connect_ms,
            step.rtt_ms,
            step.queue_ms,
            step.service_ms,
            step.risk_ms,
            step.uncertain_ms,
            step.load,
            step.source,
        )
        for step in steps
    ]
    parts = ("CONNECT MS", "RTT MS", "QUEUE MS", "SERVICE MS", "RISK MS", "UNSURE MS")
    return Grid(("ENDPOINT", "STATE", "PREDICTED MS", *parts, "LOAD", "RTT FROM"), rows)


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
