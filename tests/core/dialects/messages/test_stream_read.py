"""A host's stream, event by event."""

from collections.abc import Iterable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.messages_stream import (
    CALL,
    HELLO,
    PING,
    STOP,
    closed,
    delta,
    event,
    finish,
    opened,
    start,
    text,
)
from tests.fakes.pieces import read_in_pieces
from weftline_core.chat.answer import Citation, Stop
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
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.messages.stream_read import MessagesReader
from weftline_core.dialects.messages.tap import MessagesTap
from weftline_core.failures import Failure
from weftline_core.usage import Usage

BEGIN = Begin("msg_up", "claude-5", Usage(43, 1))
END: list[Event] = [Used(Usage(43, 7)), Finish(Stop.END), Done()]
ERROR = event("error", error={"type": "overloaded_error", "message": "Overloaded"})


def read(*pieces: bytes) -> list[Event]:
    reader = MessagesReader()
    told = [e for piece in pieces for e in reader.read(piece)]
    return told + reader.end()


def failure(told: Iterable[Event]) -> Failure | None:
    *_, last = told
    return last.verdict.failure if isinstance(last, Failed) else None


def test_a_plain_stream() -> None:
    assert read(HELLO) == [BEGIN, TextDelta("Hel"), TextDelta("lo"), *END]


def test_a_call() -> None:
    assert read(CALL) == [
        BEGIN,
        CallBegin(0, "toolu_a", "f"),
        CallDelta(0, '{"x":'),
        CallDelta(0, "1}"),
        CallEnd(0),
        Used(Usage(43, 7)),
        Finish(Stop.TOOL_CALLS),
        Done(),
    ]


@pytest.mark.parametrize(
    ("given_input", "arguments"), [(dict[str, int](), "{}"), ({"x": 1}, '{"x":1}')]
)
def test_a_call_whose_arguments_do_not_stream(given_input: dict[str, int], arguments: str) -> None:
    told = read(start() + opened(3, type="tool_use", id="a", name="f", input=given_input))
    assert told == [BEGIN, CallBegin(0, "a", "f")]
    told = read(opened(3, type="tool_use", id="", name="f", input=given_input) + closed(3))
    assert told == [CallBegin(0, "toolu_0", "f"), CallDelta(0, arguments), CallEnd(0)]


def test_calls_are_counted_apart_from_blocks() -> None:
    stream = b"".join(
        opened(i, type="tool_use", id=str(i), name="f", input={}) + closed(i) for i in (4, 9)
    )
    assert [e.call for e in read(stream) if isinstance(e, CallBegin)] == [0, 1]


def test_thoughts_and_their_proof() -> None:
    stream = (
        opened(0, type="thinking", thinking="", signature="")
        + delta(0, "thinking_delta", thinking="hm")
        + delta(0, "signature_delta", signature="ab")
        + delta(0, "signature_delta", signature="cd")
        + closed(0)
        + opened(1, type="redacted_thinking", data="xx")
        + closed(1)
    )
    assert read(stream) == [
        ReasoningDelta("hm"),
        ReasoningProof("messages", signature="abcd"),
        ReasoningProof("messages", redacted="xx"),
    ]


def test_blocks_may_begin_with_content() -> None:
    stream = opened(0, type="text", text="a") + opened(1, type="thinking", thinking="b")
    assert read(stream) == [TextDelta("a"), ReasoningDelta("b")]


def test_what_nobody_knows_is_passed_over() -> None:
    stream = (
        start()
        + event("new_kind", delta="any", index="x")
        + opened(0, type="fallback", **{"from": {"model": "a"}, "to": {"model": "b"}})
        + closed(0)
        + opened(1, type="server_tool_use", id="s", name="web_search", input={})
        + delta(1, "input_json_delta", partial_json='{"q":1}')
        + closed(1)
        + delta(2, "new_delta", data=[1])
        + b": comment\n\n"
        + b"data: [DONE]\n\n"
        + text("hi", 7)
    )
    assert read(stream, finish(), STOP) == [BEGIN, TextDelta("hi"), *END]


@pytest.mark.parametrize("again", [start(), start(input_tokens=61, output_tokens=1)])
def test_a_second_start_adds_only_its_counts(again: bytes) -> None:
    told = read(start() + again + text("hi") + again + finish() + STOP)
    assert [type(e) for e in told] == [Begin, TextDelta, Used, Finish, Done]


def test_the_last_count_holds() -> None:
    told = read(start() + finish(input_tokens=61, output_tokens=7, cache_read_input_tokens=None))
    assert Used(Usage(61, 7)) in told
    cached = read(start(input_tokens=5, cache_read_input_tokens=6, output_tokens=0) + finish())
    assert Used(Usage(11, 7, 6)) in cached


def test_padding_and_half_characters_are_no_matter() -> None:
    padded = text("a").replace(b"}\n\n", b"       }\n\n")
    half = text("@").replace(b"@", b"\\ud83d")
    separator = text("x\u2028y")
    assert read(padded + half + separator) == [
        TextDelta("a"),
        TextDelta("\ufffd"),
        TextDelta("x\u2028y"),
    ]


