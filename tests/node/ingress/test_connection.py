"""One client connection on a fake wire: deadlines, order, leaving, limits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes.wires import FakeTransport
from weftline_core.errors import MeshError, Unauthenticated
from weftline_core.http1.request import HttpRequest
from weftline_core.limits import BODY_WAIT_S, CLIENT_IDLE_S, HEAD_WAIT_S
from weftline_node.ingress.connection import HELD_REQUEST_BYTES_MAX, LINGER_S, ClientConnection
from weftline_node.job import Client
from weftline_node.reply import refusal

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"


class FakeResponder:
    """A request in progress that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def client_gone(self) -> None:
        self.told.append("gone")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


class FakeServer:
    """A server that answers `ok` at once, or keeps the client waiting when `wait` is set."""

    def __init__(self) -> None:
        self.at_s = asyncio.get_running_loop().time()
        self.room = True
        self.draining = False
        self.wait = False
        self.stranger = False
        self.body_bytes_max = 100
        self.fault: Exception | None = None
        self.paths: list[str] = []
        self.left = 0
        self.responder = FakeResponder()

    def now_s(self) -> float:
        return self.at_s

    def admit(self, connection: ClientConnection) -> bool:
        return self.room

    def leave(self, connection: ClientConnection) -> None:
        self.left += 1

    def refusal(self, error: MeshError, request: HttpRequest | None, *, close: bool) -> bytes:
        return refusal(error, close=close)

    def screen(self, request: HttpRequest) -> int:
        if self.stranger:
            raise Unauthenticated("who are you?")
        return self.body_bytes_max

    def handle(self, request: HttpRequest, client: Client) -> None:
        self.paths.append(request.path)
        if self.fault is not None:
            raise self.fault
        if self.wait:
            client.serve(self.responder)
        else:
            client.write(b"ok")
            client.finish()


