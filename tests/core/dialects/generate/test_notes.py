"""The first place of a feature is kept, and every strange field."""

from weftline_core.chat.features import Feature
from weftline_core.dialects.generate.notes import Notes


def test_the_first_place_is_kept() -> None:
    notes = Notes()
    notes.see(Feature.TOP_K, "a")
    notes.see(Feature.TOP_K, "b")
    assert notes.paths == {Feature.TOP_K: "a"}


def test_strange_fields_add_up() -> None:
    notes = Notes()
    notes.strange([])
    assert notes.paths == {}
    notes.strange(["x"])
    notes.strange(["y", "z"])
    assert (notes.unknown, notes.paths) == (["x", "y", "z"], {Feature.UNKNOWN: "x"})
