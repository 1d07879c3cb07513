"""A stream becomes another dialect's, and what it was is noted on the way."""

from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Failed,
    Finish,
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import Echo, Failing, StreamWriter, Tap
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.dialects.translate import Translation
from weftline_core.failures import Failure
from weftline_core.sse import SseSplitter
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict, Words

BROKEN = Verdict(Failure.BROKEN, Words(message="odd"))
HI = TextDelta("hi")


class Scripted:
    """A reader that says what it was told to, and a writer that names what it is given."""

    def __init__(self, *turns: list[Event], last: list[Event] | None = None) -> None:
        self.turns = list(turns)
        self.last = last or []
        self.written: list[Event] = []

    def read(self, whole: bytes) -> list[Event]:
        assert whole
        return self.turns.pop(0) if self.turns else []

    def end(self) -> list[Event]:
        return self.last

    def write(self, events: list[Event]) -> bytes:
        self.written += events
        return b"".join(type(event).__name__.encode() + b" " for event in events)


def translation(
    *turns: list[Event], last: list[Event] | None = None
) -> tuple[Translation, Scripted]:
    both = Scripted(*turns, last=last)
    return Translation(both, both), both


def test_it_is_a_tap() -> None:
    tap: Tap = translation()[0]
    assert not tap.begun
    assert not tap.done
    assert tap.content_events == 0
    assert (tap.error, tap.usage) == (None, None)


@pytest.mark.parametrize(
    ("event", "begun", "content_events"),
    [
        (HI, True, 1),
        (ReasoningDelta("hm"), True, 1),
        (RefusalDelta("no"), True, 1),
        (CallBegin(0, "c", "f"), True, 1),
        (MediaDelta("image/png", "eA=="), True, 1),
        (Finish(Stop.END), True, 0),
        (CallDelta(0, "{}"), False, 1),
        (CallEnd(0), False, 0),
        (Begin("i", "m"), False, 0),
        (ReasoningProof("messages", "s"), False, 0),
        (Used(Usage(1, 2)), False, 0),
        (Cited(Citation(url="u")), False, 0),
        (Logprobs([TokenLogprob(token="a", logprob=0.0)]), False, 0),
        (Done(), False, 0),
    ],
)
def test_content_is_what_a_reader_waits_for(event: Event, begun: bool, content_events: int) -> None:
    for look in (Translation.read, Translation.glance):
        tap, _ = translation([event])
        assert look(tap, b"x") == type(event).__name__.encode() + b" "
        assert (tap.begun, tap.content_events) == (begun, content_events)
        pair, _ = translation([Begin("i", "m"), event])
        look(pair, b"x")
        assert (pair.begun, pair.content_events) == (begun, content_events)


def test_usage_is_the_last_that_was_told() -> None:
    tap, _ = translation(
        [Begin("i", "m", Usage(3, 0))], [HI], [Used(Usage(3, 4))], [Begin("i", "m")]
    )
    tap.read(b"x")
    assert tap.usage == Usage(3, 0)
    for _ in range(3):
        tap.read(b"x")
    assert tap.usage == Usage(3, 4)


def test_it_is_done_when_all_has_come() -> None:
    tap, _ = translation([HI, Finish(Stop.LENGTH), Done()])
    tap.read(b"x")
    assert tap.done


def test_nothing_is_written_where_nothing_was_said() -> None:
    tap, both = translation([])
    assert tap.read(b"x") == b""
    assert both.written == []


def test_what_came_before_an_error_is_written_and_nothing_after() -> None:
    tap, both = translation([HI, Failed(BROKEN), HI, Done()])
    assert tap.read(b"x") == b"TextDelta "
    assert tap.error is BROKEN
    assert both.written == [HI]
    assert not tap.done


def test_an_error_alone_writes_nothing() -> None:
    tap, both = translation([Failed(BROKEN)])
    assert tap.read(b"x") == b""
    assert (tap.error, both.written) == (BROKEN, [])


def test_the_end_of_the_body_may_be_the_end_of_the_answer() -> None:
    tap, _ = translation([HI], last=[Finish(Stop.END), Done()])
    tap.read(b"x")
    assert tap.end() == b"Finish Done "
    assert tap.done
    cut, both = translation([HI])
    cut.read(b"x")
    assert cut.end() == b""
    assert not cut.done
    assert both.written == [HI]


def test_an_error_at_the_end_writes_nothing_more() -> None:
    tap, both = translation([HI], last=[Finish(Stop.END), Failed(BROKEN)])
    tap.read(b"x")
    assert tap.end() == b""
    assert (tap.error, both.written) == (BROKEN, [HI])
    assert not tap.done


def test_the_writer_may_have_to_write_the_end_of_a_broken_stream() -> None:
    plain, both = translation()
    assert plain.writer is cast("StreamWriter", both)
    assert not isinstance(plain.writer, Failing)


STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1",'
    b'"model":"theirs","usage":{"input_tokens":3,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
    b'event: ping\ndata: {"type":"ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"h\xc3\xa9"}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"llo"}}\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":2}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
ECHO = Echo(request_id="1", model="ours", created_unix_s=5, body={})


def translated(pieces: list[bytes]) -> tuple[Translation, bytes]:
    tap = Translation(MESSAGES.reader(), CHAT.writer(ECHO))
    splitter, out = SseSplitter(), b""
    for piece in pieces:
        if whole := splitter.feed(piece):
            out += tap.read(whole)
    return tap, out + tap.end()


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_a_stream_may_be_cut_anywhere_on_its_way(cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(at) if b > a]
    tap, out = translated(pieces)
    assert (tap.done, tap.error, tap.begun) == (True, None, True)
    assert (tap.usage, tap.content_events) == (Usage(3, 2), 2)
    assert out == translated([STREAM])[1]
    assert out.endswith(b"data: [DONE]\n\n")
    assert b'"content":"h\xc3\xa9"' in out


@given(st.integers(0, len(STREAM) - 1))
def test_a_stream_that_was_cut_short_never_looks_done(size: int) -> None:
    tap, out = translated([STREAM[:size]])
    assert not tap.done
    assert b"[DONE]" not in out


def test_an_answer_that_no_writer_can_nest_breaks_off() -> None:
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    start = b'{"type":"content_block_start","index":0,"content_block":%b}'
    call = b'{"type":"tool_use","id":"t","name":"f","input":%b}' % deep
    tap = Translation(
        MESSAGES.reader(), CHAT.writer(Echo(request_id="r", model="m", created_unix_s=1, body={}))
    )
    assert tap.read(b"data: " + start % call + b"\n\n") == b""
    assert tap.error is not None
    assert tap.error.failure is Failure.BROKEN
    assert not tap.done
