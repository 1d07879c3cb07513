"""Every failure is one clear line and a code; the verbs of other packages are found."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import typer

from tests.sdk.cli.conftest import Weft
from weftline.cli import main
from weftline.cli.errors import CliError, ExitCode
from weftline_core.errors import MeshError, NotFound, OperatorError, Unavailable, UnknownModel

REPORT = "run it again with WEFT_DEBUG=1 and report what it prints"
VERBS = ("up", "get", "describe", "nodes", "models", "top", "explain", "apply", "drain", "delete")


def test_help_lists_the_verbs_under_headings(weft: Weft) -> None:
    ended = weft("--help")
    assert ended.code == ExitCode.OK
    for word in (*VERBS, "doctor", "version", "Run:", "Look:", "Change:", "Check:", "Examples:"):
        assert word in ended.out
    assert weft().out == ended.out, "no verb is a question for help"


@pytest.mark.parametrize("verb", [*VERBS, "doctor", "version"])
def test_every_verb_shows_examples(weft: Weft, verb: str) -> None:
    ended = weft(verb, "--help")
    assert ended.code == ExitCode.OK
    assert f"Examples:\n    weft {verb}" in ended.out


def test_version(weft: Weft) -> None:
    assert weft("--version").out.startswith("weftline 0.")


def test_a_misspelt_verb_or_option_is_recognised(weft: Weft) -> None:
    ended = weft("aply")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err == (
        "error: no such command 'aply'. Did you mean 'apply'?\n  see `weft --help`\n"
    )
    ended = weft("get", "--contrl", "x")
    assert ended.code == ExitCode.USAGE
    assert "did you mean --control?" in ended.err
    assert "see `weft get --help`" in ended.err


def test_a_group_of_commands_alone_is_told_in_one_line(weft: Weft) -> None:
    told = weft("credential")
    assert told.err == "error: missing command\n  see `weft credential --help`\n"
    assert told.code == 2


def test_a_missing_option_is_named(weft: Weft) -> None:
    ended = weft("apply")
    assert (ended.code, ended.err) == (
        ExitCode.USAGE,
        "error: missing option '-f' / '--file'\n  see `weft apply --help`\n",
    )


def boom(error: BaseException) -> Callable[[typer.Typer], None]:
    def register(app: typer.Typer) -> None:
        @app.command("boom")
        def boom() -> None:
            raise error

    return register


class Point:
    """An entry point that is there without being installed."""

    def __init__(self, name: str, loaded: Callable[[typer.Typer], None] | Exception) -> None:
        self.name = name
        self._loaded = loaded

    def load(self) -> Callable[[typer.Typer], None]:
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded


def install(monkeypatch: pytest.MonkeyPatch, *points: Point) -> None:
    def entry_points(group: str) -> list[Point]:
        assert group == "weftline.commands"
        return list(points)

    monkeypatch.setattr(main, "entry_points", entry_points)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (CliError("x", code=ExitCode.NOT_FOUND), 3, "error: x\n"),
        (OperatorError("a.yaml:3: bad"), 2, "error: a.yaml:3: bad\n"),
        (UnknownModel("no m"), 3, "error: no m\n"),
        (NotFound("no x"), 3, "error: no x\n"),
        (Unavailable("later"), 4, "error: later\n"),
        (MeshError("x"), 1, "error: x\n"),
        (FileNotFoundError(2, "No such file", "f"), 1, "error: f: No such file\n"),
        (typer.Exit(5), 5, ""),
        (KeyboardInterrupt(), 130, ""),
        (
            ValueError("odd"),
            1,
            f"error: a bug in weftline: ValueError: odd\n  {REPORT}\n",
        ),
    ],
)
def test_errors_become_words_and_a_code(
    weft: Weft, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    install(monkeypatch, Point("boom", boom(error)))
    ended = weft("boom")
    assert (ended.code, ended.err) == (code, told)


def test_debug_shows_the_traceback(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Point("boom", boom(ValueError("odd"))))
    monkeypatch.setenv("WEFT_DEBUG", "1")
    assert "Traceback" in weft("boom").err


def test_a_broken_package_hurts_only_its_own_verbs(
    weft: Weft, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, stranger = Point("node", ImportError("no such part")), Point("zoo", boom(typer.Exit()))
    install(monkeypatch, broken, stranger)
    assert weft("boom").code == ExitCode.OK
    ended = weft("node", "--id", "x")
    assert ended.code == ExitCode.FAILED
    assert "`weft node` cannot be loaded: ImportError: no such part" in ended.err
    assert "More:\n  boom" in weft("--help").out, "a stranger's verb is listed too"


def test_shells_complete_verbs_and_choices() -> None:
    def completed(words: str) -> list[str]:
        number = str(len(words.split(" ")) - 1)
        ended = subprocess.run(
            [sys.executable, "-c", "from weftline.cli.main import main; main()"],
            env={"_WEFT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": number},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return ended.stdout.split()

    assert completed("weft ap") == ["apply"]
    assert completed("weft get -o ") == ["table", "json", "yaml"]


def test_a_closed_stdout_is_no_bug_of_ours(weft: Weft, monkeypatch: pytest.MonkeyPatch) -> None:
    # What Python makes of `weft version >&-`.
    monkeypatch.setattr(sys, "stdout", None)
    assert weft("version").code == ExitCode.OK


def test_python_m_weftline_is_weft() -> None:
    command = [sys.executable, "-m", "weftline", "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert ended.stdout.startswith("weftline ")


def test_help_imports_nothing_slow() -> None:
    """The rule that keeps help under 0.2 s; the time itself depends on the machine."""
    code = (
        "import sys; from weftline.cli.main import run; run(['--help']);"
        "slow = {'grpc', 'aiohttp', 'rich'} & set(sys.modules); assert not slow, slow"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=20, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
