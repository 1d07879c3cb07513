"""What nodes say to one another: the words of gossip, as typed values with their bounds.

Numbers travel as bounded integers, so that no NaN, infinity or negative can come in. A node's rank
of states and an entry's order are total, which is what makes merging safe in any order.
"""

from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from weftline_core.ids import NAME_CHARS_MAX, EndpointId, NodeId, Region
from weftline_core.rows import EndpointState, Row

# A host (as number or name) and a port; `weftline_core.address.Address` is one.
Address: TypeAlias = tuple[str, int]

# The greatest incarnation and row version. Both start from wall-clock milliseconds, 2**41 today, so
# there is room for 2**52 changes; and every JSON reader still takes the number whole.
VERSION_MAX = 2**53

# A day is longer than any round trip or any wait for a token that a row could report.
ROW_MS_MAX = 86_400_000

# Rows carry milliseconds in steps of 0.01: 85 ms fits in three bytes, and loopback is still seen.
ROW_STEPS_PER_MS = 100

ERROR_RATE_STEPS = 1000
IN_FLIGHT_MAX = 1_000_000

# Parts of a table that are compared by one number each. 32 numbers are 160 B, and at a few hundred
# rows a difference in one row makes some ten rows travel.
BUCKETS = 32


class MemberState(IntEnum):
    """What is believed of a node. The numbers are the wire form and, at equal incarnation, the
    rank: the greater wins.
    """

    ALIVE = 0
    SUSPECT = 1
    DEAD = 2
    LEFT = 3


@dataclass(frozen=True, slots=True)
class MemberInfo:
    """A node as it introduces itself.

    address: where its gossip port can be reached. base_url: where clients and peers speak HTTP
    with it. incarnation: raised by the node alone, to contradict what others say of it. version:
    of its software, for people.
    """

    id: NodeId
    region: Region
    address: Address
    base_url: str = ""
    incarnation: int = 0
    version: str = ""


Name = Annotated[str, Meta(pattern=r"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?\Z")]
# Checked by whoever meets it first (the roster, the table): a pattern costs 0.3 us and a datagram
# may hold eighty names that are known already.
KnownName = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:_%-]{1,255}\Z")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Url = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{0,256}\Z")]
Label = Annotated[str, Meta(pattern=r"^[\x20-\x7e]{0,64}\Z")]
Sequence = Annotated[int, Meta(ge=0, lt=2**32)]
Version = Annotated[int, Meta(ge=1, le=VERSION_MAX)]
Steps = Annotated[int, Meta(ge=0, le=ROW_MS_MAX * ROW_STEPS_PER_MS)]


class Ping(Struct, frozen=True, array_like=True, tag=1, forbid_unknown_fields=True):
    """Asks `target` for an Ack; another node that now lives at its address keeps silent."""

    sequence: Sequence
    target: KnownName


class PingRequest(Struct, frozen=True, array_like=True, tag=2, forbid_unknown_fields=True):
    """Asks the receiver to ping `target`, at the address where the receiver knows it."""

    sequence: Sequence
    target: KnownName


class Ack(Struct, frozen=True, array_like=True, tag=3, forbid_unknown_fields=True):
    """The pinged node answered."""

    sequence: Sequence


class Nack(Struct, frozen=True, array_like=True, tag=4, forbid_unknown_fields=True):
    """The relay works, the pinged node has not answered it: the asker itself is not the cause."""

    sequence: Sequence


class Alive(Struct, frozen=True, array_like=True, tag=5, forbid_unknown_fields=True):
    """A node introduces itself, or contradicts what is said of it."""

    node: Name
    incarnation: Version
    region: Name
    host: Host
    port: Port
    base_url: Url
    version: Label


