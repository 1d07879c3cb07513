"""Whole gossip meshes on the switch: death, return, twins, splits, pauses and loss."""

import random
from dataclasses import replace

import pytest

from tests.fakes.switch import BORN_UNIX_MS, Weather, datagram, info, meshed, row, spread_s
from weftline_core.gossip.config import GLOBAL, LOCAL, REGION, GossipConfig
from weftline_core.gossip.members import Kind
from weftline_core.gossip.messages import (
    Claim,
)
from weftline_core.gossip.messages import MemberState as State
from weftline_core.ids import EndpointId
from weftline_core.rows import EndpointState

DOWN = EndpointState.DOWN
E = EndpointId("e")


# Membership


@pytest.mark.parametrize("count", [2, 3, 30])
def test_all_find_one_another_by_way_of_one(count: int) -> None:
    switch, _ = meshed(count)
    assert switch.now_s < 2.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("count", "within_s"), [(3, 6.0), (30, 8.0)])
def test_a_dead_node_and_its_rows_are_gone_in_seconds(
    count: int, within_s: float, seed: int
) -> None:
    switch, names = meshed(count, seed)
    *rest, dead = names
    spread_s(switch, row(dead, "e"))
    switch.stop(dead)
    assert switch.run(within_s, lambda: switch.all_see(State.DEAD, [dead], rest))
    assert all(switch[name].rows_of_endpoint(E) == [] for name in rest)
    assert switch.false_deaths() == []


def test_two_of_three_dying_at_once_are_found_as_soon() -> None:
    switch, _ = meshed(3)
    switch.stop("n01")
    switch.stop("n02")
    assert switch.run(7.0, lambda: switch.all_see(State.DEAD, ["n01", "n02"], ["n00"]))


@pytest.mark.parametrize(
    ("config", "delay_s", "within_s"),
    [(LOCAL, 0.0005, 6.0), (REGION, 0.02, 7.0), (GLOBAL, 0.15, 16.0)],
)
def test_each_preset_notices_a_death_over_its_distances(
    config: GossipConfig, delay_s: float, within_s: float
) -> None:
    switch, (*rest, dead) = meshed(12, config=config)
    switch.weather.delay_s = delay_s
    switch.run(30)
    switch.stop(dead)
    assert switch.run(within_s, lambda: switch.all_see(State.DEAD, [dead], rest))
    assert switch.false_deaths() == []


def test_one_that_leaves_is_gone_at_once_and_accused_by_nobody() -> None:
    switch, names = meshed(12)
    *rest, gone = names
    spread_s(switch, row(gone, "e"))
    switch.carry(gone, switch[gone].leave(switch.now_s))
    assert switch.run(0.3, lambda: switch.all_see(State.LEFT, [gone], rest))
    switch.stop(gone)
    switch.run(10)
    assert {s.change.kind for s in switch.seen if s.change.info.id == gone} == {
        Kind.JOINED,
        Kind.LEFT,
    }
    assert all(switch[name].rows_of_endpoint(E) == [] for name in rest)


def test_a_restarted_node_outranks_its_own_past() -> None:
    switch, names = meshed(3)
    spread_s(switch, row("n02", "e"))
    switch.stop("n02")
    switch.run(0.5)
    switch.restart("n02", join="n00")
    switch.run(1.0)
    assert spread_s(switch, row("n02", "e", DOWN)) < 0.3
    # Nor does an endpoint that it no longer has live on in others' tables.
    switch.publish("n02", row("n02", "other"))
    assert switch.run(3.0, lambda: all(switch[n].rows_of_endpoint(E) == [] for n in names))
    assert switch.same_tables()


def test_a_restarted_node_whose_clock_went_back_still_gets_its_word_in() -> None:
    switch, names = meshed(3)
    spread_s(switch, row("n02", "e"))
    spread_s(switch, row("n02", "old"))
    switch.stop("n02")
    switch.run(8.0)
    switch.restart("n02", join="n00", incarnation=1)
    switch.publish("n02", row("n02", "e", DOWN))
    assert switch.run(10.0, lambda: switch.all_see(State.ALIVE, names, names))
    assert switch.run(5.0, lambda: switch.same_tables() and len(switch["n00"].rows()) == 1)
    assert switch["n00"].rows_of_endpoint(E)[0].state is DOWN


def test_the_accused_hears_of_it_with_the_next_ping_and_objects() -> None:
    switch, _ = meshed(2)
    me = switch["n00"].me
    switch.inject("n01", datagram(Claim("n00", me.incarnation, State.SUSPECT, "n01")))
    assert switch.states("n01")["n00"] is State.SUSPECT
    # All rumours about it lost: only what rides on pings is left.
    switch["n01"]._rumours.forget("n00")  # pyright: ignore[reportPrivateUsage]
    assert switch.run(1.1, lambda: switch.states("n01")["n00"] is State.ALIVE)
    assert switch["n00"].me.incarnation == me.incarnation + 1


def test_a_claim_about_a_living_node_is_refuted_everywhere() -> None:
    switch, names = meshed(12)
    victim = switch["n05"].me
    for state in (State.SUSPECT, State.DEAD):
        switch.inject("n01", datagram(Claim("n05", victim.incarnation + 5, state, "n02")))
        switch.run(2.0)
        assert switch.all_see(State.ALIVE, names, names)
    # Replaying what was refuted does nothing.
    before = len(switch.seen)
    switch.inject("n01", datagram(Claim("n05", victim.incarnation, State.DEAD, "n02")))
    switch.run(1.0)
    assert len(switch.seen) == before


