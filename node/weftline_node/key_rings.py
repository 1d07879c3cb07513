"""Which of an endpoint's keys to show next, and which of them rest."""

from collections.abc import Iterable, Mapping

from weftline_core.attempts import Blame
from weftline_core.failures import MEANINGS
from weftline_core.key_ring import DEFAULT_ALIAS, KeyRing, KeyState, RingKey
from weftline_node.dial import NO_SECRET, Dial, DialTable, Way


class KeyRings:
    """The rings of one node, by endpoint. One without credentials has none: a key of its own
    is as good as the endpoint itself.
    """

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
        """Return the ways whose keys may be used now, best first. An endpoint's own key has the
        usual alias; where there is no key, any will do.
        """
        if not ways:
            return ways
        ring = self._rings.get(ways[0].dial.name)
        if ring is None:
            named = ways[0].secret.name != NO_SECRET.name
            return () if named and (alias or DEFAULT_ALIAS) != DEFAULT_ALIAS else ways
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
        """Note a failure of the key; return whether it was one and the endpoint is not to blame:
        another key of the same alias is left, or the key was the client's own.
        """
        if not MEANINGS[blame.failure].of_key:
            return False
        if way.secret.name == NO_SECRET.name:
            return way.lent
        ring = self._rings.get(way.dial.name)
        if ring is None:
            return False
        ring.failed(way.secret.name, blame.failure, now_s, blame.retry_after_s)
        return bool(ring.order(now_s, way.secret.alias))

    def resting(self, endpoints: Iterable[str], now_s: float, alias: str | None) -> list[KeyState]:
        """Return how the keys of this alias stand at these endpoints, the soonest usable first."""
        wanted = alias or DEFAULT_ALIAS
        rings = [self._rings[name] for name in endpoints if name in self._rings]
        states = [state for ring in rings for state in ring.states(now_s) if state.alias == wanted]
        return sorted(states, key=lambda state: state.ready_in_s)

    def states(self, now_s: float) -> Mapping[str, list[KeyState]]:
        """Return how each ring's keys stand, by endpoint; names and states only."""
        return {name: ring.states(now_s) for name, ring in self._rings.items()}


def _ring_keys(dial: Dial) -> list[RingKey]:
    if not dial.endpoint.credentials:
        return []
    return [secret.ring_key() for secret in dial.secrets if secret.name != NO_SECRET.name]
