"""`weft control` as a person meets it before anything runs."""

import typer
from typer.testing import CliRunner

from weftline_control.command import register
from weftline_core.errors import OperatorError


def invoke(*arguments: str) -> tuple[str, BaseException | None]:
    app = typer.Typer(rich_markup_mode=None)
    app.callback()(lambda: None)
    register(app)
    result = CliRunner().invoke(app, ["control", *arguments])
    return result.output, result.exception


def test_help_shows_examples() -> None:
    output, _ = invoke("--help")
    for words in ("--listen", "--store", "--data", "--accept-rewind", "weft control --store etcd"):
        assert words in output


def test_a_wrong_option_is_an_operators_error() -> None:
    _, error = invoke("--listen", "nowhere")
    assert isinstance(error, OperatorError)
    _, error = invoke("--listen", "127.0.0.1:0", "--store", "punchcards")
    assert isinstance(error, OperatorError)
    assert "memory, sqlite, etcd://" in error.message
