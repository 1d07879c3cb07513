"""Datagrams: round trips, junk, and a reason for each refusal."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.switch import info, row
from weftline_core.gossip.codec import (
    MESSAGES_MAX,
    ROOM_BYTES,
    VERSION,
    Codec,
    Reason,
    Refused,
    encode,
)
from weftline_core.gossip.messages import (
    BUCKETS,
    VERSION_MAX,
    Ack,
    Claim,
    Digest,
    Message,
    Nack,
    Ping,
    PingRequest,
    RowGone,
    RowWord,
    alive,
    row_word,
)
from weftline_core.limits import DATAGRAM_BYTES_MAX

CODEC = Codec("test")

HEAD_BYTES = 11

names = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?", fullmatch=True)
sequences = st.integers(0, 2**32 - 1)
versions = st.integers(1, VERSION_MAX)
steps = st.none() | st.integers(0, 8_640_000_000)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Ping, sequences, names),
    st.builds(PingRequest, sequences, names),
    st.builds(Ack, sequences),
    st.builds(Nack, sequences),
    st.builds(info, names, st.integers(0, 9_999), versions).map(alive),
    st.builds(Claim, names, st.integers(1, VERSION_MAX - 1), st.integers(1, 3), names),
    st.builds(
        RowWord,
        names,
        names,
        versions,
        st.integers(0, 3),
        steps,
        steps,
        st.integers(0, 1_000_000),
        st.integers(0, 1000),
    ),
    st.builds(RowGone, names, names, versions),
    st.builds(
        Digest,
        names,
        st.booleans(),
        st.integers(0, 2**56 - 1),
        st.lists(st.integers(0, 2**32 - 1), min_size=BUCKETS, max_size=BUCKETS),
    ),
)


def sealed(body: bytes, version: int = VERSION) -> bytes:
    """Return `body` under a head that is right in everything else."""
    cluster = CODEC.pack([])[3:7]
    return b"wf" + bytes([version]) + cluster + crc32(body).to_bytes(4, "big") + body


def words(*fields: object) -> bytes:
    return sealed(msgspec.msgpack.encode([fields]))


def reason(data: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        CODEC.unpack(data)
    assert caught.value.reason in str(caught.value)
    return caught.value.reason


@given(st.lists(messages, max_size=40))
def test_what_is_packed_comes_back_in_order(sent: list[Message]) -> None:
    datagrams = CODEC.pack_all(map(encode, sent))
    assert all(len(data) <= DATAGRAM_BYTES_MAX for data in datagrams)
    assert [m for data in datagrams for m in CODEC.unpack(data)] == sent


@given(messages)
def test_one_message_always_fits_and_encodes_one_way(message: Message) -> None:
    encoded = encode(message)
    assert len(encoded) <= ROOM_BYTES
    (back,) = CODEC.unpack(CODEC.pack([encoded]))
    assert encode(back) == encoded


@settings(max_examples=300)
@given(st.binary(max_size=1500))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    with pytest.raises(Refused):
        CODEC.unpack(data)


@settings(max_examples=300)
@given(st.binary(max_size=1380))
def test_random_bodies_never_raise_anything_else(body: bytes) -> None:
    with suppress(Refused):
        CODEC.unpack(sealed(body))


@given(st.lists(messages, min_size=1, max_size=5), st.data())
def test_any_flipped_bit_and_any_cut_is_noticed(sent: list[Message], data: st.DataObject) -> None:
    (good, *_) = CODEC.pack_all(map(encode, sent))
    at = data.draw(st.integers(0, len(good) * 8 - 1))
    flipped = bytearray(good)
    flipped[at // 8] ^= 1 << (at % 8)
    for bad in (bytes(flipped), good[: data.draw(st.integers(0, len(good) - 1))], good + b"\0"):
        with pytest.raises(Refused):
            CODEC.unpack(bad)


def test_each_refusal_names_its_reason() -> None:
    good = CODEC.pack([encode(Ack(1))])
    assert reason(b"") is Reason.SHORT
    assert reason(good[: HEAD_BYTES - 1]) is Reason.SHORT
    assert reason(b"\0" * 65_000) is Reason.OVERSIZED
    assert reason(b"GET / HTTP/1.1\r\n\r\n") is Reason.MAGIC
    assert reason(sealed(good[HEAD_BYTES:], version=VERSION + 1)) is Reason.VERSION
    assert reason(Codec("other").pack([encode(Ack(1))])) is Reason.CLUSTER
    assert reason(good[:-1]) is Reason.DAMAGED
    assert reason(good + b"\0") is Reason.DAMAGED
    assert reason(sealed(good[HEAD_BYTES:-1])) is Reason.TRUNCATED
    assert reason(sealed(good[HEAD_BYTES:] + b"\0")) is Reason.TRAILING
    assert reason(sealed(msgspec.msgpack.encode([[3, 1]] * (MESSAGES_MAX + 1)))) is Reason.CROWDED
    assert reason(sealed(b"\xdd\xff\xff\xff\xff")) is Reason.TRUNCATED
    assert reason(sealed(b"\x91" * 1300)) is Reason.ABSURD


ROW: tuple[object, ...] = (7, "ams", "e", 1, 0, 1250, 30_000, 2, 10)


def with_field(at: int, value: object) -> bytes:
    return words(*ROW[:at], value, *ROW[at + 1 :])


def test_the_sample_row_is_good() -> None:
    sample = replace(row("ams", "e", in_flight=2), error_rate=0.01)
    assert CODEC.unpack(words(*ROW)) == [row_word(sample, 1)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: words(0),  # unknown messages
        lambda: words(99, 1),
        lambda: words("ack", 1),
        lambda: words(3, 1, 1),  # one field too many, one too few
        lambda: words(1, 1),
        lambda: with_field(1, ""),  # names
        lambda: with_field(2, "x" * 64),
        lambda: with_field(3, 0),  # versions
        lambda: with_field(3, VERSION_MAX + 1),
        lambda: with_field(3, 2**64 - 1),
        lambda: with_field(4, 4),  # an unknown state
        lambda: with_field(5, -1),  # times
        lambda: with_field(5, float("nan")),
        lambda: with_field(6, float("inf")),
        lambda: with_field(6, 2**60),
        lambda: with_field(7, -1),
        lambda: with_field(7, 10**9),
        lambda: with_field(8, 1001),
        lambda: with_field(8, True),
        lambda: words(5, "AMS", 1, "eu", "10.0.0.1", 7000, "", ""),  # introductions
        lambda: words(5, "ams", 1, "eu", "10.0.0.1", 0, "", ""),
        lambda: words(5, "ams", 1, "eu", "10.0.0.1\n", 7000, "", ""),
        lambda: words(5, "ams", 1, "eu", "10.0.0.1", 7000, "http://x/\r\n", ""),
        lambda: words(5, "ams", 1, "eu", "10.0.0.1", 7000, "", "v" * 65),
        lambda: words(6, "ams", VERSION_MAX, 1, "iad"),  # a claim that could not be contradicted
        lambda: words(6, "ams", 1, 0, "iad"),
        lambda: words(9, "ams", True, 1, [0] * (BUCKETS + 1)),
        lambda: words(9, "ams", True, 1, [2**32] * BUCKETS),
        lambda: sealed(msgspec.msgpack.encode({"a": 1})),
    ],
)
def test_absurd_values_are_refused(make: Callable[[], bytes]) -> None:
    assert reason(make()) is Reason.ABSURD
