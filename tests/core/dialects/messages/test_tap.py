"""What the tap sees of a stream, and what it lets pass."""

import pytest

from tests.fakes.messages_stream import (
    CALL,
    HELLO,
    PING,
    STOP,
    delta,
    event,
    finish,
    opened,
    start,
    text,
)
from weftline_core.dialects.messages.tap import MessagesTap
from weftline_core.failures import Failure
from weftline_core.usage import Usage

LOOKS = (MessagesTap.read, MessagesTap.glance)
ERROR = event("error", error={"type": "overloaded_error", "message": "Overloaded"})


def test_a_whole_stream_passes_untouched() -> None:
    for look in LOOKS:
        tap = MessagesTap()
        assert look(tap, HELLO) is HELLO
        assert (tap.begun, tap.content_events, tap.done, tap.error) == (True, 2, True, None)
        assert tap.usage == Usage(43, 7)
        assert tap.end() == b""


def test_it_is_the_same_event_by_event() -> None:
    tap, glancing = MessagesTap(), MessagesTap()
    for raw in CALL.split(b"\n\n")[:-1]:
        whole = raw + b"\n\n"
        assert tap.read(whole) is whole
        assert glancing.glance(whole) is whole
    assert (tap.content_events, tap.done, tap.usage) == (3, True, Usage(43, 7))
    # An empty first piece of arguments counts at a glance: it is near enough.
    assert (glancing.content_events, glancing.done) == (4, True)


@pytest.mark.parametrize(
    ("raw", "is_content"),
    [
        (text("hi"), True),
        (text(""), False),
        (delta(0, "thinking_delta", thinking="hm"), True),
        (delta(0, "input_json_delta", partial_json="{"), True),
        (delta(0, "signature_delta", signature="s"), False),
        (opened(0, type="text", text=""), False),
        (opened(0, type="text", text="hi"), True),
        (opened(0, type="thinking", thinking="", signature=""), False),
        (opened(0, type="tool_use", id="a", name="f", input={}), True),
        (opened(0, type="redacted_thinking", data="x"), True),
        (opened(0, type="fallback"), False),
        (start(), False),
        (PING, False),
        (finish(None), False),
        (event("new_kind", delta=7), False),
        (b": keep-alive\n\n", False),
        (b"data: [DONE]\n\n", False),
    ],
)
def test_content_is_what_a_reader_waits_for(raw: bytes, is_content: bool) -> None:
    tap = MessagesTap()
    tap.read(raw)
    assert (tap.begun, tap.content_events) == (is_content, is_content)
    assert not tap.done


def test_an_answer_of_no_tokens_is_an_answer() -> None:
    tap = MessagesTap()
    tap.read(start() + PING + finish("refusal", output_tokens=0))
    assert (tap.begun, tap.content_events, tap.usage) == (True, 0, Usage(43, 0))


def test_the_last_count_holds() -> None:
    tap = MessagesTap()
    tap.read(start() + start(input_tokens=60) + finish(input_tokens=61, output_tokens=7))
    assert tap.usage == Usage(61, 7)


@pytest.mark.parametrize(
    "garbled",
    [
        b'event: ping\ndata: {"type": "cut\n\n',
        text("\x7f").replace(b"\x7f", b"\x01"),
        text("\x7f").replace(b"\x7f", b"\xff"),
        text("@").replace(b"@", b"\\ud8zz"),
        text("a").replace(b'"a"', b"7"),
        event("content_block_start", index="x"),
        b"data: no\n\n",
        b"data: " + b"[" * 9999 + b"\n\n",
    ],
)
def test_a_garbled_event_never_passes(garbled: bytes) -> None:
    for before in (text("hi"), HELLO[: -len(STOP)]):
        tap = MessagesTap()
        assert tap.read(before + garbled + text("x")) == before
        assert tap.error is not None
        assert tap.error.failure is Failure.BROKEN


@pytest.mark.parametrize("garbled", [text("@").replace(b"@", b"\xff"), text("a")[:-5] + b"\n\n"])
def test_nor_does_it_at_a_glance(garbled: bytes) -> None:
    tap = MessagesTap()
    assert tap.glance(text("hi") + garbled) == text("hi")
    assert tap.error is not None


def test_half_a_character_passes_untouched() -> None:
    half = text("@").replace(b"@", b"\\ud83d")
    for look in LOOKS:
        tap = MessagesTap()
        assert look(tap, half + text("a")) == half + text("a")
        assert (tap.content_events, tap.error) == (2, None)


def test_an_error_stops_the_stream_before_it() -> None:
    for look in LOOKS:
        tap = MessagesTap()
        assert look(tap, text("hi") + ERROR + text("x") + STOP) == text("hi")
        assert tap.error is not None
        assert tap.error.failure is Failure.OVERLOADED
        assert not tap.done
        assert look(tap, text("x")) == b""


def test_nothing_passes_after_the_end() -> None:
    for look in LOOKS:
        tap = MessagesTap()
        assert look(tap, STOP + text("x")) == STOP
        assert look(tap, text("x")) == b""


def test_an_event_without_a_name_gets_it() -> None:
    nameless = text("hi").partition(b"\n")[2]
    for look in LOOKS:
        tap = MessagesTap()
        assert look(tap, nameless + PING) == text("hi") + PING
        assert tap.content_events == 1


def test_amazons_events_get_their_names_and_its_exceptions_are_errors() -> None:
    chunk = text("hi").replace(b"event: content_block_delta", b"event: chunk")
    exception = b'event: exception:throttlingException\ndata: {"message":"slow"}\n\n'
    for look in LOOKS:
        tap = MessagesTap()
        assert look(tap, chunk + exception + chunk) == text("hi")
        assert tap.error is not None
        assert tap.error.failure is Failure.RATE_LIMITED


def test_lines_of_data_become_one() -> None:
    tap = MessagesTap()
    assert tap.read(b'data: {"type":\ndata: "ping"}\n\n') == (
        b'event: ping\ndata: {"type": "ping"}\n\n'
    )


def test_words_in_the_text_are_no_signals() -> None:
    words = text('event: error data: {"type":"error","error":{}} message_stop')
    tap = MessagesTap()
    assert tap.glance(words) is words
    assert (tap.done, tap.error, tap.content_events) == (False, None, 1)
