"""The `weft bench` commands. What they need is imported when they run, so that `weft --help` is
quick.
"""

import asyncio
import sys
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.options import OutputOption, examples
from weftline.cli.output import Format
from weftline_bench.endpoint import serve
from weftline_core.address import parse_address

T = TypeVar("T")


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

    address = parse_address(listen, "--listen")
    try:
        links = dict(parse_link(text) for text in delay or ())
    except ValueError as e:
        raise CliError(str(e), code=ExitCode.USAGE) from e
    pace = Pace(ttft_ms, prefill_us_per_token, itl_ms, slots)
    config = EndpointConfig(name, address.host, address.port, pace, links, seed)
    asyncio.run(serve(name, address, ModelServer(config)))


@BENCH.command(epilog=examples("weft bench cog --listen 127.0.0.1:9110"))
def cog(
    *,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT")] = "127.0.0.1:9110",
) -> None:
    """Serve MiniLM embeddings from a Cog predictor, without Docker. Needs the extra `cog`."""
    from weftline_bench.cog_runner import CogServer  # noqa: PLC0415  # aiohttp is slow to import

    address = parse_address(listen, "--listen")
    asyncio.run(serve("cog", address, CogServer(address.host, address.port)))


@BENCH.command(
    epilog=examples(
        "weft bench sim anthropic --port 9120",
        "weft bench sim openai --fault 'error_after=3; error=overloaded'   fail in each stream",
        "weft bench sim gemini --fault 'cut_at=200; cut=reset'             reset each answer",
    )
)
def sim(
    flavour: Annotated[
        str, typer.Argument(help="Which provider: openai, anthropic, gemini, mistral, ...")
    ],
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 for any free one.")] = 9120,
    key: Annotated[str, typer.Option(help="The API key it takes.")] = "sim-key",
    fault: Annotated[
        str, typer.Option(metavar="NAME=VALUE; ...", help="What goes wrong with every answer.")
    ] = "",
) -> None:
    """Simulate a provider on loopback: its requests, answers, refusals and failures."""
    from weftline_bench.sims.faults import parse_faults  # noqa: PLC0415  # late: help is quick
    from weftline_bench.sims.flavours import FLAVOURS  # noqa: PLC0415
    from weftline_bench.sims.server import SimServer  # noqa: PLC0415  # aiohttp is slow to import

    if flavour not in FLAVOURS:
        known = ", ".join(sorted(FLAVOURS))
        raise CliError(f"no flavour {flavour!r}; there are: {known}", code=ExitCode.USAGE)
    address = parse_address(f"127.0.0.1:{port}", "--port")
    server = SimServer(FLAVOURS[flavour], address.host, address.port, key)
    try:
        server.faults = parse_faults(fault)
    except ValueError as e:
        raise CliError(f"--fault: {e}", code=ExitCode.USAGE) from e
    asyncio.run(serve(flavour, address, server))


@BENCH.command(
    epilog=examples(
        "weft bench ttft --url http://127.0.0.1:8081/v1 --key $KEY --model weftline/ngram",
        "weft bench ttft --url http://127.0.0.1:9101/v1 --model ngram "
        "--vs http://127.0.0.1:8081/v1 --vs-model weftline/ngram --key $KEY   what a PoP adds",
        "weft bench ttft --url URL --model M --rps 200 --duration 30 --out results -o json",
    )
)
def ttft(  # noqa: PLR0913  # one parameter an option is how typer works
    *,
    url: Annotated[str, typer.Option(help="Base URL, as a client is given it.")],
    model: Annotated[str, typer.Option(help="Model to ask for.")],
    key: Annotated[str | None, typer.Option(envvar="WEFT_KEY", help="API key.")] = None,
    vs: Annotated[
        str | None, typer.Option(metavar="URL", help="A second URL, asked in turns with the first.")
    ] = None,
    vs_model: Annotated[str | None, typer.Option(help="Its model, if it has another name.")] = None,
    rps: Annotated[float, typer.Option(min=0.1, help="Requests a second to each URL.")] = 10.0,
    duration: Annotated[float, typer.Option(min=1.0, help="Seconds that count.")] = 10.0,
    warm_up: Annotated[float, typer.Option(min=0.0, help="Seconds before, not counted.")] = 1.0,
    arrivals: Annotated[
        Literal["poisson", "fixed"],
        typer.Option(help="At random, as real clients come, or evenly."),
    ] = "poisson",
    prompt: Annotated[str, typer.Option(help="What to ask.")] = "Tell me about the sea.",
    max_tokens: Annotated[int, typer.Option(min=1)] = 16,
    stream: Annotated[bool, typer.Option(help="Stream the answers.")] = True,
    source: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Local address to dial from.")
    ] = None,
    in_flight: Annotated[
        int, typer.Option(min=1, help="Beyond it a request is held, and its clock runs.")
    ] = 1000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds one answer may take.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of the arrival times.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep JSON and a picture here.")
    ] = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """Measure time to first token in an open loop, from when each request was due."""
    from weftline_bench.load import Load  # noqa: PLC0415  # late: help is quick
    from weftline_bench.ttft import Ask, run_ttft, tell  # noqa: PLC0415

    first = Ask(
        url=url,
        model=model,
        key=key,
        prompt=prompt,
        tokens_max=max_tokens,
        stream=stream,
        source=source,
    )
    asks = [first, replace(first, url=vs, model=vs_model or model)] if vs else [first]
    load = Load(
        rps=rps,
        duration_s=duration,
        arrivals=arrivals,
        warm_up_s=warm_up,
        in_flight_max=in_flight,
        answer_wait_s=timeout,
    )
    try:
        report, measured = _run(run_ttft(asks, load, seed))
    except ValueError as e:
        raise CliError(str(e), code=ExitCode.USAGE) from e
    tell(report, measured, output, out)


