"""What is held back, what passes, and the bounds of both."""

import gzip

import pytest

from weftline_core.dialects.chat.tap import ChatTap
from weftline_core.dialects.chat.usage import standard
from weftline_core.limits import EVENT_BYTES_MAX, HELD_BYTES_MAX
from weftline_node import relay
from weftline_node.relay import BadAnswer, StreamRelay, WholeRelay

ROLE = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
TOKEN = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
ERROR = b'data: {"error":{"message":"busy","code":"server_is_overloaded"}}\n\n'
SSE = {b"content-type": b"text/event-stream; charset=utf-8"}


def relay_of(headers: dict[bytes, bytes]) -> StreamRelay:
    return StreamRelay(headers, "sse", ChatTap(standard, usage_wanted=True))


def test_everything_before_the_first_content_is_held_and_goes_with_it() -> None:
    found = relay_of(SSE)
    assert found.feed(b": hello\n\n" + ROLE) == b""
    assert found.feed(TOKEN[:20]) == b""
    assert found.feed(TOKEN[20:] + TOKEN[:9]) == b": hello\n\n" + ROLE + TOKEN
    assert found.flowing
    assert found.feed(TOKEN[9:]) == TOKEN
    assert found.feed(DONE) == DONE
    assert found.tap.done


def test_an_error_beside_the_first_content_still_holds_everything_back() -> None:
    found = relay_of(SSE)
    assert found.feed(ROLE + TOKEN + ERROR) == b""
    assert found.tap.error is not None
    assert not found.flowing


def test_what_is_no_event_stream_is_refused() -> None:
    for kind in (b"text/html", b"application/json"):
        with pytest.raises(BadAnswer, match="event stream"):
            relay_of({b"content-type": kind})
    assert relay_of({}).feed(TOKEN) == TOKEN


def test_bounds_of_a_stream() -> None:
    with pytest.raises(BadAnswer, match="EVENT_BYTES_MAX"):
        relay_of(SSE).feed(b"data: " + b"x" * EVENT_BYTES_MAX)
    queued = relay_of(SSE)
    with pytest.raises(BadAnswer, match="HELD_BYTES_MAX"):
        [queued.feed(b": processing\n\n" * 100) for _ in range(HELD_BYTES_MAX // 1000)]


def test_a_stream_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "ANSWER_BODY_BYTES_MAX", 100 * len(TOKEN))
    endless = relay_of(SSE)
    assert endless.feed(TOKEN * 50) == TOKEN * 50
    assert endless.feed(TOKEN * 50) == TOKEN * 50
    with pytest.raises(BadAnswer, match="ANSWER_BODY_BYTES_MAX"):
        endless.feed(TOKEN)


def test_compression_is_undone_within_bounds() -> None:
    headers = SSE | {b"content-encoding": b"gzip"}
    assert relay_of(headers).feed(gzip.compress(TOKEN)) == TOKEN
    with pytest.raises(BadAnswer, match="damaged"):
        relay_of(headers).feed(TOKEN)
    with pytest.raises(BadAnswer, match="not asked"):
        relay_of(SSE | {b"content-encoding": b"br"})


def test_a_whole_answer_is_collected_within_bounds() -> None:
    found = WholeRelay({})
    found.feed(b"ab")
    found.feed(b"c")
    assert found.body() == b"abc"
    with pytest.raises(BadAnswer, match="over 4 bytes"):
        WholeRelay({}, 4).feed(b"abcde")


def test_a_whole_compressed_answer() -> None:
    zipped = {b"content-encoding": b"gzip"}
    found = WholeRelay(zipped)
    found.feed(gzip.compress(b"abc"))
    assert found.body() == b"abc"
    cut = WholeRelay(zipped)
    cut.feed(gzip.compress(b"abc")[:-3])
    with pytest.raises(BadAnswer, match="cut"):
        cut.body()
    with pytest.raises(BadAnswer, match="limit"):
        WholeRelay(zipped, 100).feed(gzip.compress(bytes(10**6)))
