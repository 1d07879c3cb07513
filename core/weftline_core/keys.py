"""Client keys: how one is made and by what digest it is known.

A key is stored and looked up only as HMAC-SHA256 under the mesh's pepper, over its whole length,
so that a copied desired state opens nothing and two keys never share an entry.
"""

import hashlib
import hmac

from weftline_core.rng import Rng

KEY_PREFIX = "weft-"
KEY_BITS = 160

# As long as what it keys; more would be hashed down to this.
PEPPER_BYTES = 32


def new_key(rng: Rng) -> str:
    """Return a fresh key, `weft-` and 40 hexadecimal digits. `rng` must be a cryptographic source
    outside tests.
    """
    return f"{KEY_PREFIX}{rng.getrandbits(KEY_BITS):0{KEY_BITS // 4}x}"


def digest(pepper: bytes, key: str) -> str:
    """Return the 64 hexadecimal digits by which `key` is known under `pepper`."""
    return hmac.new(pepper, key.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
