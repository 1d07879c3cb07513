"""Distances and the first guess of a round trip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.errors import OperatorError
from weftline_core.geo import (
    EARTH_RADIUS_KM,
    PLACES,
    SAME_CITY_RTT_MS,
    Place,
    distance_km,
    place,
    region_problem,
    rtt_floor_ms,
    rtt_guess_ms,
)
from weftline_core.ids import name_problem

SPOTS = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [("lhr", "jfk", 5570), ("ams", "nrt", 9290), ("syd", "gru", 13350), ("iad", "sjc", 3850)],
)
def test_distances_are_the_atlas_ones(a: str, b: str, km: float) -> None:
    assert distance_km(place(a), place(b)) == pytest.approx(km, rel=0.01)


@pytest.mark.parametrize(
    ("a", "b", "usual_ms"),
    [
        ("us-east-1", "eu-central-1", 90),
        ("us-east-1", "us-west-2", 65),
        ("us-east-1", "ap-northeast-1", 150),
        ("us-east-1", "sa-east-1", 115),
        ("eu-west-2", "ap-southeast-1", 170),
        ("ap-southeast-1", "ap-southeast-2", 92),
        ("eu-central-1", "ap-northeast-1", 225),
    ],
)
def test_the_guess_is_near_what_clouds_usually_see(a: str, b: str, usual_ms: float) -> None:
    guess_ms = rtt_guess_ms(place(a), place(b))
    assert rtt_floor_ms(distance_km(place(a), place(b))) < usual_ms
    assert usual_ms / 1.7 <= guess_ms <= usual_ms * 1.7


def test_one_city_is_near_itself() -> None:
    assert rtt_guess_ms(place("ams"), place("europe-west4")) == SAME_CITY_RTT_MS


def test_every_place_is_on_earth_and_every_code_a_valid_name() -> None:
    assert len(PLACES) > 140
    for code, spot in PLACES.items():
        assert name_problem(code) is None
        assert -90 <= spot.latitude <= 90
        assert -180 <= spot.longitude <= 180


def test_an_unknown_region_is_told_with_its_neighbours() -> None:
    with pytest.raises(OperatorError, match="did you mean us-east-1") as caught:
        place("us-east1")
    assert caught.value.param == "region"
    assert "ams" in str(region_problem("AMS"))
    assert "such as ams" in str(region_problem("the moon, its far side"))
    assert len(str(region_problem("x" * 100_000))) < 200
    assert region_problem("ams") is None


@given(SPOTS, SPOTS, SPOTS)
def test_distance_is_a_metric(a: Place, b: Place, c: Place) -> None:
    assert distance_km(a, a) == 0.0
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0.0 <= distance_km(a, b) <= EARTH_RADIUS_KM * 3.1416
    assert distance_km(a, c) <= distance_km(a, b) + distance_km(b, c) + 1e-3
