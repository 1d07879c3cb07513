"""What the tap sees of a stream, and what it lets pass."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.chat.tap import ChatTap
from weftline_core.dialects.chat.usage import standard
from weftline_core.failures import Failure
from weftline_core.usage import Usage


def tapped(*, usage_wanted: bool = True) -> ChatTap:
    return ChatTap(standard, usage_wanted=usage_wanted)


DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, object], finish: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + orjson.dumps({"choices": [choice], **more}) + b"\n\n"


TOKEN = chunk({"content": "hi"}, usage=None)
USAGE = (
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n'
)
ERROR = b'data: {"error":{"message":"busy","code":"server_is_overloaded"}}\n\n'


@pytest.mark.parametrize(
    ("event", "is_content"),
    [
        (TOKEN, True),
        (chunk({"reasoning_content": "hm"}), True),
        (chunk({"tool_calls": [{"index": 0}]}), True),
        (chunk({"refusal": "no"}), True),
        (chunk({"content": "hi"}, "stop"), True),
        (chunk({}, "stop"), False),
        (chunk({"role": "assistant", "content": "", "refusal": None}), False),
        (chunk({"role": "assistant", "content": None}), False),
        (chunk({}), False),
        (USAGE, False),
        (DONE, False),
        (ERROR, False),
        (b": keep-alive\n\n", False),
        (b"event: ping\n\n", False),
        (b"data: {}\n\n", False),
        (b'data: {"choices":["x",{"delta":7},{}]}\n\n', False),
    ],
)
def test_content_is_what_a_reader_waits_for(event: bytes, is_content: bool) -> None:
    tap = tapped()
    tap.read(event)
    assert tap.content_events == is_content
    assert tap.begun == (is_content or b'"stop"' in event)


def test_half_a_character_passes_untouched() -> None:
    for half in (b"\\ud83d", b"\\ude00", b"\\uD83D\\n"):
        event = b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % half
        for look in (ChatTap.read, ChatTap.glance):
            tap = tapped()
            assert look(tap, event + TOKEN) == event + TOKEN
            assert (tap.content_events, tap.error) == (2, None)


def test_a_whole_stream_is_tapped_and_passes_untouched() -> None:
    tap = tapped()
    first = chunk({"role": "assistant", "content": ""}) + TOKEN
    assert tap.read(first) is first
    for whole in (TOKEN * 3, chunk({}, "stop") + USAGE + DONE):
        assert tap.glance(whole) is whole
    assert (tap.content_events, tap.done, tap.error) == (4, True, None)
    assert tap.usage == Usage(3, 4)


def test_the_tier_that_served_is_noted_with_the_usage() -> None:
    tap = tapped()
    tap.read(USAGE.replace(b'"usage":', b'"service_tier":"flex","usage":'))
    assert tap.usage == Usage(3, 4, service_tier="flex")


def test_usage_is_found_however_it_is_spaced() -> None:
    for event in (USAGE, USAGE.replace(b'"usage":', b'"usage": ')):
        tap = tapped()
        tap.glance(event)
        assert tap.usage == Usage(3, 4)


def test_words_in_the_text_are_no_signals() -> None:
    tap = tapped()
    text = chunk({"content": 'data: [DONE] "error" "usage":{"prompt_tokens":1}'}, error=None)
    assert tap.glance(text) is text
    assert (tap.done, tap.error, tap.usage, tap.content_events) == (False, None, None, 1)


@pytest.mark.parametrize(
    "garbled",
    [
        b'data: {"id": "cut\n\n',
        b'data: {"a":"b\x01"}\n\n',
        b"data: no\n\n",
        b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n',
        b'data: {"choices":[{"delta":{"content":"\\ud8zz"}}]}\n\n',
        b"data: " + b"[" * 9999,
    ],
)
def test_an_event_that_is_no_json_never_passes(garbled: bytes) -> None:
    for look in (ChatTap.read, ChatTap.glance):
        tap = tapped()
        assert look(tap, TOKEN + garbled + TOKEN) == TOKEN
        assert tap.error is not None
        assert tap.error.failure is Failure.BROKEN


def test_an_error_stops_the_stream_before_it() -> None:
    tap = tapped()
    assert tap.glance(TOKEN + ERROR + TOKEN + DONE) == TOKEN
    assert tap.error is not None
    assert tap.error.failure is Failure.OVERLOADED
    assert not tap.done


def test_nothing_passes_after_the_terminal_event() -> None:
    tap = tapped()
    assert tap.glance(TOKEN + DONE + TOKEN) == TOKEN + DONE
    assert tap.done
    assert tap.read(TOKEN) == b""


def test_keep_alives_are_not_counted_at_a_glance() -> None:
    tap = tapped()
    assert tap.glance(b": processing\n\n") == b": processing\n\n"
    assert tap.content_events == 0


def test_usage_nobody_asked_for_is_taken_out() -> None:
    for look in (ChatTap.read, ChatTap.glance):
        tap = tapped(usage_wanted=False)
        assert look(tap, TOKEN + USAGE + DONE) == TOKEN + DONE
        assert (tap.usage, tap.done) == (Usage(3, 4), True)


def test_usage_beside_an_ending_stays() -> None:
    last = chunk({}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 4})
    tap = tapped(usage_wanted=False)
    assert tap.glance(TOKEN + last) == TOKEN + last
    assert tap.usage == Usage(3, 4)


def test_chunks_without_choices_or_usage_pass() -> None:
    azure = b'data: {"choices":[],"id":"","prompt_filter_results":[{}]}\n\n'
    tap = tapped(usage_wanted=False)
    assert tap.glance(azure) is azure
    assert not tap.begun


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        (b'event: error\ndata: {"error":{"message":"m","status_code":400}}\n\n', Failure.CALLER),
        (b'data: {"error":"m","error_type":"overloaded"}\n\n', Failure.OVERLOADED),
        (b'data:{"error":"m","error_type":"generation"}\n\n', Failure.SERVER_ERROR),
        (b'data: {"object":"error","message":"m","code":503}\n\n', Failure.OVERLOADED),
        (b'data: {"base_resp":{"status_code":1008},"choices":null}\n\n', Failure.QUOTA),
        (chunk({}, "insufficient_system_resource"), Failure.OVERLOADED),
        (chunk({"content": "x"}, "network_error"), Failure.SERVER_ERROR),
    ],
)
def test_an_error_is_one_in_every_spelling(event: bytes, failure: Failure) -> None:
    for look in (ChatTap.read, ChatTap.glance):
        tap = tapped()
        assert look(tap, TOKEN + event + DONE) == TOKEN
        assert tap.error is not None
        assert tap.error.failure is failure
        assert not tap.done


def test_the_second_of_two_choices_may_end_first() -> None:
    two = (
        b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null},'
        b'{"index":1,"delta":{},"finish_reason":"error"}]}\n\n'
    )
    tap = tapped()
    assert tap.glance(two) == b""
    assert tap.error is not None


def test_the_end_of_the_body_changes_nothing() -> None:
    tap = tapped()
    tap.read(TOKEN)
    assert tap.end() == b""
    assert not tap.done


@given(st.lists(st.sampled_from([TOKEN, USAGE, chunk({}, "stop"), b": x\n\n"]), max_size=6))
def test_a_glance_sees_what_reading_sees(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    read, glanced = tapped(usage_wanted=False), tapped(usage_wanted=False)
    assert read.read(whole) == glanced.glance(whole)
    assert read.usage == glanced.usage
    assert read.content_events == glanced.content_events
