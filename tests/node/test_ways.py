"""From a plan to ways: whose keys, in which dialect, how often; and why there may be none."""

from typing import Any

import msgspec
import pytest

from tests.fakes.pop import CHAT, endpoint, step
from tests.fakes.wires import HandClock
from weftline_core.ask import Ask, Unfit
from weftline_core.attempts import Blame, Step
from weftline_core.catalog import Catalog
from weftline_core.counting import CountAsk
from weftline_core.desired import Credential, Desired, Endpoint, Model
from weftline_core.dialects.chat.back import BACK as CHAT_BACK
from weftline_core.dialects.chat.front import FRONT as CHAT_FRONT
from weftline_core.dialects.dialect import NO_ARGS
from weftline_core.dialects.messages.back import BACK as MESSAGES_BACK
from weftline_core.dialects.messages.front import FRONT as MESSAGES_FRONT
from weftline_core.errors import CallerError, MeshError, Unavailable, UpstreamRateLimited
from weftline_core.failures import Failure
from weftline_core.hosts import Host
from weftline_core.routing import LeftOut, Plan
from weftline_core.wishes import NO_WISHES, Wishes
from weftline_node.asked import Alternative
from weftline_node.credentials import Opener
from weftline_node.dial import NO_SECRET, DialTable, Way
from weftline_node.ways import RETRY_S_MIN, WayFinder

ENVIRON = {"KEY_1": "sk-1", "KEY_2": "sk-2", "KEY_3": "sk-3", "OWN": "sk-own"}
KEYS = (
    Credential(name="one", provider="openish", env="KEY_1"),
    Credential(name="two", provider="openish", env="KEY_2"),
    Credential(name="team", provider="openish", env="KEY_3", alias="team-a"),
)
PROVIDERS = {
    "openish": Host(name="openish", speaks=(CHAT_BACK,)),
    "claudish": Host(name="claudish", speaks=(MESSAGES_BACK,), counts=frozenset({"messages"})),
    "uncounted": Host(name="uncounted", speaks=(MESSAGES_BACK,)),
}
KEYED = msgspec.structs.replace(
    endpoint("a", "http://a/v1", provider="openish"), credentials=("one", "two", "team")
)
PLAIN = endpoint("b", "http://b/v1", provider="openish")
OWN = endpoint("o", "http://o/v1", provider="openish", secret="env:OWN")
CLAUDE = endpoint("c", "http://c/v1", provider="claudish")
NO_KEY = endpoint("n", "http://n/v1", provider="openish", secret="env:MISSING")
SAID: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]


class Planned:
    """Plans what it is told to."""

    def __init__(self, *endpoints: Endpoint, left_out: tuple[LeftOut, ...] = ()) -> None:
        self.steps = tuple(step(one) for one in endpoints)
        self.left_out = left_out

    def plan(self, model: Model) -> Plan:
        return Plan(model=model.name, policy="latency", steps=self.steps, left_out=self.left_out)


class Found:
    """A finder of ways to these endpoints, in their order."""

    def __init__(self, *endpoints: Endpoint, keys: tuple[Credential, ...] = KEYS) -> None:
        self.clock = HandClock()
        self.finder = WayFinder(Planned(*endpoints), self.clock)
        catalog = Catalog.of(Desired.EMPTY.changed((CHAT, *keys, *endpoints), (), 1))
        self.finder.swap(DialTable.of(catalog, PROVIDERS, Opener.of(ENVIRON)))

    def ways(self, one: Alternative | None = None) -> tuple[Way, ...]:
        return self.finder.find(one or alternative(), CHAT)

    def fail(self, way: Way, failure: Failure, wait_s: float | None = None) -> None:
        blame = Blame(way.dial.name, failure, wait_s)
        self.finder.rings.blame(way, blame, self.clock.at_s)

    def refusal(self, one: Alternative | None = None) -> MeshError:
        with pytest.raises(MeshError) as told:
            self.ways(one)
        return told.value


