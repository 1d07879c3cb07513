"""What a node and its control plane say to each other, as plain values, and the link between them.

gRPC stands behind this port in production; in the simulator and in tests it is a queue.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from weftline.wire_hello import NodeHello
from weftline_core.desired import Desired, Resource
from weftline_core.rows import Row
from weftline_node.ports import Address


class LinkLost(Exception):
    """The control plane cannot be reached, or has hung up; the message says why."""


@dataclass(frozen=True, slots=True)
class Hello:
    """First word of a node: who it is, and the revision it has in force (0 for none)."""

    node: NodeHello
    revision: int


@dataclass(frozen=True, slots=True)
class Ack:
    """The state of this revision is in force."""

    revision: int


@dataclass(frozen=True, slots=True)
class Nack:
    """The state of this revision was refused; the old one is in force."""

    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Own rows that changed; none at all just says that the node is alive."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole desired state.

    rewind: an operator confirmed that it may be older than what is in force. emptied: operators
    deleted the last resource, so that empty is meant.
    """

    desired: Desired
    rewind: bool = False
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Delta:
    """A change to the state at `from_revision`; `deleted` holds refs."""

    from_revision: int
    revision: int
    put: tuple[Resource, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A state that this node cannot read: its control plane is newer, or broken."""

    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where other nodes gossip."""

    addresses: tuple[Address, ...]


ToControl: TypeAlias = Hello | Ack | Nack | Report
ToNode: TypeAlias = Snapshot | Delta | Unreadable | Seeds


class ControlLink(Protocol):
    """One open conversation, ordered both ways."""

    async def send(self, word: ToControl) -> None:
        """Say one thing.

        Raises:
            LinkLost: it is over.
        """
        ...

    async def receive(self) -> ToNode:
        """Return the next thing said.

        Raises:
            LinkLost: it is over.
        """
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class ControlDoor(Protocol):
    """Where links come from."""

    async def open(self) -> ControlLink:
        """Call the control plane.

        Raises:
            LinkLost: nobody answers.
        """
        ...
