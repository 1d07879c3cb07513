"""What becomes of a request at hosts of its own dialect and of others."""

from typing import Any

import orjson
import pytest

from weftline_core.ask import ITEMS_MAX, Ask, Unfit, usage_wanted
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.chat.back import ChatCompletionsBack
from weftline_core.dialects.chat.front import FRONT as CHAT_FRONT
from weftline_core.dialects.dialect import (
    NO_ARGS,
    AnswerIsError,
    Back,
    Echo,
    Front,
    NotAnAnswer,
    PathArgs,
    Plain,
    Target,
)
from weftline_core.dialects.embed_content.back import BACK as EMBED_CONTENT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.dialects.embeddings.front import FRONT as EMBEDDINGS_FRONT
from weftline_core.dialects.generate.front import FRONT as GENERATE_FRONT
from weftline_core.dialects.losses import Loss
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.dialects.translate import Translation
from weftline_core.dialects.workers_ai.front import FRONT as WORKERS_AI_FRONT
from weftline_core.errors import CallerError, TooLarge
from weftline_core.failures import Failure
from weftline_core.hosts import Host
from weftline_core.usage import Usage

TARGET = Target(model="theirs", output_tokens_max=100)
HOST = Host(name="h", speaks=(CHAT, MESSAGES))
SAID: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]
MESSAGE = (
    b'{"type":"message","role":"assistant","content":[{"type":"text","text":"yes"}],'
    b'"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}'
)


def asked(front: Front = CHAT_FRONT, **more: Any) -> Ask:
    body: dict[str, object] = {"model": "ours"}
    if front is CHAT_FRONT:
        body["messages"] = SAID
    return Ask(front, front.request(body | more, NO_ARGS))


def put(ask: Ask, back: Back, host: Host = HOST, target: Target = TARGET) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(ask.put(host, back, target).body)
    return found


def echo_of(ask: Ask) -> Echo:
    request = ask.request
    return Echo(request_id="1", model=request.model, created_unix_s=5, body=request.body)


def never() -> Echo:
    raise AssertionError("nothing is repeated where nothing is translated")


def test_words_of_the_hosts_own_dialect_are_passed_on_as_they_are() -> None:
    ask = asked(x_new={"a": [1]}, n=2)
    assert put(ask, CHAT) == {"model": "theirs", "messages": SAID, "x_new": {"a": [1]}, "n": 2}
    assert ask.put(HOST, CHAT, TARGET).dropped == ()
    assert ask.request.body["model"] == "ours", "the next host gets the client's words too"


def test_answers_that_other_clients_cannot_read_are_put_right() -> None:
    answer = b'{"choices":[]}'

    class Odd(ChatCompletionsBack, Plain):
        __slots__ = ()

        def plain(self, data: bytes) -> bytes:
            return data + b" "

    assert asked().judge(CHAT, answer, never) == (answer, None)
    assert asked().judge(Odd(), answer, never) == (answer + b" ", None)
    with pytest.raises(NotAnAnswer):
        asked().judge(Odd(), b"", never)


def test_a_native_request_is_not_read() -> None:
    ask = asked(messages="nonsense that only the host may judge")
    assert ask.unfit(CHAT) is None
    assert put(ask, CHAT)["messages"].startswith("nonsense")
    with pytest.raises(CallerError) as told:
        ask.put(HOST, MESSAGES, TARGET)
    assert told.value.param == "messages"


def test_words_of_another_dialect_are_written_anew_and_what_is_lost_is_named() -> None:
    ask = asked(seed=7, temperature=0.5, x_new=1, y_new=2)
    body = put(ask, MESSAGES)
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("theirs", 0.5, 100)
    assert "seed" not in body
    assert set(ask.put(HOST, MESSAGES, TARGET).dropped) == {"seed", "x_new", "y_new"}


def test_a_request_is_read_once() -> None:
    ask = asked()
    assert ask.read() is ask.read()