@BENCH.command(
    epilog=examples(
        "weft bench mesh",
        "weft bench mesh --duration 60 --out results -o json",
    )
)
def mesh(  # noqa: PLR0913  # one parameter an option is how typer works
    *,
    rps: Annotated[float, typer.Option(min=0.1, help="Requests a second, each way.")] = 6.0,
    duration: Annotated[float, typer.Option(min=1.0, help="Seconds that count.")] = 20.0,
    warm_up: Annotated[float, typer.Option(min=0.0, help="Seconds before, not counted.")] = 3.0,
    seed: Annotated[int, typer.Option(help="Seed of the arrival times.")] = 1,
    base_port: Annotated[int, typer.Option(help="Where the mesh's ports begin.")] = 18_080,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Keep JSON and a picture here.")
    ] = Path("bench-out"),
    output: OutputOption = Format.TABLE,
) -> None:
    """Start a mesh; compare the way through it with direct ways and with random choice."""
    from weftline_bench.load import Load  # noqa: PLC0415  # late: help is quick
    from weftline_bench.mesh import run_mesh, tell_mesh  # noqa: PLC0415

    load = Load(rps=rps, duration_s=duration, warm_up_s=warm_up)
    tell_mesh(_run(run_mesh(load, seed, base_port)), output, out)


@BENCH.command(
    epilog=examples(
        "weft bench failover",
        "weft bench failover --kills 60                 enough deaths for a p99",
        "weft bench failover --delay-scale 1 -o json    with real distances",
    )
)
def failover(  # noqa: PLR0913  # one parameter an option is how typer works
    *,
    kills: Annotated[int, typer.Option(min=1, help="How many endpoints die.")] = 9,
    rps: Annotated[float, typer.Option(min=1.0, help="Requests a second through each PoP.")] = 30.0,
    without_control: Annotated[
        float, typer.Option(min=1.0, help="Seconds in which there is no control plane.")
    ] = 5.0,
    delay_scale: Annotated[
        float, typer.Option(min=0.0, max=10.0, help="Stretch distances; 0 takes them away.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the arrival times.")] = 1,
    base_port: Annotated[int, typer.Option(help="Where the mesh's ports begin.")] = 18_080,
    output: OutputOption = Format.TABLE,
) -> None:
    """Start a mesh, kill its endpoints and its control plane, count what clients notice."""
    from weftline_bench.failover import Drill, run_failover  # noqa: PLC0415  # late: help is quick
    from weftline_bench.failover_report import tell_failover  # noqa: PLC0415

    drill = Drill(
        kills=kills,
        rps=rps,
        without_control_s=without_control,
        delay_scale=delay_scale,
        base_port=base_port,
        seed=seed,
    )
    tell_failover(_run(run_failover(drill)), output)


@BENCH.command(
    epilog=examples(
        "weft bench translate",
        "weft bench translate --only generate     all pairs with Gemini's dialect",
        "weft bench translate --repeats 51 -o json",
    )
)
def translate(
    *,
    repeats: Annotated[int, typer.Option(min=1, help="Samples of each cost.")] = 15,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="DIALECT", help="Only pairs with it; may be given again."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the order of samples.")] = 1,
    output: OutputOption = Format.TABLE,
) -> None:
    """Measure what translation costs between each client's dialect and each host's."""
    from weftline_bench.translate import run_translate  # noqa: PLC0415  # late: help is quick
    from weftline_bench.translate_report import tell_translate  # noqa: PLC0415

    try:
        report = run_translate(repeats, seed, only or ())
    except ValueError as e:
        raise CliError(str(e), code=ExitCode.USAGE) from e
    tell_translate(report, output)


def _run(work: Coroutine[object, object, T]) -> T:
    """Run on uvloop, whose wake-ups are the quickest, where there is one."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop  # noqa: PLC0415  # late: help is quick

    return uvloop.run(work)
