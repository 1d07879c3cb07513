"""The source of chance, as an argument."""

from typing import Protocol


class Rng(Protocol):
    """What the core asks of randomness; `random.Random` satisfies it, seeded or not."""

    def random(self) -> float:
        """Return a float in [0, 1)."""
        ...

    def randrange(self, stop: int, /) -> int:
        """Return an integer in [0, stop)."""
        ...

    def getrandbits(self, k: int, /) -> int:
        """Return `k` random bits as a non-negative integer."""
        ...
