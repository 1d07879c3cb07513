"""This PoP's own rows: which changes are worth telling, and when.

A changed state is told at once. Changed numbers (`Book.rows` leaves out the small changes) are told
no more often than once an interval for each row; the last value always gets told in the end.
"""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from weftline_core.gossip.messages import (
    VERSION_MAX,
    Entry,
    RowGone,
    RowWord,
    key_of,
    row_word,
)
from weftline_core.gossip.rumours import Rank
from weftline_core.gossip.table import ROWS_PER_POP_MAX
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import Row

# Graves dug because others still tell of a row we never had. Without this bound, forged rows in our
# name could fill our share of the table.
ECHO_GRAVES_MAX = 64


class Telling(NamedTuple):
    """An entry to merge and to spread."""

    entry: Entry
    rank: Rank


class OwnRows:
    """What this PoP told, and what waits to be told. Versions grow by one with each entry told."""

    def __init__(self, pop: NodeId, first_version: int, interval_s: float) -> None:
        self._pop = pop
        self._version = first_version
        self._interval_s = interval_s
        self._told: dict[EndpointId, RowWord] = {}
        self._told_s: dict[EndpointId, float] = {}
        self._waiting: dict[EndpointId, Row] = {}
        self._echo_graves: set[EndpointId] = set()
        self.left_out = 0

    def publish(self, rows: Iterable[Row], now_s: float) -> list[Telling]:
        """Return what to tell now that `rows` are all rows of this PoP.

        Raises:
            ValueError: a row of another PoP; only its owner may write it.
        """
        current = {row.endpoint: row for row in rows}
        for row in current.values():
            if row.pop != self._pop:
                raise ValueError(f"{self._pop} cannot write a row of {row.pop}")
        kept = sorted(current)[:ROWS_PER_POP_MAX]
        self.left_out = len(current) - len(kept)
        telling = [self._grave(e) for e in sorted(self._told.keys() - set(kept))]
        for endpoint in kept:
            telling += self._consider(current[endpoint], now_s)
        return telling

    def due(self, now_s: float) -> list[Telling]:
        """Return the numbers that have waited long enough."""
        ready = [e for e in self._waiting if now_s - self._told_s[e] >= self._interval_s]
        return [self._tell(self._waiting[e], Rank.NUMBER, now_s) for e in ready]

    def echo(self, heard: Entry) -> list[Telling]:
        """Return what to say to an entry of ours that others tell and we do not.

        It is from an earlier life of this node, when its clock was ahead or its endpoints were
        others; our word must beat it.
        """
        _, endpoint = key_of(heard)
        told = self._told.get(endpoint)
        if heard.version >= VERSION_MAX - ROWS_PER_POP_MAX:
            return []
        if told is None:
            if isinstance(heard, RowGone) or len(self._echo_graves) >= ECHO_GRAVES_MAX:
                return []
            self._echo_graves.add(endpoint)
        elif heard.version < told.version or heard == told:
            return []
        self._version = max(self._version, heard.version)
        if told is None:
            return [self._grave(endpoint)]
        self._version += 1
        self._told[endpoint] = replace(told, version=self._version)
        return [Telling(self._told[endpoint], Rank.STATE)]

    def _consider(self, row: Row, now_s: float) -> list[Telling]:
        told = self._told.get(row.endpoint)
        if told is None or told.state != row.state:
            return [self._tell(row, Rank.STATE, now_s)]
        if row_word(row, told.version) == told:
            self._waiting.pop(row.endpoint, None)
            return []
        if now_s - self._told_s[row.endpoint] < self._interval_s:
            self._waiting[row.endpoint] = row
            return []
        return [self._tell(row, Rank.NUMBER, now_s)]

    def _tell(self, row: Row, rank: Rank, now_s: float) -> Telling:
        self._version += 1
        word = row_word(row, self._version)
        self._told[row.endpoint] = word
        self._told_s[row.endpoint] = now_s
        self._waiting.pop(row.endpoint, None)
        self._echo_graves.discard(row.endpoint)
        return Telling(word, rank)

    def _grave(self, endpoint: EndpointId) -> Telling:
        self._version += 1
        self._told.pop(endpoint, None)
        self._told_s.pop(endpoint, None)
        self._waiting.pop(endpoint, None)
        return Telling(RowGone(self._pop, endpoint, self._version), Rank.STATE)
