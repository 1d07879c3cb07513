"""Answers in any split, cut, poisoned and broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.http1.answer import ANSWER_HEADERS_MAX, AnswerReader, BrokenAnswer
from weftline_core.limits import ANSWER_HEAD_BYTES_MAX

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
CLOSED = OK + b"\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n"


@given(
    st.sampled_from([LENGTH, CHUNKED, CLOSED, INTERIM + LENGTH]),
    st.lists(st.integers(1, 12), max_size=30),
)
def test_any_split_gives_the_same_payload(wire: bytes, steps: list[int]) -> None:
    reader, payload, at = AnswerReader(), b"", 0
    for step in [*steps, len(wire)]:
        if at < len(wire):
            payload += reader.feed(wire[at : at + step])
            at += step
    assert payload == b"hello"
    assert (reader.status, reader.poisoned) == (200, False)
    assert reader.complete is (wire is not CLOSED)
    assert reader.keep_alive is (wire is not CLOSED)
    assert reader.eof()


@pytest.mark.parametrize("wire", [LENGTH[:-1], CHUNKED[:-2], CHUNKED[:-7], OK])
def test_a_cut_is_seen(wire: bytes) -> None:
    reader = AnswerReader()
    reader.feed(wire)
    assert reader.started
    assert not reader.complete
    assert not reader.eof()


@pytest.mark.parametrize("wire", [LENGTH, CHUNKED])
def test_bytes_after_the_end_poison_the_connection(wire: bytes) -> None:
    at_once, later = AnswerReader(), AnswerReader()
    assert at_once.feed(wire + b"HTTP/1.1 200 OK\r\n") == b"hello"
    later.feed(wire)
    assert later.keep_alive
    later.feed(b"x")
    for reader in (at_once, later):
        assert reader.poisoned
        assert not reader.keep_alive


def test_an_answer_without_a_body_ends_with_its_head() -> None:
    for reader, wire in (
        (AnswerReader(head_only=True), LENGTH[:-5]),
        (AnswerReader(), b"HTTP/1.1 204 No Content\r\n\r\n"),
        (AnswerReader(), b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n"),
        (AnswerReader(), OK + b"content-length: 0\r\n\r\n"),
    ):
        assert reader.feed(wire) == b""
        assert (reader.complete, reader.keep_alive) == (True, True)
        reader.feed(b"x")
        assert reader.poisoned


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nconnection: x, Close\r\n", b"HTTP/1.0 200 OK\r\n"],
)
def test_a_closing_answer_is_not_reused(head: bytes) -> None:
    reader = AnswerReader()
    reader.feed(head + b"content-length: 0\r\n\r\n")
    assert reader.complete
    assert not reader.keep_alive


@pytest.mark.parametrize(
    "wire",
    [
        b"garbage\r\n\r\n",
        b"<html>",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\nx: y\r\n\r\n",
        OK + b"a b: c\r\n\r\n",
        OK + b"a: b\r\n folded\r\n\r\n",
        OK + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\n",
        OK + b"content-length: -1\r\n\r\n",
        OK + b"transfer-encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        OK + b"a: b\r\n" * (ANSWER_HEADERS_MAX + 1) + b"\r\n",
        OK + b"a: " + b"b" * ANSWER_HEAD_BYTES_MAX,
        OK + b"a: " + b"b" * ANSWER_HEAD_BYTES_MAX + b"\r\n\r\n",
    ],
)
def test_a_broken_answer_is_refused(wire: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        AnswerReader().feed(wire)


@given(st.binary(max_size=300))
def test_junk_raises_nothing_else(junk: bytes) -> None:
    for wire in (junk, OK + junk, CHUNKED[:50] + junk):
        reader = AnswerReader()
        try:
            reader.feed(wire)
        except BrokenAnswer:
            continue
        reader.eof()
