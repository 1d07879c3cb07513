"""What one client is given, write by write; and that no name writes a header of its own."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.desk import LAST, FakeClient, chunk
from tests.fakes.jobs import job
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.errors import Unavailable
from weftline_core.usage import Usage
from weftline_core.verdict import Words
from weftline_node.delivery import (
    DROPPED_CHARS_MAX,
    ONE_WRITE_BYTES_MAX,
    Delivery,
    dropped_line,
)

WORDS = Words(message="too hot", param="temperature")


class Notes:
    """A keeper that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def add(self, out: bytes) -> None:
        self.told.append(out)

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:
        self.told.append((usage, stream))

    def broken(self, frame: bytes) -> None:
        self.told.append(("broken", frame))

    def refused(self, status: int, words: Words) -> None:
        self.told.append((status, words.message))

    def drop(self) -> None:
        self.told.append("drop")


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def delivery(client: FakeClient, notes: Notes) -> Delivery:
    return Delivery(job(), client, notes)


def test_nothing_has_gone_out_at_first(delivery: Delivery, client: FakeClient) -> None:
    assert (delivery.committed, delivery.status, delivery.first_content_s) == (False, 0, None)
    assert client.writes == []


def test_a_stream_begins_in_one_write_and_ends_in_one(
    delivery: Delivery, client: FakeClient, notes: Notes
) -> None:
    delivery.stream("x-a: 1\r\n", b"one", 5.0, last=False)
    delivery.more(b"two")
    delivery.last(b"three")
    delivery.finish(Usage(1, 2), stream=True)
    assert client.writes[0].endswith(b"\r\n\r\n" + chunk(b"one"))
    assert client.head["x-a"] == "1"
    assert client.writes[1:] == [chunk(b"two"), chunk(b"three") + LAST]
    assert (delivery.committed, delivery.status, delivery.first_content_s) == (True, 200, 5.0)
    assert client.finished == ["keep"]
    assert notes.told == [b"one", b"two", b"three", (Usage(1, 2), True)]


def test_a_stream_may_be_one_piece_or_end_with_nothing(client: FakeClient) -> None:
    delivery = Delivery(job(), client)
    delivery.stream("", b"one", 5.0, last=True)
    assert client.writes[0].endswith(chunk(b"one") + LAST)
    other = FakeClient()
    delivery = Delivery(job(), other)
    delivery.stream("", b"one", 5.0, last=False)
    delivery.last(b"")
    assert other.writes[1:] == [LAST]


@pytest.mark.parametrize(("size", "writes"), [(2, 1), (ONE_WRITE_BYTES_MAX + 1, 2)])
def test_a_large_answer_is_not_copied(
    delivery: Delivery, client: FakeClient, notes: Notes, size: int, writes: int
) -> None:
    delivery.whole("x-a: 1\r\n", b"x" * size, 5.0)
    assert len(client.writes) == writes
    assert (client.head["content-length"], client.head["x-a"]) == (str(size), "1")
    assert client.body == b"x" * size
    assert notes.told == [b"x" * size]


def test_the_last_answer_of_a_connection_says_so(client: FakeClient) -> None:
    client.closing = True
    Delivery(job(), client).whole("", b"{}", 5.0)
    assert client.head["connection"] == "close"


def test_a_verdict_on_the_request_is_told_in_the_clients_dialect(
    delivery: Delivery, client: FakeClient
) -> None:
    delivery.reject(MESSAGES, 503, WORDS, "x-a: 1\r\n")
    assert (client.status, client.head["x-a"], client.finished) == (529, "1", ["keep"])
    told = orjson.loads(client.body)
    assert (told["type"], told["error"]["message"]) == ("error", "too hot")
    assert told["request_id"] == "req_1"
    assert delivery.status == 529


def test_an_error_of_ours_says_when_to_come_again(delivery: Delivery, client: FakeClient) -> None:
    delivery.refuse(CHAT, Unavailable("not now", retry_after_s=7.0), "x-a: 1\r\n")
    assert (client.status, client.head["retry-after"], client.head["x-a"]) == (503, "7", "1")
    assert client.error["code"] == "no_endpoint_available"
    assert (delivery.status, delivery.committed, client.finished) == (503, False, ["keep"])


class Failing:
    def failed(self, status: int, words: Words) -> bytes:
        return b"data: %d %b\n\n" % (status, words.message.encode())


def test_a_broken_stream_ends_in_good_form_and_then_the_connection(
    delivery: Delivery, client: FakeClient
) -> None:
    delivery.stream("", b"one", 5.0, last=False)
    delivery.break_off(CHAT, 502, WORDS, None)
    assert client.writes[-1] == chunk(CHAT.error_frame(502, WORDS)) + LAST
    assert client.finished == ["close"]
    assert delivery.status == 200, "that is what has gone out"


def test_whoever_wrote_a_stream_may_write_its_end(client: FakeClient) -> None:
    delivery = Delivery(job(), client)
    delivery.stream("", b"one", 5.0, last=False)
    delivery.break_off(CHAT, 502, WORDS, Failing())
    assert client.writes[-1] == chunk(b"data: 502 too hot\n\n") + LAST


def test_what_is_not_whole_is_let_go(delivery: Delivery, notes: Notes, client: FakeClient) -> None:
    delivery.forget()
    assert notes.told == ["drop"]
    Delivery(job(), client).forget()


def test_dropped_fields_are_named_once_each() -> None:
    assert dropped_line(("seed", "n", "seed")) == "x-weft-dropped: seed, n\r\n"
    assert dropped_line(()) == ""


def test_many_dropped_fields_are_counted() -> None:
    line = dropped_line(tuple(f"field{i}" for i in range(1000)))
    assert len(line) < DROPPED_CHARS_MAX + 100
    assert line.startswith("x-weft-dropped: field0, field1")
    assert line.endswith("... (1000)\r\n")


@given(st.lists(st.text(max_size=20) | st.sampled_from(["a\r\nx-evil: 1", "\n", "é", "\x00"])))
def test_no_name_of_a_clients_field_writes_a_header_of_its_own(names: list[str]) -> None:
    line = dropped_line(tuple(names))
    assert line == "" or line.endswith("\r\n")
    inner = line[:-2]
    assert all(" " <= c <= "~" for c in inner)
    line.encode("latin-1")