def alternative(
    wishes: Wishes = NO_WISHES,
    *,
    only: str | None = None,
    borrowed: str | None = None,
    counts: bool = False,
    **more: Any,
) -> Alternative:
    front = MESSAGES_FRONT if counts else CHAT_FRONT
    body: dict[str, object] = {"model": CHAT.name, "messages": SAID}
    request = front.request(body | more, NO_ARGS)
    ask = (CountAsk if counts else Ask)(front, request)
    return Alternative(ask=ask, wishes=wishes, names=(CHAT.name,), only=only, borrowed=borrowed)


def shown(ways: tuple[Way, ...]) -> list[tuple[str, str]]:
    return [(way.dial.name, way.secret.value) for way in ways]


def test_ways_are_the_plans_with_each_endpoints_keys() -> None:
    found = Found(PLAIN, KEYED, OWN)
    assert shown(found.ways()) == [("b", ""), ("a", "sk-1"), ("a", "sk-2"), ("o", "sk-own")]


def test_an_endpoint_that_cannot_be_dialled_is_passed_over() -> None:
    assert shown(Found(NO_KEY, PLAIN).ways()) == [("b", "")]


def test_a_key_that_rests_is_passed_over() -> None:
    found = Found(KEYED)
    found.fail(found.ways()[0], Failure.QUOTA)
    assert shown(found.ways()) == [("a", "sk-2")]


def test_an_alias_chooses_keys() -> None:
    found = Found(KEYED, OWN, PLAIN)
    team = alternative(Wishes(key_alias="team-a"))
    assert shown(found.ways(team)) == [("a", "sk-3"), ("b", "")]


def test_an_alias_that_nobody_has_is_the_callers_mistake() -> None:
    for endpoints in ((KEYED,), (OWN,)):
        error = Found(*endpoints).refusal(alternative(Wishes(key_alias="s3cret")))
        assert isinstance(error, CallerError)
        assert "'cf-aig-byok-alias'" in error.message
        assert "s3cret" not in error.message


def test_one_provider_may_be_wanted() -> None:
    found = Found(PLAIN, CLAUDE)
    assert shown(found.ways(alternative(only="claudish"))) == [("c", "")]
    error = found.refusal(alternative(only="nobody"))
    assert isinstance(error, Unavailable)
    assert "at the provider" in error.message


def test_a_clients_own_key_goes_to_each_endpoint_once_and_is_kept_nowhere() -> None:
    found = Found(KEYED, OWN)
    ways = found.ways(alternative(borrowed="sk-theirs"))
    assert shown(ways) == [("a", "sk-theirs"), ("o", "sk-theirs")]
    assert {way.secret.name for way in ways} == {NO_SECRET.name}
    ask = alternative().ask
    for way in ways:
        assert b"sk-theirs" in way.request(ask, b"{}", "req_1", 0.0)
    for way in found.ways():
        assert b"sk-theirs" not in way.request(ask, b"{}", "req_1", 0.0)


def test_a_clients_own_key_is_used_where_all_of_ours_rest() -> None:
    found = Found(KEYED)
    for way in found.ways():
        found.fail(way, Failure.DENIED)
    assert shown(found.ways(alternative(borrowed="sk-theirs"))) == [("a", "sk-theirs")]


def test_tokens_are_counted_with_the_clients_own_key_too() -> None:
    keys = (Credential(name="one", provider="claudish", env="KEY_1"),)
    found = Found(msgspec.structs.replace(CLAUDE, credentials=("one",)), keys=keys)
    assert shown(found.ways(alternative(counts=True))) == [("c", "sk-1")]
    own = alternative(counts=True, borrowed="sk-theirs")
    assert shown(found.ways(own)) == [("c", "sk-theirs")]


def test_tokens_are_counted_only_where_it_costs_nothing() -> None:
    uncounted = endpoint("u", "http://u/v1", provider="uncounted")
    assert shown(Found(PLAIN, uncounted, CLAUDE).ways(alternative(counts=True))) == [("c", "")]
    assert Found(PLAIN, uncounted).ways(alternative(counts=True)) == ()
    assert Found().ways(alternative(counts=True)) == ()


