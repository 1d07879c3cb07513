"""The real network behind the ports: TCP and UDP. The only file that opens sockets."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import TypeVar

from weftline_core.limits import DATAGRAM_BYTES_MAX
from weftline_node.ports import Address, Datagrams, Listening
from weftline_node.resolver import Resolver

P = TypeVar("P", bound=asyncio.Protocol)

# Connections the kernel may hold before we accept them: a burst of a few thousand clients at once.
LISTEN_BACKLOG = 4096


class TcpListening:
    """An open TCP listener."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        host, port = server.sockets[0].getsockname()[:2]
        self._address = Address(host, port)

    @property
    def address(self) -> Address:
        """Return where it really listens."""
        return self._address

    def close(self) -> None:
        """Take no more connections; those accepted go on."""
        self._server.close()


class TcpNetwork:
    """TCP with Nagle off on both sides: 40 ms of a first token have been lost to it elsewhere."""

    def __init__(self, source_address: str | None = None) -> None:
        self._source = (source_address, 0) if source_address else None
        self._tls: ssl.SSLContext | None = None

    async def listen(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> Listening:
        """Listen and build one protocol a connection."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            factory, address.host, address.port, backlog=LISTEN_BACKLOG, reuse_address=True
        )
        return TcpListening(server)

    async def connect(self, address: Address, factory: Callable[[], P], *, tls: bool) -> P:
        """Dial and return the protocol, connected."""
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(
            factory,
            address.host,
            address.port,
            ssl=self._context() if tls else None,
            server_hostname=address.host if tls else None,
            local_addr=self._source,
        )
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return protocol

    def _context(self) -> ssl.SSLContext:
        # Building one reads the system's certificates, some 10 ms; a node without TLS never does.
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, on_data: Callable[[Address, bytes], None]) -> None:
        self._on_data = on_data

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._on_data(Address(addr[0], addr[1]), data)

    def error_received(self, exc: Exception) -> None:
        """Ignore it: an ICMP refusal says nothing that gossip does not learn by itself."""


class UdpPort:
    """A bound UDP port."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        host, port = transport.get_extra_info("sockname")[:2]
        self._address = Address(host, port)
        self._resolver = Resolver(transport.get_extra_info("socket").family)

    @property
    def address(self) -> Address:
        """Return where others can reach this port."""
        return self._address

    def send(self, to: Address, data: bytes) -> None:
        """Send one datagram; what the network refuses is lost, as datagrams may be."""
        assert len(data) <= DATAGRAM_BYTES_MAX, len(data)
        if self._transport.is_closing() or (where := self._resolver.find(to)) is None:
            return
        try:
            self._transport.sendto(data, (where.host, where.port))
        except OSError:
            return

    def close(self) -> None:
        """Receive nothing more."""
        self._resolver.close()
        self._transport.close()


class UdpSite:
    """Where UDP ports come from."""

    async def open(self, address: Address, on_data: Callable[[Address, bytes], None]) -> Datagrams:
        """Bind `address` and hand every datagram received to `on_data`."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Receiver(on_data), local_addr=(address.host, address.port)
        )
        return UdpPort(transport)
