"""Words survive the wire; what this version cannot read is said so, not guessed."""

import pytest

from tests.fakes.control import IAD, MODEL
from weftline.wire import to_wire
from weftline.wire_hello import NodeHello
from weftline_core.desired import Desired
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row
from weftline_node.control_link import (
    Ack,
    Delta,
    Hello,
    Nack,
    Report,
    Seeds,
    Snapshot,
    Unreadable,
)
from weftline_node.control_wire import from_response, to_request
from weftline_node.ports import Address
from weftline_proto.control.v1 import node_pb2 as pb
from weftline_proto.control.v1 import types_pb2


def test_what_a_node_says() -> None:
    node = NodeHello(id="ams", region="ams", base_url="http://a", gossip_address="a:1")
    hello = to_request(Hello(node, 7)).hello
    assert (hello.node.id, hello.node.base_url, hello.revision) == ("ams", "http://a", 7)
    assert to_request(Ack(7)) == pb.SubscribeRequest(ack=pb.Ack(revision=7))
    assert to_request(Nack(7, "no")).nack.reason == "no"
    row = Row(NodeId("ams"), EndpointId("iad"), 1, EndpointState.UP, rtt_ms=8.0)
    assert to_request(Report((row,))).report.rows[0].rtt_ms == 8.0


def test_what_a_node_is_told() -> None:
    snapshot = pb.Snapshot(revision=3, resources=[to_wire(MODEL), to_wire(IAD)], rewind=True)
    assert from_response(pb.SubscribeResponse(snapshot=snapshot)) == Snapshot(
        Desired.EMPTY.changed([MODEL, IAD], (), 3), rewind=True
    )
    delta = pb.Delta(from_revision=3, revision=4, put=[to_wire(IAD)], deleted=["Key/k"])
    assert from_response(pb.SubscribeResponse(delta=delta)) == Delta(3, 4, (IAD,), ("Key/k",))


def test_seeds_that_are_no_addresses_are_left_out() -> None:
    seeds = pb.Seeds(addresses=["127.0.0.1:7", "[::1]:8", "nonsense", ":1", "h:x"])
    assert from_response(pb.SubscribeResponse(seeds=seeds)) == Seeds(
        (Address("127.0.0.1", 7), Address("::1", 8))
    )


NEWER = types_pb2.Resource(model=types_pb2.Model(name="m", policy="psychic"))


@pytest.mark.parametrize(
    "word",
    [
        pb.SubscribeResponse(snapshot=pb.Snapshot(revision=9, resources=[NEWER])),
        pb.SubscribeResponse(delta=pb.Delta(from_revision=3, revision=9, put=[NEWER])),
    ],
)
def test_what_a_newer_control_plane_says_is_unreadable(word: pb.SubscribeResponse) -> None:
    read = from_response(word)
    assert isinstance(read, Unreadable)
    assert read.revision == 9
    assert "psychic" in read.reason


def test_a_word_of_a_newer_kind_is_passed_over() -> None:
    assert from_response(pb.SubscribeResponse()) is None