def test_events_need_no_name_and_data_may_have_lines() -> None:
    assert read(
        b'data: {"type":"content_block_delta",\ndata: "index":0,"delta":{"type":'
        b'"text_delta","text":"a"}}\n\n'
    ) == [TextDelta("a")]


def test_a_refusal_without_blocks() -> None:
    details = {"type": "refusal", "explanation": "No."}
    said = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    last = event("message_delta", delta=said, usage={"output_tokens": 0})
    assert read(start() + PING + last + STOP) == [
        BEGIN,
        Used(Usage(43, 0)),
        RefusalDelta("No."),
        Finish(Stop.REFUSED),
        Done(),
    ]


def test_a_stop_sequence_is_named() -> None:
    assert Finish(Stop.SEQUENCE, "END") in read(finish("stop_sequence", "END"))


def test_open_calls_end_with_the_message() -> None:
    told = read(opened(0, type="tool_use", id="a", name="f", input={}) + finish("end_turn"))
    assert told[-3:] == [CallEnd(0), Used(Usage(0, 7)), Finish(Stop.TOOL_CALLS)] or told[-2:] == [
        CallEnd(0),
        Finish(Stop.TOOL_CALLS),
    ]


def test_a_source_with_an_address_is_told() -> None:
    web = {"type": "web_search_result_location", "url": "https://x", "title": "X"}
    own = {"type": "page_location", "document_index": 0}
    stream = delta(0, "citations_delta", citation=web) + delta(0, "citations_delta", citation=own)
    assert read(stream) == [Cited(Citation(url="https://x", title="X"))]


@pytest.mark.parametrize("cut", [HELLO[: -len(STOP)], HELLO[: -len(STOP + finish())], start(), b""])
def test_without_its_end_no_stream_is_done(cut: bytes) -> None:
    told = read(cut)
    assert not any(isinstance(e, Done | Failed) for e in told)


@pytest.mark.parametrize(
    ("bad", "meaning"),
    [
        (ERROR, Failure.OVERLOADED),
        (b'data: {"error":{"message":"slow","type":"rate_limit_error"}}\n\n', Failure.RATE_LIMITED),
        (b'data: {"object":"error","message":"x","code":503}\n\n', Failure.OVERLOADED),
        (b"event: error\ndata: {}{\n\n", Failure.BROKEN),
        (b'event: exception:throttlingException\ndata: {"message":"x"}\n\n', Failure.RATE_LIMITED),
        (b"event: exception:modelStreamErrorException\ndata: \n\n", Failure.SERVER_ERROR),
        (text("a").replace(b'"a"', b"7"), Failure.BROKEN),
        (text("\x7f").replace(b"\x7f", b"\xff"), Failure.BROKEN),
        (b"data: " + b"[" * 9999 + b"\n\n", Failure.BROKEN),
        (finish(None) + STOP, Failure.BROKEN),
    ],
)
def test_a_broken_stream_fails_and_says_no_more(bad: bytes, meaning: Failure) -> None:
    told = read(start() + text("hi") + bad + text("more"), HELLO)
    assert told[:2] == [BEGIN, TextDelta("hi")]
    assert failure(told) is meaning
    assert TextDelta("more") not in told


def test_nothing_is_read_after_the_end() -> None:
    assert read(HELLO + text("x"), ERROR) == read(HELLO)


@given(st.lists(st.integers(1, 40)), st.sampled_from([b"\n", b"\r\n"]))
def test_any_cut_gives_the_same_events(sizes: list[int], line_end: bytes) -> None:
    stream = (HELLO[: -len(finish() + STOP)] + CALL[len(start()) :]).replace(b"\n", line_end)
    told = read_in_pieces(MessagesReader(), stream, sizes)
    assert told == read(HELLO[: -len(finish() + STOP)] + CALL[len(start()) :])


KINDS: list[object] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "error",
    "x",
    [],
]
VALUES: st.SearchStrategy[object] = (
    st.none() | st.integers(-1, 1) | st.text(max_size=2) | st.just([]) | st.just({"type": 1})
)
FIELDS = st.dictionaries(
    st.sampled_from(["delta", "index", "content_block", "message", "usage", "error"]),
    VALUES | st.dictionaries(st.sampled_from(["type", "text", "id", "usage", "details"]), VALUES),
)


@given(st.lists(st.tuples(st.sampled_from(KINDS), FIELDS), max_size=4))
def test_nothing_that_a_host_sends_raises(sent: list[tuple[object, dict[str, object]]]) -> None:
    stream = b"".join(
        b"data: " + orjson.dumps({"type": kind, **fields}) + b"\n\n" for kind, fields in sent
    )
    told = read(stream)
    assert not any(isinstance(e, Done) for e in told)
    for look in (MessagesTap.read, MessagesTap.glance):
        tap = MessagesTap()
        look(tap, stream)
        assert not tap.done
        assert (tap.error is not None) == any(isinstance(e, Failed) for e in told)


def test_keep_alives_mean_nothing_and_failures_without_words_do() -> None:
    reader = MessagesReader()
    assert reader.read(b": hi\n\nevent: ping\n\ndata:\n\nodd\n\n") == []
    (failed,) = reader.read(b"event: exception:throttlingException\ndata: \n\n")
    assert isinstance(failed, Failed)
    assert failed.verdict.failure is Failure.RATE_LIMITED