class Caller:
    """A client on a fake wire."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.connection = ClientConnection(server)
        self.transport = FakeTransport(self.connection)
        self.connection.connection_made(self.transport)

    def send(self, *pieces: bytes) -> bytes:
        for piece in pieces:
            self.connection.data_received(piece)
        return self.transport.written

    def wait(self, wait_s: float) -> None:
        """Let time pass, and the timer ring."""
        self.server.at_s += wait_s
        self.connection.ring()

    def end(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


@pytest.fixture
async def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
async def caller(server: FakeServer) -> AsyncIterator[Caller]:
    caller = Caller(server)
    yield caller
    caller.end()


async def test_requests_follow_one_another_on_one_connection(caller: Caller) -> None:
    assert caller.send(GET, GET[:9], GET[9:]) == b"okok"
    assert not caller.transport.is_closing()
    caller.connection.connection_lost(None)
    assert caller.server.left == 1


async def test_a_request_sent_ahead_is_held_until_its_turn(caller: Caller) -> None:
    caller.server.wait = True
    caller.send(GET + GET.replace(b"/x", b"/y"))
    assert caller.server.paths == ["/x"]
    caller.connection.write(b"ok")
    caller.connection.finish()
    assert caller.server.paths == ["/x", "/y"]


async def test_many_requests_at_once_do_not_pile_up_on_the_stack(caller: Caller) -> None:
    caller.send(GET * 2000)
    assert len(caller.server.paths) == 2000


async def test_who_sends_far_ahead_is_answered_once_and_still_seen_to_leave(
    server: FakeServer,
) -> None:
    server.wait = True
    staying, leaving = Caller(server), Caller(server)
    for caller in (staying, leaving):
        caller.send(POST + b"hi", b"x" * (HELD_REQUEST_BYTES_MAX + 1), GET * 10)
        assert caller.transport.reading
        assert caller.connection.closing
    staying.connection.write(b"ok")
    staying.connection.finish()
    assert staying.transport.eof
    assert not staying.transport.is_closing(), "closed at once, the answer could be lost"
    staying.wait(LINGER_S)
    assert server.paths == ["/x", "/x"]
    assert server.responder.told == []
    leaving.connection.eof_received()
    assert server.responder.told == ["gone"]
    for caller in (staying, leaving):
        caller.end()


async def test_a_stranger_is_answered_before_the_body(caller: Caller) -> None:
    caller.server.stranger = True
    head = POST.replace(b"Host", b"Expect: 100-continue\r\nHost")
    written = caller.send(head, b"hi", GET)
    assert written.startswith(b"HTTP/1.1 401")
    assert b"\r\nconnection: close\r\n" in written
    assert written.count(b"HTTP/1.1") == 1
    assert caller.transport.eof
    assert not caller.transport.is_closing()
    caller.wait(LINGER_S)
    assert caller.transport.aborted
    assert caller.server.paths == []


async def test_a_stranger_behind_a_good_request(caller: Caller) -> None:
    caller.server.stranger = True
    assert caller.send(GET + POST).startswith(b"okHTTP/1.1 401")
    assert caller.server.paths == ["/x"]


@pytest.mark.parametrize("pieces", [[b"x" * 101], [b"x" * 100, b"x"], [b"", b"x" * 101]])
async def test_no_more_of_a_body_is_held_than_the_house_allows(
    caller: Caller, pieces: list[bytes]
) -> None:
    head = POST.replace(b": 2", b": 1000")
    written = caller.send(head + pieces[0], *pieces[1:])
    assert written.startswith(b"HTTP/1.1 413")
    assert b"100 bytes" in written
    assert caller.server.paths == []


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"\x16\x03\x01", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000, b"431"),
        (POST.replace(b": 2", b": 99999999999"), b"413"),
    ],
)
async def test_a_bad_request_is_answered_then_closed_without_a_reset(
    caller: Caller, wire: bytes, status: bytes
) -> None:
    written = caller.send(wire, b"and more of it")
    assert written.startswith(b"HTTP/1.1 " + status)
    assert b"\r\nconnection: close\r\n" in written
    assert written.count(b"HTTP/1.1") == 1
    assert caller.transport.eof, "the answer is out, its reader may still be writing"
    assert not caller.transport.is_closing()
    caller.wait(LINGER_S)
    assert caller.transport.aborted
    assert caller.server.paths == []


async def test_a_bad_request_behind_a_good_one(caller: Caller) -> None:
    written = caller.send(GET + b"BAD\r\n\r\n" + GET)
    assert written.startswith(b"okHTTP/1.1 400")
    assert caller.server.paths == ["/x"]


@pytest.mark.parametrize(
    ("sent", "wait_s", "status"),
    [
        (b"", HEAD_WAIT_S, None),
        (b"GET / HT", HEAD_WAIT_S, b"408"),
        (POST, BODY_WAIT_S, b"408"),
        (GET, CLIENT_IDLE_S, None),
        (GET + GET[:5], HEAD_WAIT_S, b"408"),
    ],
)
async def test_every_wait_for_the_client_ends(
    caller: Caller, sent: bytes, wait_s: float, status: bytes | None
) -> None:
    if sent:
        caller.send(sent)
    caller.wait(wait_s - 0.1)
    assert not caller.transport.is_closing()
    caller.wait(0.1)
    if status is None:
        assert caller.transport.closed
    else:
        assert b"HTTP/1.1 " + status in caller.transport.written
        assert b"_WAIT_S" in caller.transport.written


async def test_an_answer_in_progress_has_no_deadline_here(caller: Caller) -> None:
    caller.server.wait = True
    caller.send(GET)
    caller.wait(10_000)
    assert not caller.transport.is_closing()


async def test_100_continue(caller: Caller) -> None:
    head = POST.replace(b"Host", b"Expect: 100-continue\r\nHost")
    assert caller.send(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert caller.send(b"hi").endswith(b"ok")


@pytest.mark.parametrize("how", ["eof", "lost"])
async def test_leaving_reaches_the_request_once(caller: Caller, how: str) -> None:
    caller.server.wait = True
    caller.send(GET)
    if how == "eof":
        assert not caller.connection.eof_received()
    caller.transport.abort()
    assert caller.server.responder.told == ["gone"]


async def test_a_slow_reader_holds_its_request_back(caller: Caller) -> None:
    caller.server.wait = True
    caller.connection.pause_writing()
    caller.send(GET)
    caller.connection.pause_writing()
    caller.connection.resume_writing()
    assert caller.server.responder.told == ["pause", "resume"]


async def test_no_room(server: FakeServer) -> None:
    server.room = False
    caller = Caller(server)
    assert caller.transport.written.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1\r\n" in caller.transport.written
    assert caller.send(GET) == caller.transport.written
    assert server.paths == []
    caller.end()


async def test_the_connection_ends_when_the_client_or_the_server_says_so(
    server: FakeServer,
) -> None:
    for prepare in ("header", "drain", "finish", "close"):
        server.draining = prepare == "drain"
        server.wait = prepare in ("finish", "close")
        caller = Caller(server)
        caller.send(
            GET.replace(b"Host", b"Connection: close\r\nHost") if prepare == "header" else GET
        )
        if prepare == "finish":
            caller.connection.finish(close=True)
        elif prepare == "close":
            caller.connection.close()
            assert not caller.transport.is_closing(), "an answer in progress goes on"
            caller.connection.finish()
        assert caller.transport.closed, prepare
    idle = Caller(server)
    idle.connection.close()
    assert idle.transport.closed


async def test_a_fault_of_ours_is_told_without_its_details(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[dict[str, object]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_exception_handler", reported.append)
    caller.server.fault = RuntimeError("secret detail")
    written = caller.send(GET + GET)
    assert written.startswith(b"HTTP/1.1 500")
    assert b"secret detail" not in written
    assert written.count(b"HTTP/1.1") == 1
    assert reported[0]["exception"] is caller.server.fault
