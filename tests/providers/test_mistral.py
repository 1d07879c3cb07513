"""Mistral: it refuses fields that it does not know, and answers in forms that it alone has."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from weftline_core.chat.conversation import Conversation, Role, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import ChatBack, Plain, Tap, Target
from weftline_core.dialects.losses import DROP
from weftline_providers.mistral import HOST

TARGET = Target(model="mistral-large-4")
THOUGHTS = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True}
WORDS = [{"type": "text", "text": "It is "}, {"type": "reference", "reference_ids": [1]}]
CALL = {"id": "abcDEF123", "function": {"name": "f", "arguments": '{"a":1}'}}


def test_what_it_would_refuse_is_renamed_or_left_out() -> None:
    body: dict[str, object] = {
        "messages": [],
        "seed": 7,
        "max_completion_tokens": 9,
        "stream_options": {"include_usage": True},
        "user": "u",
    }
    gone = HOST.adapt(HOST.speaks[0], body, TARGET)
    assert body == {"messages": [], "random_seed": 7, "max_tokens": 9}
    assert set(gone) == {"stream_options", "user"}


def test_a_stream_is_asked_for_without_options() -> None:
    body: dict[str, object] = {"messages": []}
    HOST.speaks[0].own(body, TARGET, stream=True)
    assert body == {"messages": [], "model": TARGET.model, "stream": True}


def test_the_beginning_of_an_answer_is_marked() -> None:
    back = HOST.speaks[0]
    assert isinstance(back, ChatBack)
    said: list[tuple[Role, str]] = [("user", "hi"), ("assistant", "It is")]
    turns = [Turn(role=role, parts=[Text(text=text)]) for role, text in said]
    messages = back.write(Conversation(turns=turns), TARGET)["messages"]
    assert messages == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "It is", "prefix": True},
    ]


def test_what_it_would_refuse_is_told_in_the_clients_words() -> None:
    lost = ("logit_bias", "logprobs", "service_tier", "user_id", "verbosity")
    assert {HOST.speaks[0].losses[Feature(name)] for name in lost} == {DROP}


def test_what_clients_send_back_of_another_hosts_answer_stays_here() -> None:
    said = {"role": "assistant", "content": "a", "reasoning_content": "Hm.", "refusal": None}
    body: dict[str, object] = {"messages": [said], "safe_prompt": True, "prompt_mode": "reasoning"}
    assert HOST.adapt(HOST.speaks[0], body, TARGET) == ("messages[0].reasoning_content",)
    assert body == {
        "messages": [{"role": "assistant", "content": "a"}],
        "safe_prompt": True,
        "prompt_mode": "reasoning",
    }


def test_embeddings_are_shortened_by_its_own_word() -> None:
    back = HOST.speaks[1]
    body: dict[str, object] = {"model": "m", "input": "sea", "dimensions": 256}
    assert HOST.adapt(back, body, TARGET) == ()
    assert body == {"model": "m", "input": "sea", "output_dimension": 256}


def answer(message: object, reason: str = "stop") -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return orjson.dumps({"id": "0" * 32, "object": "chat.completion", "choices": [choice]})


def chunk(delta: object, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    told = {"id": "0" * 32, "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + orjson.dumps(told) + b"\n\n"


def plain(data: bytes) -> bytes:
    back = HOST.speaks[0]
    assert isinstance(back, Plain)
    return back.plain(data)


def tap() -> Tap:
    back = HOST.speaks[0]
    assert isinstance(back, ChatBack)
    return back.tap(usage_wanted=True)


def test_a_whole_answer_is_put_into_openais_form() -> None:
    said = {"role": "assistant", "content": [THOUGHTS, *WORDS], "tool_calls": [CALL], "x_new": 1}
    found = orjson.loads(plain(answer(said, "model_length")))
    assert found["choices"][0] == {
        "index": 0,
        "message": {
            "role": "assistant",
            "content": "It is ",
            "reasoning_content": "Hm.",
            "tool_calls": [{**CALL, "index": 0, "type": "function"}],
            "x_new": 1,
        },
        "finish_reason": "length",
    }
    choice = ChatCompletion.model_validate({**found, "created": 1, "model": "m"}).choices[0]
    assert choice.message.content == "It is "


@pytest.mark.parametrize(
    "data",
    [
        answer({"role": "assistant", "content": "aye", "tool_calls": None}),
        b'{"choices":[{"message":{"content":[1],"tool_calls":"\xff"}}]}',
        b'{"choices":[{"message":{"tool_calls":' + b"[" * 400 + b"]" * 400 + b"}}]}",
        b'{"choices":[3]}',
        b"<html>",
        b"",
    ],
)
def test_what_is_plain_or_no_answer_stays_as_it_is(data: bytes) -> None:
    assert plain(data) == data


def test_a_stream_is_put_into_openais_form_where_it_is_odd() -> None:
    other = {"id": "abcDEF124", "function": {"name": "g", "arguments": {"b": 2}}}
    usage = b'data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"tool_calls"}],'
    as_they_are = [
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "words"}),
        usage + b'"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n',
        b"data: [DONE]\n\n",
    ]
    watched = tap()
    assert watched.read(as_they_are[0]) == as_they_are[0]
    odd = chunk({"content": [THOUGHTS]}) + chunk({"content": WORDS})
    odd += chunk({"content": "", "tool_calls": [CALL, other]}) + as_they_are[1]
    told = watched.read(odd).removesuffix(as_they_are[1]).split(b"\n\n")[:-1]
    assert watched.glance(as_they_are[1]) == as_they_are[1]
    assert watched.read(b"".join(as_they_are[2:])) == b"".join(as_they_are[2:])
    assert watched.done
    assert watched.usage is not None
    assert watched.content_events == 5
    bodies = [orjson.loads(event.removeprefix(b"data: ")) for event in told]
    for body in bodies:
        ChatCompletionChunk.model_validate({**body, "created": 1, "model": "m"})
    assert [body["choices"][0]["delta"] for body in bodies] == [
        {"content": "", "reasoning_content": "Hm."},
        {"content": "It is "},
        {
            "content": "",
            "tool_calls": [
                {**CALL, "index": 0, "type": "function"},
                {
                    "id": "abcDEF124",
                    "function": {"name": "g", "arguments": '{"b":2}'},
                    "index": 1,
                    "type": "function",
                },
            ],
        },
    ]


def test_calls_without_numbers_are_numbered_over_the_whole_stream() -> None:
    watched = tap()
    fragments = [CALL, {**CALL, "id": "abcDEF124"}, CALL, {**CALL, "id": "x", "index": 7}]
    told = b"".join(watched.glance(chunk({"tool_calls": [call]})) for call in fragments)
    bodies = [orjson.loads(event[6:]) for event in told.split(b"\n\n") if event]
    calls = [body["choices"][0]["delta"]["tool_calls"][0] for body in bodies]
    assert [call["index"] for call in calls] == [0, 1, 0, 7]


@given(st.lists(st.sampled_from([THOUGHTS, CALL, 3, None, "a", {"type": "text", "text": 5}])))
def test_strange_lists_break_nothing(items: list[object]) -> None:
    watched = tap()
    out = watched.read(chunk({"content": items, "tool_calls": items[:1]}))
    assert watched.error is None
    assert isinstance(orjson.loads(out[6:])["choices"][0]["delta"]["content"], str)
