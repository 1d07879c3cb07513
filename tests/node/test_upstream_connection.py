"""One upstream connection: what its end means, and when it is kept."""

import asyncio
from typing import Any

import pytest

from tests.fakes.receiver import Notes
from tests.fakes.wires import FakeTransport
from weftline_core.failures import Failure
from weftline_node.ports import Address
from weftline_node.upstream_connection import STALE_WITHIN_S, Connection, Leg

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class FakeHome:
    """A pool that notes what becomes of its one connection."""

    def __init__(self) -> None:
        self.at_s = 100.0
        self.fate: list[str] = []

    def now_s(self) -> float:
        return self.at_s

    def release(self, connection: Connection) -> None:
        self.fate.append("kept")

    def discard(self, connection: Connection) -> None:
        self.fate.append("dropped")
        connection.transport.abort()

    def drain(self, connection: Connection) -> None:
        self.fate.append("draining")


class Line:
    """A connection with a request on it."""

    def __init__(self, *, reused: bool = False) -> None:
        self.home, self.notes = FakeHome(), Notes()
        self.connection = Connection(self.home, (Address("h", 80), False))
        self.transport = FakeTransport(self.connection)
        self.connection.connection_made(self.transport)
        self.leg = Leg(self.notes, 100.0)
        self.leg.reused = reused
        self.connection.begin(self.leg, b"GET", 100.0)

    def receive(self, *pieces: bytes) -> "Line":
        for piece in pieces:
            self.connection.data_received(piece)
        return self

    @property
    def fate(self) -> str:
        return self.home.fate[0] if self.home.fate else "open"


def test_an_answer_is_handed_on_and_the_connection_kept() -> None:
    line = Line().receive(OK[:20], OK[20:-1], OK[-1:])
    assert line.notes.told == ["head 200", "end"]
    assert line.notes.body == b"hi"
    assert line.fate == "kept"
    assert line.transport.writes == [b"GET"], "one request, one write"


def test_the_first_byte_is_stamped() -> None:
    line = Line()
    line.home.at_s = 100.25
    line.receive(OK[:1])
    line.home.at_s = 100.5
    line.receive(OK[1:])
    assert (line.leg.sent_s, line.leg.first_byte_s) == (100.0, 100.25)


@pytest.mark.parametrize(
    "wire",
    [
        OK + b"x",
        OK + OK,
        OK.replace(b"OK\r\n", b"OK\r\nconnection: close\r\n"),
        b"HTTP/1.1 200 OK\r\n\r\nhi",
    ],
)
def test_a_connection_that_may_not_be_used_again_is_dropped(wire: bytes) -> None:
    line = Line().receive(wire)
    line.connection.eof_received()
    assert line.notes.told == ["head 200", "end"]
    assert line.fate == "dropped"


def test_bytes_on_an_idle_connection_are_poison() -> None:
    line = Line().receive(OK, OK)
    assert line.home.fate == ["kept", "dropped", "dropped"]
    assert line.notes.told == ["head 200", "end"]


def test_an_answer_before_the_request_is_out_ends_the_connection() -> None:
    line = Line()
    line.transport.unsent = 10
    line.receive(OK)
    assert (line.notes.told[-1], line.fate) == ("end", "dropped")


@pytest.mark.parametrize(
    ("pieces", "reused", "after_s", "told"),
    [
        ([], False, 0.0, "reset"),
        ([], True, 0.0, "stale"),
        ([], True, STALE_WITHIN_S, "reset"),
        ([b"HTTP"], True, 0.0, "reset"),
        ([OK[:-1]], True, 0.0, "truncated"),
        ([b"rubbish"], True, 0.0, "broken"),
        ([OK.replace(b"2", b"x")], False, 0.0, "broken"),
    ],
)
def test_the_end_of_a_connection_is_named(
    pieces: list[bytes], reused: bool, after_s: float, told: str
) -> None:
    line = Line(reused=reused)
    line.home.at_s += after_s
    line.receive(*pieces)
    line.connection.connection_lost(None)
    assert line.notes.told[-1] == told
    assert line.notes.told.count(told) == 1
    assert line.fate == "dropped"


def test_a_close_delimited_answer_ends_with_its_connection() -> None:
    line = Line().receive(b"HTTP/1.1 200 OK\r\n\r\nhi")
    line.connection.eof_received()
    assert (line.notes.told, line.notes.body) == (["head 200", "end"], b"hi")


def test_an_aborted_leg_hears_nothing_more() -> None:
    line = Line()
    line.leg.abort()
    line.leg.abort()
    assert line.notes.told == []
    assert line.fate == "dropped"
    assert line.transport.aborted


def test_a_drained_leg_hears_nothing_more_and_keeps_the_connection() -> None:
    line = Line().receive(OK[:-1])
    line.leg.drain()
    line.receive(OK[-1:])
    assert line.home.fate == ["draining", "kept"]
    assert line.notes.told == ["head 200"]


def test_pausing_stops_the_endpoint() -> None:
    line = Line()
    line.leg.pause()
    assert not line.transport.reading
    line.leg.resume()
    assert line.transport.reading


class Faulty(Notes):
    """Has a fault of ours in it."""

    def on_end(self) -> None:
        raise ZeroDivisionError


async def test_nobody_waits_for_the_end_of_a_fault_of_ours() -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: told.append(about))
    line = Line()
    line.leg.receiver = notes = Faulty()
    line.receive(OK)
    assert notes.told == ["head 200", Failure.BROKEN.value]
    assert isinstance(told[0]["exception"], ZeroDivisionError), "it is told once"
    assert len(told) == 1
