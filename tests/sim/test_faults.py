"""A schedule of troubles is a value, and a seed is one schedule."""

from random import Random

from tests.sim.faults import Cast, Kind, schedule

CAST = Cast(("ams", "iad", "nrt"), ("e1", "e2", "e3"), ("stall", "status_503"))


def test_a_seed_is_a_schedule() -> None:
    one = schedule(Random(7), CAST, 5.0, 40.0)
    assert one == schedule(Random(7), CAST, 5.0, 40.0) != schedule(Random(8), CAST, 5.0, 40.0)


def test_troubles_keep_to_their_time_and_cast() -> None:
    for seed in range(50):
        for trouble in schedule(Random(seed), CAST, 5.0, 40.0):
            assert 5.0 <= trouble.begins_s < trouble.ends_s <= 40.0
            assert set(trouble.hosts) <= {*CAST.nodes, *CAST.endpoints}
            assert (trouble.fault in CAST.faults) == (trouble.kind is Kind.MISBEHAVES)


def test_every_kind_comes_up() -> None:
    drawn = {t.kind for seed in range(50) for t in schedule(Random(seed), CAST, 5.0, 40.0)}
    assert drawn == set(Kind)


def test_a_trouble_can_be_read() -> None:
    text = "\n".join(map(str, schedule(Random(1), CAST, 5.0, 40.0)))
    assert " s " in text
    assert "  " not in text
