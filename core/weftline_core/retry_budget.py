"""A bound on retries over all requests, so that failover never multiplies an outage."""

# Retries that each request pays for. At 0.2 a mesh whose every endpoint fails sends 1.2 attempts a
# request in the long run. Finagle and linkerd chose the same ratio.
RETRIES_PER_REQUEST = 0.2

# Retries granted whatever the traffic: a quiet PoP must be able to fail over too.
RETRIES_PER_S = 10.0

# Credit that can be saved up. When an endpoint with this many requests in flight dies, all of them
# can go elsewhere at once.
RETRIES_SAVED_MAX = 500.0


class RetryBudget:
    """Shared by all requests of one node. Instants are monotonic seconds."""

    __slots__ = ("_at_s", "_credit")

    def __init__(self, now_s: float) -> None:
        self._credit = RETRIES_SAVED_MAX
        self._at_s = now_s

    def deposit(self) -> None:
        """Count one request that came in."""
        self._credit = min(RETRIES_SAVED_MAX, self._credit + RETRIES_PER_REQUEST)

    def withdraw(self, now_s: float) -> bool:
        """Take one retry if there is credit; return whether there was."""
        earned = max(0.0, now_s - self._at_s) * RETRIES_PER_S
        self._at_s = max(self._at_s, now_s)
        self._credit = min(RETRIES_SAVED_MAX, self._credit + earned)
        if self._credit < 1.0:
            return False
        self._credit -= 1.0
        return True
