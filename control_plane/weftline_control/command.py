"""`weft control`: run a control plane."""

from pathlib import Path
from typing import Annotated

import typer

from weftline.cli.options import examples
from weftline.process import quiet_grpc
from weftline_control.config import (
    DEFAULT_DATA,
    DEFAULT_LISTEN,
    DEFAULT_STORE,
    ControlConfig,
)
from weftline_core.address import parse_address


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "control",
        epilog=examples(
            "weft control                                     embedded store, in ./weft-data",
            "weft control --listen 127.0.0.1:7710 --store memory",
            "weft control --store etcd://10.0.0.1:2379,10.0.0.2:2379",
        ),
    )(control)


def control(
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where operators and nodes reach it.")
    ] = DEFAULT_LISTEN,
    store: Annotated[
        str, typer.Option(help="memory, sqlite, or etcd://HOST:PORT[,HOST:PORT].")
    ] = DEFAULT_STORE,
    data: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the embedded store keeps its file.")
    ] = DEFAULT_DATA,
    *,
    accept_rewind: Annotated[
        bool,
        typer.Option(
            "--accept-rewind",
            help="Take the store as it is, even if it lost what nodes have, and set nodes back.",
        ),
    ] = False,
) -> None:
    """Run a control plane until it is interrupted."""
    config = ControlConfig(
        listen=parse_address(listen, "--listen"),
        store=store,
        data_dir=data,
        accept_rewind=accept_rewind,
    )
    quiet_grpc()
    # Imported here: gRPC and the stores take longer to load than `weft --help` should.
    from weftline_control.process import run  # noqa: PLC0415

    run(config)
