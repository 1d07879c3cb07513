"""What headers wish of the mesh, by both their names; what is wrong names its header."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.cost import CustomCost
from weftline_core.errors import CallerError
from weftline_core.wishes import (
    ATTEMPTS_ASKED_MAX,
    METADATA_ENTRIES_MAX,
    NO_WISHES,
    OUR_HEADERS,
    RETRY_DELAY_MS_MAX,
    TIMEOUT_MS_MAX,
    VALUE_CHARS_MAX,
    Backoff,
    Wishes,
    wishes_of,
)

PREFIXES = (b"x-weft-", b"cf-aig-")
SECRET = b"sk-live-0123456789"

# A header's name after its prefix, a value, and what it means.
MEANT: list[tuple[bytes, bytes, Wishes]] = [
    (b"metadata", b'{"team":"a","n":7}', Wishes(metadata={"team": "a", "n": 7})),
    (b"metadata", b'{"f":0.5,"ok":true}', Wishes(metadata={"f": 0.5, "ok": True})),
    (b"event-id", b"mine", Wishes(event_id="mine")),
    (b"request-timeout", b"1500", Wishes(first_content_s=1.5)),
    (b"max-attempts", b"4", Wishes(attempts_max=4)),
    (b"retry-delay", b"250", Wishes(retry_delay_s=0.25)),
    (b"retry-delay", b"0", Wishes()),
    (b"backoff", b"Exponential", Wishes(backoff="exponential")),
    (b"backoff", b"linear", Wishes(backoff="linear")),
    (b"collect-log", b"false", Wishes(collect_log=False)),
    (b"collect-log", b"TRUE", Wishes()),
    (b"collect-log-payload", b"false", Wishes()),
    (b"byok-alias", b"team-a", Wishes(key_alias="team-a")),
    (
        b"custom-cost",
        b'{"total_cost":0.5}',
        Wishes(custom_cost=CustomCost(total_cost=Decimal("0.5"))),
    ),
]

# Values that no such header may have.
WRONG: list[tuple[bytes, bytes]] = [
    (b"metadata", b"team=a"),
    (b"metadata", b"[1]"),
    (b"metadata", b'{"a":{"b":1}}'),
    (b"metadata", b'{"a":null}'),
    (b"metadata", b"\xff"),
    (b"metadata", b'{"1":1,"2":2,"3":3,"4":4,"5":5,"6":[]}'),
    (b"request-timeout", b"0"),
    (b"request-timeout", b"%d" % (TIMEOUT_MS_MAX + 1)),
    (b"request-timeout", b"1.5"),
    (b"request-timeout", b"-1"),
    (b"request-timeout", b""),
    (b"request-timeout", "٣".encode()),
    (b"request-timeout", b"9" * 5000),
    (b"max-attempts", b"0"),
    (b"max-attempts", b"%d" % (ATTEMPTS_ASKED_MAX + 1)),
    (b"retry-delay", b"%d" % (RETRY_DELAY_MS_MAX + 1)),
    (b"retry-delay", b"soon"),
    (b"backoff", b"slowly"),
    (b"collect-log", b"no"),
    (b"collect-log-payload", b"0"),
    (b"custom-cost", b"free"),
    (b"custom-cost", b"{}"),
    (b"custom-cost", b'{"per_token_in":1}'),
    (b"custom-cost", b'{"total_cost":-1}'),
]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("name", "value", "meant"), MEANT)
def test_each_header_is_read_by_both_its_names(
    prefix: bytes, name: bytes, value: bytes, meant: Wishes
) -> None:
    assert wishes_of({prefix + name: value}) == meant


@pytest.mark.parametrize(("name", "value", "meant"), MEANT)
def test_our_own_name_wins(name: bytes, value: bytes, meant: Wishes) -> None:
    theirs = next((v for n, v in WRONG if n == name), b"another")
    for headers in (
        {b"cf-aig-" + name: theirs, b"x-weft-" + name: value},
        {b"x-weft-" + name: value, b"cf-aig-" + name: theirs},
    ):
        assert wishes_of(headers) == meant


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_told_by_its_header(prefix: bytes, name: bytes, value: bytes) -> None:
    with pytest.raises(CallerError) as told:
        wishes_of({prefix + name: value})
    assert f"'cf-aig-{name.decode()}'" in told.value.message
    assert f"'x-weft-{name.decode()}'" in told.value.message
    assert told.value.status == 400


def test_a_header_of_ours_that_does_not_exist_is_told() -> None:
    with pytest.raises(CallerError, match="did you mean 'x-weft-cache-ttl'") as told:
        wishes_of({b"x-weft-cache-tl": b"60"})
    assert told.value.param == "x-weft-cache-tl"
    assert wishes_of({b"cf-aig-no-such-thing": b"1"}) == NO_WISHES


@pytest.mark.parametrize("name", sorted({name for name, _, _ in MEANT}))
def test_every_wish_is_a_header_of_ours(name: bytes) -> None:
    assert f"x-weft-{name.decode()}" in OUR_HEADERS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, SECRET) for name in dict.fromkeys(name for name, _ in WRONG)),
        (b"metadata", b'{"%b":[]}' % SECRET),
        (b"custom-cost", b'{"%b":1}' % SECRET),
        (b"custom-cost", b'{"total_cost":"%b"}' % SECRET),
    ],
)
def test_a_wrong_value_is_never_shown(name: bytes, value: bytes) -> None:
    with pytest.raises(CallerError) as told:
        wishes_of({b"x-weft-" + name: value})
    assert SECRET.decode() not in f"{told.value.message} {told.value.param}"


def test_who_wishes_nothing_costs_nothing() -> None:
    assert wishes_of({b"authorization": b"Bearer k", b"cf-ray": b"1"}) is NO_WISHES
    assert wishes_of({}) is NO_WISHES
    assert wishes_of({b"x-weft-cache": b"skip"}) == NO_WISHES


def test_metadata_is_kept_within_bounds() -> None:
    many = {f"k{i}": i for i in range(METADATA_ENTRIES_MAX + 2)}
    kept = wishes_of({b"cf-aig-metadata": json.dumps(many).encode()}).metadata
    assert list(kept.items()) == list(many.items())[:METADATA_ENTRIES_MAX]
    long = {"n" * 2000: "v" * 2000}
    kept = wishes_of({b"cf-aig-metadata": json.dumps(long).encode()}).metadata
    assert kept == {"n" * VALUE_CHARS_MAX: "v" * VALUE_CHARS_MAX}
    assert wishes_of({b"cf-aig-event-id": b"e" * 2000}).event_id == "e" * VALUE_CHARS_MAX


@pytest.mark.parametrize(
    ("backoff", "delays_s"),
    [("constant", [0.5, 0.5, 0.5]), ("linear", [0.5, 1.0, 1.5]), ("exponential", [0.5, 1.0, 2.0])],
)
def test_pauses_grow_as_asked(backoff: Backoff, delays_s: list[float]) -> None:
    wishes = Wishes(retry_delay_s=0.5, backoff=backoff)
    assert [wishes.delay_s(nth) for nth in (1, 2, 3)] == delays_s


NAMES = st.sampled_from([prefix + name for prefix in PREFIXES for name, *_ in MEANT])
VALUES = st.binary(max_size=30) | st.sampled_from([value for _, value, _ in MEANT])


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_headers_are_read_within_bounds_or_refused(headers: dict[bytes, bytes]) -> None:
    try:
        wishes = wishes_of(headers)
    except CallerError:
        return
    assert len(wishes.metadata) <= METADATA_ENTRIES_MAX
    assert wishes.attempts_max is None or 1 <= wishes.attempts_max <= ATTEMPTS_ASKED_MAX
    assert 0 <= wishes.retry_delay_s <= RETRY_DELAY_MS_MAX / 1000
    assert wishes.first_content_s is None or 0 < wishes.first_content_s <= TIMEOUT_MS_MAX / 1000
    assert wishes.backoff in ("constant", "linear", "exponential")
