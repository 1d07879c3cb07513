"""What the tap sees of a stream, and what it lets pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.responses_wire import as_response, function_call, message, parsed, response, sse
from weftline_core.dialects.responses.tap import ResponsesTap, unnamed_response
from weftline_core.failures import Failure
from weftline_core.usage import Usage
from weftline_core.verdict import Words

Json = dict[str, Any]

ECHOED: Json = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
CREATED: Json = {
    "type": "response.created",
    "response": response([], status="in_progress", **ECHOED),
}
TOKEN: Json = {"type": "response.output_text.delta", "delta": "hi", "logprobs": []}
END: Json = {"type": "response.completed", "response": response([message("hi")])}
ERROR: Json = {"type": "error", "error": {"type": "insufficient_quota", "message": "broke"}}
FAILED: Json = {
    "type": "response.failed",
    "response": response([], status="failed", error={"code": "server_error", "message": "x"}),
}


@pytest.mark.parametrize(
    ("event", "content", "begun"),
    [
        (TOKEN, 1, True),
        ({"type": "response.function_call_arguments.delta", "delta": "{"}, 1, True),
        ({"type": "response.reasoning_summary_text.delta", "delta": "hm"}, 1, True),
        ({"type": "response.web_search_call.searching"}, 0, True),
        ({"type": "response.output_item.done", "item": function_call()}, 0, True),
        (END, 0, True),
        (CREATED, 0, False),
        ({**CREATED, "type": "response.queued"}, 0, False),
        ({"type": "response.output_item.added", "item": message("")}, 0, False),
        ({"type": "response.content_part.added"}, 0, False),
        ({"type": "keepalive"}, 0, False),
        (ERROR, 0, False),
    ],
)
def test_content_is_what_a_reader_waits_for(event: Json, content: int, begun: bool) -> None:
    tap = ResponsesTap()
    tap.read(sse(event))
    assert (tap.content_events, tap.begun) == (content, begun)


def test_a_whole_stream_is_tapped_and_passes_untouched() -> None:
    tap = ResponsesTap()
    for whole in (sse(CREATED, TOKEN), sse(TOKEN, TOKEN), b": ping\n\n", b"\n", sse(TOKEN, END)):
        assert tap.glance(whole) is whole
    assert (tap.content_events, tap.done, tap.error) == (4, True, None)
    assert tap.usage == Usage(10, 7, cache_read_tokens=4, cache_write_tokens=2, reasoning_tokens=3)
    assert tap.end() == b""


def test_nothing_passes_after_the_end() -> None:
    tap = ResponsesTap()
    assert tap.read(sse(TOKEN, END) + sse(TOKEN)) == sse(TOKEN, END)
    assert tap.read(sse(TOKEN)) == b""
    incomplete = {"type": "response.incomplete", "response": response([], status="incomplete")}
    tap = ResponsesTap()
    tap.read(sse(incomplete))
    assert tap.done


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        (sse(ERROR), Failure.QUOTA),
        (
            sse({"type": "error", "code": "rate_limit_exceeded", "message": "x"}),
            Failure.RATE_LIMITED,
        ),
        (sse(FAILED), Failure.SERVER_ERROR),
        (sse({**FAILED, "response": response([])}), Failure.SERVER_ERROR),
        (b'data: {"error":{"message":"x","code":503}}\n\n', Failure.OVERLOADED),
        (b"data: {\n\n", Failure.BROKEN),
        (b"data: []\n\n", Failure.BROKEN),
        (b'data: {"type":"response.completed"}\n\n', Failure.BROKEN),
    ],
)
def test_an_error_ends_it_and_does_not_pass(event: bytes, failure: Failure) -> None:
    tap = ResponsesTap()
    assert tap.read(sse(TOKEN) + event + sse(TOKEN)) == sse(TOKEN)
    assert tap.error is not None
    assert (tap.error.failure, tap.done) == (failure, False)
    assert tap.read(sse(TOKEN)) == b""


def test_what_is_no_utf8_does_not_pass() -> None:
    tap = ResponsesTap()
    assert tap.read(b'data: {"x":"\xff"}\n\n') == b""
    assert tap.error is not None
    assert tap.error.failure is Failure.BROKEN


def test_half_a_character_passes_untouched() -> None:
    event = b'data: {"type":"response.output_text.delta","delta":"\\ud83d"}\n\n'
    tap = ResponsesTap()
    assert tap.read(event) == event
    assert (tap.content_events, tap.error) == (1, None)


def test_a_broken_stream_ends_with_its_own_numbers() -> None:
    tap = ResponsesTap()
    passed = tap.read(sse(CREATED, TOKEN))
    assert passed
    error, failed = parsed(tap.failed(502, Words(message="broke")))
    assert (error["sequence_number"], failed["sequence_number"]) == (2, 3)
    final = as_response(failed["response"])
    assert (final["id"], final["status"]) == ("resp_host", "failed")


def test_a_stream_may_break_before_it_began() -> None:
    error, failed = parsed(ResponsesTap().failed(502, Words(message="broke")))
    assert (error["sequence_number"], failed["sequence_number"]) == (0, 1)
    as_response(unnamed_response())


@given(st.binary(max_size=60))
def test_any_bytes_pass_or_end_it(data: bytes) -> None:
    tap = ResponsesTap()
    whole = b"data: " + data.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n\n"
    passed = tap.read(whole)
    assert passed == (b"" if tap.error else whole)
