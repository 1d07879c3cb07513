"""Keys, however they are shown, and strangers."""

import pytest

from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Key, ref
from weftline_core.errors import Unauthenticated
from weftline_core.keys import digest
from weftline_node.ingress.auth import KEY_BYTES_MAX, KEYS_REMEMBERED_MAX, Authenticator

PEPPER = b"pepper"
KEY = Key(name="k", digest=digest(PEPPER, "weft-1"), tenant="acme")


def authenticator(*keys: Key) -> Authenticator:
    keeper = Authenticator(PEPPER)
    keeper.swap(Catalog.of(Desired(revision=1, resources={ref(k): k for k in keys})))
    return keeper


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": b"Bearer weft-1"},
        {b"authorization": b"bearer  weft-1 "},
        {b"x-api-key": b"weft-1"},
        {b"api-key": b"weft-1"},
    ],
)
def test_a_key_is_known_however_it_is_shown(headers: dict[bytes, bytes]) -> None:
    keeper = authenticator(KEY)
    assert keeper.key(headers) is KEY
    assert keeper.key(headers) is KEY


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "no key"),
        ({b"x-api-key": b""}, "no key"),
        ({b"authorization": b"Basic weft-1"}, "Bearer KEY"),
        ({b"authorization": b"Bearer "}, "no key"),
        ({b"authorization": b"Bearer weft-2"}, "not known"),
        ({b"authorization": b"Bearer \xff\xfe"}, "not known"),
        ({b"authorization": b"Bearer " + b"w" * (KEY_BYTES_MAX + 1)}, "not known"),
        ({b"authorization": b"Bearer weft-2", b"x-api-key": b"weft-1"}, "not known"),
    ],
)
def test_strangers_are_told_what_to_do_and_never_what_they_sent(
    headers: dict[bytes, bytes], words: str
) -> None:
    with pytest.raises(Unauthenticated, match=words) as caught:
        authenticator(KEY).key(headers)
    assert "weft-2" not in caught.value.message
    assert caught.value.status == 401


def test_a_key_taken_away_opens_nothing_more() -> None:
    keeper = authenticator(KEY)
    keeper.key({b"x-api-key": b"weft-1"})
    keeper.swap(Catalog.of(Desired.EMPTY))
    with pytest.raises(Unauthenticated):
        keeper.key({b"x-api-key": b"weft-1"})


def test_what_is_remembered_is_bounded() -> None:
    names = [f"weft-{i}" for i in range(KEYS_REMEMBERED_MAX + 1)]
    keeper = authenticator(*(Key(name=f"k{n}", digest=digest(PEPPER, n)) for n in names))
    for name in names:
        keeper.key({b"x-api-key": name.encode()})
    assert keeper.remembered <= KEYS_REMEMBERED_MAX


def test_a_key_behind_much_white_space_is_known_and_not_remembered() -> None:
    keeper = authenticator(KEY)
    keeper.key({b"authorization": b"Bearer weft-1"})
    for more in range(10):
        padded = b"Bearer" + b" " * (KEY_BYTES_MAX + more) + b"weft-1"
        assert keeper.key({b"authorization": padded}) == KEY
    assert keeper.remembered == 1
