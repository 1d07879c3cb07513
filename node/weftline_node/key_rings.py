"""Which of an endpoint's keys to show next, for endpoints that have several."""

from collections.abc import Iterable, Mapping

from weftline_core.attempts import Blame
from weftline_core.failures import MEANINGS
from weftline_core.key_ring import KeyRing, KeyState, RingKey
from weftline_node.dial import NO_SECRET, Dial, DialTable, Way


class KeyRings:
    """The rings of one node, by endpoint. An endpoint with one key and no limits has none."""

    def __init__(self) -> None:
        self._rings: dict[str, KeyRing] = {}

    def __bool__(self) -> bool:
        """Return whether any endpoint has a ring."""
        return bool(self._rings)

    def swap(self, dials: DialTable) -> None:
        """Know these keys from now on; what was seen of those that stay is kept."""
        rings: dict[str, KeyRing] = {}
        for dial in dials:
            keys = _ring_keys(dial)
            if keys:
                rings[dial.name] = KeyRing(keys, self._rings.get(dial.name))
        self._rings = rings

    def order(self, ways: tuple[Way, ...], now_s: float, alias: str | None) -> tuple[Way, ...]:
        """Return the ways whose keys may be used now, best first."""
        if not ways:
            return ways
        ring = self._rings.get(ways[0].dial.name)
        if ring is None:
            return ways
        by_name = {way.secret.name: way for way in ways}
        return tuple(by_name[name] for name in ring.order(now_s, alias) if name in by_name)

    def took(self, way: Way, now_s: float) -> None:
        """Note that a request goes out with this key."""
        ring = self._rings.get(way.dial.name)
        if ring is not None:
            ring.took(way.secret.name, now_s)

    def succeeded(self, way: Way, tokens: int, now_s: float) -> None:
        """Note an answer, and what it took of the key's tokens."""
        ring = self._rings.get(way.dial.name)
        if ring is not None:
            ring.succeeded(way.secret.name)
            ring.used_tokens(way.secret.name, tokens, now_s)

    def blame(self, way: Way, blame: Blame, now_s: float) -> bool:
        """Note a failure of the key; return whether it was one and another key is left, so that the
        endpoint is not to blame.
        """
        ring = self._rings.get(way.dial.name)
        if ring is None or not MEANINGS[blame.failure].of_key:
            return False
        ring.failed(way.secret.name, blame.failure, now_s, blame.retry_after_s)
        return bool(ring.order(now_s))

    def ready_in_s(self, endpoints: Iterable[str], now_s: float, alias: str | None) -> float | None:
        """Return in how many seconds a key of one of these endpoints may be used; None if none will
        be, as things stand.
        """
        rings = [self._rings[name] for name in endpoints if name in self._rings]
        waits = [ring.ready_in_s(now_s, alias) for ring in rings]
        return min((wait_s for wait_s in waits if wait_s is not None), default=None)

    def states(self, now_s: float) -> Mapping[str, list[KeyState]]:
        """Return how each ring's keys stand, by endpoint; names and states only."""
        return {name: ring.states(now_s) for name, ring in self._rings.items()}


def _ring_keys(dial: Dial) -> list[RingKey]:
    keys = [secret.ring_key() for secret in dial.secrets if secret.name != NO_SECRET.name]
    limited = any(key.requests_per_minute or key.tokens_per_minute for key in keys)
    return keys if len(keys) > 1 or limited else []