def test_what_cannot_carry_the_request_is_left_out() -> None:
    two = alternative(n=2)
    assert shown(Found(CLAUDE, PLAIN).ways(two)) == [("b", "")]
    error = Found(CLAUDE).refusal(two)
    assert isinstance(error, Unfit)
    assert error.param == "n"


def test_where_the_clients_dialect_is_spoken_first_the_request_is_not_read() -> None:
    odd = alternative(messages="nonsense")
    assert shown(Found(PLAIN, CLAUDE).ways(odd)) == [("b", ""), ("c", "")]
    error = Found(CLAUDE, PLAIN).refusal(odd)
    assert (type(error), error.param) == (CallerError, "messages")


@pytest.mark.parametrize(
    ("attempts", "tried"), [(1, ["b"]), (2, ["b", "o"]), (5, ["b", "o", "b", "o", "b"])]
)
def test_a_client_says_how_often_to_try(attempts: int, tried: list[str]) -> None:
    wishes = Wishes(attempts_max=attempts, retry_delay_s=0.5, backoff="linear")
    ways = Found(PLAIN, OWN).ways(alternative(wishes))
    assert [way.dial.name for way in ways] == tried
    assert [way.step.again for way in ways] == [False, False, True, True, True][:attempts]
    assert [way.step.wait_s for way in ways] == [0.0, 0.0, 0.5, 1.0, 1.5][:attempts]
    assert [way.step for way in ways[:2]] == [Step("b"), Step("o")][:attempts]


def test_an_empty_plan_says_why() -> None:
    finder = WayFinder(Planned(left_out=(LeftOut("a", "is draining"),)), HandClock())
    with pytest.raises(Unavailable, match="a is draining"):
        finder.find(alternative(), CHAT)


def test_with_none_to_dial_the_operator_sees_why() -> None:
    error = Found(NO_KEY).refusal()
    assert isinstance(error, Unavailable)
    assert "its operator sees why" in error.message
    assert "MISSING" not in error.message


@pytest.mark.parametrize(
    ("failures", "status", "wait_s"),
    [
        ([(Failure.RATE_LIMITED, 7.0), (Failure.RATE_LIMITED, 9.0)], 429, 7.0),
        ([(Failure.RATE_LIMITED, 0.2), (Failure.QUOTA, None)], 429, RETRY_S_MIN),
        ([(Failure.RATE_LIMITED, 90.0), (Failure.QUOTA, 60.0)], 503, 60.0),
        ([(Failure.DENIED, None), (Failure.RATE_LIMITED, 7.0)], 429, 7.0),
        ([(Failure.DENIED, None), (Failure.QUOTA, 60.0)], 503, 10.0),
        ([(Failure.DENIED, None), (Failure.DENIED, None)], 503, 10.0),
    ],
)
def test_when_all_keys_rest_the_soonest_decides_what_the_client_is_told(
    failures: list[tuple[Failure, float | None]], status: int, wait_s: float | None
) -> None:
    found = Found(KEYED, NO_KEY)
    ways = found.ways()
    for way, (failure, asked_s) in zip(ways, failures, strict=True):
        found.fail(way, failure, asked_s)
    error = found.refusal()
    assert (error.status, error.retry_after_s) == (status, wait_s)
    assert "every key" in error.message
    assert isinstance(error, UpstreamRateLimited if status == 429 else Unavailable)
    assert not [secret for secret in ENVIRON.values() if secret in error.message]


def test_a_key_at_our_own_limit_is_a_limit_of_the_rate() -> None:
    key = Credential(name="one", provider="openish", env="KEY_1", requests_per_minute=1)
    found = Found(msgspec.structs.replace(KEYED, credentials=("one",)), keys=(key,))
    found.finder.rings.took(found.ways()[0], found.clock.at_s)
    error = found.refusal()
    assert (error.status, error.retry_after_s) == (429, 61.0)
    found.clock.at_s += 61.0
    assert len(found.ways()) == 1
