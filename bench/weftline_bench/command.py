"""The `weft bench` commands. What they need is imported when they run, so that `weft --help` is
quick.
"""

import asyncio
import sys
from typing import Annotated

import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.options import examples
from weftline_bench.endpoint import Serving, cannot_listen, parse_address, serve

BENCH = typer.Typer(name="bench", help="Measure latency, and run the endpoints to measure against.")


def register(app: typer.Typer) -> None:
    """Add `bench` to the command."""
    app.add_typer(BENCH)


@BENCH.command(
    epilog=examples(
        "weft bench endpoint --listen 127.0.0.1:9102",
        "weft bench endpoint --name iad --delay 127.0.0.11=80 --delay 127.0.0.12=2   far and near",
        "weft bench endpoint --ttft-ms 200 --itl-ms 20 --slots 4                     a busy engine",
    )
)
def endpoint(  # noqa: PLR0913  # one parameter an option is how typer works
    *,
    name: Annotated[str, typer.Option(help="What it is called in its ready line.")] = "endpoint",
    listen: Annotated[str, typer.Option(metavar="HOST:PORT")] = "127.0.0.1:9102",
    delay: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE=RTT_MS[~JITTER_MS]",
            help="How far away a source address is; may be given again. Others are near.",
        ),
    ] = None,
    ttft_ms: Annotated[float, typer.Option(min=0, help="Time to the first token.")] = 0.0,
    prefill_us_per_token: Annotated[
        float, typer.Option(min=0, help="What each prompt token adds to it.")
    ] = 0.0,
    itl_ms: Annotated[float, typer.Option(min=0, help="Time between tokens.")] = 0.0,
    slots: Annotated[int, typer.Option(min=1, help="Requests served at once.")] = 64,
    seed: Annotated[int | None, typer.Option(help="Make every run say the same.")] = None,
) -> None:
    """Serve a small n-gram language model, OpenAI-compatible, at a chosen pace and distance."""
    from weftline_bench.links import parse_link  # noqa: PLC0415  # aiohttp is slow to import
    from weftline_bench.model_server import EndpointConfig, ModelServer  # noqa: PLC0415
    from weftline_bench.slots import Pace  # noqa: PLC0415

    host, port = _address(listen)
    try:
        links = dict(parse_link(text) for text in delay or ())
    except ValueError as e:
        raise CliError(str(e), code=ExitCode.USAGE) from e
    pace = Pace(ttft_ms, prefill_us_per_token, itl_ms, slots)
    _serve(name, listen, ModelServer(EndpointConfig(name, host, port, pace, links, seed)))


@BENCH.command(epilog=examples("weft bench cog --listen 127.0.0.1:9110"))
def cog(
    *,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT")] = "127.0.0.1:9110",
) -> None:
    """Serve MiniLM embeddings from a Cog predictor, without Docker. Needs the extra `cog`."""
    from weftline_bench.cog_runner import CogServer  # noqa: PLC0415  # aiohttp is slow to import

    host, port = _address(listen)
    _serve("cog", listen, CogServer(host, port))


def _address(listen: str) -> tuple[str, int]:
    try:
        return parse_address(listen)
    except ValueError as e:
        raise CliError(str(e), code=ExitCode.USAGE) from e


def _serve(name: str, listen: str, server: Serving) -> None:
    try:
        asyncio.run(serve(name, server, _say))
    except OSError as e:
        raise cannot_listen(listen, e) from e


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.flush()
