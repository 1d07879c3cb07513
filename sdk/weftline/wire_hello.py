"""What a node says of itself, and its protobuf form."""

from dataclasses import dataclass

from weftline_proto.control.v1 import types_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHello:
    """A node as it introduces itself. Addresses are where others reach it; empty means nowhere."""

    id: str
    region: str
    base_url: str = ""
    gossip_address: str = ""
    admin_url: str = ""
    version: str = ""


def hello_to_wire(hello: NodeHello) -> types_pb2.Node:
    """Return the protobuf form of an introduction; what others know of the node is left unset."""
    return types_pb2.Node(
        id=hello.id,
        region=hello.region,
        base_url=hello.base_url,
        gossip_address=hello.gossip_address,
        admin_url=hello.admin_url,
        version=hello.version,
    )


def hello_from_wire(wire: types_pb2.Node) -> NodeHello:
    """Return the introduction of its protobuf form."""
    return NodeHello(
        id=wire.id,
        region=wire.region,
        base_url=wire.base_url,
        gossip_address=wire.gossip_address,
        admin_url=wire.admin_url,
        version=wire.version,
    )
