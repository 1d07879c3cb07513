"""The `weft bench` commands: their options, and what becomes of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.output import Format
from weftline_bench import (
    command,
    failover,
    failover_report,
    mesh,
    translate,
    translate_report,
    ttft,
)
from weftline_bench.failover import Drill
from weftline_bench.load import Load
from weftline_bench.ttft import Ask
from weftline_core.errors import OperatorError


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.callback()(lambda: None)
    command.register(made)
    return made


def invoke(app: typer.Typer, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["bench", *arguments])


@pytest.mark.parametrize(
    "name", ["endpoint", "cog", "sim", "ttft", "mesh", "failover", "translate"]
)
def test_help_shows_an_example(app: typer.Typer, name: str) -> None:
    shown = invoke(app, name, "--help")
    assert shown.exit_code == 0
    assert f"weft bench {name}" in shown.output


def test_ttft_asks_for_what_its_options_say(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[Sequence[Ask], Load, int]] = []
    told: list[tuple[object, ...]] = []

    async def run(asks: Sequence[Ask], load: Load, seed: int) -> tuple[str, str]:
        seen.append((asks, load, seed))
        return "report", "measured"

    def tell(*arguments: object) -> None:
        told.append(arguments)

    monkeypatch.setattr(ttft, "run_ttft", run)
    monkeypatch.setattr(ttft, "tell", tell)
    ran = invoke(
        app,
        *("ttft", "--url", "http://a.test/v1", "--model", "m", "--key", "k", "--rps", "7"),
        *("--duration", "3", "--vs", "http://b.test/v1", "--vs-model", "n", "--no-stream"),
        *("--arrivals", "fixed", "--source", "127.0.0.9", "--seed", "5", "-o", "json"),
        *("--out", str(tmp_path)),
    )
    assert ran.exit_code == 0, ran.output
    ((asks, load, seed),) = seen
    assert [(a.url, a.model, a.key, a.stream, a.source) for a in asks] == [
        ("http://a.test/v1", "m", "k", False, "127.0.0.9"),
        ("http://b.test/v1", "n", "k", False, "127.0.0.9"),
    ]
    assert (load.rps, load.duration_s, load.arrivals, seed) == (7, 3, "fixed", 5)
    assert told == [("report", "measured", Format.JSON, tmp_path)]


def test_mesh_asks_for_what_its_options_say(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    async def run(load: Load, seed: int, base_port: int) -> str:
        seen.extend((load.rps, load.duration_s, seed, base_port))
        return "report"

    def tell(*arguments: object) -> None:
        seen.extend(arguments)

    monkeypatch.setattr(mesh, "run_mesh", run)
    monkeypatch.setattr(mesh, "tell_mesh", tell)
    ran = invoke(app, "mesh", "--rps", "2", "--duration", "4", "--base-port", "28000")
    assert ran.exit_code == 0, ran.output
    assert seen == [2, 4, 1, 28_000, "report", Format.TABLE, Path("bench-out")]


def test_failover_does_what_its_options_say(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    async def run(drill: Drill) -> str:
        seen.append(drill)
        return "report"

    def tell(*arguments: object) -> None:
        seen.extend(arguments)

    monkeypatch.setattr(failover, "run_failover", run)
    monkeypatch.setattr(failover_report, "tell_failover", tell)
    ran = invoke(
        app,
        *("failover", "--kills", "2", "--rps", "5", "--without-control", "3"),
        *("--delay-scale", "1", "--base-port", "28000", "-o", "json"),
    )
    assert ran.exit_code == 0, ran.output
    drill = Drill(kills=2, rps=5, without_control_s=3, delay_scale=1, base_port=28_000, seed=1)
    assert seen == [drill, "report", Format.JSON]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("endpoint", "--listen", "x"), "expected host:port"),
        (("cog", "--listen", "x"), "expected host:port"),
        (("endpoint", "--delay", "x"), "is not a delay"),
        (("ttft", "--url", "ftp://x", "--model", "m"), "is no base URL"),
    ],
)
def test_bad_input_is_a_usage_error_in_words(
    app: typer.Typer, arguments: tuple[str, ...], words: str
) -> None:
    ran = invoke(app, *arguments)
    # Both are usage errors to `weft`: the last handler gives an operator's error the same code.
    assert isinstance(ran.exception, CliError | OperatorError)
    assert words in ran.exception.message
    if isinstance(ran.exception, CliError):
        assert ran.exception.code is ExitCode.USAGE


def test_sim_serves_a_flavour_with_its_faults(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []

    async def serve(name: str, address: Any, server: Any) -> None:
        served.append((name, str(address), server.faults.twice, server.desk.key))

    monkeypatch.setattr(command, "serve", serve)
    asked = invoke(app, "sim", "anthropic", "--port", "9121", "--fault", "twice", "--key", "k")
    assert asked.exit_code == 0
    assert served == [("anthropic", "127.0.0.1:9121", True, "k")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("nobody",), "there are: alibaba, anthropic"), (("openai", "--fault", "wrong=1"), "wrong")],
)
def test_sim_refuses_what_it_does_not_know(
    app: typer.Typer, arguments: tuple[str, ...], words: str
) -> None:
    asked = invoke(app, "sim", *arguments)
    assert isinstance(asked.exception, CliError)
    assert words in str(asked.exception)


def test_translate_measures_what_its_options_say(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    told: list[tuple[object, ...]] = []

    def run(repeats: int, seed: int, only: Sequence[str]) -> str:
        seen.extend((repeats, seed, tuple(only)))
        return "report"

    def tell(*arguments: object) -> None:
        told.append(arguments)

    monkeypatch.setattr(translate, "run_translate", run)
    monkeypatch.setattr(translate_report, "tell_translate", tell)
    ran = invoke(
        app,
        *("translate", "--repeats", "3", "--seed", "8", "--only", "chat", "--only", "converse"),
        *("-o", "json"),
    )
    assert ran.exit_code == 0, ran.output
    assert seen == [3, 8, ("chat", "converse")]
    assert told == [("report", Format.JSON)]


def test_translate_tells_which_dialects_there_are(app: typer.Typer) -> None:
    ran = invoke(app, "translate", "--only", "gemini")
    assert isinstance(ran.exception, CliError)
    assert ran.exception.code == ExitCode.USAGE
    assert "generate" in str(ran.exception)
