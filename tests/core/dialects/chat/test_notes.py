"""What is noted of a request."""

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.features import Feature
from weftline_core.dialects.chat.notes import Notes, signed_id, unsigned_id, wrong


def test_the_first_place_of_a_feature_is_noted() -> None:
    notes = Notes()
    notes.saw(Feature.IMAGE, "a")
    notes.saw(Feature.IMAGE, "b")
    assert notes.paths == {Feature.IMAGE: "a"}


def test_every_stray_is_noted() -> None:
    notes = Notes()
    notes.check({"a": 1, "b": 2, "c": None, "d": 4}, {"a"}, "x[0]")
    assert notes.unknown == ["x[0].b", "x[0].d"]
    assert notes.paths == {Feature.UNKNOWN: "x[0].b"}


def test_a_mistake_names_its_field() -> None:
    assert (wrong("a.b", "no").message, wrong("a.b", "no").param) == ("a.b: no", "a.b")


@given(st.text(max_size=9).filter(lambda s: "_" not in s), st.none() | st.text(max_size=9))
def test_a_signature_rides_behind_an_id(call_id: str, signature: str | None) -> None:
    assert unsigned_id(signed_id(call_id, signature)) == (call_id, signature)
