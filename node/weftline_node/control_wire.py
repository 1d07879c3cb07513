"""What node and control plane say to each other, between its protobuf form and plain values."""

from collections.abc import Iterable
from contextlib import suppress

from weftline.wire import from_wire
from weftline.wire_hello import hello_to_wire
from weftline.wire_rows import row_to_wire
from weftline_core.address import Address, parse_address
from weftline_core.desired import Desired, Resource, ref
from weftline_core.errors import OperatorError
from weftline_node.control_link import (
    Ack,
    Delta,
    Hello,
    Nack,
    Report,
    Seeds,
    Snapshot,
    ToControl,
    ToNode,
    Unreadable,
)
from weftline_proto.control.v1 import node_pb2 as pb


def to_request(word: ToControl) -> pb.SubscribeRequest:
    """Return the protobuf form of what a node says."""
    match word:
        case Hello(node=node, revision=revision):
            return pb.SubscribeRequest(hello=pb.Hello(node=hello_to_wire(node), revision=revision))
        case Ack(revision=revision):
            return pb.SubscribeRequest(ack=pb.Ack(revision=revision))
        case Nack(revision=revision, reason=reason):
            return pb.SubscribeRequest(nack=pb.Nack(revision=revision, reason=reason))
        case Report(rows=rows):
            return pb.SubscribeRequest(report=pb.Report(rows=map(row_to_wire, rows)))


def from_response(response: pb.SubscribeResponse) -> ToNode | None:
    """Return what a node is told, or None if this version does not know such a word."""
    match response.WhichOneof("word"):
        case "snapshot":
            return _snapshot(response.snapshot)
        case "delta":
            return _delta(response.delta)
        case "seeds":
            return Seeds(tuple(_addresses(response.seeds.addresses)))
        case _:
            # A newer control plane may say more than this node understands.
            return None


def _snapshot(wire: pb.Snapshot) -> Snapshot | Unreadable:
    try:
        resources = [from_wire(resource) for resource in wire.resources]
    except ValueError as e:
        return Unreadable(wire.revision, str(e))
    by_ref: dict[str, Resource] = {ref(resource): resource for resource in resources}
    desired = Desired(revision=wire.revision, resources=by_ref)
    return Snapshot(desired, rewind=wire.rewind, emptied=wire.emptied)


def _delta(wire: pb.Delta) -> Delta | Unreadable:
    try:
        put = tuple(from_wire(resource) for resource in wire.put)
    except ValueError as e:
        return Unreadable(wire.revision, str(e))
    return Delta(wire.from_revision, wire.revision, put, tuple(wire.deleted))


def _addresses(texts: Iterable[str]) -> Iterable[Address]:
    """Yield what can be read; a seed more or less is not worth an error."""
    for text in texts:
        with suppress(OperatorError):
            yield parse_address(text, "a seed")
