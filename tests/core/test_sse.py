"""Events come out the same whatever the split and the line ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.sse import EventTooLong, SseSplitter, data_of, events, frame

LINES = st.sampled_from(["data: a", "data:b", "data", "id: 7", ": ping", "event: x", "retry: 1"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
EVENTS = st.lists(st.lists(LINES, min_size=1, max_size=3), max_size=5)


@given(EVENTS, st.lists(ENDS, min_size=60, max_size=60), st.lists(st.integers(1, 9), max_size=60))
def test_every_split_and_every_line_end_gives_the_same_events(
    wanted: list[list[str]], ends: list[str], steps: list[int]
) -> None:
    wire, at_end = "", iter(ends)
    for lines in wanted:
        wire += "".join(line + next(at_end) for line in lines) + next(at_end)
        # LF after CR would be the second half of a CRLF, not a blank line.
        if wire.endswith("\r\n") and not wire.endswith("\n\r\n") and not wire.endswith("\r\r\n"):
            wire += "\n"
    data, splitter, out, at = wire.encode(), SseSplitter(), b"", 0
    for step in [*steps, len(data)]:
        out += splitter.feed(data[at : at + step])
        at += step
    assert events(out) == ["\n".join(lines).encode() for lines in wanted]
    assert splitter.pending_bytes == 0


def test_only_whole_events_pass() -> None:
    splitter = SseSplitter()
    assert splitter.feed(b"data: a\n\ndata: b") == b"data: a\n\n"
    assert splitter.pending_bytes == 7
    assert splitter.feed(b"\n") == b""
    assert splitter.feed(b"\ndata: c\n\n") == b"data: b\n\ndata: c\n\n"


def test_a_chunk_of_whole_events_passes_untouched() -> None:
    chunk = b"data: a\n\ndata: b\n\n"
    assert SseSplitter().feed(chunk) is chunk


def test_a_bare_line_end_between_events_is_not_held_back() -> None:
    splitter = SseSplitter()
    splitter.feed(b"data: a\n\n")
    assert splitter.feed(b"\n") == b"\n"
    assert splitter.feed(b"\r\n") == b"\n"


@pytest.mark.parametrize("cut", [0, 5, 40])
def test_an_event_over_the_limit_is_refused(cut: int) -> None:
    wire = b"data: " + b"x" * 60 + b"\n\ndata: y\n\n"
    splitter = SseSplitter(event_bytes_max=50)
    with pytest.raises(EventTooLong, match="EVENT_BYTES_MAX"):
        [splitter.feed(part) for part in (wire[:cut], wire[cut:])]
    small = SseSplitter(event_bytes_max=50)
    many = b"data: y\n\n" * 20
    assert small.feed(many) == many


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: a", b"a"),
        (b"data:a", b"a"),
        (b"data:  a", b" a"),
        (b"event: x\ndata: a\nid: 3\ndata: b", b"a\nb"),
        (b": comment", b""),
        (b"data", b""),
        (b"database: no", b""),
    ],
)
def test_data_of_an_event(event: bytes, data: bytes) -> None:
    assert data_of(event) == data


def test_a_frame_is_one_event() -> None:
    assert events(frame(b"{}")) == [b"data: {}"]


@given(st.text("ab\n", max_size=12))
def test_one_event_is_cut_as_any_number_of_them(text: str) -> None:
    whole = text.encode()
    cut = [part.strip(b"\n") for part in whole.split(b"\n\n")]
    assert events(whole) == [part for part in cut if part]
