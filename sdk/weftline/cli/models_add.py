"""`weft models add NAME...`: models of the shipped catalog as resources for a mesh."""

import dataclasses
import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from weftline.catalog.entries import Entry
from weftline.catalog.places import Place, offer_at, resources_at
from weftline.catalog.shipped import Shipped, load_shipped
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.models_views import retiring
from weftline.cli.operate import operate
from weftline.cli.options import DEFAULT_CONTROL, ControlOption, examples
from weftline.cli.output import Format, note, print_data
from weftline.cli.providers import place_of, with_key
from weftline.cli.views import resource_data
from weftline.clock import SystemClock
from weftline.plugins import installed_providers
from weftline_core.desired import Endpoint, Model, Resource, ref
from weftline_core.documents import suggestion
from weftline_core.hosts import Provider


class DataFormat(StrEnum):
    """What `-o` takes where programs read the answer."""

    YAML = "yaml"
    JSON = "json"


DataOption = Annotated[
    DataFormat, typer.Option("-o", "--output", help="How to print the resources.")
]


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(
        "add",
        epilog=examples(
            "weft models add gpt-6.1-sol text-embedding-3-small | weft apply -f -",
            "weft models add gpt-oss-120b --provider groq --provider together",
            "weft models add claude-opus-5-5 --provider anthropic --credential main",
            "weft models add qwen-flash --provider alibaba --region cn-beijing",
            "weft models add kimi-k3 --merge | weft apply -f -     beside what is served already",
        ),
    )(add)


def add(  # noqa: PLR0913  # one parameter an option is how typer works
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Of the catalog.")],
    *,
    provider: Annotated[
        list[str] | None,
        typer.Option("--provider", help="Where to run them; else where a key is in this shell."),
    ] = None,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Of a provider without an address for everybody.")
    ] = "",
    region: Annotated[
        str, typer.Option("--region", help="Which of a provider's regions, as in us-east-1.")
    ] = "",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="What a provider needs beside, as in project=mine."),
    ] = None,
    credential: Annotated[
        list[str] | None,
        typer.Option("--credential", help="A Credential to use, in place of a variable."),
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Keep what the mesh's endpoints serve already.")
    ] = False,
    control: ControlOption = DEFAULT_CONTROL,
    output: DataOption = DataFormat.YAML,
) -> None:
    """Print models and their endpoints, for `weft apply -f -`."""
    shipped = load_shipped()
    entries = [find_entry(shipped, name) for name in names]
    installed = installed_providers()
    options = _options(option or ())
    places = [
        dataclasses.replace(
            place,
            region=region or None,
            credentials=tuple(credential or ()),
            options=options,
        )
        for place in _places(installed, provider or (), base_url, region)
    ]
    for entry in entries:
        if not any(offer_at(entry, place) for place in places):
            raise _nowhere(entry, places, installed)
    made = resources_at(shipped, entries, places)
    if merge:
        made = merged(made, operate(control, lambda operator: operator.resources()))
    else:
        for endpoint in (one for one in made if isinstance(one, Endpoint)):
            note(f"note: this is all that {ref(endpoint)} will serve; --merge keeps the rest")
    print_data([resource_data(one) for one in made], Format(output.value))
    now_s = SystemClock().unix_ms() / 1000.0
    for line in retiring((one for one in made if isinstance(one, Model)), now_s):
        note(line)


def merged(made: Iterable[Resource], present: Iterable[Resource]) -> list[Resource]:
    """Return resources with what the mesh has of the same name: an endpoint keeps its settings and
    serves more models, a model keeps its settings and has more offers and aliases.
    """
    there = {ref(resource): resource for resource in present}
    out: list[Resource] = []
    for resource in made:
        match resource, there.get(ref(resource)):
            case Endpoint(), Endpoint() as kept:
                models = {**kept.models, **resource.models}
                out.append(msgspec.structs.replace(kept, models=models))
            case Model(), Model() as kept:
                known = {(offer.provider, offer.model) for offer in resource.offers}
                others = (o for o in kept.offers if (o.provider, o.model) not in known)
                aliases = tuple(dict.fromkeys((*kept.aliases, *resource.aliases)))
                offers = (*resource.offers, *others)
                out.append(msgspec.structs.replace(kept, aliases=aliases, offers=offers))
            case _:
                out.append(resource)
    return out


def find_entry(shipped: Shipped, name: str) -> Entry:
    """Return the entry of that name.

    Raises:
        CliError: there is none; with a suggestion.
    """
    entry = shipped.find(name)
    if entry is None:
        known = {word: one.name for one in shipped.entries for word in (one.name, one.plain_name)}
        close = difflib.get_close_matches(name.lower(), list(known), n=1)
        meant = f", did you mean '{known[close[0]]}'?" if close else ""
        raise CliError(
            f"the catalog has no model '{name}'{meant}",
            code=ExitCode.NOT_FOUND,
            hint="see `weft models --all`",
        )
    return entry


def _options(pairs: Sequence[str]) -> dict[str, str]:
    found = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(found) != len(pairs):
        raise CliError("--option is NAME=VALUE, each name once", code=ExitCode.USAGE)
    return found


def _places(
    installed: Mapping[str, Provider], wanted: Sequence[str], base_url: str, region: str
) -> list[Place]:
    """Return the providers that are named, or else those whose key is in the environment."""
    if not wanted:
        if base_url:
            raise CliError("--base-url needs one --provider", code=ExitCode.USAGE)
        return [place_of(one) for one in with_key(installed.values(), os.environ)]
    if base_url and len(wanted) > 1:
        raise CliError("--base-url goes with one --provider only", code=ExitCode.USAGE)
    return [_place(installed, name, base_url, region) for name in dict.fromkeys(wanted)]


def _place(installed: Mapping[str, Provider], name: str, base_url: str, region: str) -> Place:
    provider = installed.get(name)
    if provider is None:
        raise CliError(
            f"no provider is called '{name}'{suggestion(name, installed)}", code=ExitCode.USAGE
        )
    url = base_url or provider.regions.get(region) or provider.base_url
    if not url:
        known = ", ".join(provider.regions)
        raise CliError(
            f"{name} has no address for everybody",
            code=ExitCode.USAGE,
            hint=f"give --region, one of {known}" if known else "give yours with --base-url URL",
        )
    return place_of(provider, url)


def _nowhere(entry: Entry, places: Sequence[Place], installed: Mapping[str, Provider]) -> CliError:
    """Return why a model runs nowhere, and where it would."""
    sold = [
        f"--provider {name}" + (f" (key in {variable})" if variable else "")
        for name in dict.fromkeys(offer.provider for offer in entry.offers)
        for variable in ([installed[name].key_env] if name in installed else [])
    ]
    where = ", ".join(place.provider for place in places)
    return CliError(
        f"{entry.name} is not sold by {where}" if places else f"no key for {entry.name} is at hand",
        code=ExitCode.USAGE,
        hint=f"try {' or '.join(sold)}" if sold else None,
    )
