"""Real sockets on loopback."""

import asyncio
import socket

import pytest

from weftline_node.net import TcpNetwork, UdpSite
from weftline_node.ports import Address

ANY_PORT = Address("127.0.0.1", 0)


class Peer(asyncio.Protocol):
    def __init__(self) -> None:
        self.got = bytearray()
        self.heard = asyncio.Event()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        self.heard.set()


async def test_bytes_pass_without_nagle_from_the_chosen_source() -> None:
    server = Peer()
    network = TcpNetwork(source_address="127.0.0.77")
    listening = await network.listen(ANY_PORT, lambda: server)
    client = await network.connect(listening.address, Peer, tls=False)
    assert client.transport is not None
    client.transport.write(b"hello")
    await asyncio.wait_for(server.heard.wait(), 2)
    assert bytes(server.got) == b"hello"
    assert server.transport is not None
    assert server.transport.get_extra_info("peername")[0] == "127.0.0.77"
    sock = client.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    client.transport.abort()
    server.transport.abort()
    listening.close()


async def test_a_closed_port_refuses_and_a_taken_one_says_so() -> None:
    network = TcpNetwork()
    listening = await network.listen(ANY_PORT, Peer)
    with pytest.raises(OSError, match="in use"):
        await network.listen(listening.address, Peer)
    listening.close()
    await asyncio.sleep(0)
    with pytest.raises(ConnectionRefusedError):
        await network.connect(listening.address, Peer, tls=False)


async def test_datagrams_arrive_and_a_dead_receiver_is_no_error() -> None:
    got: asyncio.Queue[tuple[Address, bytes]] = asyncio.Queue()
    site = UdpSite()
    a = await site.open(ANY_PORT, lambda source, data: got.put_nowait((source, data)))
    b = await site.open(ANY_PORT, lambda _source, _data: None)
    b.send(a.address, b"ping")
    assert await asyncio.wait_for(got.get(), 2) == (b.address, b"ping")
    a.close()
    await asyncio.sleep(0)
    b.send(a.address, b"nobody")
    await asyncio.sleep(0.01)
    b.send(a.address, b"nobody")
    b.close()
    await asyncio.sleep(0)
    b.send(a.address, b"after close")
