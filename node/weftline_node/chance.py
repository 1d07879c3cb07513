"""Chance that nobody can guess, cheap enough for every request."""

import os

# Drawn from the system at once. A system call for each request's id would take as long as
# authenticating it.
POOL_BYTES = 4096


class SecretRng:
    """An `Rng` of cryptographic quality. No byte of the system's is used twice."""

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def getrandbits(self, k: int, /) -> int:
        """Return `k` random bits as a non-negative integer."""
        size = (k + 7) // 8
        at, end = self._at, self._at + size
        if end > len(self._pool):
            self._pool = os.urandom(max(POOL_BYTES, size))
            at, end = 0, size
        self._at = end
        return int.from_bytes(self._pool[at:end]) >> (8 * size - k)

    def random(self) -> float:
        """Return a float in [0, 1)."""
        return self.getrandbits(53) * 2.0**-53

    def randrange(self, stop: int, /) -> int:
        """Return an integer in [0, stop)."""
        bits = stop.bit_length()
        while (drawn := self.getrandbits(bits)) >= stop:
            pass
        return drawn
