"""How a sealed secret is written: `weft1.<key id>.<nonce, ciphertext and tag in base64url>`.

Apart from `weftline_core.sealing`, so that whoever only shows or checks one loads no cipher.
"""

import base64
import re

import orjson

from weftline_core.ids import shown

FORMAT = "weft1"
NONCE_BYTES = 12
TAG_BYTES = 16

# In hexadecimal: enough to tell an operator's few keys apart, and nothing to guess a key by.
KEY_ID_CHARS = 12

# A cloud's service account is 2.4 KB of JSON; a resource has room for this much in base64.
SECRET_BYTES_MAX = 16 * 1024

_FORM = re.compile(rf"{FORMAT}\.([0-9a-f]{{{KEY_ID_CHARS}}})\.([A-Za-z0-9_-]+)")


def written(key_id: str, box: bytes) -> str:
    """Return the text of a sealed secret. box: nonce, ciphertext and tag."""
    return f"{FORMAT}.{key_id}.{base64.urlsafe_b64encode(box).rstrip(b'=').decode()}"


def read(sealed: str) -> tuple[str, bytes] | None:
    """Return the key id and the box of a sealed secret, or None if the text is none.

    There is one text for each box: another spelling of the same bytes is refused.
    """
    found = _FORM.fullmatch(sealed)
    if found is None:
        return None
    key_id, text = found.groups()
    try:
        box = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    small = NONCE_BYTES + TAG_BYTES < len(box) <= NONCE_BYTES + SECRET_BYTES_MAX + TAG_BYTES
    return (key_id, box) if small and written(key_id, box) == sealed else None


def key_id_of(sealed: str) -> str | None:
    """Return the id of the sealing key that a secret was sealed with, or None if it is none."""
    found = read(sealed)
    return None if found is None else found[0]


def sealed_shown(sealed: str) -> str:
    """Return what people are shown in place of a sealed secret."""
    return f"sealed (key id {key_id_of(sealed) or 'unreadable'})"


def secret_problem(secret: str) -> str | None:
    """Return why a provider's key cannot be used as one, or None. It is never quoted."""
    if not secret:
        return "is empty"
    if len(secret) > SECRET_BYTES_MAX:
        return f"is longer than {SECRET_BYTES_MAX} characters"
    if not secret.isascii() or not secret.isprintable():
        # A line end in it would write headers of its own.
        return "holds characters that no header may carry"
    return None


def sealed_problem(sealed: str) -> str | None:
    """Return what is wrong with the text of a sealed secret, or None. It may be a secret that
    somebody forgot to seal, so it is never quoted.
    """
    if read(sealed) is not None:
        return None
    first = sealed.partition(".")[0]
    if first != FORMAT and re.fullmatch(r"weft\d{1,4}", first):
        return f"sealed is of the format {shown(first)}, which this version does not know"
    return "sealed is no sealed secret: make one with `weft credential seal`"


def one_line(secret: str) -> str:
    """Return a secret as a header can carry it: without the white space around it, and a cloud's
    key file as JSON without line ends.
    """
    bare = secret.strip()
    if not bare.startswith("{"):
        return bare
    try:
        return orjson.dumps(orjson.loads(bare)).decode()
    except orjson.JSONDecodeError:
        return bare
