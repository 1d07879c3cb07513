"""Providers' keys at rest, encrypted with AES-256-GCM under the mesh's sealing keys.

The desired state travels and is stored in many places, and only nodes that dial hold a sealing
key. A secret is bound to its credential's name, provider and hosts, so that it cannot be put under
another one's, nor shown at a host that whoever sealed it did not name.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from weftline_core.errors import OperatorError
from weftline_core.rng import Rng
from weftline_core.sealed_form import (
    FORMAT,
    KEY_ID_CHARS,
    NONCE_BYTES,
    read,
    sealed_problem,
    secret_problem,
    written,
)

# AES-256.
KEY_BYTES = 32

# A rotation needs two; more are rotations that nobody finished.
KEYS_MAX = 16


class SealingKey:
    """One sealing key. It shows nothing of itself but its id."""

    __slots__ = ("_cipher", "id")

    def __init__(self, key: bytes) -> None:
        """Take 32 bytes.

        Raises:
            OperatorError: they are not 32.
        """
        if len(key) != KEY_BYTES:
            raise OperatorError(
                f"a sealing key is {KEY_BYTES} bytes, not {len(key)}: "
                "make one with `weft credential new-key`"
            )
        named = hmac.new(key, b"weftline sealing key id", hashlib.sha256)
        self.id = named.hexdigest()[:KEY_ID_CHARS]
        self._cipher = AESGCM(key)

    def encrypt(self, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        """Return ciphertext and tag."""
        return self._cipher.encrypt(nonce, plain, bound)

    def decrypt(self, nonce: bytes, box: bytes, bound: bytes) -> bytes:
        """Return what was encrypted.

        Raises:
            InvalidTag: with another key, nonce or binding, or it was changed.
        """
        return self._cipher.decrypt(nonce, box, bound)


class Keyring:
    """The sealing keys of one mesh: the first seals, and all of them open."""

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        """Take the keys, the newest first.

        Raises:
            OperatorError: there is none, or there are more than KEYS_MAX.
        """
        if not keys:
            raise OperatorError("no sealing key: make one with `weft credential new-key`")
        if len(keys) > KEYS_MAX:
            raise OperatorError(f"over {KEYS_MAX} sealing keys (KEYS_MAX)")
        self._first = keys[0]
        self._keys = {key.id: key for key in keys}

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the keys, the one that seals first."""
        return tuple(self._keys)

    def seal(
        self, secret: str, *, name: str, provider: str, nonce: bytes, hosts: Sequence[str] = ()
    ) -> str:
        """Return a secret in its sealed form.

        hosts: of its credential, in any order.
        nonce: 12 bytes that were never used with this key before; at random they suffice for
        billions of secrets.

        Raises:
            OperatorError: the secret is empty, too long, or fits no header.
        """
        if problem := secret_problem(secret):
            raise OperatorError(f"the secret {problem}")
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"a nonce is {NONCE_BYTES} bytes, not {len(nonce)}")
        box = self._first.encrypt(nonce, secret.encode(), _bound(name, provider, hosts))
        return written(self._first.id, nonce + box)

    def open(self, sealed: str, *, name: str, provider: str, hosts: Sequence[str] = ()) -> str:
        """Return the secret of its sealed form.

        Raises:
            OperatorError: it was sealed with a key that is not here, for another credential,
                provider or other hosts, or it is damaged; the text quotes none of it.
        """
        found = read(sealed)
        if found is None:
            raise OperatorError(sealed_problem(sealed) or "sealed cannot be read")
        key_id, box = found
        key = self._keys.get(key_id)
        if key is None:
            raise OperatorError(
                f"it is sealed with the key {key_id}, and here are only {', '.join(self._keys)}"
            )
        nonce, rest = box[:NONCE_BYTES], box[NONCE_BYTES:]
        try:
            return key.decrypt(nonce, rest, _bound(name, provider, hosts)).decode()
        except (InvalidTag, UnicodeDecodeError):
            raise OperatorError(
                "it is damaged, or was sealed for a credential of another name or provider or with "
                "other hosts: seal the secret again"
            ) from None


def new_sealing_key(rng: Rng) -> str:
    """Return a fresh sealing key as text. `rng` must be a cryptographic source outside tests."""
    return base64.b64encode(rng.getrandbits(8 * KEY_BYTES).to_bytes(KEY_BYTES)).decode()


def new_nonce(rng: Rng) -> bytes:
    """Return a fresh nonce. `rng` must be a cryptographic source outside tests."""
    return rng.getrandbits(8 * NONCE_BYTES).to_bytes(NONCE_BYTES)


def read_keys(text: str) -> list[SealingKey]:
    """Return the keys of a key file: one a line in base64, the one that seals first; `#` begins a
    comment.

    Raises:
        OperatorError: a line is no key; it is told by its number.
    """
    keys: list[SealingKey] = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        try:
            keys.append(SealingKey(base64.b64decode(word, validate=True)))
        except ValueError:
            raise OperatorError(f"line {number} is no base64") from None
        except OperatorError as e:
            raise OperatorError(f"line {number}: {e.message}") from None
    return keys


def _bound(name: str, provider: str, hosts: Sequence[str]) -> bytes:
    """Return what the ciphertext is bound to. A length in front keeps two pairs apart; with hosts
    it begins in another way, so that they cannot be left out.
    """
    if hosts:
        return f"{FORMAT} hosts\n".encode() + orjson.dumps([name, provider, *sorted(hosts)])
    return f"{FORMAT}\n{len(name)}\n{name}{provider}".encode()