def test_what_must_not_be_lost_is_unfit_with_its_path() -> None:
    ask = asked(n=2)
    assert MESSAGES.losses[next(iter(ask.read().paths))] is Loss.REFUSE
    unfit = ask.unfit(MESSAGES)
    assert isinstance(unfit, Unfit)
    assert (unfit.param, unfit.status, unfit.code) == ("n", 400, "unsupported_parameter")
    with pytest.raises(Unfit, match="'n' cannot be carried"):
        ask.put(HOST, MESSAGES, TARGET)
    assert ask.unfit(CHAT) is None


def test_what_the_model_refuses_is_dropped_by_name() -> None:
    target = Target(model="theirs", output_tokens_max=9, refuses=frozenset({"temperature"}))
    ask = asked(temperature=0.5)
    assert "temperature" not in put(ask, MESSAGES, target=target)
    assert ask.put(HOST, MESSAGES, target).dropped == ("temperature",)


def test_what_the_host_takes_out_is_named_only_if_the_client_had_put_it_in() -> None:
    host = Host(name="h", speaks=(CHAT,), drops=frozenset({"seed", "stream_options"}))
    ask = asked(seed=7, stream=True)
    found = ask.put(host, CHAT, TARGET)
    assert found.dropped == ("seed",)
    assert orjson.loads(found.body).keys() == {"model", "messages", "stream"}


def test_what_the_host_takes_out_of_messages_is_named_by_its_path() -> None:
    host = Host(name="h", speaks=(CHAT,), message_drops=frozenset({"reasoning_content"}))
    ask = asked(messages=[{"role": "assistant", "content": "a", "reasoning_content": "hm"}])
    assert ask.put(host, CHAT, TARGET).dropped == ("messages[0].reasoning_content",)


def test_half_a_character_has_no_utf8() -> None:
    ask = asked(messages=[{"role": "user", "content": "\ud83d"}])
    with pytest.raises(CallerError, match="UTF-8"):
        ask.put(HOST, CHAT, TARGET)


def test_the_path_is_the_hosts() -> None:
    host = Host(name="h", speaks=(CHAT,), paths={"chat": "/v9/chat"})
    assert asked().path(host, CHAT, TARGET) == "/v9/chat"
    assert asked().path(HOST, MESSAGES, TARGET) == "/messages"


def test_the_purpose_tells_streams_from_whole_answers() -> None:
    assert (asked().purpose, asked(stream=True).purpose) == ("whole", "stream")


def test_a_native_answer_is_checked_and_not_touched() -> None:
    ask, data = asked(), b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}, "x":1}'
    assert ask.judge(CHAT, data, never) == (data, Usage(1, 2))
    with pytest.raises(NotAnAnswer):
        ask.judge(CHAT, b"<html>", never)


def test_a_foreign_answer_is_translated() -> None:
    ask = asked()
    data, usage = ask.judge(MESSAGES, MESSAGE, lambda: echo_of(ask))
    told = orjson.loads(data)
    assert (told["model"], told["id"]) == ("ours", "chatcmpl-1")
    assert told["choices"][0]["message"]["content"] == "yes"
    assert usage == Usage(3, 1)
    with pytest.raises(NotAnAnswer):
        ask.judge(MESSAGES, b"{}", lambda: echo_of(ask))
    error = b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}'
    with pytest.raises(AnswerIsError) as raised:
        ask.judge(MESSAGES, error, lambda: echo_of(ask))
    assert raised.value.verdict.failure is Failure.OVERLOADED


