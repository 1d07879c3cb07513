"""A stream as clients of Anthropic read it."""

from typing import Any

from anthropic.types import RawMessageStreamEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.fakes.messages_stream import CALL, ECHO, HELLO, told
from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Finish,
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.messages.stream_read import MessagesReader
from weftline_core.dialects.messages.stream_write import MessagesWriter
from weftline_core.dialects.messages.tool_ids import signed_id
from weftline_core.usage import Usage

SDK: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
BEGIN = Begin("up", "upstream", Usage(9, 0))


def write(*events: Event) -> list[dict[str, Any]]:
    """Return what is written when the events come one by one; all at once must be the same."""
    one, all_at_once = MessagesWriter(ECHO), MessagesWriter(ECHO)
    stream = b"".join(one.write([event]) for event in events)
    assert all_at_once.write(list(events)) == stream
    written = told(stream)
    for fields in written:
        if fields["type"] not in ("ping", "message_start"):
            SDK.validate_python(fields)
    return written


def shape(written: list[dict[str, Any]]) -> list[Any]:
    """Return the events in short: kinds, and what deltas and starts carry."""
    short: list[Any] = []
    for fields in written:
        kind = fields["type"].removeprefix("content_block_").removeprefix("message_")
        if "content_block" in fields:
            short.append((kind, fields["index"], fields["content_block"]["type"]))
        elif kind == "delta" and "index" in fields:
            *_, value = fields["delta"].values()
            short.append((kind, fields["index"], value))
        elif "index" in fields:
            short.append((kind, fields["index"]))
        else:
            short.append(fields["type"])
    return short


