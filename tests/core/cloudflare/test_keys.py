"""Which key is ours and which is the client's own."""

import pytest

from weftline_core.cloudflare.keys import borrowed_key, own_key, shown_key

OURS = b"cf-aig-authorization"


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({OURS: b"Bearer ours", b"authorization": b"Bearer theirs"}, b"ours"),
        ({b"authorization": b"bearer ours"}, b"ours"),
        ({b"x-api-key": b"ours"}, b"ours"),
        ({b"authorization": b"Basic x"}, b""),
        ({}, b""),
    ],
)
def test_who_asks(headers: dict[bytes, bytes], shown: bytes) -> None:
    assert shown_key(headers) == shown


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({b"authorization": b"Bearer theirs"}, "theirs"),
        ({b"x-api-key": b"theirs"}, "theirs"),
        ({b"x-goog-api-key": b"theirs"}, "theirs"),
        ({b"api-key": b"theirs"}, "theirs"),
        # An SDK that must have a key was given ours a second time.
        ({b"authorization": b"Bearer ours"}, None),
        ({b"authorization": b"Bearer ours", b"x-api-key": b"theirs"}, "theirs"),
        # A signature is good for one request only.
        ({b"authorization": b"AWS4-HMAC-SHA256 Credential=x"}, None),
        ({}, None),
    ],
)
def test_a_key_beside_ours(headers: dict[bytes, bytes], own: str | None) -> None:
    assert own_key(headers, b"ours") == own
    assert borrowed_key({OURS: b"Bearer ours", **headers}) == own


def test_a_key_alone_is_ours() -> None:
    assert borrowed_key({b"authorization": b"Bearer x", b"x-api-key": b"y"}) is None
