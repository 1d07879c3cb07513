"""How alike vectors are, for tests of what embeds."""

from collections.abc import Sequence


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return how alike two vectors of length 1 are, in [-1, 1]."""
    return sum(x * y for x, y in zip(a, b, strict=True))
