"""Any split of the bytes gives the same body; bad framing is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.http1.body import (
    CHUNK_LINE_BYTES_MAX,
    TRAILER_BYTES_MAX,
    BadFraming,
    ChunkedBody,
    EndlessBody,
    LengthBody,
)


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces if p) + b"0\r\n\r\n"


@given(
    st.lists(st.binary(max_size=40), max_size=6),
    st.binary(max_size=10),
    st.lists(st.integers(1, 20), max_size=40),
)
def test_chunks_come_out_the_same_in_any_split(
    pieces: list[bytes], after: bytes, steps: list[int]
) -> None:
    wire = chunked(pieces) + after
    body, payload, at = ChunkedBody(), b"", 0
    for step in [*steps, len(wire)]:
        if body.done:
            break
        payload += body.feed(wire[at : at + step])
        at += step
    assert body.done
    assert payload == b"".join(pieces)
    assert body.rest + wire[at:] == after


@pytest.mark.parametrize(
    "wire",
    [
        b"0_2e\r\n",
        b"0x10\r\n",
        b"-1\r\n",
        b" 5\r\n",
        b"5 \r\n",
        b"\r\n",
        b"123456789\r\n",
        b"5\r\r;a\r\n",
        b"5;a\nb\r\n",
        b"3\r\nabcd\r\n",
        b"0\r\nno colon\r\n",
        b"0\r\n folded: x\r\n",
        b"f" * (CHUNK_LINE_BYTES_MAX + 1),
        b"0\r\nx: " + b"y" * TRAILER_BYTES_MAX,
        b"0\r\n" + b"x: y\r\n" * TRAILER_BYTES_MAX,
    ],
)
def test_bad_framing_is_refused(wire: bytes) -> None:
    with pytest.raises(BadFraming):
        ChunkedBody().feed(wire)


def test_extensions_and_trailers_are_dropped() -> None:
    body = ChunkedBody()
    assert body.feed(b"3;name=value\r\nabc\r\n0\r\nx-sum: 1\r\n\r\nrest") == b"abc"
    assert (body.done, body.rest) == (True, b"rest")


def test_a_chunked_body_without_its_last_chunk_is_not_whole() -> None:
    body = ChunkedBody()
    body.feed(b"3\r\nabc\r\n")
    assert not body.end()


def test_length_tells_what_follows_it() -> None:
    body = LengthBody(4)
    assert body.feed(b"ab") == b"ab"
    assert not body.end()
    assert body.feed(b"cdef") == b"cd"
    assert (body.done, body.rest) == (True, b"ef")
    assert LengthBody(0).done


def test_an_endless_body_ends_with_the_connection() -> None:
    body = EndlessBody()
    assert body.feed(b"x") == b"x"
    assert not body.done
    assert body.end()
