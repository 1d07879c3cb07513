"""One machine, and small groups for rows; whole meshes in bad weather are in `tests/sim`."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.switch import datagram, info, meshed, row, spread_s
from weftline_core.gossip.codec import Codec, Reason
from weftline_core.gossip.config import LOCAL
from weftline_core.gossip.machine import Gossip
from weftline_core.gossip.messages import (
    Ack,
    Claim,
    Message,
    Nack,
    Ping,
    PingRequest,
    RowWord,
    alive,
    row_word,
)
from weftline_core.ids import EndpointId, Region
from weftline_core.rows import EndpointState

DOWN = EndpointState.DOWN
E = EndpointId("e")


# Rows


@pytest.mark.parametrize(("count", "worst_s"), [(3, 0.1), (30, 0.3)])
def test_a_changed_state_reaches_all_within_three_rounds(count: int, worst_s: float) -> None:
    switch, _ = meshed(count)
    for n in range(6):
        switch.run(1.7)
        assert spread_s(switch, row("n00", "e", EndpointState(n % 2))) <= worst_s


def test_numbers_are_paced_and_arrive() -> None:
    switch, _ = meshed(3)
    spread_s(switch, row("n00", "e"))
    start = switch["n00"].counters.bytes_out
    for n in range(1, 101):
        switch.publish("n00", row("n00", "e", in_flight=n))
        switch.run(0.01)
    assert switch["n00"].counters.bytes_out - start < 8_000
    assert switch.run(0.5, lambda: switch["n02"].rows_of_endpoint(E)[0].in_flight == 100)


def test_rows_of_those_not_in_the_mesh_are_refused() -> None:
    switch, _ = meshed(3)
    switch.inject("n00", datagram(row_word(row("stranger", "e"), 1)))
    assert switch["n00"].rows() == []
    spread_s(switch, row("n02", "e"))
    held = switch["n00"].rows()
    switch.stop("n02")
    switch.run(8)
    # A late rumour does not bring rows of the dead back.
    switch.inject("n00", datagram(row_word(held[0], held[0].version + 1)))
    switch.run(3)
    assert switch["n00"].rows() == switch["n01"].rows() == []
    assert switch["n00"].counters.rows_refused == 2


def test_others_cannot_write_our_rows() -> None:
    switch, _ = meshed(3)
    spread_s(switch, row("n00", "e"))
    with pytest.raises(ValueError, match="cannot write a row of n01"):
        switch["n00"].publish([row("n01", "e")], 0.0)
    forged = row_word(row("n00", "e", DOWN), switch["n00"].rows()[0].version + 1000)
    switch.inject("n01", datagram(forged))
    assert switch.run(2.0, lambda: switch["n01"].rows_of_endpoint(E)[0].state is DOWN) is True
    assert switch.run(
        3.0,
        lambda: all(
            switch[n].rows_of_endpoint(E)[0].state is EndpointState.UP for n in switch.up()
        ),
    )


# Bad input


def one(seed: int = 0) -> Gossip:
    return Gossip(info("a", 0), LOCAL, random.Random(seed), now_s=0.0)


def test_a_node_that_others_would_refuse_does_not_start() -> None:
    for bad in (
        replace(info("a", 0), region=Region("No Region")),
        replace(info("a", 0), incarnation=0),
        replace(info("a", 0), base_url="x" * 300),
    ):
        with pytest.raises(ValueError, match="other nodes would refuse this one"):
            Gossip(bad, LOCAL, random.Random(0), now_s=0.0)


def test_every_refusal_is_counted_by_its_reason_and_changes_nothing() -> None:
    machine = one()
    before = machine.members()
    good = datagram(Ping(1, "a"))
    source = ("10.1.1.1", 1)
    for bad in (b"", b"junk of some kind", good[:-1], bytes(65_000), Codec("other").pack([])):
        output = machine.receive(bad, source, 0.0)
        assert output.datagrams == []
        assert output.changes == []
    counted = machine.counters.refused
    assert counted == {
        Reason.SHORT: 1,
        Reason.MAGIC: 1,
        Reason.DAMAGED: 1,
        Reason.OVERSIZED: 1,
        Reason.CLUSTER: 1,
    }
    assert machine.members() == before


def test_meshes_with_other_labels_do_not_mix() -> None:
    switch, _ = meshed(2)
    stranger = Gossip(info("x", 9), replace(LOCAL, cluster="other"), random.Random(0), 0.0)
    for _, data in stranger.join([switch["n00"].me.address], 0.0).datagrams:
        switch.inject("n00", data, stranger.me.address)
    assert set(switch.states("n00")) == {"n00", "n01"}
    assert switch["n00"].counters.refused == {Reason.CLUSTER: 1}


def test_a_ping_for_somebody_else_is_not_answered() -> None:
    machine = one()
    assert machine.receive(datagram(Ping(1, "b")), ("10.1.1.1", 1), 0.0).datagrams == []
    assert len(machine.receive(datagram(Ping(1, "a")), ("10.1.1.1", 1), 0.0).datagrams) == 1


small = st.sampled_from(["a", "b", "c"])
number = st.integers(1, 5)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Ping, number, small),
    st.builds(PingRequest, number, small),
    st.builds(Ack, number),
    st.builds(Nack, number),
    st.builds(info, small, st.integers(0, 5), number).map(alive),
    st.builds(Claim, small, number, st.integers(1, 3), small),
    st.builds(
        RowWord, small, st.sampled_from(["e", "E!", "\n"]), number, st.integers(0, 3),
        st.none(), st.none(), number, number,
    ),
)  # fmt: skip


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.lists(messages, max_size=6), st.integers(0, 5), st.floats(0, 30)), max_size=20
    )
)
def test_whatever_peers_say_nothing_is_raised_and_answers_stay_small(
    said: list[tuple[list[Message], int, float]],
) -> None:
    machine, now_s = one(), 0.0
    incarnation = machine.me.incarnation
    for words, source, later_s in said:
        now_s += later_s
        data = datagram(*words)
        output = machine.receive(data, info("x", source).address, now_s)
        # No amplification to speak of before peers prove who they are.
        assert sum(len(d) for _, d in output.datagrams) <= 6 * len(data) + 4 * 1400
        machine.tick(now_s)
    assert machine.me.incarnation >= incarnation
    assert all(r.endpoint == "e" for r in machine.rows())
    assert sum(machine.counters.refused.values()) == 0
