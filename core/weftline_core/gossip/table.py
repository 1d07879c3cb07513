"""The table of endpoint rows: each PoP writes its own, everybody merges all of them.

Merging is a join: for each key the entry with the greater `(version, encoded form)` stays, and each
PoP keeps the first `ROWS_PER_POP_MAX` endpoints by name. So the result depends neither on the order
of what arrives nor on how often. An endpoint taken away leaves a grave for a while, which beats the
rows still under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import blake2s
from zlib import crc32

from weftline_core.gossip.codec import encode
from weftline_core.gossip.messages import BUCKETS, Entry, RowGone, key_of, row_of
from weftline_core.ids import EndpointId, NodeId, name_problem
from weftline_core.rows import Row

# Endpoints that one PoP can tell of; with some 40 B each, its rows fit in eight datagrams.
ROWS_PER_POP_MAX = 256

# PoPs with rows, as many as the roster holds; about 30 MB if every one of them were full.
POPS_MAX = 256
ROWS_MAX = POPS_MAX * ROWS_PER_POP_MAX

# A grave outlives every rumour about its row (a few seconds) and a few comparisons of state.
GRAVE_S = 60.0


class Merged(Enum):
    """What became of an entry. News is a changed state, or a row taken away.

    A row first heard of is no news: after a join that would be the whole table.
    """

    NEWS = auto()
    NEWER = auto()
    KNOWN = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    encoded: bytes
    row: Row | None
    since_s: float
    mark: int


class Table:
    """Rows of all PoPs, by PoP and endpoint."""

    def __init__(self) -> None:
        self._pops: dict[NodeId, dict[EndpointId, _Held]] = {}
        self._buckets = [0] * BUCKETS

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._pops.values())

    def merge(self, entry: Entry, now_s: float) -> Merged:
        """Keep `entry` if it is newer than what is held under its key."""
        pop, endpoint = key_of(entry)
        entries = self._pops.get(pop)
        held = entries.get(endpoint) if entries else None
        if held is not None and entry.version < held.version:
            return Merged.KNOWN
        encoded = encode(entry)
        if held is None:
            if name_problem(endpoint) or (entries is None and len(self._pops) >= POPS_MAX):
                return Merged.REFUSED
        elif (entry.version, encoded) <= (held.version, held.encoded):
            return Merged.KNOWN
        row = None if isinstance(entry, RowGone) else row_of(entry)
        entries = self._pops.setdefault(pop, {})
        mark = 0 if row is None else _mark(encoded)
        self._put(pop, endpoint, _Held(entry.version, encoded, row, now_s, mark))
        if len(entries) > ROWS_PER_POP_MAX:
            last = max(entries)
            self._put(pop, last, None)
            if last == endpoint:
                return Merged.REFUSED
        before = None if held is None else held.row
        if before is not None and (row is None or row.state != before.state):
            return Merged.NEWS
        return Merged.NEWER

    def drop(self, pop: NodeId) -> None:
        """Forget everything `pop` told."""
        for endpoint in list(self._pops.get(pop, ())):
            self._put(pop, endpoint, None)

    def expire(self, now_s: float) -> None:
        """Clear graves that nobody needs any more."""
        for pop, entries in list(self._pops.items()):
            for endpoint, held in list(entries.items()):
                if held.row is None and now_s - held.since_s >= GRAVE_S:
                    self._put(pop, endpoint, None)

    def row(self, pop: NodeId, endpoint: EndpointId) -> Row | None:
        """Return what `pop` says of `endpoint`, if anything."""
        held = self._pops.get(pop, {}).get(endpoint)
        return None if held is None else held.row

    def rows_of_endpoint(self, endpoint: EndpointId) -> list[Row]:
        """Return what every PoP says of `endpoint`; takes time in proportion to the PoPs."""
        found: list[Row] = []
        for entries in self._pops.values():
            held = entries.get(endpoint)
            if held is not None and held.row is not None:
                found.append(held.row)
        return found

    def rows(self) -> list[Row]:
        """Return all rows, ordered by PoP and endpoint."""
        return [
            held.row
            for _, entries in sorted(self._pops.items())
            for _, held in sorted(entries.items(), key=lambda item: item[0])
            if held.row is not None
        ]

    def buckets(self) -> list[int]:
        """Return one number for the rows of each bucket of PoPs; equal numbers, equal rows.

        Graves don't count: two nodes that clear theirs at different times still agree.
        """
        return list(self._buckets)

    def encoded(self, bucket: int) -> Iterator[bytes]:
        """Yield the entries in `bucket`, graves too, as they stand in a datagram."""
        for pop, entries in sorted(self._pops.items()):
            if bucket_of(pop) == bucket:
                for held in entries.values():
                    yield held.encoded

    def _put(self, pop: NodeId, endpoint: EndpointId, held: _Held | None) -> None:
        entries = self._pops[pop]
        before = entries.pop(endpoint, None)
        bucket = bucket_of(pop)
        self._buckets[bucket] ^= before.mark if before is not None else 0
        self._buckets[bucket] ^= held.mark if held is not None else 0
        if held is not None:
            entries[endpoint] = held
        elif not entries:
            del self._pops[pop]


def bucket_of(pop: NodeId) -> int:
    """Return the bucket that the rows of `pop` count in."""
    return crc32(pop.encode()) % BUCKETS


def _mark(encoded: bytes) -> int:
    # Not a CRC: those of similar rows cancel one another under exclusive or.
    return int.from_bytes(blake2s(encoded, digest_size=4).digest())
