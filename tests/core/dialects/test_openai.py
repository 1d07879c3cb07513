"""Requests, usage and errors in the wire format of OpenAI."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.desired import Model, Task
from weftline_core.dialects.openai import (
    NotAnAnswer,
    Usage,
    error_body,
    error_frame,
    estimated_tokens,
    json_object,
    model_list,
    parse_request,
    read_answer,
    usage_of,
)
from weftline_core.errors import CallerError, UnknownModel, UpstreamFailed


def test_a_request_is_read_once() -> None:
    body = b'{"model":"m","stream":true,"messages":[],"model2":1,"big":18446744073709551615}'
    request = parse_request("chat", body)
    assert (request.task, request.model, request.stream) == ("chat", "m", True)
    assert request.body["big"] == 18446744073709551615
    assert not parse_request("embeddings", b'{"model":"m","stream":false}').stream
    assert not parse_request("chat", b'{"model":"m","stream":null}').stream


def test_of_two_equal_keys_the_one_that_was_checked_goes_on() -> None:
    request = parse_request("chat", b'{"model":"a","model":"b"}')
    assert request.model == "b"
    assert orjson.dumps(request.body) == b'{"model":"b"}'


@pytest.mark.parametrize(
    ("task", "body", "words", "param"),
    [
        ("chat", b"", "no body", None),
        ("chat", b'{"model": "m",}', "line 1, column", None),
        ("chat", b'{"model": NaN}', "not valid JSON", None),
        ("chat", b"\xff", "not valid JSON", None),
        ("chat", b"[" * 5000, "not valid JSON", None),
        ("chat", b"[]", "JSON object", None),
        ("chat", b"{}", "'model' is missing", "model"),
        ("chat", b'{"model":7}', "non-empty string", "model"),
        ("chat", b'{"model":""}', "non-empty string", "model"),
        ("chat", b'{"model":"m","stream":"yes"}', "true or false", "stream"),
        ("chat", b'{"model":"m","stream":1}', "true or false", "stream"),
        ("embeddings", b'{"model":"m","stream":true}', "cannot be streamed", "stream"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    task: Task, body: bytes, words: str, param: str | None
) -> None:
    with pytest.raises(CallerError, match=words) as caught:
        parse_request(task, body)
    assert (caught.value.status, caught.value.param) == (400, param)


@given(st.binary(max_size=100))
def test_junk_is_the_callers_fault(junk: bytes) -> None:
    try:
        parse_request("chat", junk)
    except CallerError:
        return


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4, "x": {}}, Usage(3, 4)),
        ({"prompt_tokens": 3, "total_tokens": 3}, Usage(3, 0)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0)),
        ({"prompt_tokens": -3, "completion_tokens": 4}, Usage(0, 4)),
        ({"prompt_tokens": "3", "completion_tokens": 4}, None),
        ([], None),
        (None, None),
    ],
)
def test_usage(said: object, usage: Usage | None) -> None:
    assert usage_of(said) == usage
    answer = orjson.dumps({"choices": [], "usage": said})
    assert read_answer("chat", answer) == (None, usage)


def test_an_error_with_status_200_is_told_from_an_answer() -> None:
    error = {"message": "x"}
    seen: list[object] = [None, [], 7]
    for choices in seen:
        data = orjson.dumps({"error": error, "choices": choices})
        assert read_answer("chat", data) == (error, None)
    assert read_answer("chat", b'{"error":null,"choices":[]}') == (None, None)
    assert read_answer("embeddings", b'{"data":[{"embedding":"AAAA"}]}') == (None, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"choices":null}',
        b'{"choices":{}}',
        b'{"data":[]}',
        b'{"choices":[]} and more',
        b'{"choices":[1,]}',
        b'{"choices":["\xff"]}',
        b'{"choices":[],"x":"\xff"}',
        b'{"choices":[],"x":' + b"[" * 5000,
    ],
)
def test_a_200_without_an_answer_is_none(data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer("chat", data)


@given(st.binary(max_size=40))
def test_what_passes_for_an_answer_is_json(junk: bytes) -> None:
    for data in (junk, b'{"choices":[' + junk + b"]}", b'{"choices":[],"x":' + junk + b"}"):
        try:
            read_answer("chat", data)
        except NotAnAnswer:
            continue
        assert isinstance(json.loads(data), dict)


def test_half_a_character_is_no_reason_to_break_off() -> None:
    half = b'{"choices":[{"delta":{"content":"\\ud83d"}}],"usage":{"prompt_tokens":1}}'
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(half)
    assert read_answer("chat", half) == (None, Usage(1, 0))
    read = json_object(half)
    assert read is not None
    assert "choices" in read


def test_what_is_no_object_is_none() -> None:
    for data in (b"<html>", b"[1]", b"", b'{"a":"\xff"}', b'{"a":"\\ud83d'):
        assert json_object(data) is None


def test_errors_have_exactly_openais_four_fields() -> None:
    error = UnknownModel("no model 'x'", param="model")
    assert orjson.loads(error_body(error)) == {
        "error": {
            "message": "no model 'x'",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        }
    }
    framed = error_frame(UpstreamFailed("gone"))
    assert framed.startswith(b'data: {"error":{')
    assert framed.endswith(b"}}\n\n")


def test_models_are_listed() -> None:
    assert orjson.loads(model_list([Model(name="a/b", owned_by="us")])) == {
        "object": "list",
        "data": [{"id": "a/b", "object": "model", "created": 0, "owned_by": "us"}],
    }


def test_estimates_round_up() -> None:
    assert [estimated_tokens(n) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]
