"""`weft node` and `weft validate`: run one PoP, or check its file."""

import os
import secrets
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from weftline.cli.options import examples
from weftline.files import read_text
from weftline.plugins import installed_providers
from weftline.process import quiet_grpc
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired
from weftline_core.documents import listed
from weftline_core.errors import OperatorError
from weftline_core.keys import PEPPER_BYTES
from weftline_node.config import (
    DEFAULT_ADMIN,
    DEFAULT_LISTEN,
    DEFAULT_REGION,
    FileConfig,
    file_desired,
    file_settings,
    read_file_config,
)
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable
from weftline_node.launch import Launch, settings_of
from weftline_node.locate import Locator


class Preset(StrEnum):
    """How far apart the mesh's nodes are."""

    LOCAL = "local"
    REGION = "region"
    GLOBAL = "global"


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(
        "node",
        epilog=examples(
            "weft node --config weft.yaml              one node, no control plane",
            "weft node --id ams --region ams --control 10.0.0.1:7700 --gossip 10.0.0.5:7781",
        ),
    )(node)
    app.command("validate", epilog=examples("weft validate -f weft.yaml"))(validate)


def node(  # noqa: PLR0913  # one parameter an option is how typer works
    *,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A weft.yaml; no control plane then.")
    ] = None,
    node_id: Annotated[str | None, typer.Option("--id", help="This PoP's name.")] = None,
    region: Annotated[str, typer.Option(help="Where it is, as an airport code.")] = DEFAULT_REGION,
    listen: Annotated[str, typer.Option(help="Where clients connect.")] = DEFAULT_LISTEN,
    admin: Annotated[
        str, typer.Option(help="Health, metrics and views; empty for none.")
    ] = DEFAULT_ADMIN,
    gossip: Annotated[str | None, typer.Option(help="Where other PoPs reach it, UDP.")] = None,
    gossip_address: Annotated[
        str | None, typer.Option(help="The same as others see it, behind NAT.")
    ] = None,
    control: Annotated[str | None, typer.Option(help="The control plane.")] = None,
    data: Annotated[Path, typer.Option(help="Where desired state is kept.")] = Path("weft-node"),
    base_url: Annotated[
        str | None, typer.Option(help="Where clients reach it, if not here.")
    ] = None,
    source_address: Annotated[
        str | None, typer.Option(help="Local address of its upstream connections.")
    ] = None,
    join: Annotated[list[str] | None, typer.Option(help="Another PoP's gossip address.")] = None,
    pepper_file: Annotated[
        Path | None, typer.Option(help="The mesh's secret for looking up client keys.")
    ] = None,
    geoip: Annotated[
        Path | None, typer.Option(help="A MaxMind database, to guess where endpoints are.")
    ] = None,
    preset: Annotated[Preset, typer.Option(help="How far apart the PoPs are.")] = Preset.REGION,
) -> None:
    """Run one PoP until it is interrupted."""
    launch = Launch(
        config=None if config is None else str(config),
        id=node_id,
        region=region,
        listen=listen,
        admin=admin,
        gossip=gossip,
        gossip_address=gossip_address,
        control=control,
        data=str(data),
        base_url=base_url,
        source_address=source_address,
        join=tuple(join or ()),
        pepper_file=None if pepper_file is None else str(pepper_file),
        geoip=None if geoip is None else str(geoip),
        preset=preset.value,
    )
    # What is wrong is told here, before the process becomes another.
    if config is not None:
        _checked(config)
    settings_of(launch)
    quiet_grpc()
    try:
        argument = msgspec.json.encode(launch).decode()
    except UnicodeEncodeError as e:
        raise OperatorError("a path among the options is not UTF-8 text: rename it") from e
    os.execv(sys.executable, [sys.executable, "-m", "weftline_node", argument])  # noqa: S606


def validate(
    file: Annotated[Path, typer.Option("--file", "-f", help="The weft.yaml to check.")],
) -> None:
    """Check a node's file; touch nothing."""
    config, desired = _checked(file)
    _check_usable(desired, file)
    counts = (
        f"models {len(config.models)}, endpoints {len(config.endpoints)}, keys {len(config.keys)}"
    )
    typer.echo(f"{file}: ok, {counts}")


def _check_usable(desired: Desired, file: Path) -> None:
    """Refuse an endpoint that a node started from here would have to leave out.

    Raises:
        OperatorError: naming each, and why.
    """
    dials = DialTable.of(Catalog.of(desired), installed_providers(), Opener.of(os.environ))
    unusable = dials.problems()
    if unusable:
        raise OperatorError(
            listed([f"{file}: endpoint '{name}': {why}" for name, why in unusable.items()])
        )


def _checked(file: Path) -> tuple[FileConfig, Desired]:
    """Return what a file says, and the state that it asks for.

    Raises:
        OperatorError: a node could not serve by it.
    """
    config = read_file_config(read_text(file), str(file))
    pepper = secrets.token_bytes(PEPPER_BYTES)
    settings = file_settings(config, pepper=pepper)
    if settings.geoip is not None:
        Locator(settings.geoip).close()
    environ, source = os.environ, str(file)
    return config, file_desired(config, pepper=pepper, environ=environ, revision=1, source=source)
