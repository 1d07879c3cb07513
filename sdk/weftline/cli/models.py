"""`weft models`: what models there are, in the mesh or in the catalog that comes with weftline."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import typer

from weftline.catalog.entries import model_of
from weftline.catalog.shipped import load_shipped
from weftline.cli import models_add, models_import
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.http import get_json
from weftline.cli.models_add import find_entry
from weftline.cli.models_views import (
    facts,
    listed_model,
    models_grid,
    offer_line,
    prices_grid,
    retiring,
)
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, OutputOption, examples
from weftline.cli.output import Format, Grid, note, print_data, print_grid, say
from weftline.cli.views import resource_data
from weftline.clock import SystemClock
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Model, Resource, ref
from weftline_core.dialects.models_filter import offers_of, read_filter
from weftline_core.dialects.models_page import listed
from weftline_core.errors import CallerError

# Filters that have another name here.
OPTIONS = {
    "context_min": "--context-min",
    "output": "--makes",
    "price_max": "--max-price",
    "retiring_before": "--retiring-before",
}

AllOption = Annotated[
    bool, typer.Option("--all", help="Look in the catalog that comes with weftline.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(
        name="models",
        help="Show the models that clients can name, and where they run.",
        invoke_without_command=True,
        rich_markup_mode=None,
        epilog=examples(
            "weft models                                     as the control plane has them",
            "weft models --url http://127.0.0.1:7701/v1 --key $KEY     as a client sees them",
            "weft models --all --input image --max-price 2   in the catalog of weftline",
            "weft models show openai/gpt-oss-120b --all      offers, prices, limits",
            "weft models add gpt-oss-120b --provider groq | weft apply -f -",
        ),
    )
    group.callback()(models)
    group.command(
        "show",
        epilog=examples(
            "weft models show weftline/ngram             one that the mesh has",
            "weft models show claude-opus-5-5 --all      one of the catalog of weftline",
        ),
    )(show)
    models_add.register(group)
    models_import.register(group)
    app.add_typer(group)


def models(  # noqa: PLR0913  # one parameter an option is how typer works
    context: typer.Context,
    *,
    everything: AllOption = False,
    task: Annotated[str, typer.Option("--task", help="chat or embeddings.")] = "",
    provider: Annotated[str, typer.Option("--provider", help="Sold by this provider.")] = "",
    reads: Annotated[
        str, typer.Option("--input", metavar="MODALITY", help="Reads this, as in image.")
    ] = "",
    makes: Annotated[
        str, typer.Option("--makes", metavar="MODALITY", help="Makes this, as in audio.")
    ] = "",
    search: Annotated[str, typer.Option("--search", help="A part of one of its names.")] = "",
    max_price: Annotated[
        str,
        typer.Option("--max-price", metavar="USD", help="At most, in or out, a million tokens."),
    ] = "",
    context_min: Annotated[
        str, typer.Option("--context-min", metavar="TOKENS", help="Of prompt and answer together.")
    ] = "",
    retiring_before: Annotated[
        str, typer.Option("--retiring-before", metavar="DAY", help="As in 2027-01-31.")
    ] = "",
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
    if context.invoked_subcommand is not None:
        return
    given = {
        "task": task,
        "provider": provider,
        "input": reads,
        "output": makes,
        "q": search,
        "price_max": max_price,
        "context_min": context_min,
        "retiring_before": retiring_before,
    }
    query = {name: text for name, text in given.items() if text}
    if url and not everything:
        _print_of_pop(url, key, query, output)
        return
    catalog = _shipped() if everything else _mesh(control)
    _print_of(catalog, query, output, shipped=everything)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As clients name it.")],
    *,
    everything: AllOption = False,
    control: ControlOption = DEFAULT_CONTROL,
    output: OutputOption = Format.TABLE,
) -> None:
    """Show one model: its limits, and what it costs where."""
    if everything:
        catalog, named = _shipped(), find_entry(load_shipped(), name).name
    else:
        catalog, named = _mesh(control), name
    found = catalog.model(named)
    if found is None:
        raise _unknown(name)
    endpoints = [endpoint.name for endpoint in catalog.endpoints_of(found)]
    if output is not Format.TABLE:
        print_data({**resource_data(found), "endpoints": endpoints}, output)
        return
    now_s = _now_s()
    say(found.name)
    known = facts(found, endpoints)
    width = max(len(label) for label, _ in known)
    for label, value in known:
        say(f"  {label.ljust(width)}  {value}")
    for offer in found.offers:
        say(f"\n{offer_line(offer)}")
        print_grid(prices_grid(offer, now_s))
    for line in retiring([found], now_s):
        note(line)


class _Listed(msgspec.Struct):
    """A model as a PoP lists it."""

    id: str
    owned_by: str = ""


class _ModelList(msgspec.Struct):
    data: list[_Listed]


def _print_of_pop(url: str, key: str, query: Mapping[str, str], output: Format) -> None:
    answer = get_json(f"{url.rstrip('/')}/models", _ModelList, query=query, bearer=key).data
    if output is Format.TABLE:
        rows = [(one.id, one.owned_by) for one in answer]
        print_grid(Grid(("MODEL", "OWNED BY"), rows), empty="no models yet")
    else:
        print_data(answer, output)


def _print_of(catalog: Catalog, query: Mapping[str, str], output: Format, *, shipped: bool) -> None:
    now_s = _now_s()
    try:
        found = listed(catalog, now_s, read_filter(query))
    except CallerError as e:
        param = e.param or ""
        told = e.message.replace(param, OPTIONS.get(param, f"--{param}"), 1)
        raise CliError(told, code=ExitCode.USAGE) from e
    lines = [listed_model(catalog, model, now_s) for model in found]
    if output is not Format.TABLE:
        print_data(lines, output)
        return
    print_grid(
        models_grid(lines, shipped=shipped), empty="no such models" if query else "no models yet"
    )
    if not shipped:
        in_use = [
            msgspec.structs.replace(model, offers=offers_of(catalog, model)) for model in found
        ]
        for line in retiring(in_use, now_s):
            note(line)


def _mesh(control: str) -> Catalog:
    return _catalog(operate(control, lambda operator: operator.resources()))


def _shipped() -> Catalog:
    shipped = load_shipped()
    found = (model_of(e, e.offers, shipped.aliases(e, e.offers)) for e in shipped.entries)
    return _catalog([model for model in found if isinstance(model, Model)])


def _catalog(resources: Sequence[Resource]) -> Catalog:
    return Catalog.of(Desired(resources={ref(resource): resource for resource in resources}))


def _unknown(name: str) -> CliError:
    hint = "see `weft models`"
    if load_shipped().find(name) is not None:
        hint = f"the catalog has it: `weft models show {name} --all`, `weft models add {name}`"
    return CliError(f"the mesh has no model '{name}'", code=ExitCode.NOT_FOUND, hint=hint)


def _now_s() -> float:
    return SystemClock().unix_ms() / 1000.0
