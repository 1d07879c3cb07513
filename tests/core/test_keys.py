"""Client keys and their digests."""

import random

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.keys import KEY_BITS, KEY_PREFIX, digest, new_key


def test_a_key_has_its_prefix_and_full_length() -> None:
    key = new_key(random.Random(3))
    assert key.startswith(KEY_PREFIX)
    assert len(key) == len(KEY_PREFIX) + KEY_BITS // 4


def test_the_digest_is_hmac_sha256() -> None:
    # RFC 4231, test case 2.
    assert digest(b"Jefe", "what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_different_keys_never_share_a_digest_however_alike_they_begin(a: str, b: str) -> None:
    same = digest(b"pepper", "x" * 40 + a) == digest(b"pepper", "x" * 40 + b)
    assert same == (a == b)


def test_the_pepper_decides() -> None:
    assert digest(b"a", "key") != digest(b"b", "key")
