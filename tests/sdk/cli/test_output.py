"""Tables for people, data for programs."""

import io
import json
import sys

import pytest
import yaml

from weftline.cli.output import (
    Format,
    Grid,
    note,
    plain,
    print_data,
    print_grid,
    rich_table,
    shown,
)

GRID = Grid(("NAME", "RTT MS", "STATE"), [("iad-1", 80.04, "up"), ("x", None, "down")])


def test_plain_is_aligned_numbers_to_the_right() -> None:
    assert plain(GRID).splitlines() == [
        "NAME   RTT MS  STATE",
        "iad-1    80.0  up",
        "x           -  down",
    ]


def test_a_column_of_nothing_may_hold_numbers_one_day() -> None:
    assert plain(Grid(("RTT MS", "A"), [(None, "x")])).splitlines() == ["RTT MS  A", "     -  x"]


def test_plain_never_cuts() -> None:
    assert "x" * 500 in plain(Grid(("A",), [("x" * 500,)]))


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, "-"), ("", "-"), (True, "yes"), (False, "no"), (3, "3"), (2.55, "2.5"), (0.0, "0.0")],
)
def test_shown(cell: str | float | None, text: str) -> None:
    assert shown(cell) == text


def test_a_grid_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_grid(Grid(("A",), []), empty="nobody")
    assert capsys.readouterr().out == "nobody\n"


def test_json_and_yaml_carry_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    data = [{"kind": "Pop", "name": "ams", "rtt_ms": 80.04}, {"kind": "Pop", "name": "nrt"}]
    print_data(data, Format.JSON)
    assert json.loads(capsys.readouterr().out) == data
    print_data(data, Format.YAML)
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == data


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_only_on_a_terminal_that_wants_them(
    monkeypatch: pytest.MonkeyPatch, *, no_color: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    print_grid(GRID)
    assert ("\x1b[32m" in terminal.getvalue()) is not no_color
    assert "iad-1" in terminal.getvalue()


def test_text_is_never_markup() -> None:
    table = rich_table(Grid(("A",), [("[red]x",)]))
    assert str(next(iter(table.columns[0].cells))) == "[red]x"


def test_what_is_shown_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "ams\x1b[31m\u202e"
    assert shown(nasty) == r"ams\x1b[31m\u202e"
    note(f"error: {nasty}\n  a hint")
    assert capsys.readouterr().err == "error: ams\\x1b[31m\\u202e\n  a hint\n"


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_a_note_to_nobody_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Gone())
    note("are you there?")
