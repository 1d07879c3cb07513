"""Ids of tool calls, for hosts that do not take any."""

import hashlib
import re
from collections.abc import Callable
from typing import Final, TypeAlias

# Makes an id a host takes of any id; the same of the same, since a result names its call by it.
CallIdRule: TypeAlias = Callable[[str], str]

_NINE: Final = re.compile(r"[a-zA-Z0-9]{9}")
_NINE_CHARS: Final = 9
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def as_it_is(call_id: str) -> str:
    """Return the id: most hosts take any."""
    return call_id


def nine_letters(call_id: str) -> str:
    """Return an id of nine letters and digits, as Mistral wants it: the id itself, or a digest.

    62^9 ids are enough for the calls of one conversation.
    """
    if _NINE.fullmatch(call_id):
        return call_id
    number = int.from_bytes(hashlib.sha256(call_id.encode("utf-8", "replace")).digest()[:8])
    letters: list[str] = []
    for _ in range(_NINE_CHARS):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "".join(letters)
