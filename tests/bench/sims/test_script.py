"""What a simulated model says."""

from hypothesis import given
from hypothesis import strategies as st

from weftline_bench.sims.script import Call, Counts, Script, fragments, pieces


@given(st.text())
def test_pieces_and_fragments_join_to_the_whole(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert "".join(fragments(text)) == text
    assert "" not in pieces(text)
    assert "" not in fragments(text)


def test_counts_follow_from_what_is_said() -> None:
    script = Script("two words", "thought", (Call("f", '{"a":1}'),)).counted(30, image=5)
    counts = script.counts
    assert (counts.prompt, counts.fresh, counts.image) == (30, 24, 5)
    assert (counts.completion, counts.reasoning, counts.visible) == (4, 1, 3)
    assert counts.total == 34
    assert script.calls[0].input() == {"a": 1}


def test_what_is_written_is_not_fresh() -> None:
    counts = Counts(prompt=30, cached=4, cache_write=2, cache_write_1h=3)
    assert (counts.written, counts.fresh) == (5, 21)
