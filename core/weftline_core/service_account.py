"""Tokens that a Google service account signs for itself, which Google takes as they are.

Source: Google, "Service account authorization without OAuth"; RFC 7519 and RFC 7518 (RS256).
"""

import base64
from collections.abc import Mapping
from typing import Final, cast

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from weftline_core.errors import OperatorError

_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"

# Google makes keys of 2,048 bits. One of 4,096 takes 3 ms to sign with and 3.3 KB in PEM; longer
# ones hold everybody up, and a client may bring its own.
KEY_BITS_MAX: Final = 4096
KEY_CHARS_MAX: Final = 4096


def token(account: str, issued_unix_s: int, life_s: int) -> str:
    """Return a token of a service account. account: its key file, JSON.

    Raises:
        OperatorError: it is no service account's key file, or its key cannot sign; nothing of it is
            quoted.
    """
    email, key_id, key = _read(account)
    head = {"alg": "RS256", "typ": "JWT", "kid": key_id}
    claims = {
        "iss": email,
        "sub": email,
        "scope": _SCOPE,
        "iat": issued_unix_s,
        "exp": issued_unix_s + life_s,
    }
    signed = f"{_part(head)}.{_part(claims)}"
    try:
        signature = key.sign(signed.encode(), PKCS1v15(), SHA256())
    except ValueError:
        raise OperatorError("the service account's private key cannot sign") from None
    return f"{signed}.{_text(signature)}"


def _read(account: str) -> tuple[str, str, RSAPrivateKey]:
    try:
        fields = cast("dict[str, str]", orjson.loads(account))
        email, key_id = fields["client_email"], fields["private_key_id"]
        pem = fields["private_key"][:KEY_CHARS_MAX].encode()
        # Whether it is a good key shows at Google. To find out here takes 50 ms for 2,048 bits and
        # 10 s for 8,192, while everybody waits.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm):
        raise OperatorError("the key of the endpoint is no service account's key file") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size > KEY_BITS_MAX:
        raise OperatorError(
            f"the service account's private key is no RSA key of up to {KEY_BITS_MAX} bits"
        )
    return email, key_id, key


def _part(fields: Mapping[str, object]) -> str:
    return _text(orjson.dumps(fields))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
