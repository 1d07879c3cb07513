"""`weft models import`: somebody else's price data as resources. Nothing is fetched."""

import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from weftline.catalog.genai_prices import read_genai_prices
from weftline.catalog.imported import Imported
from weftline.catalog.models_dev import read_models_dev
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.models_add import DataFormat, DataOption
from weftline.cli.options import examples
from weftline.cli.output import Format, note, print_data
from weftline.cli.sources import STDIN
from weftline.cli.views import resource_data
from weftline.files import read_text


class Source(StrEnum):
    """Whose data."""

    GENAI_PRICES = "genai-prices"
    MODELS_DEV = "models.dev"


READERS: Mapping[Source, Callable[[str, str], Imported]] = {
    Source.GENAI_PRICES: read_genai_prices,
    Source.MODELS_DEV: read_models_dev,
}


def register(group: typer.Typer) -> None:
    """Add the verb."""
    group.command(
        "import",
        epilog=examples(
            "weft models import models.dev api.json --provider openai > openai.yaml",
            "curl -s https://models.dev/api.json | weft models import models.dev - -o json",
            "weft models import genai-prices data.json --provider x-ai",
        ),
    )(import_models)


def import_models(
    source: Annotated[Source, typer.Argument(help="Whose data it is.")],
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The data, as JSON.")],
    provider: Annotated[
        str, typer.Option("--provider", help="Only this one, by its name there or here.")
    ] = "",
    output: DataOption = DataFormat.YAML,
) -> None:
    """Print the models of a price list as resources, and on stderr what they lost."""
    text = sys.stdin.read() if file == STDIN else read_text(Path(file))
    found = READERS[source](text, provider)
    if not found.models and not found.losses:
        what = f"no provider '{provider}'" if provider else "no models"
        raise CliError(f"{file} has {what}", code=ExitCode.NOT_FOUND)
    print_data([resource_data(model) for model in found.models], Format(output.value))
    lines = found.report()
    note(f"{len(found.models)} models" + (", not carried:" if lines else ""))
    for line in lines:
        note(f"  {line}")
