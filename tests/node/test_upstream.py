"""The pool: reuse, idleness, poison, failed dials, probes."""

import asyncio
import socket
import ssl
from contextlib import suppress

import pytest

from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.pop import PROVIDERS, FakePop, endpoint
from tests.fakes.receiver import Notes
from tests.fakes.wires import FakeNetwork, HandClock, turns
from weftline.aio import Tasks
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, ref
from weftline_core.failures import Failure
from weftline_core.limits import UPSTREAM_IDLE_S
from weftline_node.credentials import Opener
from weftline_node.dial import Dial, DialTable
from weftline_node.net import TcpNetwork
from weftline_node.ports import Network
from weftline_node.upstream import DRAIN_WAIT_S, AttemptFailed, UpstreamPool

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Pool:
    """A pool with one endpoint on a network of fakes."""

    def __init__(self, network: Network | None = None, base_url: str = "http://h/v1") -> None:
        self.network = network if isinstance(network, FakeNetwork) else FakeNetwork()
        self.clock = HandClock()
        self.failures: list[BaseException] = []
        tasks = Tasks(lambda _, e: self.failures.append(e))
        self.pool = UpstreamPool(network or self.network, self.clock, tasks)
        one = endpoint("a", base_url)
        catalog = Catalog.of(Desired(revision=1, resources={ref(one): one}))
        self.dials = DialTable.of(catalog, PROVIDERS, Opener.of({}))
        self.pool.swap(self.dials)

    @property
    def dial(self) -> Dial:
        dial = self.dials.get("a")
        assert dial is not None
        return dial

    async def ask(self, *, fresh: bool = False) -> Notes:
        notes = Notes()
        self.pool.open(self.dial, b"GET", notes, fresh=fresh)
        await turns()
        return notes

    def answer(self, number: int = -1, data: bytes = OK) -> None:
        self.network.transports[number].protocol.data_received(data)


async def test_a_kept_connection_is_used_again_without_a_task() -> None:
    p = Pool()
    await p.ask()
    assert not p.pool.warm("a")
    p.answer()
    assert p.pool.warm("a")
    notes = Notes()
    leg = p.pool.open(p.dial, b"AGAIN", notes)
    assert leg.sent_s is not None, "written before open() has returned"
    assert notes.told == [], "nothing is told that the caller can see"
    assert leg.reused
    assert p.network.transports[0].writes == [b"GET", b"AGAIN"]
    assert len(p.network.dialled) == 1


async def test_the_connection_used_last_is_used_first() -> None:
    p = Pool()
    await p.ask()
    await p.ask()
    p.answer(0)
    p.answer(1)
    await p.ask()
    assert [len(t.writes) for t in p.network.transports] == [1, 2]


async def test_fresh_means_a_new_connection() -> None:
    p = Pool()
    await p.ask()
    p.answer()
    await p.ask(fresh=True)
    assert len(p.network.dialled) == 2


async def test_a_connection_idle_for_too_long_is_not_used_and_then_closed() -> None:
    p = Pool()
    await p.ask()
    p.answer()
    p.clock.at_s += UPSTREAM_IDLE_S
    await p.ask()
    assert len(p.network.dialled) == 2
    assert p.network.transports[0].is_closing()
    p.answer()
    p.clock.at_s += UPSTREAM_IDLE_S
    p.pool.sweep()
    assert p.network.transports[1].is_closing()
    assert not p.pool.warm("a")
    await p.pool.close()


@pytest.mark.parametrize("unasked", [OK, b"x", b""])
async def test_a_connection_that_said_something_while_idle_is_never_used_again(
    unasked: bytes,
) -> None:
    p = Pool()
    await p.ask()
    p.answer()
    if unasked:
        p.answer(data=unasked)
    else:
        p.network.transports[0].protocol.eof_received()
    assert not p.pool.warm("a")
    await p.ask()
    assert len(p.network.dialled) == 2
    await p.pool.close()


async def test_bytes_that_the_loop_has_not_read_yet_are_seen_too() -> None:
    """The poison lies in the kernel when the next request takes the connection."""
    theirs: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(OK)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    p = Pool(TcpNetwork(), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    await p.pool.ping("a")
    assert p.pool.warm("a")
    theirs[0].write(OK)
    leg = p.pool.open(p.dial, p.dial.ping, Notes())
    assert not leg.reused
    leg.abort()
    await p.pool.close()
    for writer in theirs:
        writer.close()
    server.close()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(), "refused"),
        (TimeoutError(), "connect_timeout"),
        (ssl.SSLCertVerificationError(), "unreachable"),
        (socket.gaierror(), "unreachable"),
    ],
)
async def test_a_failed_dial_is_named(error: OSError, told: str) -> None:
    p = Pool(FakeNetwork(error=error))
    assert (await p.ask()).told == [told]
    assert p.failures == []


async def test_a_dial_can_be_aborted() -> None:
    p = Pool(FakeNetwork(hang=True))
    notes = Notes()
    leg = p.pool.open(p.dial, b"GET", notes)
    await turns()
    leg.abort()
    await turns()
    assert notes.told == []
    assert p.failures == []


async def test_an_answer_that_never_ends_is_given_up() -> None:
    p = Pool()
    notes = Notes()
    leg = p.pool.open(p.dial, b"GET", notes)
    await turns()
    p.answer(data=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")
    leg.drain()
    p.clock.at_s += DRAIN_WAIT_S
    p.pool.sweep()
    assert p.network.transports[0].aborted
    await p.pool.close()


async def test_closing_closes_what_is_idle() -> None:
    p = Pool()
    await p.ask()
    p.answer()
    await p.pool.close()
    assert p.network.transports[0].is_closing()


async def test_ping_times_the_head_and_keeps_the_connection() -> None:
    async with BadUpstream() as upstream, FakePop([endpoint("a", upstream.base_url)]) as pop:
        assert 0 < await pop.pool.ping("a") < 1.0
        assert 0 < await pop.pool.ping("a") < 1.0
        assert upstream.connections == 1
        assert pop.pool.warm("a")


async def test_ping_says_what_is_wrong() -> None:
    upstream = BadUpstream("refuse")
    async with upstream, FakePop([endpoint("a", "http://127.0.0.1:1/v1")]) as pop:
        with pytest.raises(AttemptFailed) as refused:
            await pop.pool.ping("a")
        with pytest.raises(AttemptFailed) as unknown:
            await pop.pool.ping("nobody")
    assert refused.value.failure is Failure.REFUSED
    assert unknown.value.failure is Failure.UNREACHABLE


async def test_ping_of_a_stale_connection_dials_anew() -> None:
    p = Pool()
    await p.ask()
    p.answer()
    ping = asyncio.ensure_future(p.pool.ping("a"))
    await turns()
    p.network.transports[0].protocol.connection_lost(None)
    await turns()
    p.clock.at_s += 0.02
    p.answer(1)
    assert await ping == pytest.approx(0.02)
    await p.pool.close()
