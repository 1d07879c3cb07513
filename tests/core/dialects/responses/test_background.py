"""What a client reads of a response that is made in the background."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.kept_desk import MESSAGE, TEXT, host_events
from tests.fakes.responses_wire import as_response, echo, parsed, sse
from weftline_core.chat.answer import Stop
from weftline_core.chat.events import Begin, Done, Finish, TextDelta
from weftline_core.dialects.responses.background import BackgroundStream
from weftline_core.dialects.responses.stream_write import ResponsesWriter
from weftline_core.sse import SseSplitter
from weftline_core.verdict import Words

ECHO = echo({"input": "hi", "background": True, "previous_response_id": "resp_before"})
WORDS = Words(message="it is gone", kind="server_error")


def begun() -> BackgroundStream:
    stream = BackgroundStream(ECHO)
    stream.begin()
    return stream


def test_it_begins_before_anybody_is_asked() -> None:
    stream = BackgroundStream(ECHO)
    created, queued = parsed(stream.begin())
    assert (created["type"], queued["type"]) == ("response.created", "response.queued")
    assert (created["sequence_number"], queued["sequence_number"]) == (0, 1)
    assert created["response"]["status"] == "queued"
    now = as_response(stream.snapshot())
    assert (now["id"], now["status"], now["background"]) == ("resp_00ab", "queued", True)


@pytest.mark.parametrize("first", [0, 5, -1])
def test_a_host_s_events_get_the_numbers_and_the_id_that_the_client_knows(first: int) -> None:
    stream = begun()
    out = parsed(stream.read(b"".join(host_events(first))))
    assert [event["sequence_number"] for event in out] == [2, 3, 4, 5, 6]
    assert [event["type"] for event in out][:2] == [
        "response.in_progress",
        "response.output_text.delta",
    ]
    for event in (out[0], out[-1]):
        response = event["response"]
        assert response["id"] == "resp_00ab"
        assert response["background"] is True
        assert response["previous_response_id"] == "resp_before"
    assert stream.done
    whole = as_response(stream.snapshot())
    assert (whole["status"], whole["output"], whole["id"]) == ("completed", [MESSAGE], "resp_00ab")


def test_events_that_have_their_number_pass_untouched() -> None:
    events = host_events(1)
    stream = begun()
    stream.read(events[1])
    assert stream.read(events[2]) == events[2]


def test_what_is_translated_has_its_numbers_already() -> None:
    writer, stream = ResponsesWriter(ECHO), begun()
    text = [
        writer.write([event])
        for event in (Begin(id="x", model="m"), TextDelta("one "), TextDelta("two"))
    ]
    end = writer.write([Finish(Stop.END), Done()])
    numbers = [e["sequence_number"] for e in parsed(stream.read(b"".join(text) + end))]
    assert numbers == list(range(2, 2 + len(numbers)))


def test_half_an_answer_can_be_seen() -> None:
    stream = begun()
    events = host_events()
    stream.read(b"".join(events[:3]))
    now = as_response(stream.snapshot())
    assert now["status"] == "in_progress"
    assert now["output"][0]["content"][0]["text"] == "one "
    stream.read(events[3])
    assert as_response(stream.snapshot())["output"][0]["content"][0]["text"] == TEXT
    stream.read(events[4])
    assert as_response(stream.snapshot())["output"] == [MESSAGE]


def test_one_that_is_cancelled_keeps_what_there_was() -> None:
    stream = begun()
    stream.read(b"".join(host_events()[:3]))
    (end,) = parsed(stream.cancelled())
    assert (end["type"], end["sequence_number"]) == ("response.incomplete", 4)
    now = as_response(stream.snapshot())
    assert end["response"] == now
    assert now["status"] == "cancelled"
    assert now["output"][0]["content"][0]["text"] == "one "
    assert stream.read(host_events()[3]) == b"", "nothing follows the end"


def test_one_that_fails_says_why() -> None:
    stream = begun()
    error, failed = parsed(stream.failed(503, WORDS))
    assert (error["sequence_number"], failed["sequence_number"]) == (2, 3)
    assert failed["response"]["error"] == {"code": "server_error", "message": "it is gone"}
    assert stream.done
    assert as_response(stream.snapshot())["status"] == "failed"


def test_what_is_no_event_of_a_response_is_left_out() -> None:
    stream = begun()
    odd = b"data: {broken\n\n" + b'data: {"type":3}\n\n' + b"data: [DONE]\n\n: ping\n\n"
    assert stream.read(odd) == b""
    # What has an odd place is passed on, and only not shown.
    assert b"response.x" in stream.read(sse({"type": "response.x", "output_index": "1"}))


@given(st.lists(st.integers(1, 400), max_size=30))
def test_it_does_not_matter_how_the_events_come(cuts: list[int]) -> None:
    data = b"".join(host_events())
    expected = begun().read(data)
    stream, splitter, out = begun(), SseSplitter(), b""
    for size in cuts:
        piece, data = data[:size], data[size:]
        out += stream.read(splitter.feed(piece))
    out += stream.read(splitter.feed(data))
    assert out == expected
    assert orjson.loads(stream.snapshot())["status"] == "completed"