def test_a_plain_stream() -> None:
    written = write(
        BEGIN,
        TextDelta("Hel"),
        TextDelta("lo"),
        Finish(Stop.END),
        Used(Usage(11, 7, 2, reasoning_tokens=1)),
        Done(),
    )
    assert shape(written) == [
        "message_start",
        ("start", 0, "text"),
        "ping",
        ("delta", 0, "Hel"),
        ("delta", 0, "lo"),
        ("stop", 0),
        "message_delta",
        "message_stop",
    ]
    message = written[0]["message"]
    assert (message["id"], message["model"]) == ("msg_1", "claude")
    assert message["usage"]["input_tokens"] == 9
    last = written[-2]
    assert last["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert last["usage"]["input_tokens"] == 9
    assert last["usage"]["cache_read_input_tokens"] == 2
    assert last["usage"]["output_tokens"] == 7
    assert last["usage"]["output_tokens_details"] == {"thinking_tokens": 1}


def test_the_end_waits_for_the_usage() -> None:
    writer = MessagesWriter(ECHO)
    writer.write([BEGIN, TextDelta("x")])
    assert writer.write([Finish(Stop.LENGTH)]) == b""
    assert writer.write([Used(Usage(1, 2))]) == b""
    end = told(writer.write([Done()]))
    assert end[1]["delta"]["stop_reason"] == "max_tokens"


def test_kinds_change_blocks() -> None:
    written = write(
        BEGIN,
        ReasoningDelta("hm"),
        TextDelta("a"),
        CallBegin(0, "functions.f:0", "f"),
        CallDelta(0, '{"x":'),
        CallDelta(0, ""),
        CallDelta(0, "1}"),
        CallEnd(0),
        TextDelta("b"),
        Finish(Stop.TOOL_CALLS),
        Done(),
    )
    assert shape(written) == [
        "message_start",
        ("start", 0, "thinking"),
        "ping",
        ("delta", 0, "hm"),
        ("delta", 0, ""),
        ("stop", 0),
        ("start", 1, "text"),
        ("delta", 1, "a"),
        ("stop", 1),
        ("start", 2, "tool_use"),
        ("delta", 2, '{"x":'),
        ("delta", 2, "1}"),
        ("stop", 2),
        ("start", 3, "text"),
        ("delta", 3, "b"),
        ("stop", 3),
        "message_delta",
        "message_stop",
    ]
    call = next(f["content_block"] for f in written if f.get("index") == 2)
    assert call == {"type": "tool_use", "id": "functions_f_0", "name": "f", "input": {}}


def test_interleaved_calls_are_told_one_after_the_other() -> None:
    written = write(
        CallBegin(0, "a", "f"),
        CallBegin(1, "a", "g"),
        CallDelta(1, "B"),
        CallDelta(0, "A"),
        TextDelta("t"),
        CallEnd(1),
        CallBegin(2, "c", "h"),
        CallDelta(2, "C"),
        CallDelta(0, "A"),
        CallEnd(0),
        CallDelta(2, "C"),
        CallEnd(2),
        Finish(Stop.TOOL_CALLS),
        Done(),
    )
    deltas = [s for s in shape(written) if s[0] == "delta"]
    assert deltas == [
        ("delta", 0, "A"),
        ("delta", 0, "A"),
        ("delta", 1, "B"),
        ("delta", 2, "t"),
        ("delta", 3, "C"),
        ("delta", 3, "C"),
    ]
    blocks = [f["content_block"] for f in written if "content_block" in f]
    assert [b.get("id") for b in blocks] == ["a", "a_2", None, "c"]


def test_calls_that_never_end_are_whole_at_the_end() -> None:
    written = write(
        CallBegin(0, "a", "f"), CallBegin(1, "b", "g"), CallDelta(1, "B"), Finish(Stop.END), Done()
    )
    assert [s for s in shape(written) if s[0] in ("start", "stop")] == [
        ("start", 0, "tool_use"),
        ("stop", 0),
        ("start", 1, "tool_use"),
        ("stop", 1),
    ]


def test_a_calls_signature_rides_behind_its_id() -> None:
    written = write(CallBegin(0, "a", "f", "c2ln"), CallEnd(0), Finish(Stop.TOOL_CALLS), Done())
    started = [e["content_block"] for e in written if e["type"] == "content_block_start"]
    assert [block["id"] for block in started] == [signed_id("a", "c2ln")]


def test_a_proof_of_this_dialect_is_handed_on() -> None:
    written = write(
        ReasoningDelta("hm"),
        ReasoningProof("messages", signature="s1"),
        ReasoningDelta("so"),
        ReasoningProof("generate", signature="other"),
        ReasoningProof("messages", redacted="xx"),
        ReasoningProof("responses", redacted="yy"),
        TextDelta("x"),
        Done(),
    )
    assert [s for s in shape(written) if s[0] in ("start", "delta")] == [
        ("start", 0, "thinking"),
        ("delta", 0, "hm"),
        ("delta", 0, "s1"),
        ("start", 1, "thinking"),
        ("delta", 1, "so"),
        ("delta", 1, ""),
        ("start", 2, "redacted_thinking"),
        ("start", 3, "text"),
        ("delta", 3, "x"),
    ]


def test_hidden_thoughts_still_have_their_proof() -> None:
    written = write(ReasoningProof("messages", signature="s"), TextDelta("x"), Done())
    assert [s for s in shape(written) if s[0] == "delta"] == [("delta", 0, "s"), ("delta", 1, "x")]


def test_a_refusal_is_text_and_a_stop() -> None:
    written = write(BEGIN, RefusalDelta("No."), Finish(Stop.END), Done())
    assert ("delta", 0, "No.") in shape(written)
    assert written[-2]["delta"]["stop_reason"] == "refusal"


def test_a_refusal_may_have_no_words() -> None:
    written = write(BEGIN, Finish(Stop.FILTERED), Done())
    assert shape(written) == ["message_start", "ping", "message_delta", "message_stop"]
    assert written[-2]["delta"]["stop_reason"] == "refusal"


def test_a_stop_sequence_is_named() -> None:
    written = write(TextDelta("x"), Finish(Stop.SEQUENCE, "END"), Done())
    assert written[-2]["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "END"}


def test_a_source_stands_on_its_text() -> None:
    source = Cited(Citation(url="https://x", title="X"))
    written = write(source, TextDelta("x"), source, Done())
    found = [f["delta"]["citation"] for f in written if "citation" in f.get("delta", {})]
    assert [c["url"] for c in found] == ["https://x"]


def test_what_the_dialect_has_no_place_for_is_left_out() -> None:
    plain = write(BEGIN, TextDelta("x"), Done())
    more = write(
        BEGIN,
        TextDelta("x"),
        TextDelta("second answer", 1),
        Finish(Stop.LENGTH, choice=1),
        MediaDelta("image/png", "QQ=="),
        Logprobs([TokenLogprob(token="x", logprob=-1.0)]),
        CallDelta(7, "nobody's"),
        Done(),
    )
    assert more == plain


def test_what_a_reader_reads_is_written_back() -> None:
    for stream in (HELLO, CALL):
        events = MessagesReader().read(stream)
        again = MessagesReader().read(MessagesWriter(ECHO).write(events))
        assert again[1:] == events[1:]


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(TextDelta, st.text(max_size=3)),
    st.builds(ReasoningDelta, st.text(max_size=3)),
    st.builds(ReasoningProof, st.just("messages"), st.sampled_from([None, "s"])),
    st.builds(CallBegin, st.integers(0, 3), st.just("a"), st.just("f")),
    st.builds(CallDelta, st.integers(0, 3), st.text(max_size=3)),
    st.builds(CallEnd, st.integers(0, 3)),
    st.builds(Used, st.just(Usage(1, 1))),
)


@given(st.lists(EVENTS, max_size=30))
def test_blocks_never_interleave(events: list[Event]) -> None:
    written = write(*events, Finish(Stop.END), Done())
    assert written[0]["type"] == "message_start"
    assert [f["type"] for f in written[-2:]] == ["message_delta", "message_stop"]
    now, count = None, 0
    for fields in written[1:-2]:
        if fields["type"] == "content_block_start":
            assert now is None
            assert fields["index"] == count
            now, count = count, count + 1
        elif fields["type"] != "ping":
            assert fields["index"] == now
            now = None if fields["type"] == "content_block_stop" else now
    assert now is None
