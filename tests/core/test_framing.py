"""Every framing reaches readers as server-sent events."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.eventstream import event
from weftline_core.dialects.dialect import Framing
from weftline_core.framing import NdjsonSplitter, splitter
from weftline_core.sse import EventTooLong, data_of, events

LINES = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=2), max_size=6)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\n\n", b" \n"])


@given(LINES, st.lists(ENDS, min_size=6, max_size=6), st.lists(st.integers(1, 9), max_size=60))
def test_every_split_of_lines_gives_the_same_events(
    wanted: list[dict[str, str]], ends: list[bytes], steps: list[int]
) -> None:
    data = b"".join(orjson.dumps(line) + end for line, end in zip(wanted, ends, strict=False))
    lines, out, at = NdjsonSplitter(), b"", 0
    for step in [*steps, len(data)]:
        out += lines.feed(data[at : at + step])
        at += step
    assert [orjson.loads(data_of(found)) for found in events(out)] == wanted
    assert lines.pending_bytes == 0


def test_an_unfinished_line_is_held_back() -> None:
    lines = NdjsonSplitter()
    assert lines.feed(b'{"a":1}\n{"b"') == b'data: {"a":1}\n\n'
    assert lines.pending_bytes == 4
    assert lines.feed(b":2}\r\n") == b'data: {"b":2}\n\n'


def test_white_space_within_a_line_cannot_break_the_event() -> None:
    assert NdjsonSplitter().feed(b'{"a":\r1}\n') == b'data: {"a": 1}\n\n'


@pytest.mark.parametrize("wire", [b'{"a":"xxxxxxxxxxxxxxxxxxxx"}\n', b'{"a":"xxxxxxxxxxxxxxxxxx'])
def test_a_line_over_the_limit_is_refused(wire: bytes) -> None:
    with pytest.raises(EventTooLong, match="EVENT_BYTES_MAX"):
        NdjsonSplitter(event_bytes_max=20).feed(wire)
    assert NdjsonSplitter(event_bytes_max=7).feed(b'{"a":1}\n' * 9) == b'data: {"a":1}\n\n' * 9


@pytest.mark.parametrize(
    ("framing", "wire", "wanted"),
    [
        ("sse", b"data: 1\r\n\r\n", b"data: 1\n\n"),
        ("ndjson", b"1\n", b"data: 1\n\n"),
        ("eventstream", event("a", 1), b"event: a\ndata: 1\n\n"),
    ],
)
def test_each_framing_has_its_splitter(framing: Framing, wire: bytes, wanted: bytes) -> None:
    one = splitter(framing)
    assert one is not splitter(framing)
    assert one.feed(wire) == wanted
    assert one.pending_bytes == 0


@pytest.mark.parametrize("framing", ["sse", "ndjson", "eventstream"])
def test_an_event_that_comes_byte_by_byte_costs_no_more_than_another(framing: Framing) -> None:
    data = b"x" * 500_000
    wire = {
        "sse": b"data: " + data + b"\n\n",
        "ndjson": data + b"\n",
        "eventstream": event("e", data.decode()),
    }[framing]
    found, at_once = splitter(framing), splitter(framing).feed(wire)
    got = [found.feed(wire[i : i + 1]) for i in range(len(wire))]
    assert b"".join(got) == at_once
    assert data in at_once
    assert found.pending_bytes == 0
