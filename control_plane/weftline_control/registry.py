"""What nodes have said of themselves: who is there, what is in force, and what they measure.

Kept in memory only: a control plane that restarts has it back within seconds, from the nodes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from weftline.wire_hello import NodeHello
from weftline_control.announcer import Announcer
from weftline_core.rows import Row

# Nodes that are known at once, those that have gone included.
NODES_MAX = 4_096

# A row is some 300 B here: 60 MB at most.
ROWS_MAX = 200_000
ROWS_PER_NODE_MAX = 20_000

# How long a node that has gone is still listed, and how long its rows: an operator wants to see
# what is missing, but old measurements mislead.
NODE_KEEP_S = 24 * 3600.0
ROWS_KEEP_S = 300.0

# Gossip addresses that a node is told. SWIM needs a handful to find all; each node is told the
# ones that follow it in the order of ids, so that together they form a ring.
SEEDS_MAX = 32


class Full(Exception):
    """No further node is taken."""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node. `session` is that of its open stream, 0 without one.

    revision: what it has in force. refusal: why it does not have the newest, if it said so.
    """

    hello: NodeHello
    session: int
    revision: int
    refusal: str
    seen_unix_ms: int
    seen_s: float


@dataclass(slots=True)
class _Known:
    record: NodeRecord
    rows: dict[str, Row] = field(default_factory=dict[str, Row])


class Registry(Announcer):
    """All nodes by id. Instants are monotonic seconds, `unix_ms` wall-clock milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, _Known] = {}
        self._sessions = 0
        self._rows_total = 0

    def joined(self, hello: NodeHello, revision: int, now_s: float, unix_ms: int) -> int:
        """Record a new stream and return its session number; an older one of the same id is over.

        Raises:
            Full: too many nodes are known.
        """
        known = self._known.get(hello.id)
        if known is None and len(self._known) >= NODES_MAX:
            raise Full(f"{NODES_MAX} nodes are known already (NODES_MAX)")
        self._sessions += 1
        record = NodeRecord(hello, self._sessions, revision, "", unix_ms, now_s)
        if known:
            known.record = record
        else:
            self._known[hello.id] = _Known(record)
        self._announce()
        return self._sessions

    def current(self, node: str, session: int) -> bool:
        """Return whether this session is the node's newest."""
        known = self._known.get(node)
        return known is not None and known.record.session == session

    def said(
        self,
        node: str,
        now_s: float,
        unix_ms: int,
        *,
        revision: int | None = None,
        refusal: str | None = None,
    ) -> None:
        """Record that the node spoke, and what it now has in force or refused."""
        known = self._known[node]
        record = replace(known.record, seen_s=now_s, seen_unix_ms=unix_ms)
        if revision is not None:
            record = replace(record, revision=revision)
        if refusal is not None:
            record = replace(record, refusal=refusal)
        known.record = record

    def reported(self, node: str, rows: Iterable[Row]) -> int:
        """Keep a node's own rows; return how many were dropped as foreign or over the limits."""
        held = self._known[node].rows
        dropped = 0
        for row in rows:
            new = row.endpoint not in held
            full = len(held) >= ROWS_PER_NODE_MAX or self._rows_total >= ROWS_MAX
            if row.pop != node or (new and full):
                dropped += 1
                continue
            held[row.endpoint] = row
            self._rows_total += new
        return dropped

    def left(self, node: str, session: int, now_s: float) -> None:
        """Record that a stream ended."""
        known = self._known.get(node)
        if known is not None and known.record.session == session:
            known.record = replace(known.record, session=0, seen_s=now_s)
            self._announce()

    def sweep(self, now_s: float, endpoints: Iterable[str]) -> None:
        """Forget nodes and rows of those long gone, and rows of endpoints that are no more."""
        keep = set(endpoints)
        for node, known in list(self._known.items()):
            gone_s = 0.0 if known.record.session else now_s - known.record.seen_s
            if gone_s > NODE_KEEP_S:
                del self._known[node]
            elif gone_s > ROWS_KEEP_S:
                known.rows.clear()
            else:
                known.rows = {e: row for e, row in known.rows.items() if e in keep}
        self._rows_total = sum(len(known.rows) for known in self._known.values())

    def nodes(self) -> list[NodeRecord]:
        """Return every node in the order of ids."""
        return [self._known[node].record for node in sorted(self._known)]

    def rows(self) -> list[Row]:
        """Return the table in the order of PoP, then endpoint."""
        return [
            known.rows[endpoint]
            for _, known in sorted(self._known.items())
            for endpoint in sorted(known.rows)
        ]

    def seeds(self, node: str) -> tuple[str, ...]:
        """Return where other live nodes gossip: at most SEEDS_MAX, the ones that follow `node`."""
        live = [r.hello for r in self.nodes() if r.session and r.hello.gossip_address]
        after = [hello for hello in live if hello.id > node]
        before = [hello for hello in live if hello.id < node]
        return tuple(hello.gossip_address for hello in [*after, *before][:SEEDS_MAX])