class Claim(Struct, frozen=True, array_like=True, tag=6, forbid_unknown_fields=True):
    """`accuser` says that `node`, at `incarnation`, is suspect, dead or has left."""

    node: KnownName
    # One less than an Alive may carry, so that every claim can be contradicted.
    incarnation: Annotated[int, Meta(ge=1, lt=VERSION_MAX)]
    state: Annotated[int, Meta(ge=1, le=3)]
    accuser: KnownName


class RowWord(Struct, frozen=True, array_like=True, tag=7, forbid_unknown_fields=True):
    """One row of the table, in steps; see `weftline_core.rows.Row`."""

    pop: KnownName
    endpoint: KnownName
    version: Version
    state: Annotated[int, Meta(ge=0, le=3)]
    rtt: Steps | None
    ttft: Steps | None
    in_flight: Annotated[int, Meta(ge=0, le=IN_FLIGHT_MAX)]
    error_rate: Annotated[int, Meta(ge=0, le=ERROR_RATE_STEPS)]


class RowGone(Struct, frozen=True, array_like=True, tag=8, forbid_unknown_fields=True):
    """`pop` has no such endpoint any more."""

    pop: KnownName
    endpoint: KnownName
    version: Version


class Digest(Struct, frozen=True, array_like=True, tag=9, forbid_unknown_fields=True):
    """What `node` holds, in a few numbers; the receiver tells it what differs.

    Shape: `rows` has one number for each of `BUCKETS` buckets of nodes.
    """

    node: KnownName
    answer: bool
    members: Annotated[int, Meta(ge=0, lt=2**56)]
    rows: Annotated[
        list[Annotated[int, Meta(ge=0, lt=2**32)]], Meta(min_length=BUCKETS, max_length=BUCKETS)
    ]


Entry: TypeAlias = RowWord | RowGone
Message: TypeAlias = Ping | PingRequest | Ack | Nack | Alive | Claim | RowWord | RowGone | Digest


def alive(info: MemberInfo) -> Alive:
    """Return the introduction that says `info`."""
    host, port = info.address
    return Alive(info.id, info.incarnation, info.region, host, port, info.base_url, info.version)


def info_of(word: Alive) -> MemberInfo:
    """Return what `word` says about its node."""
    return MemberInfo(
        id=NodeId(word.node),
        region=Region(word.region),
        address=(word.host, word.port),
        base_url=word.base_url,
        incarnation=word.incarnation,
        version=word.version,
    )


def key_of(word: Entry) -> tuple[NodeId, EndpointId]:
    """Return the key of a table entry."""
    return NodeId(word.pop), EndpointId(word.endpoint)


def row_word(row: Row, version: int) -> RowWord:
    """Return what a datagram says of `row`: out-of-range numbers are clamped, NaN is not told."""
    return RowWord(
        row.pop,
        row.endpoint,
        version,
        int(row.state),
        _steps(row.rtt_ms),
        _steps(row.ttft_ms),
        max(0, min(IN_FLIGHT_MAX, row.in_flight)),
        _rate_steps(row.error_rate),
    )


def row_of(word: RowWord) -> Row:
    """Return the row that `word` tells of."""
    return Row(
        pop=NodeId(word.pop),
        endpoint=EndpointId(word.endpoint),
        version=word.version,
        state=EndpointState(word.state),
        rtt_ms=None if word.rtt is None else word.rtt / ROW_STEPS_PER_MS,
        ttft_ms=None if word.ttft is None else word.ttft / ROW_STEPS_PER_MS,
        in_flight=word.in_flight,
        error_rate=word.error_rate / ERROR_RATE_STEPS,
    )


def _steps(value_ms: float | None) -> int | None:
    if value_ms is None or not isfinite(value_ms):
        return None
    return round(max(0.0, min(ROW_MS_MAX, value_ms)) * ROW_STEPS_PER_MS)


def _rate_steps(rate: float) -> int:
    return (
        round(max(0.0, min(1.0, rate)) * ERROR_RATE_STEPS) if isfinite(rate) else ERROR_RATE_STEPS
    )