def test_embeddings_are_translated_too() -> None:
    ask = asked(EMBEDDINGS_FRONT, input=["a"], user="u")
    host = Host(name="h", speaks=(EMBED_CONTENT,))
    found = ask.put(host, EMBED_CONTENT, TARGET)
    content = {"parts": [{"text": "a"}]}
    assert orjson.loads(found.body) == {
        "requests": [{"model": "models/theirs", "content": content}]
    }
    assert found.dropped == ("user",)
    vectors = b'{"embeddings":[{"values":[0.5,1.0]}]}'
    data, _ = ask.judge(EMBED_CONTENT, vectors, lambda: echo_of(ask))
    assert orjson.loads(data)["data"][0]["embedding"] == [0.5, 1.0]
    native = b'{"data":[{"embedding":[1]}],"usage":{"prompt_tokens":4}}'
    assert ask.judge(EMBEDDINGS, native, lambda: echo_of(ask)) == (native, Usage(4, 0))


def test_a_native_stream_is_tapped_and_a_foreign_one_translated() -> None:
    ask = asked(stream=True)
    tap = ask.tap(CHAT, never)
    event = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
    assert tap.read(event) is event
    assert isinstance(ask.tap(MESSAGES, lambda: echo_of(ask)), Translation)


def test_usage_goes_on_to_those_who_asked_for_it() -> None:
    used = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n'
    for wanted in (True, False):
        ask = asked(stream=True, stream_options={"include_usage": wanted})
        assert ask.tap(CHAT, never).read(used) == (used if wanted else b"")


@pytest.mark.parametrize("options", [None, 7, {}, {"include_usage": False}, ["include_usage"]])
def test_odd_stream_options_ask_for_nothing(options: object) -> None:
    assert not usage_wanted({"stream_options": options})


def test_a_prompt_that_is_of_no_more_use_is_let_go() -> None:
    ask = asked()
    ask.forget()
    assert ask.request.body == {}


@pytest.mark.parametrize("depth", [252, 300, 1000])
def test_an_answer_that_no_writer_can_nest_is_none(depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    call = b'{"type":"tool_use","id":"t","name":"f","input":%b}' % deep
    data = b'{"type":"message","content":[%b],"stop_reason":"tool_use"}' % call
    body: dict[str, object] = {"contents": [{"parts": [{"text": "hi"}]}]}
    ask = Ask(GENERATE_FRONT, GENERATE_FRONT.request(body, PathArgs(model="ours", stream=False)))
    with pytest.raises(NotAnAnswer, match="too deeply"):
        ask.judge(MESSAGES, data, lambda: echo_of(ask))


MANY = ITEMS_MAX + 1


@pytest.mark.parametrize(
    "more",
    [
        {"messages": SAID * MANY},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}] * MANY}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}] * MANY},
    ],
)
def test_what_is_made_of_too_many_pieces_is_not_translated(more: dict[str, Any]) -> None:
    assert put(asked(**more), CHAT)["model"] == "theirs", "its own words are passed on"
    with pytest.raises(TooLarge, match="ITEMS_MAX") as caught:
        asked(**more).read()
    assert caught.value.param in more


ODD: list[list[Any]] = [[{}, 5], [5, {}], [[{}]]]


@pytest.mark.parametrize("messages", ODD)
def test_pieces_of_other_kinds_are_left_to_the_dialect(messages: list[Any]) -> None:
    with pytest.raises(CallerError) as caught:
        asked(messages=messages).read()
    assert not isinstance(caught.value, TooLarge)


def test_bytes_of_a_picture_are_no_pieces() -> None:
    body: dict[str, object] = {"prompt": "what is it", "image": [1] * (2 * MANY)}
    request = WORKERS_AI_FRONT.request(body, PathArgs(model="@cf/m"))
    assert Ask(WORKERS_AI_FRONT, request).read() is not None


@pytest.mark.parametrize("given", [["x"] * MANY, [[1]] * MANY])
def test_too_many_texts_are_not_translated(given: list[Any]) -> None:
    ask = asked(EMBEDDINGS_FRONT, input=given)
    assert len(put(ask, EMBEDDINGS)["input"]) == MANY, "its own words are passed on"
    with pytest.raises(TooLarge, match="ITEMS_MAX"):
        ask.read()
