"""The score of a node's own health."""

from weftline_core.gossip.awareness import Awareness


def test_the_score_goes_up_and_down_within_its_bounds() -> None:
    awareness = Awareness(score_max=8)
    awareness.better()
    assert awareness.score == 0
    assert awareness.stretch(0.5) == 0.5
    awareness.worse(3)
    awareness.better()
    assert awareness.score == 2
    assert awareness.stretch(0.5) == 1.5
    awareness.worse(100)
    assert awareness.score == 7
    assert awareness.stretch(1.0) == 8.0
