"""Rows of the latency table between their protobuf form and the core's.

A row comes from another process: what cannot be a measurement is a `ValueError`, so that no NaN
and no negative time ever reaches the routing.
"""

import math

from weftline_core.ids import EndpointId, NodeId, name_problem
from weftline_core.rows import EndpointState, Row
from weftline_proto.control.v1 import types_pb2

_STATES = {
    EndpointState.UP: types_pb2.ENDPOINT_STATE_UP,
    EndpointState.PROBATION: types_pb2.ENDPOINT_STATE_PROBATION,
    EndpointState.DOWN: types_pb2.ENDPOINT_STATE_DOWN,
    EndpointState.DRAINING: types_pb2.ENDPOINT_STATE_DRAINING,
}
_STATES_BACK: dict[int, EndpointState] = {wire: state for state, wire in _STATES.items()}


def row_to_wire(row: Row) -> types_pb2.TableRow:
    """Return the protobuf form of a row."""
    return types_pb2.TableRow(
        pop=row.pop,
        endpoint=row.endpoint,
        version=row.version,
        state=_STATES[row.state],
        rtt_ms=row.rtt_ms,
        ttft_ms=row.ttft_ms,
        in_flight=row.in_flight,
        error_rate=row.error_rate,
    )


def row_from_wire(wire: types_pb2.TableRow) -> Row:
    """Return the row of its protobuf form.

    Raises:
        ValueError: a bad name, a state that this version does not know, or a number that no
            measurement gives.
    """
    for name in (wire.pop, wire.endpoint):
        if problem := name_problem(name):
            raise ValueError(problem)
    if (state := _STATES_BACK.get(wire.state)) is None:
        raise ValueError(f"state {wire.state} is not known to this version")
    if not 0.0 <= wire.error_rate <= 1.0:
        raise ValueError(f"error_rate must be in [0, 1], not {wire.error_rate}")
    return Row(
        pop=NodeId(wire.pop),
        endpoint=EndpointId(wire.endpoint),
        version=wire.version,
        state=state,
        rtt_ms=_ms("rtt_ms", wire.rtt_ms) if wire.HasField("rtt_ms") else None,
        ttft_ms=_ms("ttft_ms", wire.ttft_ms) if wire.HasField("ttft_ms") else None,
        in_flight=wire.in_flight,
        error_rate=wire.error_rate,
    )


def _ms(field: str, value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{field} must be a time, not {value}")
    return value
