"""Amazon's binary messages become the same events whatever the split, and damage is noticed."""

import base64
import struct
import zlib
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import botocore_oracle
from tests.fakes.eventstream import event, header, message
from weftline_core.eventstream import DamagedEvent, EventStreamSplitter, headers_of
from weftline_core.sse import EventTooLong, data_of, events

NAMES = st.sampled_from(["messageStart", "contentBlockDelta", "metadata", "élan"])
PAYLOADS = st.dictionaries(st.sampled_from(["p", "delta"]), st.text(max_size=20), max_size=2)
EVENTS = st.lists(st.tuples(NAMES, PAYLOADS), max_size=6)
STEPS = st.lists(st.integers(1, 40), max_size=60)


def fed(wire: bytes, steps: list[int]) -> tuple[bytes, EventStreamSplitter]:
    splitter, out, at = EventStreamSplitter(), b"", 0
    for step in [*steps, len(wire)]:
        out += splitter.feed(wire[at : at + step])
        at += step
    return out, splitter


@given(EVENTS, STEPS)
def test_every_split_gives_the_events_that_botocore_reads(
    wanted: list[tuple[str, dict[str, str]]], steps: list[int]
) -> None:
    wire = b"".join(event(name, payload) for name, payload in wanted)
    out, splitter = fed(wire, steps)
    theirs = [
        (headers[":event-type"], payload) for headers, payload in botocore_oracle.messages(wire)
    ]
    ours = [
        (found.partition(b"\n")[0].removeprefix(b"event: ").decode(), data_of(found))
        for found in events(out)
    ]
    assert ours == theirs == [(name, orjson.dumps(payload)) for name, payload in wanted]
    assert splitter.pending_bytes == 0


@given(EVENTS.filter(bool), st.data())
def test_no_flipped_bit_passes(
    wanted: list[tuple[str, dict[str, str]]], data: st.DataObject
) -> None:
    wire = b"".join(event(name, payload) for name, payload in wanted)
    at = data.draw(st.integers(0, len(wire) - 1))
    spoilt = bytearray(wire)
    spoilt[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ValueError, match=r"checksum|EVENT_BYTES_MAX"):
        EventStreamSplitter().feed(bytes(spoilt))


@given(st.binary(min_size=12, max_size=200))
def test_noise_is_damage(noise: bytes) -> None:
    with pytest.raises(ValueError, match="checksum"):
        EventStreamSplitter().feed(noise)


@given(st.binary(max_size=60))
def test_header_blocks_are_read_as_botocore_reads_them(block: bytes) -> None:
    wire = message(block, b"")
    try:
        ((theirs, _),) = botocore_oracle.messages(wire)
    except ValueError:
        return
    try:
        ours = headers_of(block)
    except DamagedEvent:
        # botocore reads a header over the message's end; we do not.
        return
    assert ours == {k: v for k, v in theirs.items() if isinstance(v, str)}


def test_values_of_every_type_are_stepped_over() -> None:
    block = (
        b"\x01t\x00\x01f\x01\x01b\x02\x07"
        b"\x01s\x03"
        + struct.pack(">h", -2)
        + b"\x01i\x04"
        + struct.pack(">i", -3)
        + b"\x01l\x05"
        + struct.pack(">q", -4)
        + b"\x01y\x06\x00\x02xy"
        + b"\x01d\x08"
        + struct.pack(">q", 99)
        + b"\x01u\x09"
        + UUID(int=5).bytes
        + header(":message-type", "event")
    )
    assert headers_of(block) == {":message-type": "event"}


@pytest.mark.parametrize(
    "block", [b"\x05ab", b"\x01a\x63", b"\x01a\x07\x00\x09x", b"\x01a", b"\x01a\x07\x00\x01\xff"]
)
def test_malformed_headers_are_damage(block: bytes) -> None:
    with pytest.raises(DamagedEvent):
        EventStreamSplitter().feed(message(block, b"{}"))


def test_only_whole_messages_pass() -> None:
    first, second = event("a", {"n": 1}), event("b", {"n": 2})
    splitter = EventStreamSplitter()
    assert splitter.feed(first + second[:20]) == b'event: a\ndata: {"n":1}\n\n'
    assert splitter.pending_bytes == 20
    assert splitter.feed(second[20:]) == b'event: b\ndata: {"n":2}\n\n'


def test_exceptions_and_errors_are_named_as_such() -> None:
    splitter = EventStreamSplitter()
    broken = event("throttlingException", {"message": "slow"}, kind="exception")
    assert splitter.feed(broken) == (
        b'event: exception:throttlingException\ndata: {"message":"slow"}\n\n'
    )
    error = message(
        header(":message-type", "error")
        + header(":error-code", "InternalFailure")
        + header(":error-message", "oh no"),
        b"",
    )
    wanted = b'event: exception:InternalFailure\ndata: {"message":"oh no"}\n\n'
    assert splitter.feed(error + error) == wanted * 2


@pytest.mark.parametrize(
    ("nested", "name"),
    [
        (b'{"type":"message_stop"}', b"message_stop"),
        (b'{"choices":[]}', b"chunk"),
        (b'{"type":"a\\nb"}', b"chunk"),
    ],
)
def test_what_a_chunk_wraps_is_unwrapped(nested: bytes, name: bytes) -> None:
    payload = {"bytes": base64.b64encode(nested).decode(), "p": "abc"}
    assert EventStreamSplitter().feed(event("chunk", payload)) == (
        b"event: " + name + b"\ndata: " + nested + b"\n\n"
    )


@pytest.mark.parametrize("payload", [{}, {"bytes": "*"}, {"bytes": 1}, {"bytes": "eA=="}, []])
def test_a_chunk_that_wraps_nothing_is_damage(payload: object) -> None:
    with pytest.raises(DamagedEvent, match="base64"):
        EventStreamSplitter().feed(event("chunk", payload))


def test_line_ends_in_a_payload_stay_within_its_event() -> None:
    headers = header(":message-type", "event") + header(":event-type", "a")
    out = EventStreamSplitter().feed(message(headers, b'{\r\n"n":1\n\n}'))
    assert [data_of(found) for found in events(out)] == [b'{\n"n":1\n\n}']


def test_an_event_type_cannot_smuggle_lines() -> None:
    with pytest.raises(DamagedEvent, match="unprintable"):
        EventStreamSplitter().feed(event("a\n\ndata: x", {}))
    with pytest.raises(DamagedEvent, match="neither"):
        EventStreamSplitter().feed(message(header(":message-type", "odd"), b""))


def test_headers_longer_than_the_message_are_damage() -> None:
    lengths = struct.pack(">II", 16, 1)
    crc = struct.pack(">I", zlib.crc32(lengths))
    with pytest.raises(DamagedEvent, match="shorter"):
        EventStreamSplitter().feed(lengths + crc + b"\0\0\0\0")


def test_a_message_over_the_limit_is_refused_by_its_first_bytes() -> None:
    wire = event("a", {"text": "x" * 100})
    with pytest.raises(EventTooLong, match="EVENT_BYTES_MAX"):
        EventStreamSplitter(event_bytes_max=50).feed(wire[:12])
    assert EventStreamSplitter(event_bytes_max=len(wire)).feed(wire * 3).count(b"\n\n") == 3
