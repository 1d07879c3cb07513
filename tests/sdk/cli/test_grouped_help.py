"""Headings name only verbs that exist, so that a renamed one is missed here."""

from typer.main import get_command

from tests.sdk.cli.conftest import Weft
from weftline.cli.grouped_help import HEADINGS
from weftline.cli.main import build_app


def test_every_verb_has_its_heading() -> None:
    verbs = getattr(get_command(build_app()), "commands", {})
    named = [name for names in HEADINGS.values() for name in names]
    assert sorted(verbs) == sorted(named)


def test_verbs_stand_in_the_order_of_the_headings(weft: Weft) -> None:
    lines = weft("--help").out.splitlines()
    look = lines.index("Look:")
    assert [line.split()[0] for line in lines[look + 1 : look + 7]] == list(HEADINGS["Look"])
