"""Vectors in base64: 32-bit floats, the lowest byte first. Source: OpenAI's API and SDKs."""

import sys
from array import array
from base64 import b64decode, b64encode
from typing import Final

_FLOAT_BYTES: Final = 4
_SWAP: Final = sys.byteorder == "big"


def to_base64(vector: list[float]) -> str:
    """Return a vector in base64. A number that 32 bits cannot hold becomes infinite."""
    numbers = array("f", vector)
    if _SWAP:
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode("ascii")


def from_base64(text: str) -> list[float]:
    """Return the vector in `text`.

    Raises:
        ValueError: it is no base64, or not of whole floats.
    """
    data = b64decode(text, validate=True)
    if len(data) % _FLOAT_BYTES:
        raise ValueError("not a whole number of floats")
    numbers = array("f")
    numbers.frombytes(data)
    if _SWAP:
        numbers.byteswap()
    return numbers.tolist()
