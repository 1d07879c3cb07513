"""What one PoP says about one endpoint: the row that gossip carries and routing reads."""

from dataclasses import dataclass
from enum import IntEnum

from weftline_core.ids import EndpointId, NodeId


class EndpointState(IntEnum):
    """Health of an endpoint as one PoP sees it. The numbers are the wire form."""

    UP = 0
    PROBATION = 1
    DOWN = 2
    DRAINING = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One PoP's measurements of one endpoint. Only `pop` may write it; `version` grows with each
    change.

    Units: `rtt_ms` is the network round trip, `ttft_ms` the time from request sent to first
    content (smoothed), both None before the first sample; `error_rate` in [0, 1]; `in_flight`
    counts this PoP's requests only.
    """

    pop: NodeId
    endpoint: EndpointId
    version: int
    state: EndpointState
    rtt_ms: float | None = None
    ttft_ms: float | None = None
    in_flight: int = 0
    error_rate: float = 0.0
