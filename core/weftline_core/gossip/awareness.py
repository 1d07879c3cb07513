"""How well this node itself is doing: one that misses answers doubts itself before others.

Source: Dadgar, Phillips, Currey, "Lifeguard: Local Health Awareness for More Accurate Failure
Detection", arXiv 1707.00788.
"""


class Awareness:
    """A score from 0 (healthy) to `score_max - 1`; each point adds the whole wait once more."""

    def __init__(self, score_max: int) -> None:
        self._max = score_max - 1
        self.score = 0

    def worse(self, by: int = 1) -> None:
        """Take note of a sign that this node is slow or deaf."""
        self.score = min(self._max, self.score + by)

    def better(self) -> None:
        """Take note of an answer that came in time."""
        self.score = max(0, self.score - 1)

    def stretch(self, wait_s: float) -> float:
        """Return how long to wait for what takes a healthy node `wait_s`."""
        return wait_s * (self.score + 1)
