"""The in-memory Internet does what TCP and UDP do where it matters."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.sim.loop import run
from tests.sim.net import Net
from tests.sim.trace import Trace
from tests.sim.weather import GIVE_UP_S, Weather
from weftline_node.ports import Address

SERVER = Address("server", 80)


class Echo(asyncio.Protocol):
    """Answers what it gets, or keeps it."""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = answers
        self.got = b""
        self.lost: list[Exception | None] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.answers and self.transport is not None:
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def dialled(net: Net) -> AsyncGenerator[Ends, None]:
    reader, writer = await net.site("client").dial(SERVER)
    try:
        yield reader, writer
    finally:
        writer.close()


def world(story: Callable[[Net, Echo], Awaitable[None]], seed: int = 1) -> Trace:
    """Tell `story` on a network of `client` and `server`, 50 ms apart, where `Echo` listens."""

    async def main() -> Trace:
        loop = asyncio.get_running_loop()
        trace = Trace(loop.time, None)
        weather = Weather(random.Random(seed), latency_s={("client", "server"): 0.05})
        net = Net(weather, trace)
        echo = Echo()
        await net.site("server").listen(SERVER, lambda: echo)
        await story(net, echo)
        return trace

    trace, unnoticed = run(main())
    assert unnoticed == []
    return trace


def test_a_round_trip_takes_a_round_trip() -> None:
    async def story(net: Net, echo: Echo) -> None:
        began_s = net.loop.time()
        async with dialled(net) as (reader, writer):
            assert net.loop.time() - began_s == pytest.approx(0.1)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            assert net.loop.time() - began_s == pytest.approx(0.2)
            writer.close()
            await asyncio.sleep(1)
            assert echo.lost == [None]

    world(story)


def test_nobody_listening_refuses() -> None:
    async def story(net: Net, echo: Echo) -> None:
        with pytest.raises(ConnectionRefusedError):
            await net.site("client").dial(Address("server", 81))

    world(story)


def test_an_address_in_use_is_an_error() -> None:
    async def story(net: Net, echo: Echo) -> None:
        with pytest.raises(OSError, match="in use"):
            await net.site("server").listen(SERVER, Echo)
        with pytest.raises(OSError, match="not an address"):
            await net.site("client").listen(SERVER, Echo)

    world(story)


def test_bytes_arrive_once_and_in_order_in_bad_weather() -> None:
    async def story(net: Net, echo: Echo) -> None:
        net.weather.loss, net.weather.jitter_s = 0.3, 0.2
        async with dialled(net) as (reader, writer):
            sent = b"".join(b"%d " % i for i in range(200))
            for word in sent.split(b" ")[:-1]:
                writer.write(word + b" ")
            assert await reader.readexactly(len(sent)) == sent

    world(story)


def test_a_partition_is_silent_and_heals() -> None:
    async def story(net: Net, echo: Echo) -> None:
        async with dialled(net) as (reader, writer):
            net.weather.split({"client"}, {"server"})
            writer.write(b"late")
            await asyncio.sleep(GIVE_UP_S / 2)
            assert echo.got == b""
            net.weather.clear()
            assert await reader.readexactly(4) == b"late"

    world(story)


def test_a_long_partition_breaks_the_sender_and_not_the_reader() -> None:
    async def story(net: Net, echo: Echo) -> None:
        async with dialled(net) as (reader, writer):
            net.weather.cut.add(("client", "server"))
            writer.write(b"never")
            with pytest.raises(TimeoutError):
                await reader.read()
            assert echo.lost == []

    world(story)


def test_a_cut_one_way_stops_a_new_connection() -> None:
    async def story(net: Net, echo: Echo) -> None:
        net.weather.cut.add(("server", "client"))
        with pytest.raises(TimeoutError):
            await net.site("client").dial(SERVER)

    world(story)


def test_a_dead_process_resets_and_then_refuses() -> None:
    async def story(net: Net, echo: Echo) -> None:
        async with dialled(net) as (reader, _):
            net.kill("server")
            with pytest.raises(ConnectionResetError):
                await reader.read()
            with pytest.raises(ConnectionRefusedError):
                await net.site("client").dial(SERVER)

    world(story)


def test_a_reader_who_pauses_stops_the_writer() -> None:
    async def story(net: Net, echo: Echo) -> None:
        async with dialled(net) as (_, writer):
            assert echo.transport is not None
            echo.answers = False
            echo.transport.pause_reading()
            writer.write(b"x" * 200_000)
            drained = asyncio.ensure_future(writer.drain())
            await asyncio.sleep(5)
            assert not drained.done()
            echo.transport.resume_reading()
            await drained
            assert len(echo.got) == 200_000

    world(story)


def test_random_resets_break_connections_on_both_sides() -> None:
    async def story(net: Net, echo: Echo) -> None:
        net.weather.resets = 1.0
        async with dialled(net) as (reader, writer):
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read()
            await asyncio.sleep(1)
            assert isinstance(echo.lost[0], ConnectionResetError)

    world(story)


def test_datagrams_are_lost_doubled_and_reordered() -> None:
    async def story(net: Net, echo: Echo) -> None:
        got: list[bytes] = []
        await net.site("server").open(SERVER, lambda _, data: got.append(data))
        ours = await net.site("client").open(Address("client", 0), lambda _address, _data: None)
        sent = [b"%d" % i for i in range(100)]
        net.weather.loss, net.weather.duplication, net.weather.jitter_s = 0.2, 0.2, 0.5
        for data in sent:
            ours.send(SERVER, data)
        await asyncio.sleep(1)
        assert 50 < len(set(got)) < 100
        assert len(got) > len(set(got))
        assert got != sorted(got, key=int)
        net.weather.cut.add(("client", "server"))
        got.clear()
        ours.send(SERVER, b"cut")
        await asyncio.sleep(1)
        assert got == []

    world(story)


def test_one_seed_is_one_run() -> None:
    async def story(net: Net, echo: Echo) -> None:
        net.weather.loss = 0.3
        async with dialled(net) as (reader, writer):
            for i in range(20):
                writer.write(b"%d " % i)
                await asyncio.sleep(0.01)
            await reader.readuntil(b"19 ")

    assert world(story, 1).digest == world(story, 1).digest != world(story, 2).digest


def test_a_protocol_that_fails_is_told_and_dropped() -> None:
    class Fails(Echo):
        def data_received(self, data: bytes) -> None:
            raise ValueError("on purpose")

    async def main() -> None:
        net = Net(Weather(random.Random(1)), Trace(asyncio.get_running_loop().time, None))
        await net.site("server").listen(SERVER, Fails)
        async with dialled(net) as (reader, writer):
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read()

    assert "on purpose" in run(main())[1][0]