def test_two_nodes_with_one_name_are_told_and_do_not_flap() -> None:
    switch, names = meshed(5)
    twin = replace(info("n04", 77), incarnation=BORN_UNIX_MS + 99)
    machine = switch.start("n04", at=twin, alias="twin")
    switch.carry("twin", machine.join([switch["n00"].me.address], switch.now_s))
    switch.publish("n04", row("n04", "e"))
    switch.publish("twin", row("n04", "e", DOWN))
    switch.run(300)
    changes = [s for s in switch.seen if s.at_s > 20]
    assert switch.all_see(State.ALIVE, names, names)
    # One report a minute at most from each node, and no death, suspicion or return at all.
    conflicts = [s for s in changes if s.change.kind is Kind.CONFLICT]
    assert changes == conflicts
    assert conflicts
    assert len(conflicts) <= 5 * len(switch.ports)
    assert any(s.by == "twin" for s in switch.seen if s.change.kind is Kind.CONFLICT)
    # Nor do the two outbid one another for the row.
    bytes_before = switch["n00"].counters.bytes_out
    switch.run(60)
    assert switch["n00"].counters.bytes_out - bytes_before < 60 * 1500


def test_a_node_that_stood_still_accuses_nobody() -> None:
    switch, names = meshed(5)
    switch.ports["n00"].paused = True
    switch.run(1.2)
    before = len(switch.seen)
    switch.ports["n00"].paused = False
    switch.run(10)
    assert switch["n00"].counters.pauses == 1
    accused = {s.change.info.id for s in switch.seen[before:] if s.change.kind is Kind.SUSPECTED}
    assert accused <= {"n00"}
    assert switch.all_see(State.ALIVE, names, names)


def test_a_zombie_is_buried_and_comes_back_by_itself() -> None:
    switch, names = meshed(5)
    switch.ports["n00"].paused = True
    assert switch.run(8, lambda: switch.all_see(State.DEAD, ["n00"], names[1:]))
    switch.run(20)
    switch.ports["n00"].paused = False
    assert switch.run(5, lambda: switch.all_see(State.ALIVE, names, names))
    assert {s.change.info.id for s in switch.seen if s.change.kind is Kind.DIED} == {"n00"}


@pytest.mark.parametrize("deaf", [True, False])
def test_a_one_way_cut_does_not_flap_and_hurts_no_third_node(*, deaf: bool) -> None:
    switch, names = meshed(5)
    others = names[1:]
    switch.cuts = {(o, "n00") if deaf else ("n00", o) for o in others}
    switch.run(120)
    seen = [(s.by, s.change.kind) for s in switch.seen if s.change.info.id == "n00"]
    for by in others:
        kinds = [kind for b, kind in seen if b == by]
        assert kinds == [Kind.JOINED, Kind.SUSPECTED, Kind.DIED]
    assert switch.all_see(State.ALIVE, others, others)
    switch.heal()
    assert switch.run(15, lambda: switch.all_see(State.ALIVE, names, names))


def test_a_split_mesh_finds_together_and_its_tables_agree() -> None:
    switch, names = meshed(12)
    left, right = names[:6], names[6:]
    switch.split(left, right)
    for name in names:
        switch.publish(name, row(name, "e"))
    switch.run(600)
    assert switch.all_see(State.DEAD, right, left)
    assert switch.all_see(State.DEAD, left, right)
    assert switch.all_see(State.ALIVE, left, left)
    switch.publish("n00", row("n00", "e", DOWN))
    healed = len(switch.seen)
    switch.heal()
    assert switch.run(6, lambda: switch.all_see(State.ALIVE, names, names))
    assert switch.run(5, lambda: switch.same_tables() and len(switch["n11"].rows()) == 12)
    assert not [s for s in switch.seen[healed:] if s.change.kind is Kind.DIED]


# Loss


@pytest.mark.parametrize("seed", range(3))
def test_nobody_dies_of_a_tenth_lost_doubled_and_reordered(seed: int) -> None:
    switch, names = meshed(12, seed)
    switch.weather = Weather(loss=0.1, double=0.1, delay_s=0.002, jitter_s=0.03)
    switch.run(120)
    assert switch.false_deaths() == []
    # And the same weather does not hide a real death.
    switch.stop("n11")
    assert switch.run(12, lambda: switch.all_see(State.DEAD, ["n11"], names[:-1]))


def test_lost_rumours_heal() -> None:
    switch, names = meshed(12)
    switch.weather.loss = 0.3
    chance = random.Random(3)
    for _ in range(100):
        name = names[chance.randrange(12)]
        states = [EndpointState(chance.randrange(3)) for _ in range(3)]
        switch.publish(name, *(row(name, f"e{n}", state) for n, state in enumerate(states)))
        switch.run(0.1)
    assert switch.run(10, switch.same_tables)
    assert switch.false_deaths() == []


def test_the_same_seed_gives_the_same_run() -> None:
    def run(seed: int) -> list[tuple[float, str, str, str]]:
        switch, names = meshed(30, seed)
        switch.weather = Weather(loss=0.2, double=0.1, jitter_s=0.02)
        switch.stop(names[7])
        switch.run(7)
        return [(s.at_s, s.by, s.change.kind, s.change.info.id) for s in switch.seen]

    assert run(4) == run(4)
    assert run(4) != run(5)
