"""Answers with embeddings."""

import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.dialect import AnswerIsError, Echo, NotAnAnswer
from weftline_core.dialects.embeddings.answer import check_answer, read_answer, write_answer
from weftline_core.dialects.embeddings.vectors import to_base64
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TWO = EmbeddingRequest(texts=["a", "b"])
COUNTS = {"prompt_tokens": 3, "total_tokens": 3}


def answer(*vectors: Any, **more: Any) -> bytes:
    data = [
        {"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)
    ]
    body = {"object": "list", "data": data, "model": "m1", "usage": COUNTS}
    return orjson.dumps(body | more)


GOOD = answer([0.5, 1], [2.0])


def test_an_answer_is_checked_and_read() -> None:
    assert check_answer(GOOD) == Usage(3, 0)
    expected = EmbeddingAnswer(vectors=[[0.5, 1.0], [2.0]], model="m1", usage=Usage(3, 0))
    assert read_answer(GOOD, TWO) == expected
    assert read_answer(answer(to_base64([0.5, 1]), to_base64([2.0])), TWO) == expected


def test_vectors_are_put_in_the_order_of_the_texts() -> None:
    data = [{"index": 1, "embedding": [1.0]}, {"index": 0, "embedding": [0.5]}]
    assert read_answer(answer(data=data), TWO).vectors == [[0.5], [1.0]]
    unnumbered = [{"embedding": [1.0]}, {"embedding": [0.5]}]
    assert read_answer(answer(data=unnumbered), TWO).vectors == [[1.0], [0.5]]


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        ({"total_tokens": 4}, Usage(4, 0)),
        ({"prompt_tokens": -4}, Usage(0, 0)),
        ({}, None),
        (None, None),
        ({"prompt_tokens": "x"}, None),
    ],
)
def test_usage_may_be_less_than_whole(usage: object, read_as: Usage | None) -> None:
    data = answer([1.0], [2.0], usage=usage)
    assert check_answer(data) == read_answer(data, TWO).usage == read_as


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b'{"error":{"message":"m","code":"model_not_found"}}', Failure.NOT_FOUND),
        (b'{"object":"error","message":"m","code":503}', Failure.OVERLOADED),
        (b'{"base_resp":{"status_code":1008},"data":null}', Failure.QUOTA),
        (answer(error={"message": "m", "code": "insufficient_quota"}), Failure.QUOTA),
    ],
)
def test_an_error_with_status_200_is_one(data: bytes, failure: Failure) -> None:
    with pytest.raises(AnswerIsError) as told:
        check_answer(data)
    assert told.value.verdict.failure is failure
    with pytest.raises(AnswerIsError) as told:
        read_answer(data, TWO)
    assert told.value.verdict.failure is failure


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"data":{}}',
        GOOD[:-1],
        GOOD.replace(b"m1", b"\xff"),
        b"[" * 9999,
    ],
)
def test_what_is_neither_is_told(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        check_answer(data)
    with pytest.raises(NotAnAnswer):
        read_answer(data, TWO)


@pytest.mark.parametrize(
    "data",
    [
        answer([1.0]),
        answer([1.0], [2.0], [3.0]),
        answer([1.0], []),
        answer([1.0], ""),
        answer([1.0], "***"),
        answer([1.0], "AAA="),
        answer([1.0], ["x"]),
        answer(data=[{"index": 0, "embedding": [1.0]}] * 2),
        answer(data=[{"index": 0, "embedding": [1.0]}, {"index": 2, "embedding": [1.0]}]),
    ],
)
def test_vectors_that_do_not_fit_the_request_are_no_answer(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(data, TWO)


def echo(request: EmbeddingRequest | None) -> Echo:
    return Echo(request_id="1", model="mine", created_unix_s=5, body={}, asked=request)


def test_an_answer_is_written_as_the_client_wants_it() -> None:
    made = EmbeddingAnswer(vectors=[[0.5], [1.0]], model="theirs", usage=Usage(3, 0))
    told = orjson.loads(write_answer(made, echo(TWO)))
    assert told == {
        "id": "embd-1",
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5]},
            {"object": "embedding", "index": 1, "embedding": [1.0]},
        ],
        "model": "mine",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    asked = EmbeddingRequest(texts=["a", "b"], base64=True)
    packed = orjson.loads(write_answer(made, echo(asked)))
    assert [item["embedding"] for item in packed["data"]] == [to_base64([0.5]), to_base64([1.0])]


def test_usage_nobody_reported_is_zero_since_clients_need_it() -> None:
    told = orjson.loads(write_answer(EmbeddingAnswer(vectors=[[1.0]]), echo(None)))
    assert told["usage"] == {"prompt_tokens": 0, "total_tokens": 0}


@given(st.binary(max_size=40), st.integers(0, len(GOOD)))
def test_no_bytes_are_too_odd(noise: bytes, at: int) -> None:
    data = GOOD[:at] + noise + GOOD[at:]
    with contextlib.suppress(NotAnAnswer, AnswerIsError):
        check_answer(data)
    with contextlib.suppress(NotAnAnswer, AnswerIsError):
        read_answer(data, TWO)
