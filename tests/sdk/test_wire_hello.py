"""Introductions between the wire and plain values."""

from dataclasses import fields

from weftline.wire_hello import NodeHello, hello_from_wire, hello_to_wire
from weftline_proto.control.v1 import types_pb2


def test_every_field_survives_the_way_there_and_back() -> None:
    hello = NodeHello(**{field.name: f"my {field.name}" for field in fields(NodeHello)})
    assert hello_from_wire(hello_to_wire(hello)) == hello


def test_what_is_unset_is_nowhere() -> None:
    assert hello_from_wire(types_pb2.Node(id="ams", region="ams")) == NodeHello(
        id="ams", region="ams"
    )
