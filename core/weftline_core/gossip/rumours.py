"""What to tell next: each rumour a bounded number of times, news before numbers, within a budget.

A rumour is kept by the thing it is about, so that a newer word replaces an older one instead of
queueing behind it.
"""

from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter
from typing import TypeAlias

# What a rumour is about: a node, and one of its endpoints or accusers ("" for the node itself).
Key: TypeAlias = tuple[str, str]

# Rumours held at once; about twenty datagrams of rows. Beyond it the least urgent and most told
# one is dropped: comparing state with peers brings it later.
RUMOURS_MAX = 1024

# The shortest message is some ten bytes; with less room left, looking on is in vain.
_ROOM_BYTES_MIN = 10


class Rank(IntEnum):
    """What goes first."""

    MEMBER = 0
    STATE = 1
    NUMBER = 2


@dataclass(slots=True)
class _Rumour:
    key: Key
    encoded: bytes
    rank: Rank
    order: int
    sent: int = 0
    place: tuple[int, int, int] = (0, 0, 0)

    def __post_init__(self) -> None:
        # Kept, not worked out for each comparison: a full box is sorted for every datagram.
        self.place = (self.rank, self.sent, -self.order)


class Rumours:
    """The rumours of one node. Each is sent a limited number of times and then forgotten."""

    def __init__(self) -> None:
        self._rumours: dict[Key, _Rumour] = {}
        self._fresh: set[Key] = set()
        self._order = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._rumours)

    @property
    def fresh(self) -> bool:
        """Whether some news was not sent to anybody yet."""
        return bool(self._fresh)

    def tell(self, key: Key, encoded: bytes, rank: Rank) -> None:
        """Spread `encoded`, and no more what was told about `key` before."""
        self._order += 1
        if rank < Rank.NUMBER:
            self._fresh.add(key)
        if (before := self._rumours.pop(key, None)) is not None:
            # A number on top of news that has not spread yet must not slow the news.
            rank = min(rank, before.rank)
        elif len(self._rumours) >= RUMOURS_MAX:
            self._drop(max(self._rumours.values(), key=_PLACE).key)
            self.dropped += 1
        self._rumours[key] = _Rumour(key, encoded, rank, self._order)

    def forget(self, node: str) -> None:
        """Spread nothing more about `node` and its endpoints."""
        for key in [key for key in self._rumours if key[0] == node]:
            self._drop(key)

    def forget_claims(self, node: str) -> None:
        """Spread nothing more of what others said against `node`."""
        for key in [key for key in self._rumours if key[0] == node and key[1].startswith("!")]:
            self._drop(key)

    def take(self, room: int, times: int, rank_max: Rank = Rank.NUMBER) -> list[bytes]:
        """Return what to put into `room` bytes of one datagram; each counts as sent once.

        times: how often a rumour is sent before it is forgotten.
        """
        taken: list[bytes] = []
        if not self._rumours:
            return taken
        for rumour in sorted(self._rumours.values(), key=_PLACE):
            if room < _ROOM_BYTES_MIN or rumour.rank > rank_max:
                break
            if len(rumour.encoded) > room:
                continue
            room -= len(rumour.encoded)
            taken.append(rumour.encoded)
            rumour.sent += 1
            rumour.place = (rumour.rank, rumour.sent, -rumour.order)
            self._fresh.discard(rumour.key)
            if rumour.sent >= times:
                self._drop(rumour.key)
        return taken

    def _drop(self, key: Key) -> None:
        del self._rumours[key]
        self._fresh.discard(key)


class Budget:
    """Bytes that may be spent, refilled evenly; at most one second's worth is saved up."""

    def __init__(self, bytes_per_s: int, now_s: float) -> None:
        self._rate = bytes_per_s
        self._left = float(bytes_per_s)
        self._at_s = now_s

    def left(self, now_s: float) -> float:
        """Return the bytes left at `now_s`; below zero if urgent things overdrew it."""
        passed_s = max(0.0, now_s - self._at_s)
        self._at_s = now_s
        self._left = min(float(self._rate), self._left + passed_s * self._rate)
        return self._left

    def spend(self, size: int) -> None:
        """Take `size` bytes; what must go out goes out even on an empty budget."""
        self._left = max(-float(self._rate), self._left - size)


_PLACE = attrgetter("place")
