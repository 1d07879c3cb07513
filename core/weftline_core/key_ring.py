"""Which of an endpoint's several keys to use next.

The key that rested longest goes first, among those that are neither at their limit nor cooling.
All of that is one instant a key, `ready_s`, which is worked out when something happens and only
compared when a request asks.

Limits hold in every window of 60 s, wherever it begins, and not as a bucket that may be emptied
twice in one. Tokens are known only when an answer has ended, so a window may be over its tokens by
the answers under way when it filled.
"""

from collections import deque
from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from weftline_core.failures import Failure
from weftline_core.limits import ATTEMPTS_MAX

KeyStanding: TypeAlias = Literal["ready", "limited", "cooling"]

# What a request that asks for no alias gets.
DEFAULT_ALIAS = "default"

WINDOW_S = 60

# A provider that does not say for how long it limits: at first a second, then twice as long with
# each refusal in a row. Its own windows are a minute.
RATE_COOL_S = 1.0
RATE_COOL_S_MAX = 60.0

# Refusals in a row counted at most: 2**6 s is beyond the cap.
REFUSALS_MAX = 6

# A spent quota is refilled by people or by a new day. One request in ten minutes finds out.
QUOTA_COOL_S = 600.0

# A refused key may be wrong for good; or its provider's gate has had a bad moment, or disliked one
# prompt. So at first ten seconds, then twice as long with each refusal in a row.
DENIED_COOL_S = 10.0
DENIED_COOL_S_MAX = 600.0

# The longest pause that is believed: a wrong clock at a provider must not cost us a key for good.
COOL_S_MAX = 3600.0

# What is about the key, and not about the endpoint or the request.
_OF_KEYS = frozenset((Failure.RATE_LIMITED, Failure.QUOTA, Failure.DENIED))

# The first and the longest pause after refusals in a row.
_PAUSES = {
    Failure.RATE_LIMITED: (RATE_COOL_S, RATE_COOL_S_MAX),
    Failure.DENIED: (DENIED_COOL_S, DENIED_COOL_S_MAX),
}


class RingKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the ring knows it. mark: changes with the secret, and does not tell it."""

    name: str
    alias: str = DEFAULT_ALIAS
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    mark: str = ""


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """How a key is, for people. ready_in_s: when it may be used again.
    cause: the failure that it is cooling for.
    """

    name: str
    alias: str
    standing: KeyStanding
    ready_in_s: float
    cause: str | None = None


class Window:
    """Counts what happened within the last 60 s, by whole seconds: a count is forgotten when all of
    its second is out of the window, so it never allows too much, and at most 1 s too late.
    """

    __slots__ = ("_counts", "_total", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._counts: deque[list[int]] = deque()
        self._total = 0

    def add(self, count: int, now_s: float) -> None:
        """Note that `count` happened."""
        second = int(now_s // 1)
        counts = self._counts
        while counts and counts[0][0] + 1 + WINDOW_S <= second:
            self._total -= counts.popleft()[1]
        if counts and counts[-1][0] >= second:
            counts[-1][1] += count
        else:
            counts.append([second, count])
        self._total += count

    def opens_s(self) -> float:
        """Return the instant from which on there is room; it may have passed."""
        total = self._total
        if total < self.limit:
            return 0.0
        for second, count in self._counts:
            total -= count
            if total < self.limit:
                return float(second + 1 + WINDOW_S)
        return 0.0


class _Held:
    """A key, and what is held against it."""

    __slots__ = (
        "cause", "cool_s", "key", "limited_s", "ready_s", "refusals", "requests", "tokens",
    )  # fmt: skip

    def __init__(self, key: RingKey) -> None:
        self.key = key
        self.cause: Failure | None = None
        self.cool_s = 0.0
        self.limited_s = 0.0
        self.ready_s = 0.0
        self.refusals = 0
        self.requests = _window(key.requests_per_minute)
        self.tokens = _window(key.tokens_per_minute)

    def count(self, window: Window, count: int, now_s: float) -> None:
        """Count against a limit."""
        window.add(count, now_s)
        self.limited_s = max(self.limited_s, window.opens_s())
        self.settle()

    def pause_s(self, failure: Failure) -> float:
        """Return for how long a provider that does not say so is left alone."""
        if failure is Failure.QUOTA:
            return QUOTA_COOL_S
        first_s, most_s = _PAUSES[failure]
        pause_s = min(first_s * 2.0**self.refusals, most_s)
        self.refusals = min(self.refusals + 1, REFUSALS_MAX)
        return pause_s

    def settle(self) -> None:
        """Work out when the key may be used."""
        self.ready_s = max(self.cool_s, self.limited_s)


class KeyRing:
    """The keys of one endpoint at one node. Instants are monotonic seconds.

    before: the ring of the state before, whose limits and pauses hold on for keys that did not
    change.
    """

    __slots__ = ("_keys", "_queues")

    def __init__(self, keys: Iterable[RingKey], before: "KeyRing | None" = None) -> None:
        self._keys: dict[str, _Held] = {}
        # Of each alias, the key that rested longest first.
        self._queues: dict[str, dict[str, _Held]] = {}
        for key in keys:
            old = before._keys.get(key.name) if before is not None else None
            held = old if old is not None and old.key == key else _Held(key)
            self._keys[key.name] = held
            self._queues.setdefault(key.alias, {})[key.name] = held

    def __len__(self) -> int:
        return len(self._keys)

    def order(self, now_s: float, alias: str | None = None, count: int = ATTEMPTS_MAX) -> list[str]:
        """Return the names of up to `count` usable keys, best first; none if all must rest."""
        found: list[str] = []
        for name, held in self._queues.get(alias or DEFAULT_ALIAS, _EMPTY).items():
            if held.ready_s <= now_s:
                found.append(name)
                if len(found) == count:
                    break
        return found

    def took(self, name: str, now_s: float) -> None:
        """Note that a request is sent with a key; a key that is gone is nobody's business."""
        held = self._keys.get(name)
        if held is None:
            return
        queue = self._queues[held.key.alias]
        if len(queue) > 1:
            del queue[name]
            queue[name] = held
        if held.requests is not None:
            held.count(held.requests, 1, now_s)

    def used_tokens(self, name: str, count: int, now_s: float) -> None:
        """Note the tokens, read and made, of an answer that a key was used for."""
        held = self._keys.get(name)
        if held is not None and held.tokens is not None and count > 0:
            held.count(held.tokens, count, now_s)

    def failed(
        self, name: str, failure: Failure, now_s: float, retry_after_s: float | None = None
    ) -> None:
        """Note how a request with a key failed; what is not about the key changes nothing."""
        held = self._keys.get(name)
        if held is None or failure not in _OF_KEYS:
            return
        pause_s = held.pause_s(failure)
        # A refusal says nothing of time.
        if retry_after_s is not None and failure is not Failure.DENIED:
            pause_s = min(retry_after_s, COOL_S_MAX) if retry_after_s > 0.0 else 0.0
        held.cool_s = max(held.cool_s, now_s + pause_s)
        held.cause = failure
        held.settle()

    def succeeded(self, name: str) -> None:
        """Note an answer: refusals are no longer in a row. A pause that was asked for stays."""
        held = self._keys.get(name)
        if held is not None:
            held.refusals = 0

    def states(self, now_s: float) -> list[KeyState]:
        """Return how each key is, in the order of the resource."""
        return [_state(held, now_s) for held in self._keys.values()]


_EMPTY: dict[str, _Held] = {}


def _window(limit: int | None) -> Window | None:
    return None if limit is None else Window(limit)


def _state(held: _Held, now_s: float) -> KeyState:
    standing: KeyStanding = "ready"
    if held.cool_s > now_s:
        standing = "cooling"
    elif held.limited_s > now_s:
        standing = "limited"
    told = standing == "cooling"
    return KeyState(
        name=held.key.name,
        alias=held.key.alias,
        standing=standing,
        ready_in_s=max(0.0, held.ready_s - now_s),
        cause=held.cause.value if told and held.cause is not None else None,
    )
