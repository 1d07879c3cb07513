"""The laws of merging, the bounds of the table, and its look-ups."""

from itertools import permutations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.switch import row
from weftline_core.gossip.messages import BUCKETS, Entry, RowGone, RowWord, row_of, row_word
from weftline_core.gossip.table import (
    GRAVE_S,
    POPS_MAX,
    ROWS_PER_POP_MAX,
    Merged,
    Table,
    bucket_of,
)
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState

# Few keys and versions, so that collisions are the rule: the same version with other content too.
entries: st.SearchStrategy[Entry] = st.builds(
    RowWord,
    st.sampled_from(["ams", "iad", "nrt"]),
    st.sampled_from(["e1", "e2", "e3"]),
    st.integers(1, 4),
    st.integers(0, 3),
    st.none() | st.integers(0, 9),
    st.none(),
    st.integers(0, 2),
    st.just(0),
) | st.builds(
    RowGone,
    st.sampled_from(["ams", "iad", "nrt"]),
    st.sampled_from(["e1", "e2", "e3"]),
    st.integers(1, 4),
)


def merged(*parts: list[Entry]) -> Table:
    table = Table()
    for part in parts:
        for entry in part:
            table.merge(entry, 0.0)
    return table


def content(table: Table) -> set[bytes]:
    """Return everything a table holds, graves too."""
    return {encoded for bucket in range(BUCKETS) for encoded in table.encoded(bucket)}


@given(st.lists(entries, max_size=12), st.lists(entries, max_size=12))
def test_merging_is_commutative(a: list[Entry], b: list[Entry]) -> None:
    assert content(merged(a, b)) == content(merged(b, a))
    assert merged(a, b).buckets() == merged(b, a).buckets()


@given(st.lists(entries, max_size=8), st.lists(entries, max_size=8), st.lists(entries, max_size=8))
def test_merging_is_associative(a: list[Entry], b: list[Entry], c: list[Entry]) -> None:
    # Merge the *results*, as two nodes that compare their state do.
    def join(left: Table, right: Table) -> Table:
        joined = Table()
        for table in (left, right):
            for entry in decoded(table):
                joined.merge(entry, 0.0)
        return joined

    ta, tb, tc = merged(a), merged(b), merged(c)
    assert content(join(join(ta, tb), tc)) == content(join(ta, join(tb, tc)))


@given(st.lists(entries, max_size=20))
def test_merging_is_idempotent_and_says_so(some: list[Entry]) -> None:
    once = merged(some)
    assert content(merged(some, some)) == content(once)
    assert {once.merge(entry, 0.0) for entry in some} <= {Merged.KNOWN}


@given(st.lists(entries, min_size=1, max_size=20))
def test_versions_never_go_back(some: list[Entry]) -> None:
    table = Table()
    seen: dict[tuple[str, str], int] = {}
    for entry in some:
        table.merge(entry, 0.0)
        held = {(e.pop, e.endpoint): e.version for e in decoded(table)}
        assert all(held[key] >= version for key, version in seen.items())
        seen = held


@settings(max_examples=20)
@given(st.permutations(range(ROWS_PER_POP_MAX + 3)))
def test_the_bound_for_one_pop_keeps_the_same_rows_in_any_order(order: list[int]) -> None:
    table = Table()
    for n in order:
        table.merge(row_word(row("ams", f"e{n:04}"), 1), 0.0)
    kept = [r.endpoint for r in table.rows()]
    assert kept == [f"e{n:04}" for n in range(ROWS_PER_POP_MAX)]


def test_the_number_of_pops_is_bounded_and_names_are_checked() -> None:
    table = Table()
    for n in range(POPS_MAX):
        assert table.merge(row_word(row(f"p{n}", "e"), 1), 0.0) is Merged.NEWER
    assert table.merge(row_word(row("one-more", "e"), 1), 0.0) is Merged.REFUSED
    assert table.merge(row_word(row("p0", "no\nname"), 1), 0.0) is Merged.REFUSED
    assert len(table) == POPS_MAX


def test_rows_are_found_by_endpoint_and_by_pop() -> None:
    table = merged([row_word(row(pop, e), 1) for pop in ("nrt", "ams") for e in ("e2", "e1")])
    assert {r.pop for r in table.rows_of_endpoint(EndpointId("e1"))} == {"ams", "nrt"}
    assert table.rows_of_endpoint(EndpointId("e9")) == []
    assert [(r.pop, r.endpoint) for r in table.rows()] == [
        ("ams", "e1"),
        ("ams", "e2"),
        ("nrt", "e1"),
        ("nrt", "e2"),
    ]
    assert table.row(NodeId("ams"), EndpointId("e1")) == row("ams", "e1")
    table.drop(NodeId("ams"))
    assert table.row(NodeId("ams"), EndpointId("e1")) is None
    assert {r.pop for r in table.rows()} == {"nrt"}


def test_a_grave_beats_the_late_row_until_it_is_cleared() -> None:
    late = row_word(row("ams", "e"), 1)
    both: list[Entry] = [late, RowGone("ams", "e", 2)]
    for order in permutations(both):
        table = merged(list(order))
        assert table.rows() == []
        table.expire(GRAVE_S - 1)
        assert table.merge(late, GRAVE_S - 1) is Merged.KNOWN
        table.expire(GRAVE_S)
        assert len(table) == 0


def test_buckets_tell_differences_and_not_graves() -> None:
    one, other = merged([row_word(row("ams", "e"), 1)]), Table()
    at = bucket_of(NodeId("ams"))
    assert [i for i in range(BUCKETS) if one.buckets()[i] != other.buckets()[i]] == [at]
    one.merge(RowGone("ams", "e", 2), 0.0)
    assert one.buckets() == other.buckets()
    # Structured changes must not cancel one another, as they would in a linear checksum.
    left = merged([row_word(row("ams", e), v) for e, v in (("e1", 1), ("e2", 1))])
    right = merged([row_word(row("ams", e), v) for e, v in (("e1", 2), ("e2", 2))])
    assert left.buckets() != right.buckets()


def test_a_row_is_read_as_it_was_told() -> None:
    word = row_word(row("ams", "e", EndpointState.DOWN, in_flight=4), 9)
    assert merged([word]).rows() == [row_of(word)]


def decoded(table: Table) -> list[Entry]:
    decoder = msgspec.msgpack.Decoder(RowWord | RowGone)
    return [decoder.decode(encoded) for encoded in sorted(content(table))]


def test_a_changed_state_and_a_row_taken_away_are_news() -> None:
    table = Table()
    said: list[Entry] = [
        row_word(row("ams", "e"), 1),
        row_word(row("ams", "e", in_flight=1), 2),
        row_word(row("ams", "e", EndpointState.DOWN), 3),
        row_word(row("ams", "e", EndpointState.UP), 2),
        RowGone("ams", "e", 4),
    ]
    assert [table.merge(entry, 0.0) for entry in said] == [
        Merged.NEWER,
        Merged.NEWER,
        Merged.NEWS,
        Merged.KNOWN,
        Merged.NEWS,
    ]
