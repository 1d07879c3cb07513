"""Rows survive the wire; what no measurement gives is refused."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weftline.wire_rows import row_from_wire, row_to_wire
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row
from weftline_proto.control.v1 import types_pb2

MS = st.none() | st.floats(0, 1e6)
ROWS = st.builds(
    Row,
    pop=st.sampled_from([NodeId("ams"), NodeId("nrt")]),
    endpoint=st.sampled_from([EndpointId("e-1"), EndpointId("e-2")]),
    version=st.integers(0, 2**64 - 1),
    state=st.sampled_from(EndpointState),
    rtt_ms=MS,
    ttft_ms=MS,
    in_flight=st.integers(0, 2**32 - 1),
    error_rate=st.floats(0, 1),
)


@settings(max_examples=60)
@given(ROWS)
def test_there_and_back(row: Row) -> None:
    data = row_to_wire(row).SerializeToString()
    assert row_from_wire(types_pb2.TableRow.FromString(data)) == row


def good() -> types_pb2.TableRow:
    return types_pb2.TableRow(pop="ams", endpoint="e", state=types_pb2.ENDPOINT_STATE_UP)


def test_the_least_row_is_taken() -> None:
    assert row_from_wire(good()) == Row(NodeId("ams"), EndpointId("e"), 0, EndpointState.UP)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (types_pb2.TableRow(pop="A b"), "not a valid name"),
        (types_pb2.TableRow(state=types_pb2.ENDPOINT_STATE_UNSPECIFIED), "state 0"),
        (types_pb2.TableRow(rtt_ms=math.nan), "rtt_ms"),
        (types_pb2.TableRow(ttft_ms=-1.0), "ttft_ms"),
        (types_pb2.TableRow(ttft_ms=math.inf), "ttft_ms"),
        (types_pb2.TableRow(error_rate=math.nan), "error_rate"),
        (types_pb2.TableRow(error_rate=1.5), "error_rate"),
    ],
)
def test_what_no_measurement_gives_is_refused(bad: types_pb2.TableRow, named: str) -> None:
    wire = good()
    if named == "state 0":
        wire.ClearField("state")
    else:
        wire.MergeFrom(bad)
    with pytest.raises(ValueError, match=named):
        row_from_wire(wire)
