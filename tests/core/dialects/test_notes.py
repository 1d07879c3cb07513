"""The first place of a feature is kept, and every strange field."""

from weftline_core.chat.features import Feature
from weftline_core.dialects.notes import Notes


def test_the_first_place_of_a_feature_holds() -> None:
    notes = Notes()
    notes.note(Feature.IMAGE, "input[0]")
    notes.note(Feature.IMAGE, "input[1]")
    assert notes.paths == {Feature.IMAGE: "input[0]"}


def test_strange_fields_are_all_kept() -> None:
    notes = Notes()
    notes.check({"a": 1, "b": None, "c": 2}, {"a"}, "input[0]")
    notes.check({"d": 3}, {"a"})
    notes.check({"a": 1}, {"a"})
    notes.strange("e.f")
    assert notes.unknown == ["input[0].c", "d", "e.f"]
    assert notes.paths == {Feature.UNKNOWN: "input[0].c"}
