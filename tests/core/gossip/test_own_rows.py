"""Which changes of own rows are told, and when."""

import pytest

from tests.fakes.switch import row
from weftline_core.gossip.messages import VERSION_MAX, RowGone, row_word
from weftline_core.gossip.own_rows import ECHO_GRAVES_MAX, OwnRows, Telling
from weftline_core.gossip.rumours import Rank
from weftline_core.gossip.table import ROWS_PER_POP_MAX
from weftline_core.ids import NodeId
from weftline_core.rows import EndpointState


def own() -> OwnRows:
    return OwnRows(NodeId("ams"), first_version=1000, interval_s=0.2)


def short(tellings: list[Telling]) -> list[tuple[str, int, str]]:
    return [
        (t.entry.endpoint, t.entry.version, "gone" if isinstance(t.entry, RowGone) else t.rank.name)
        for t in tellings
    ]


def test_new_rows_and_new_states_are_told_at_once_and_the_same_again_not() -> None:
    rows = own()
    up = [row("ams", "e1"), row("ams", "e2")]
    assert short(rows.publish(up, 0.0)) == [("e1", 1001, "STATE"), ("e2", 1002, "STATE")]
    assert rows.publish(up, 0.01) == []
    down = [row("ams", "e1", EndpointState.DOWN), row("ams", "e2")]
    assert short(rows.publish(down, 0.02)) == [("e1", 1003, "STATE")]


def test_numbers_wait_for_their_turn_and_the_last_value_is_told() -> None:
    rows = own()
    rows.publish([row("ams", "e")], 0.0)
    for n in range(1, 10):
        assert rows.publish([row("ams", "e", in_flight=n)], n / 100) == []
    assert rows.due(0.19) == []
    (telling,) = rows.due(0.20)
    assert telling == (row_word(row("ams", "e", in_flight=9), 1002), Rank.NUMBER)
    assert rows.due(9.0) == []
    assert short(rows.publish([row("ams", "e", in_flight=1)], 9.0)) == [("e", 1003, "NUMBER")]


def test_a_number_that_went_back_in_time_is_not_told() -> None:
    rows = own()
    rows.publish([row("ams", "e")], 0.0)
    rows.publish([row("ams", "e", in_flight=5)], 0.1)
    rows.publish([row("ams", "e")], 0.15)
    assert rows.due(1.0) == []


def test_a_row_taken_away_leaves_a_grave() -> None:
    rows = own()
    rows.publish([row("ams", "e1"), row("ams", "e2")], 0.0)
    assert short(rows.publish([row("ams", "e2")], 0.1)) == [("e1", 1003, "gone")]
    assert rows.publish([row("ams", "e2")], 0.2) == []


def test_only_own_rows_can_be_written() -> None:
    with pytest.raises(ValueError, match="ams cannot write a row of iad"):
        own().publish([row("iad", "e")], 0.0)


def test_more_rows_than_fit_are_left_out_by_name_and_counted() -> None:
    rows = own()
    many = [row("ams", f"e{n:04}") for n in range(ROWS_PER_POP_MAX + 5)]
    told = rows.publish(many, 0.0)
    assert [t.entry.endpoint for t in told] == [f"e{n:04}" for n in range(ROWS_PER_POP_MAX)]
    assert rows.left_out == 5


def test_our_word_beats_what_an_earlier_life_of_ours_said() -> None:
    rows = own()
    rows.publish([row("ams", "e")], 0.0)
    past = row_word(row("ams", "e", EndpointState.DOWN), 5000)
    (answer,) = rows.echo(past)
    assert answer.entry == row_word(row("ams", "e"), 5001)
    # And nothing happens when others have it right, or have something older still.
    assert rows.echo(answer.entry) == []
    assert rows.echo(row_word(row("ams", "e"), 12)) == []


def test_an_endpoint_we_no_longer_have_gets_a_grave_but_not_too_many() -> None:
    rows = own()
    assert short(rows.echo(row_word(row("ams", "old"), 7000))) == [("old", 7001, "gone")]
    assert rows.echo(RowGone("ams", "older", 8000)) == []
    for n in range(1000):
        rows.echo(row_word(row("ams", f"forged-{n}"), 9000))
    assert rows.echo(row_word(row("ams", "one-more"), 9000)) == []
    assert ECHO_GRAVES_MAX < ROWS_PER_POP_MAX / 2


def test_a_forged_version_near_the_end_does_not_take_our_voice() -> None:
    rows = own()
    rows.publish([row("ams", "e")], 0.0)
    assert rows.echo(row_word(row("ams", "e"), VERSION_MAX)) == []
    (told,) = rows.publish([row("ams", "e", EndpointState.DOWN)], 1.0)
    assert told.entry.version == 1002
