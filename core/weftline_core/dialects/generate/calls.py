"""Tool calls: their ids, which Google often leaves out, and their arguments as text."""

from hashlib import blake2b
from typing import Final

import orjson

from weftline_core.dialects.wire import compact

# 24 hexadecimal digits.
_ID_BYTES: Final = 12


def minted_id(response_id: str, choice: int, call: int, name: str, arguments: str) -> str:
    """Return an id for a call that came without one: the same for the same call, and another one
    for each call of a conversation.
    """
    seed = f"{response_id}\0{choice}\0{call}\0{name}\0{arguments}".encode(errors="replace")
    return f"call_{blake2b(seed, digest_size=_ID_BYTES).hexdigest()}"


def json_text(value: object) -> str:
    """Return parsed JSON as compact text.

    Raises:
        ValueError: it is nested too deeply.
    """
    try:
        return compact(value)
    except orjson.JSONEncodeError:
        raise ValueError("nested too deeply") from None
