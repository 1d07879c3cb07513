"""One request to one endpoint: what its head and body come to."""

from collections.abc import Mapping

import msgspec
import orjson
import pytest

from tests.fakes.jobs import ways_to
from tests.fakes.pop import CHAT, endpoint
from weftline_core.ask import Ask, Unfit
from weftline_core.dialects.chat.front import FRONT as CHAT_FRONT
from weftline_core.dialects.dialect import NO_ARGS, AnswerIsError, Echo, Failing, Front, NotAnAnswer
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.dialects.responses.front import FRONT as RESPONSES_FRONT
from weftline_core.errors import CallerError, MeshError, OperatorError
from weftline_core.failures import Failure
from weftline_core.usage import Usage
from weftline_node.attempt import Attempt
from weftline_node.relay import ERROR_BODY_BYTES_MAX, BadAnswer

ANSWER = b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}'
JSON: Mapping[bytes, bytes] = {b"content-type": b"application/json"}
EVENTS: Mapping[bytes, bytes] = {b"content-type": b"text/event-stream"}
(WAY,) = ways_to(CHAT, endpoint("a", "http://a/v1"))
FOREIGN = msgspec.structs.replace(WAY, back=MESSAGES)


def echo() -> Echo:
    return Echo(request_id="req_1", model="m", created_unix_s=5, body={})


def attempt(*, stream: bool = False) -> Attempt:
    body: dict[str, object] = {"model": "m", "stream": stream, "messages": []}
    return Attempt(WAY, Ask(CHAT_FRONT, CHAT_FRONT.request(body, NO_ARGS)))


def test_before_the_head_nothing_is_known() -> None:
    one = attempt()
    assert (one.status, one.stream, one.whole, one.verdict, one.dropped) == (
        0,
        None,
        None,
        None,
        (),
    )
    assert one.failing is None


def test_a_whole_answer_is_collected_and_judged() -> None:
    one = attempt()
    one.head(200, JSON, echo)
    assert one.stream is None
    assert one.whole is not None
    for piece in (ANSWER[:9], ANSWER[9:]):
        one.whole.feed(piece)
    assert one.judged(echo) == (ANSWER, Usage(3, 4))


@pytest.mark.parametrize(
    ("body", "error"), [(b"<html>", NotAnAnswer), (b'{"error":"x"}', AnswerIsError)]
)
def test_a_whole_answer_may_be_none(body: bytes, error: type[Exception]) -> None:
    one = attempt()
    one.head(200, JSON, echo)
    assert one.whole is not None
    one.whole.feed(body)
    with pytest.raises(error):
        one.judged(echo)


def test_a_compressed_answer_that_was_cut_is_a_bad_one() -> None:
    one = attempt()
    one.head(200, {**JSON, b"content-encoding": b"gzip"}, echo)
    assert one.whole is not None
    one.whole.feed(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
    with pytest.raises(BadAnswer):
        one.judged(echo)


def test_a_stream_is_relayed() -> None:
    one = attempt(stream=True)
    one.head(200, EVENTS, echo)
    assert one.whole is None
    assert one.stream is not None
    event = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
    assert one.stream.feed(event) == event
    assert one.failing is None, "what is only watched is ended by the front"


def test_what_calls_itself_no_stream_is_none() -> None:
    one = attempt(stream=True)
    with pytest.raises(BadAnswer):
        one.head(200, JSON, echo)
    assert one.status == 200


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_is_collected_whole_and_within_bounds(stream: bool) -> None:
    one = attempt(stream=stream)
    one.head(429, {b"retry-after": b"7"}, echo)
    assert one.stream is None
    assert one.whole is not None
    one.whole.feed(b'{"error":{"message":"slow","code":"rate_limit_exceeded"}}')
    found = one.error(0.0)
    assert (found.failure, found.retry_after_s) == (Failure.RATE_LIMITED, 7.0)
    assert one.verdict is found
    with pytest.raises(BadAnswer):
        one.whole.feed(b"x" * ERROR_BODY_BYTES_MAX)


def test_an_error_whose_body_is_no_use_is_judged_by_its_status() -> None:
    one = attempt()
    one.head(503, {b"content-encoding": b"gzip"}, echo)
    assert one.whole is not None
    one.whole.feed(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
    assert one.error(0.0).failure is Failure.OVERLOADED
    early = attempt()
    with pytest.raises(BadAnswer):
        early.head(503, {b"content-encoding": b"br"}, echo)
    assert early.error(0.0).failure is Failure.OVERLOADED


@pytest.mark.parametrize(
    ("error", "first", "failure"),
    [
        (Unfit("m", param="seed"), True, Failure.UNFIT),
        (OperatorError("m"), True, Failure.DENIED),
        (CallerError("m", param="seed"), True, Failure.CALLER),
        (CallerError("m", param="seed"), False, Failure.UNFIT),
    ],
)
def test_what_cannot_be_put_to_it_at_all_is_noted(
    error: MeshError, *, first: bool, failure: Failure
) -> None:
    one = attempt()
    assert one.unsent(error, first=first) is failure
    assert one.verdict is not None
    assert (one.verdict.failure, one.verdict.words.param) == (failure, error.param)
    assert one.status == error.status


def test_a_translated_stream_is_ended_by_its_writer_where_the_dialect_has_it_so() -> None:
    said = [{"role": "user", "content": "hi"}]
    body: dict[str, object] = {"model": "m", "stream": True, "input": "hi", "messages": said}
    cases: list[tuple[Front, bool]] = [(RESPONSES_FRONT, True), (CHAT_FRONT, False)]
    for front, ends in cases:
        one = Attempt(FOREIGN, Ask(front, front.request(body, NO_ARGS)))
        one.head(200, EVENTS, echo)
        assert isinstance(one.failing, Failing) == ends


def test_a_translated_answer_repeats_the_request() -> None:
    body: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    one = Attempt(FOREIGN, Ask(CHAT_FRONT, CHAT_FRONT.request(body, NO_ARGS)))
    one.head(200, JSON, echo)
    assert one.whole is not None
    one.whole.feed(
        b'{"type":"message","role":"assistant","content":[{"type":"text","text":"yes"}],'
        b'"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}'
    )
    data, usage = one.judged(echo)
    assert (orjson.loads(data)["model"], usage) == ("m", Usage(3, 1))


@pytest.mark.parametrize(("status", "told"), [(400, 400), (413, 413), (422, 422), (403, 400)])
def test_a_wrong_request_is_told_by_a_status_that_says_so(status: int, told: int) -> None:
    one = attempt()
    one.head(status, JSON, echo)
    assert one.whole is not None
    one.whole.feed(b'{"error":{"message":"too long","code":"context_length_exceeded"}}')
    assert one.error(0.0).failure is Failure.CALLER
    assert one.status == told
