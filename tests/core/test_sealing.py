"""Sealed secrets open for whom they were sealed, and for nobody else."""

import base64
import random
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from weftline_core.errors import OperatorError
from weftline_core.sealed_form import KEY_ID_CHARS, NONCE_BYTES, key_id_of, read, written
from weftline_core.sealing import (
    KEY_BYTES,
    KEYS_MAX,
    Keyring,
    SealingKey,
    new_nonce,
    new_sealing_key,
    read_keys,
)

OLD, NEW, STRANGE = (SealingKey(bytes([n]) * KEY_BYTES) for n in (1, 2, 3))
RING = Keyring([NEW, OLD])
NONCE = bytes(range(NONCE_BYTES))
SECRET = "sk-live-0123456789"
SEALED_WITHOUT_HOSTS = (
    "weft1.51af2ec52523.AAECAwQFBgcICQoLNGn7d6yTpza9cKW4hdxOWrvvScSfic_nNI_29rl0k5c8Mg"
)
SECRETS = st.text("abcXYZ019-_.:{} ", min_size=1, max_size=60)
NAMES = st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True)
NONCES = st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES)


def seal(ring: Keyring = RING) -> str:
    return ring.seal(SECRET, name="main", provider="openai", nonce=NONCE)


@given(SECRETS, NAMES, NAMES, NONCES)
def test_there_and_back(secret: str, name: str, provider: str, nonce: bytes) -> None:
    sealed = RING.seal(secret, name=name, provider=provider, nonce=nonce)
    assert RING.open(sealed, name=name, provider=provider) == secret
    assert secret not in sealed or len(secret) <= 5, "a short one may occur by chance"


@given(NAMES, NAMES, NAMES, NAMES)
def test_it_cannot_be_moved(name: str, provider: str, name2: str, provider2: str) -> None:
    assume((name, provider) != (name2, provider2))
    sealed = RING.seal(SECRET, name=name, provider=provider, nonce=NONCE)
    with pytest.raises(OperatorError, match="another name or provider") as refused:
        RING.open(sealed, name=name2, provider=provider2)
    assert SECRET not in refused.value.message
    assert sealed not in refused.value.message


@given(NAMES, NAMES, st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3))
def test_its_hosts_cannot_be_changed(
    name: str, provider: str, hosts: list[str], others: list[str]
) -> None:
    sealed = RING.seal(SECRET, name=name, provider=provider, hosts=hosts, nonce=NONCE)
    again = list(reversed(hosts))
    assert RING.open(sealed, name=name, provider=provider, hosts=again) == SECRET
    assume(sorted(hosts) != sorted(others))
    with pytest.raises(OperatorError, match="other hosts"):
        RING.open(sealed, name=name, provider=provider, hosts=others)


def test_what_was_sealed_before_there_were_hosts_still_opens() -> None:
    ring = Keyring([SealingKey(bytes(range(32)))])
    assert ring.open(SEALED_WITHOUT_HOSTS, name="main", provider="openai") == SECRET


@given(st.data())
def test_no_change_goes_unnoticed(data: st.DataObject) -> None:
    found = read(seal())
    assert found is not None
    key_id, box = found
    at = data.draw(st.integers(0, len(box) - 1))
    changed = bytearray(box)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(OperatorError, match="damaged"):
        RING.open(written(key_id, bytes(changed)), name="main", provider="openai")


def test_the_first_key_seals_and_every_key_opens() -> None:
    before = seal(Keyring([OLD]))
    assert key_id_of(before) == OLD.id
    assert key_id_of(seal()) == NEW.id
    assert RING.open(before, name="main", provider="openai") == SECRET
    assert RING.ids == (NEW.id, OLD.id)


def test_a_key_that_is_not_here_is_named() -> None:
    sealed = seal(Keyring([STRANGE]))
    with pytest.raises(OperatorError) as refused:
        RING.open(sealed, name="main", provider="openai")
    assert STRANGE.id in refused.value.message
    assert NEW.id in refused.value.message
    assert sealed not in refused.value.message


def test_a_key_id_tells_nothing_of_the_key() -> None:
    assert len(NEW.id) == KEY_ID_CHARS
    assert NEW.id not in (bytes([2]) * KEY_BYTES).hex()
    assert len({OLD.id, NEW.id, STRANGE.id}) == 3
    assert "\\x02" not in repr(NEW)


def test_what_was_never_sealed_is_not_quoted() -> None:
    with pytest.raises(OperatorError) as refused:
        RING.open("sk-live-123", name="main", provider="openai")
    assert "sk-live" not in refused.value.message


@pytest.mark.parametrize(
    "act",
    [
        lambda: SealingKey(b"short"),
        lambda: Keyring([]),
        lambda: Keyring([OLD] * (KEYS_MAX + 1)),
        lambda: RING.seal("", name="n", provider="p", nonce=NONCE),
        lambda: RING.seal("two\nlines", name="n", provider="p", nonce=NONCE),
    ],
)
def test_what_an_operator_may_get_wrong(act: Callable[[], object]) -> None:
    with pytest.raises(OperatorError):
        act()


def test_a_short_nonce_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="nonce"):
        RING.seal(SECRET, name="n", provider="p", nonce=b"short")


def test_a_key_file() -> None:
    rng = random.Random(4)
    first, second = new_sealing_key(rng), new_sealing_key(rng)
    keys = read_keys(f"# the mesh's keys\n\n{first}   # since May\n{second}\n")
    assert [key.id for key in keys] == [read_keys(k)[0].id for k in (first, second)]
    assert len(base64.b64decode(first)) == KEY_BYTES
    assert read_keys("\n# nothing\n") == []
    assert len(new_nonce(rng)) == NONCE_BYTES
    assert new_nonce(rng) != new_nonce(rng)


@pytest.mark.parametrize(
    ("text", "said"), [("\nnot base64!", "line 2 is no base64"), ("AAAA", "line 1: a sealing key")]
)
def test_a_wrong_line_is_told_by_its_number(text: str, said: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read_keys(text)
    assert said in refused.value.message
    assert text.strip() not in refused.value.message
