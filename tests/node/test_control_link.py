"""The twin and the real link are both links; words are values."""

import dataclasses

import pytest

from tests.fakes.control_twin import ControlTwin, TwinLink
from weftline.wire_hello import NodeHello
from weftline_node.control_link import Ack, ControlDoor, ControlLink, Hello
from weftline_node.control_link_grpc import GrpcDoor, GrpcLink

DOORS: tuple[type[ControlDoor], ...] = (GrpcDoor, ControlTwin)
LINKS: tuple[type[ControlLink], ...] = (GrpcLink, TwinLink)


def test_words_are_values() -> None:
    hello = Hello(NodeHello(id="ams", region="ams"), 3)
    assert hello == Hello(NodeHello(id="ams", region="ams"), 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(hello, "revision", 4)  # noqa: B010  # the type checker would refuse the plain form
    assert Ack(1) != Ack(2)
