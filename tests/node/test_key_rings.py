"""Which endpoints have rings, whose keys go first, and who is to blame for a failed one."""

import msgspec
import pytest

from tests.fakes.pop import CHAT, PROVIDERS, endpoint
from weftline_core.attempts import Blame
from weftline_core.catalog import Catalog
from weftline_core.desired import Credential, Desired, Endpoint
from weftline_core.failures import MEANINGS, Failure
from weftline_core.key_ring import QUOTA_COOL_S
from weftline_node.credentials import NamedSecret, Opener
from weftline_node.dial import NO_SECRET, DialTable, Way
from weftline_node.key_rings import KeyRings

ENVIRON = {"KEY_1": "sk-1", "KEY_2": "sk-2", "KEY_3": "sk-3", "OWN": "sk-own"}
ONE = Credential(name="one", provider="selfhosted", env="KEY_1")
TWO = Credential(name="two", provider="selfhosted", env="KEY_2")
TEAM = Credential(name="team", provider="selfhosted", env="KEY_3", alias="team-a")
KEYED = msgspec.structs.replace(endpoint("a", "http://a/v1"), credentials=("one", "two", "team"))


def table(*endpoints: Endpoint, keys: tuple[Credential, ...] = (ONE, TWO, TEAM)) -> DialTable:
    catalog = Catalog.of(Desired.EMPTY.changed((CHAT, *keys, *endpoints), (), 1))
    return DialTable.of(catalog, PROVIDERS, Opener.of(ENVIRON))


def ways(dials: DialTable, name: str = "a") -> tuple[Way, ...]:
    dial = dials.get(name)
    assert dial is not None
    return dial.ways(CHAT.name, "chat")


def rings_of(dials: DialTable) -> KeyRings:
    rings = KeyRings()
    rings.swap(dials)
    return rings


def names(found: tuple[Way, ...]) -> list[str]:
    return [way.secret.name for way in found]


def failed(failure: Failure, wait_s: float | None = None) -> Blame:
    return Blame("a", failure, wait_s)


def test_an_endpoint_with_credentials_has_a_ring_and_no_other() -> None:
    single = msgspec.structs.replace(endpoint("b", "http://b/v1"), credentials=("one",))
    own = endpoint("c", "http://c/v1", secret="env:OWN")
    free = endpoint("d", "http://d/v1")
    rings = rings_of(table(KEYED, single, own, free))
    assert set(rings.states(0.0)) == {"a", "b"}
    assert rings
    assert not rings_of(table(own, free))


def test_keys_take_turns_within_their_alias() -> None:
    dials = table(KEYED)
    rings, all_ways = rings_of(dials), ways(dials)
    assert names(rings.order(all_ways, 0.0, None)) == ["one", "two"]
    rings.took(rings.order(all_ways, 0.0, None)[0], 0.0)
    assert names(rings.order(all_ways, 0.0, "default")) == ["two", "one"]
    assert names(rings.order(all_ways, 0.0, "team-a")) == ["team"]
    assert rings.order(all_ways, 0.0, "team-b") == ()
    assert rings.order((), 0.0, None) == ()


def test_an_endpoints_own_key_has_the_usual_alias_and_none_fits_all() -> None:
    dials = table(endpoint("c", "http://c/v1", secret="env:OWN"), endpoint("d", "http://d/v1"))
    rings = rings_of(dials)
    own, free = ways(dials, "c"), ways(dials, "d")
    assert rings.order(own, 0.0, None) == rings.order(own, 0.0, "default") == own
    assert rings.order(own, 0.0, "team-a") == ()
    assert rings.order(free, 0.0, "team-a") == free


def test_a_key_that_fails_rests_and_the_endpoint_is_not_to_blame_while_another_is_left() -> None:
    dials = table(KEYED)
    rings, (one, two, _) = rings_of(dials), ways(dials)
    assert rings.blame(one, failed(Failure.RATE_LIMITED, 5.0), 0.0)
    assert names(rings.order(ways(dials), 1.0, None)) == ["two"]
    assert not rings.blame(two, failed(Failure.RATE_LIMITED, 9.0), 0.0)
    assert rings.order(ways(dials), 1.0, None) == ()
    assert names(rings.order(ways(dials), 6.0, None)) == ["one"]


def test_keys_of_another_alias_are_no_help() -> None:
    dials = table(KEYED)
    rings, (one, two, team) = rings_of(dials), ways(dials)
    assert not rings.blame(team, failed(Failure.DENIED), 0.0), "'one' and 'two' are not its twins"
    assert rings.blame(one, failed(Failure.DENIED), 0.0)
    assert not rings.blame(two, failed(Failure.DENIED), 0.0)


