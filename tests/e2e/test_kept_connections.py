"""Connections to endpoints are kept, and a poisoned one never serves a second request."""

import asyncio
import socket
import threading

from tests.e2e.rig import CHAT, KEY, MODEL, Rig
from tests.fakes.answers import Asked, ask, whole_of
from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.judge import Verdict, outcome
from tests.fakes.raw_client import request_bytes

REQUESTS = 10


async def _ask_in_turn(rig: Rig, upstream: BadUpstream, *, streamed: bool) -> None:
    for number in range(REQUESTS):
        nonce = f"n{number}x"
        reply = await rig.ask(nonce, streamed=streamed)
        assert outcome(reply, nonce, streamed=streamed).verdict is Verdict.RIGHT
        await upstream.settled()
        # Until the node has heard what came after the answer.
        await asyncio.sleep(0.01)


async def test_a_good_connection_is_kept() -> None:
    async with BadUpstream("healthy") as upstream, Rig([upstream]) as rig:
        await _ask_in_turn(rig, upstream, streamed=True)
        await _ask_in_turn(rig, upstream, streamed=False)
        assert upstream.connections == 1


async def test_bytes_while_idle_end_a_connection() -> None:
    async with BadUpstream("second_answer") as upstream, Rig([upstream]) as rig:
        await _ask_in_turn(rig, upstream, streamed=True)
        assert upstream.connections == REQUESTS


async def test_bytes_behind_an_answer_end_a_connection() -> None:
    async with BadUpstream("second_answer_at_once") as upstream, Rig([upstream]) as rig:
        await _ask_in_turn(rig, upstream, streamed=False)
        assert upstream.connections == REQUESTS


async def test_an_answer_framed_in_two_ways_ends_a_connection() -> None:
    async with BadUpstream("length_and_chunked") as upstream, Rig([upstream]) as rig:
        await rig.ask("n1x", streamed=True)
        upstream.set_fault("healthy")
        await rig.ask("n2x", streamed=True)
        assert [seen.connection for seen in upstream.seen] == [0, 1]


async def test_a_connection_closed_while_idle_costs_nobody_anything() -> None:
    async with BadUpstream("close_after_answer") as upstream, Rig([upstream]) as rig:
        await _ask_in_turn(rig, upstream, streamed=True)
        assert [record.attempts for record in rig.records] == [1] * REQUESTS
        assert len(upstream.seen) == REQUESTS


class _ThreadedUpstream:
    """Answers the first request of each connection, and again when told to."""

    def __init__(self) -> None:
        self.who = "bad"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.poison = threading.Event()
        self.poisoned = threading.Event()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        self._ended.set()
        self.poison.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(2)

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            request = connection.recv(65536)
            nonce = request.partition(b'"content":"')[2].partition(b'"')[0].decode()
            connection.sendall(_answer(nonce))
            self.poison.wait(5)
            if not self._ended.is_set():
                connection.sendall(_answer("poison"))
                self.poisoned.set()
                self._ended.wait(5)


def _answer(nonce: str) -> bytes:
    body = whole_of(Asked("chat", "m", nonce, False, False), "bad")
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


async def test_bytes_that_the_loop_has_not_yet_read_end_a_connection() -> None:
    upstream = _ThreadedUpstream()
    try:
        async with Rig([upstream]) as rig:
            assert (
                outcome(await rig.ask("n1x", streamed=False), "n1x", streamed=False).verdict
                is Verdict.RIGHT
            )
            reader, writer = await rig.dial()
            await asyncio.sleep(0.02)
            body = ask("n2x", model=MODEL, streamed=False)
            writer.write(request_bytes(CHAT, body, {"authorization": f"Bearer {KEY}"}))
            # The request waits in the node's socket, then the poison in its other one; the loop
            # stands still meanwhile and will find both at once, the request first.
            # Were it allowed to go on sooner, the poison could follow the request on the wire, and
            # nothing would tell it from the answer.
            upstream.poison.set()
            assert upstream.poisoned.wait(5)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
            assert b"200 OK" in head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            answer = await reader.readexactly(length)
            assert b"n2x.11" in answer
            assert b"poison" not in answer
            writer.close()
    finally:
        upstream.close()
