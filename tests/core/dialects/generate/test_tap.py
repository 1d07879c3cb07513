"""What the tap sees of a stream, and what it lets pass."""

from collections.abc import Callable

import orjson
import pytest

from weftline_core.dialects.generate.tap import GenerateTap
from weftline_core.failures import Failure
from weftline_core.usage import Usage

Json = dict[str, object]
Look = Callable[[GenerateTap, bytes], bytes]
LOOKS: list[Look] = [GenerateTap.read, GenerateTap.glance]


def chunk(*parts: Json, reason: str | None = None, index: int = 0, **top: object) -> bytes:
    candidate: Json = {"content": {"parts": list(parts)}, "index": index}
    if reason is not None:
        candidate["finishReason"] = reason
    return b"data: " + orjson.dumps({"candidates": [candidate]} | top) + b"\n\n"


TOKEN = chunk({"text": "hi"})
ERROR = b'data: {"error":{"code":503,"status":"UNAVAILABLE","message":"busy"}}\n\n'


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("event", "content", "begun"),
    [
        (TOKEN, 1, True),
        (chunk({"text": "hm", "thought": True}), 1, True),
        (chunk({"functionCall": {"name": "f"}}), 1, True),
        (chunk({"inlineData": {"data": "x"}}), 1, True),
        (chunk({"executableCode": {"code": "1"}}), 1, True),
        (chunk({"text": ""}), 0, False),
        (chunk({"text": "", "thoughtSignature": "s"}, reason="STOP"), 0, True),
        (b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n', 0, True),
        (b'data: {"usageMetadata":{"promptTokenCount":3}}\n\n', 0, False),
        (b"data: {}\n\n", 0, False),
        (b": ping\n\n", 0, False),
    ],
)
def test_content_is_what_a_reader_waits_for(
    look: Look, event: bytes, content: int, begun: bool
) -> None:
    tap = GenerateTap()
    assert look(tap, event) is event
    assert (tap.content_events, tap.begun) == (content, begun)


@pytest.mark.parametrize("look", LOOKS)
def test_searches_told_once_are_kept(look: Look) -> None:
    candidate: Json = {
        "content": {"parts": [{"text": "hi"}]},
        "groundingMetadata": {"webSearchQueries": ["a", "b"]},
    }
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 1}
    tap = GenerateTap()
    look(
        tap,
        b"data: " + orjson.dumps({"candidates": [candidate], "usageMetadata": counts}) + b"\n\n",
    )
    look(tap, chunk({"text": "ho"}, usageMetadata={**counts, "candidatesTokenCount": 2}))
    look(tap, chunk({"text": "!"}))
    assert tap.usage == Usage(3, 2, searches=2)


def test_a_whole_stream_passes_untouched() -> None:
    tap = GenerateTap()
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 4}
    stream = TOKEN + chunk({"text": "ho"}, reason="STOP", usageMetadata=counts)
    assert tap.read(stream) is stream
    assert not tap.done
    assert tap.end() == b""
    assert (tap.done, tap.usage, tap.content_events) == (True, Usage(3, 4), 2)


@pytest.mark.parametrize(
    ("frames", "done"),
    [
        ((), False),
        ((TOKEN,), False),
        ((chunk(reason="FINISH_REASON_UNSPECIFIED"),), False),
        ((chunk(reason="STOP"), chunk({"text": "b"}, index=1)), False),
        ((chunk(reason="STOP"), chunk({"text": "b"}, index=1, reason="STOP")), True),
        ((chunk(reason="MALFORMED_FUNCTION_CALL"),), True),
        ((chunk(reason="STOP"), TOKEN), True),
        ((b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n',), True),
        ((chunk(reason="STOP"), ERROR), False),
    ],
)
def test_the_end_is_good_if_all_have_finished(frames: tuple[bytes, ...], done: bool) -> None:
    tap = GenerateTap()
    for frame in frames:
        tap.glance(frame)
    tap.end()
    assert tap.done is done


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("bad", "failure"),
    [
        (ERROR, Failure.OVERLOADED),
        (b"data: [" + ERROR[6:-2] + b"]\n\n", Failure.OVERLOADED),
        (b'data: {"cut": "\n\n', Failure.BROKEN),
        (b'data: {"x":"\xff"}\n\n', Failure.BROKEN),
        (b'data: {"candidates":[{"content":{"parts":[{"text":"\xff"}]}}]}\n\n', Failure.BROKEN),
        (b"data: " + b"[" * 9999 + b"\n\n", Failure.BROKEN),
    ],
)
def test_nothing_passes_from_an_error_on(look: Look, bad: bytes, failure: Failure) -> None:
    tap = GenerateTap()
    assert look(tap, TOKEN + bad + TOKEN) == TOKEN
    assert tap.error is not None
    assert tap.error.failure is failure
    assert look(tap, TOKEN) == b""
    assert tap.end() == b""
    assert not tap.done