def test_a_single_credential_rests_too() -> None:
    single = msgspec.structs.replace(KEYED, credentials=("one",))
    dials = table(single)
    rings, (way,) = rings_of(dials), ways(dials)
    assert not rings.blame(way, failed(Failure.QUOTA), 0.0)
    assert rings.order((way,), QUOTA_COOL_S - 1, None) == ()
    assert rings.order((way,), QUOTA_COOL_S + 1, None) == (way,)


@pytest.mark.parametrize("failure", [f for f in Failure if not MEANINGS[f].of_key])
def test_what_is_not_about_the_key_is_the_endpoints(failure: Failure) -> None:
    dials = table(KEYED)
    rings, (one, *_) = rings_of(dials), ways(dials)
    assert not rings.blame(one, failed(failure), 0.0)
    assert names(rings.order(ways(dials), 0.0, None)) == ["one", "two"]


@pytest.mark.parametrize("failure", [f for f in Failure if MEANINGS[f].of_key])
def test_a_clients_own_key_is_nobody_elses_fault(failure: Failure) -> None:
    dials = table(KEYED, endpoint("d", "http://d/v1"))
    rings = rings_of(dials)
    for name in ("a", "d"):
        borrowed = NamedSecret(NO_SECRET.name, "sk-theirs")
        way = msgspec.structs.replace(ways(dials, name)[0], secret=borrowed)
        rings.took(way, 0.0)
        rings.succeeded(way, 9, 0.0)
        assert rings.blame(way, failed(failure), 0.0)
    assert {state.standing for state in rings.states(0.0)["a"]} == {"ready"}


def test_a_refused_key_of_an_endpoint_without_ring_is_the_endpoints_fault() -> None:
    own = endpoint("c", "http://c/v1", secret="env:OWN")
    dials = table(own, endpoint("d", "http://d/v1"))
    rings = rings_of(dials)
    for name in ("c", "d"):
        assert not rings.blame(ways(dials, name)[0], failed(Failure.DENIED), 0.0)


def test_limits_hold_by_requests_and_by_tokens() -> None:
    asks = msgspec.structs.replace(ONE, requests_per_minute=1)
    tokens = msgspec.structs.replace(TWO, tokens_per_minute=10)
    dials = table(KEYED, keys=(asks, tokens, TEAM))
    rings, (one, two, _) = rings_of(dials), ways(dials)
    rings.took(one, 0.0)
    assert names(rings.order(ways(dials), 0.0, None)) == ["two"]
    rings.took(two, 0.0)
    rings.succeeded(two, 10, 0.0)
    assert rings.order(ways(dials), 0.0, None) == ()
    assert {state.standing for state in rings.resting(["a"], 0.0, None)} == {"limited"}
    assert names(rings.order(ways(dials), 62.0, None)) == ["one", "two"]


def test_the_soonest_usable_stands_first_among_those_that_rest() -> None:
    second = msgspec.structs.replace(KEYED, name="b", credentials=("one",))
    dials = table(KEYED, second)
    rings, (one, two, _) = rings_of(dials), ways(dials)
    rings.blame(one, failed(Failure.DENIED), 0.0)
    rings.blame(two, failed(Failure.QUOTA, 30.0), 0.0)
    rings.blame(ways(dials, "b")[0], failed(Failure.RATE_LIMITED, 20.0), 0.0)
    found = rings.resting(["a", "b", "gone"], 5.0, None)
    assert [(state.name, state.standing, state.ready_in_s) for state in found] == [
        ("one", "cooling", 5.0),
        ("one", "cooling", 15.0),
        ("two", "cooling", 25.0),
    ]
    assert rings.resting(["a"], 0.0, "team-b") == []


def test_what_was_seen_of_a_key_outlives_a_new_state() -> None:
    rings = rings_of(table(KEYED))
    dials = table(KEYED)
    rings.blame(ways(dials)[0], failed(Failure.QUOTA), 0.0)
    rings.swap(dials)
    assert names(rings.order(ways(dials), 1.0, None)) == ["two"]
    rings.swap(table())
    assert not rings


def test_states_tell_no_key() -> None:
    told = str(rings_of(table(KEYED)).states(0.0))
    assert "team-a" in told
    assert not [secret for secret in ENVIRON.values() if secret in told]
