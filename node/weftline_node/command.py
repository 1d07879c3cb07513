"""`weft node` and `weft validate`: run one PoP, or check its file."""

import os
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from weftline.cli.options import examples
from weftline_core.errors import OperatorError
from weftline_node.config import (
    DEFAULT_ADMIN,
    DEFAULT_LISTEN,
    DEFAULT_REGION,
    NodeSettings,
    file_desired,
    file_settings,
    parse_address,
    read_file_config,
)

PEPPER_BYTES = 32
PEPPER_BYTES_MIN = 16


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
    preset: Annotated[Preset, typer.Option(help="How far apart the PoPs are.")] = Preset.REGION,
) -> None:
    """Run one PoP until it is interrupted."""
    # Imported here: the data path and gRPC take longer to load than `weft --help` should.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from weftline_node.process import Launch, run  # noqa: PLC0415

    if config is not None:
        run(Launch(settings=_of_file(config), config=config), os.environ)
        return
    if node_id is None or control is None or pepper_file is None:
        raise OperatorError("give --config FILE, or --id, --control and --pepper-file")
    settings = NodeSettings(
        id=node_id,
        region=region,
        listen=parse_address(listen, "--listen"),
        admin=parse_address(admin, "--admin") if admin else None,
        pepper=_pepper(pepper_file),
        gossip=parse_address(gossip, "--gossip") if gossip else None,
        gossip_address=parse_address(gossip_address, "--gossip-address")
        if gossip_address
        else None,
        join=tuple(parse_address(one, "--join") for one in join or ()),
        control=parse_address(control, "--control"),
        data_dir=data,
        base_url=base_url,
        source_address=source_address,
    )
    run(Launch(settings=settings, preset=preset), os.environ)


def validate(
    file: Annotated[Path, typer.Option("--file", "-f", help="The weft.yaml to check.")],
) -> None:
    """Check a node's file; touch nothing."""
    config = read_file_config(_text(file), str(file))
    pepper = secrets.token_bytes(PEPPER_BYTES)
    file_settings(config, pepper=pepper)
    file_desired(config, pepper=pepper, environ=os.environ, revision=1, source=str(file))
    counts = (
        f"{len(config.models)} models, {len(config.endpoints)} endpoints, {len(config.keys)} keys"
    )
    typer.echo(f"{file}: ok, {counts}")


def _of_file(path: Path) -> NodeSettings:
    # Nothing outside this process needs to know the pepper of a node that stands alone.
    return file_settings(
        read_file_config(_text(path), str(path)), pepper=secrets.token_bytes(PEPPER_BYTES)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else "it is not UTF-8 text"
        raise OperatorError(f"cannot read {path}: {reason}") from e


def _pepper(path: Path) -> bytes:
    try:
        pepper = path.read_bytes().strip()
    except OSError as e:
        raise OperatorError(f"--pepper-file: cannot read {path}: {e.strerror}") from e
    if len(pepper) < PEPPER_BYTES_MIN:
        raise OperatorError(f"--pepper-file: {path} holds fewer than {PEPPER_BYTES_MIN} bytes")
    return pepper
