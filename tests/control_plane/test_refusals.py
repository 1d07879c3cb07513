"""Refusals say what is wrong and what to do."""

from weftline_control.refusals import Held, Moved, Refused, StillUsed, StoreAway, Violation


def test_words() -> None:
    assert Refused([Violation("Pop/a", "is bad")]).message == "Pop/a: is bad"
    two = [Violation("Pop/a", "is bad"), Violation("Pop/b", "too")]
    assert Refused(two).message == "Pop/a: is bad (and 1 more)"
    assert "change or delete those first" in StillUsed("Model/m", ["Endpoint/e"]).message
    assert "look again" in Moved(3, 5).message
    held = Held("the store was wiped", 7)
    assert "revision 7" in held.message
    assert "--accept-rewind" in held.message
    assert held.reason == "the store was wiped"
    assert StoreAway("the store does not answer", "refused").reason == "refused"
