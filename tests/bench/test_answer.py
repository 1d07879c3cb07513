"""What is noted of an answer does not depend on how the network cut it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.raw_server import DONE_EVENT, ROLE_EVENT, word_event
from weftline_bench.answer import Answer

USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
FINISH = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
STREAM = ROLE_EVENT + word_event("a") + b": keep-alive\n\n" + word_event("b") + FINISH + USAGE
WHOLE = b'{"choices":[{"message":{"role":"assistant","content":"hello"}}]}'


def noted(body: bytes, *, streamed: bool = True, status: int = 200) -> tuple[str | None, int]:
    answer = Answer(streamed=streamed)
    answer.status = status
    answer.body(body, 1.0)
    return answer.end(2.0), len(answer.content_s)


@given(cuts=st.lists(st.integers(0, len(STREAM) + len(DONE_EVENT)), max_size=6))
def test_any_split_is_noted_alike(cuts: list[int]) -> None:
    data = STREAM + DONE_EVENT
    answer = Answer(streamed=True)
    answer.status = 200
    edges = [0, *sorted(cuts), len(data)]
    for number, (begin, end) in enumerate(pairwise(edges)):
        answer.body(data[begin:end], float(number))
    assert answer.end(99.0) is None
    assert len(answer.content_s) == 2
    assert answer.content_s == sorted(answer.content_s)
    assert answer.done


def test_only_content_is_a_first_token() -> None:
    answer = Answer(streamed=True)
    answer.status = 200
    answer.body(ROLE_EVENT, 1.0)
    answer.body(b": waiting\n\n", 2.0)
    assert answer.content_s == []
    answer.body(word_event("a"), 3.0)
    assert answer.content_s == [3.0]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "refusal", "tool_calls"])
def test_other_things_that_a_reader_sees_count_too(field: str) -> None:
    value = "[{}]" if field == "tool_calls" else '"x"'
    event = f'data: {{"choices":[{{"delta":{{"{field}":{value}}}}}]}}\n\n'.encode()
    assert noted(event + DONE_EVENT) == (None, 1)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (STREAM, "truncated"),
        (ROLE_EVENT + DONE_EVENT, "empty"),
        (b"", "truncated"),
        (word_event("a") + b'data: {"error":{"message":"overloaded"}}\n\n', "error_event"),
        (b"data: {not json\n\n" + DONE_EVENT, "garbage"),
        (b'data: {"choices":5}\n\n' + DONE_EVENT, "garbage"),
    ],
)
def test_a_stream_that_is_not_whole_is_an_error(body: bytes, error: str) -> None:
    assert noted(body)[0] == error


def test_a_whole_answer_has_one_content_event_at_its_end() -> None:
    assert noted(WHOLE, streamed=False) == (None, 1)
    assert noted(b'{"choices":[]}', streamed=False) == ("empty", 0)
    assert noted(b"<html>", streamed=False) == ("garbage", 0)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_refusal_is_named_by_its_status(streamed: bool) -> None:
    assert noted(b'{"error":{}}', streamed=streamed, status=503) == ("http_503", 0)
