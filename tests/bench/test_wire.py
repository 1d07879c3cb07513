"""Requests are checked once, and refused in words that name the field."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_bench import wire

CHAT: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def chat(**fields: object) -> wire.ChatRequest:
    return wire.read(orjson.dumps({**CHAT, **fields}), wire.ChatRequest)


def test_a_message_may_be_text_or_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    asked = chat(messages=[{"role": "system"}, {"role": "user", "content": parts}])
    assert asked.prompt() == "\nab"


def test_the_new_name_of_the_length_limit_wins() -> None:
    assert chat().tokens_max() == wire.TOKENS_DEFAULT
    assert chat(max_tokens=5).tokens_max() == 5
    assert chat(max_tokens=5, max_completion_tokens=6).tokens_max() == 6


def test_stop_may_be_one_or_several() -> None:
    assert [chat(stop=s).stops() for s in (None, "a", ["a", "b"])] == [(), ("a",), ("a", "b")]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard"}]}, "messages[0].role"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": wire.TOKENS_MAX + 1}, "max_tokens"),
        ({"temperature": 2.5}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": ""}, "stop"),
        ({"seed": 1.5}, "seed"),
        ({"stream": "yes"}, "stream"),
        ({"model": 3}, "model"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], param: str) -> None:
    with pytest.raises(wire.BadRequest) as caught:
        chat(**fields)
    assert (caught.value.param, caught.value.status) == (param, 400)


@pytest.mark.parametrize("wrong", ["", [], [1, 2], [[1]], ["a", ""], ["a"] * 2049, None])
def test_a_wrong_input_is_named(wrong: object) -> None:
    body = orjson.dumps({"model": "m", "input": wrong})
    with pytest.raises(wire.BadRequest) as caught:
        wire.read(body, wire.EmbeddingRequest)
    assert (caught.value.param or "").startswith("input")


@given(body=st.binary(max_size=40))
def test_garbage_is_a_bad_request_and_nothing_else(body: bytes) -> None:
    with pytest.raises(wire.BadRequest):
        wire.read(body, wire.ChatRequest)


def test_usage_adds_up() -> None:
    assert wire.usage(3) == {"prompt_tokens": 3, "total_tokens": 3}
    assert wire.usage(3, 0) == {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}


def test_an_event_is_one_line() -> None:
    assert wire.event({"a": "b\nc"}) == b'data: {"a":"b\\nc"}\n\n'
    assert orjson.loads(wire.error("no", "k"))["error"] == {
        "message": "no",
        "type": "k",
        "param": None,
        "code": None,
    }
