"""What the node asks of the world. The composition root picks the real one; the simulator brings
its own.

Nothing else in this package may read a clock, open a socket or touch a disk.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from weftline_core.address import Address
from weftline_core.desired import Desired
from weftline_core.rows import Row

__all__ = [
    "Address",
    "DatagramSite",
    "Datagrams",
    "DesiredSource",
    "Listening",
    "Mesh",
    "Network",
    "SnapshotStore",
]

P = TypeVar("P", bound=asyncio.Protocol)


class Listening(Protocol):
    """An open listener."""

    @property
    def address(self) -> Address:
        """Return where it really listens (a port of 0 was chosen by the system)."""
        ...

    def close(self) -> None:
        """Take no more connections; those accepted go on."""
        ...


class Network(Protocol):
    """Byte streams: the site that clients come to and the connector that dials endpoints."""

    async def listen(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> Listening:
        """Listen and build one protocol a connection.

        Raises:
            OSError: the address is in use or not ours.
        """
        ...

    async def connect(self, address: Address, factory: Callable[[], P], *, tls: bool) -> P:
        """Dial and return the protocol; with `tls` the certificate must match `address.host`.

        Raises:
            OSError: refused, unreachable, name not found, or TLS failed (`ssl.SSLError` is one).
        """
        ...


class Datagrams(Protocol):
    """Best-effort datagrams, unordered, perhaps doubled; a lost one is never an error."""

    @property
    def address(self) -> Address:
        """Return where others can reach this port."""
        ...

    def send(self, to: Address, data: bytes) -> None:
        """Send one datagram of at most `limits.DATAGRAM_BYTES_MAX` bytes; never blocks, never
        raises for the network.
        """
        ...

    def close(self) -> None:
        """Receive nothing more."""
        ...


class DatagramSite(Protocol):
    """Where datagram ports come from."""

    async def open(self, address: Address, on_data: Callable[[Address, bytes], None]) -> Datagrams:
        """Bind `address` and hand every datagram received to `on_data(source, data)`.

        Raises:
            OSError: the address is in use or not ours.
        """
        ...


class SnapshotStore(Protocol):
    """Where the last-known-good desired state survives a restart."""

    def load(self) -> Desired | None:
        """Return the state saved last, or None if there is none or it is damaged (which is logged,
        and the file kept).
        """
        ...

    def save(self, desired: Desired) -> None:
        """Replace the saved state, atomically."""
        ...


class Mesh(Protocol):
    """What a source of desired state may ask of the node it feeds."""

    def apply(self, desired: Desired) -> None:
        """Take a new desired state, whole or not at all.

        Raises:
            OperatorError: it is refused, with the reason; the old state stays in force.
        """
        ...

    def rows(self) -> list[Row]:
        """Return this PoP's own rows, for the operator's table."""
        ...

    def peers(self, seeds: list[Address]) -> None:
        """Hear of other nodes' gossip addresses."""
        ...


class DesiredSource(Protocol):
    """Where desired state comes from: a file, or the control plane."""

    async def run(self, mesh: Mesh) -> None:
        """Feed `mesh` until cancelled; the loss of the source is not an error, it is tried again
        for ever.
        """
        ...
