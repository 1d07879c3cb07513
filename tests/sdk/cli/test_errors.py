"""A failure is a few lines and a code."""

from weftline.cli.errors import CliError, ExitCode


def test_lines_tell_what_why_and_what_to_do() -> None:
    error = CliError("no", details=("a.b: too large",), hint="make it smaller")
    assert error.lines() == ["error: no", "  a.b: too large", "  make it smaller"]
    assert CliError("no").lines() == ["error: no"]


def test_exit_codes_are_an_interface() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "UNAVAILABLE": 4,
    }
