"""The delay line: late by half a round trip each way, in order, nothing merged, nothing lost."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from weftline_bench.line import IN_FLIGHT_BYTES_MAX
from weftline_bench.links import (
    FarEnd,
    Gate,
    Link,
    parse_link,
)

FAR = "127.0.0.11"
RTT_MS = 40.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.11=80", Link(80)), ("127.0.0.11=7.5~2", Link(7.5, 2)), ("a=0", Link(0))],
)
def test_a_delay_is_read(text: str, expected: Link) -> None:
    source, link = parse_link(text)
    assert (source, link) == (text.partition("=")[0], expected)


@pytest.mark.parametrize("text", ["", "80", "=80", "a=", "a=x", "a=-1", "a=1~-1", "a=nan", "a=1e9"])
def test_what_is_no_delay_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a delay|delays lie in"):
        parse_link(text)


def test_jitter_only_adds() -> None:
    rng = random.Random(1)
    delays = [Link(10, 4).one_way_s(rng) for _ in range(100)]
    assert min(delays) >= 0.005
    assert 0.006 < max(delays) <= 0.009


class Server(asyncio.Protocol):
    """Echoes, and remembers what happened to it and when."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.chunks: list[bytes] = []
        self.lost = asyncio.Event()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.chunks.append(data)
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def pause_writing(self) -> None:
        self.seen.append("pause")

    def resume_writing(self) -> None:
        self.seen.append("resume")

    def eof_received(self) -> bool:
        self.seen.append("eof")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.append("lost")
        self.lost.set()


class Client:
    """One connection from a far or a near address."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer

    async def echo_ms(self, data: bytes) -> float:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        self.writer.write(data)
        assert await self.reader.readexactly(len(data)) == data
        return (loop.time() - begin_s) * 1000


@asynccontextmanager
async def connected(link: Link | None, source: str = FAR) -> AsyncGenerator[Client, None]:
    links = {} if link is None else {FAR: link}
    server = Server()
    listener = await asyncio.get_running_loop().create_server(
        Gate(lambda: server, links, random.Random(1)), "127.0.0.1", 0
    )
    port = listener.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        yield Client(server, reader, writer)
    finally:
        writer.close()
        listener.close()
        async with asyncio.timeout(2):
            await server.lost.wait()


async def test_a_source_without_an_entry_is_near() -> None:
    async with connected(Link(RTT_MS), source="127.0.0.12") as client:
        assert min([await client.echo_ms(b"x") for _ in range(3)]) < RTT_MS / 2
        assert not isinstance(client.server.transport, FarEnd)


async def test_the_first_exchange_costs_two_round_trips_and_the_next_one() -> None:
    async with connected(Link(RTT_MS)) as client:
        assert await client.echo_ms(b"x") >= 2 * RTT_MS - 2
        warm_ms = [await client.echo_ms(b"x") for _ in range(3)]
        assert min(warm_ms) == pytest.approx(RTT_MS, abs=RTT_MS / 4)


async def first_exchange_after_a_rest_ms() -> float:
    async with connected(Link(RTT_MS)) as client:
        await asyncio.sleep(RTT_MS / 1000 * 1.1)
        return await client.echo_ms(b"x")


async def test_a_connection_that_was_warmed_pays_nothing_for_its_set_up() -> None:
    # The best of three: a busy machine can only add.
    assert min([await first_exchange_after_a_rest_ms() for _ in range(3)]) < 1.75 * RTT_MS


async def test_chunks_stay_apart_and_in_order_under_jitter() -> None:
    async with connected(Link(4, jitter_ms=10)) as client:
        await client.echo_ms(b"warm")
        for n in range(20):
            client.writer.write(b"%02d" % n)
            await asyncio.sleep(0.001)
        assert await client.reader.readexactly(40) == b"".join(b"%02d" % n for n in range(20))
        assert len(client.server.chunks) > 10, "not merged while they waited"


async def test_what_was_written_before_close_still_arrives() -> None:
    async with connected(Link(RTT_MS)) as client:
        await client.echo_ms(b"x")
        assert client.server.transport is not None
        client.server.transport.write(b"last words")
        client.server.transport.close()
        client.server.transport.write(b"too late")
        assert await client.reader.read() == b"last words"


async def test_a_client_that_leaves_is_noticed_half_a_round_trip_later() -> None:
    async with connected(Link(RTT_MS)) as client:
        await client.echo_ms(b"x")
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        client.writer.close()
        await asyncio.wait_for(client.server.lost.wait(), 2)
        assert (loop.time() - begin_s) * 1000 >= RTT_MS / 2 - 2
        assert client.server.seen == ["eof", "lost"]


async def test_a_flood_is_held_back_and_arrives_whole() -> None:
    flood = random.Random(2).randbytes(2 * IN_FLIGHT_BYTES_MAX)
    async with connected(Link(10)) as client:
        await client.echo_ms(b"x")
        assert client.server.transport is not None
        client.server.transport.write(flood)
        assert client.server.seen == ["pause"]
        assert client.server.transport.get_write_buffer_size() > 0
        assert await client.reader.readexactly(len(flood)) == flood
        assert client.server.seen[-1] == "resume"
        assert client.server.seen.count("pause") == client.server.seen.count("resume")


async def test_a_protocol_that_does_not_read_gets_nothing_until_it_does() -> None:
    async with connected(Link(10)) as client:
        await client.echo_ms(b"x")
        transport = client.server.transport
        assert transport is not None
        transport.pause_reading()
        client.writer.write(b"later")
        await asyncio.sleep(0.03)
        assert client.server.chunks == [b"x"]
        assert not transport.is_reading()
        transport.resume_reading()
        assert await client.reader.readexactly(5) == b"later"


async def test_an_abort_is_a_reset_for_the_client() -> None:
    async with connected(Link(10)) as client:
        await client.echo_ms(b"x")
        assert client.server.transport is not None
        client.server.transport.abort()
        assert client.server.transport.is_closing()
        assert await client.reader.read() == b""
        assert client.server.transport.get_extra_info("peername")[0] == FAR
