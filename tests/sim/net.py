"""An in-memory Internet: hosts with streams and datagrams between them, under a `Weather`.

A host's `Site` is what the node's ports ask for: a Network and a DatagramSite. Streams behave as
TCP does where it matters to a proxy: in order, with flow control, refused where nobody listens,
reset or silent when something breaks, and silent for long in a partition.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

from tests.sim.streams import Stream
from tests.sim.trace import Trace
from tests.sim.weather import GIVE_UP_S, SYN_RETRANSMIT_S, Weather
from weftline_node.ports import Address, Datagrams, Listening

P = TypeVar("P", bound=asyncio.Protocol)


@dataclass(slots=True)
class _Listener:
    net: "Net"
    address: Address
    factory: Callable[[], asyncio.Protocol]

    def close(self) -> None:
        if self.net.listeners.get(self.address) is self:
            del self.net.listeners[self.address]


class _Port:
    def __init__(
        self, net: "Net", address: Address, on_data: Callable[[Address, bytes], None]
    ) -> None:
        self._net = net
        self.address = address
        self.on_data = on_data

    def send(self, to: Address, data: bytes) -> None:
        # A killed process sends nothing, though what is left of it here may try.
        if self._net.ports.get(self.address) is self:
            self._net.throw(self.address, to, data)

    def close(self) -> None:
        if self._net.ports.get(self.address) is self:
            del self._net.ports[self.address]


class Net:
    """All hosts and what is between them."""

    def __init__(self, weather: Weather, trace: Trace) -> None:
        self.weather = weather
        self.trace = trace
        self.loop = asyncio.get_running_loop()
        self.listeners: dict[Address, _Listener] = {}
        self.ports: dict[Address, _Port] = {}
        self._streams: dict[Stream, None] = {}
        self._ephemeral = count(49_152)

    def site(self, host: str) -> "Site":
        """Return what programs on `host` see of the network."""
        return Site(self, host)

    def kill(self, host: str) -> None:
        """Do what a kernel does when a process dies: free its ports, reset its connections."""
        self.listeners = {a: v for a, v in self.listeners.items() if a.host != host}
        self.ports = {a: v for a, v in self.ports.items() if a.host != host}
        for stream in [s for s in self._streams if s.here.host == host]:
            stream.abort()

    def ephemeral(self, host: str) -> Address:
        """Return an address that nobody has used."""
        return Address(host, next(self._ephemeral))

    def throw(self, source: Address, to: Address, data: bytes) -> None:
        """Send a datagram: lost, late, doubled or delivered."""
        weather = self.weather
        copies = 1 + weather.chance(weather.duplication)
        for _ in range(copies):
            if weather.chance(weather.loss) or not weather.passes(source.host, to.host):
                self.trace.note("datagram-lost", source, to, len(data))
                continue
            delay_s = weather.delay_s(source.host, to.host)
            self.loop.call_later(delay_s, self._catch, source, to, data)

    def _catch(self, source: Address, to: Address, data: bytes) -> None:
        if (port := self.ports.get(to)) is not None:
            self.trace.note("datagram", source, to, data.hex())
            port.on_data(source, data)

    async def handshake(self, source: str, to: Address) -> _Listener:
        """Wait as long as a connection takes.

        Raises:
            ConnectionRefusedError: nobody listens there. TimeoutError: no answer came.
        """
        weather, give_up_s = self.weather, self.loop.time() + GIVE_UP_S
        while not (weather.passes(source, to.host) and weather.passes(to.host, source)):
            await asyncio.sleep(SYN_RETRANSMIT_S)
            if self.loop.time() > give_up_s:
                raise TimeoutError(f"no route to {to}")
        await asyncio.sleep(weather.handshake_s(source, to.host))
        if (listener := self.listeners.get(to)) is None:
            raise ConnectionRefusedError(f"nobody listens at {to}")
        return listener

    def pair(
        self, here: Address, there: Address, ours: asyncio.Protocol, theirs: _Listener
    ) -> None:
        """Connect two protocols, the accepting one first."""
        accepted = theirs.factory()
        far = Stream(self.weather, self.trace, (there, here), accepted, self._streams)
        near = Stream(self.weather, self.trace, (here, there), ours, self._streams)
        far.peer, near.peer = near, far
        self.trace.note("connect", here, there)
        accepted.connection_made(far)
        ours.connection_made(near)


class Site:
    """The network as one host sees it: the node's Network and DatagramSite."""

    def __init__(self, net: Net, host: str) -> None:
        self._net = net
        self.host = host

    async def listen(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> Listening:
        """Listen and build one protocol a connection."""
        address = self._own(address, self._net.listeners)
        self._net.listeners[address] = listener = _Listener(self._net, address, factory)
        return listener

    async def connect(self, address: Address, factory: Callable[[], P], *, tls: bool) -> P:
        """Dial and return the protocol, connected."""
        assert not tls, "the simulator has no TLS"
        listener = await self._net.handshake(self.host, address)
        protocol = factory()
        self._net.pair(self._net.ephemeral(self.host), address, protocol, listener)
        return protocol

    async def open(self, address: Address, on_data: Callable[[Address, bytes], None]) -> Datagrams:
        """Bind `address` and hand every datagram received to `on_data`."""
        address = self._own(address, self._net.ports)
        self._net.ports[address] = port = _Port(self._net, address, on_data)
        return port

    async def dial(self, address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Do as `asyncio.open_connection` does, for clients."""
        reader = asyncio.StreamReader()
        protocol = await self.connect(address, lambda: _ClientProtocol(reader), tls=False)
        assert protocol.link is not None
        return reader, asyncio.StreamWriter(protocol.link, protocol, reader, self._net.loop)

    def _own(self, address: Address, taken: dict[Address, Any]) -> Address:
        if address.host != self.host:
            raise OSError(f"{address.host} is not an address of {self.host}")
        if address.port == 0:
            address = self._net.ephemeral(self.host)
        if address in taken:
            raise OSError(f"{address} is in use")
        return address


class _ClientProtocol(asyncio.StreamReaderProtocol):
    """asyncio's own, which keeps its transport where a writer can get it."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self.link: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        self.link = transport
