"""Tokens signed by a service account, and keys that are none."""

import base64

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from weftline_core.errors import OperatorError
from weftline_core.service_account import KEY_BITS_MAX, token


def account_of(pem: str) -> str:
    fields = {"client_email": "me@my-project", "private_key_id": "k1", "private_key": pem}
    return orjson.dumps(fields).decode()


def rsa_pem(*numbers: int) -> str:
    """Return an RSA key of any numbers, good or not: n, e, d, p, q, dp, dq, qi."""
    fields = b"".join(der(2, n.to_bytes(n.bit_length() // 8 + 1)) for n in (0, *numbers))
    text = base64.encodebytes(der(0x30, fields)).decode()
    return f"-----BEGIN RSA PRIVATE KEY-----\n{text}-----END RSA PRIVATE KEY-----\n"


def der(tag: int, data: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(data).to_bytes(4) + data


def test_a_token_has_three_parts_and_is_the_same_for_the_same_time() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = account_of(pem)
    made = token(account, 1_790_000_000, 3600)
    assert made.count(".") == 2
    assert made == token(account, 1_790_000_000, 3600) != token(account, 1_790_000_001, 3600)
    assert "=" not in made


@pytest.mark.parametrize("secret", ["{}", "{", '{"client_email":1}', '{"private_key":"x"}'])
def test_what_is_no_key_file_is_told_without_quoting_it(secret: str) -> None:
    with pytest.raises(OperatorError, match="no service account's key file"):
        token(secret, 0, 3600)


@pytest.mark.parametrize("bits", [KEY_BITS_MAX + 8, 4 * KEY_BITS_MAX])
def test_a_key_that_would_hold_everybody_up_is_refused(bits: int) -> None:
    half = 2 ** (bits // 2) + 1
    pem = rsa_pem(2**bits + 1, 65537, 2 ** (bits - 1) + 1, half, half, 1, 1, 1)
    with pytest.raises(OperatorError, match="no"):
        token(account_of(pem), 0, 3600)


@pytest.mark.parametrize("modulus", [1, 2**64 + 13, 2**2048])
def test_a_key_that_cannot_sign_is_told(modulus: int) -> None:
    with pytest.raises(OperatorError, match="service account"):
        token(account_of(rsa_pem(modulus, 3, 5, 7, 9, 1, 1, 1)), 0, 3600)
