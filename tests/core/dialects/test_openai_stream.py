"""What the tap sees of a stream, and what it lets pass."""

import orjson
import pytest

from weftline_core.dialects.openai import Usage
from weftline_core.dialects.openai_stream import StreamTap
from weftline_core.failures import Failure

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
    tap = StreamTap()
    tap.read(event)
    assert tap.content_events == is_content
    assert tap.begun == (is_content or b'"stop"' in event)


def test_half_a_character_passes_untouched() -> None:
    for half in (b"\\ud83d", b"\\ude00", b"\\uD83D\\n"):
        event = b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % half
        for look in (StreamTap.read, StreamTap.glance):
            tap = StreamTap()
            assert look(tap, event + TOKEN) == event + TOKEN
            assert (tap.content_events, tap.error) == (2, None)


def test_a_whole_stream_is_tapped_and_passes_untouched() -> None:
    tap = StreamTap()
    first = chunk({"role": "assistant", "content": ""}) + TOKEN
    assert tap.read(first) is first
    for whole in (TOKEN * 3, chunk({}, "stop") + USAGE + DONE):
        assert tap.glance(whole) is whole
    assert (tap.content_events, tap.done, tap.error) == (4, True, None)
    assert tap.usage == Usage(3, 4)


def test_usage_is_found_however_it_is_spaced() -> None:
    for event in (USAGE, USAGE.replace(b'"usage":', b'"usage": ')):
        tap = StreamTap()
        tap.glance(event)
        assert tap.usage == Usage(3, 4)


def test_words_in_the_text_are_no_signals() -> None:
    tap = StreamTap()
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
    for look in (StreamTap.read, StreamTap.glance):
        tap = StreamTap()
        assert look(tap, TOKEN + garbled + TOKEN) == TOKEN
        assert tap.error is not None
        assert tap.error.failure is Failure.BROKEN


def test_an_error_stops_the_stream_before_it() -> None:
    tap = StreamTap()
    assert tap.glance(TOKEN + ERROR + TOKEN + DONE) == TOKEN
    assert tap.error is not None
    assert tap.error.failure is Failure.OVERLOADED
    assert not tap.done


def test_nothing_passes_after_the_terminal_event() -> None:
    tap = StreamTap()
    assert tap.glance(TOKEN + DONE + TOKEN) == TOKEN + DONE
    assert tap.done
    assert tap.read(TOKEN) == b""


def test_keep_alives_are_not_counted_at_a_glance() -> None:
    tap = StreamTap()
    assert tap.glance(b": processing\n\n") == b": processing\n\n"
    assert tap.content_events == 0
