"""Turns become messages of user and assistant in turn."""

import re
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.botocore_oracle import problems
from tests.fakes.every_feature import assistant, chat, tool, user
from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.converse.messages_write import MessagesWriter, ToolIds

Messages = list[dict[str, Any]]


def written(conversation: Conversation, *gone: str) -> Messages:
    messages = MessagesWriter(frozenset(gone)).write(conversation)
    assert problems("Converse", {"messages": messages}) == ""
    return cast("Messages", messages)


def call(id: str, arguments: str = "{}") -> ToolCall:  # noqa: A002  # its name in a part
    return ToolCall(id=id, name="find", arguments=arguments)


def result(id: str, *parts: Text | Media, is_error: bool = False) -> ToolResult:  # noqa: A002
    return ToolResult(call_id=id, name="find", parts=list(parts), is_error=is_error)


def test_roles_alternate_and_a_late_system_message_is_the_users() -> None:
    late = Turn(role="system", parts=[Text(text="b")])
    assert written(chat(user(Text(text="a")), late, assistant(Text(text="c")), user())) == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]},
        {"role": "assistant", "content": [{"text": "c"}]},
        {"role": "user", "content": [{"text": "hello"}]},
    ]


def test_empty_texts_and_the_turns_they_leave_empty_are_dropped() -> None:
    empty = assistant(Text(text=""), Refusal(text=""))
    assert written(chat(user(Text(text="a")), empty, user(Text(text="b")))) == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]}
    ]


def test_results_come_first_in_one_message() -> None:
    conversation = chat(
        user(),
        assistant(Text(text="look"), call("a"), call("b", '{"n":1}')),
        Turn(role="system", parts=[Text(text="hurry")]),
        tool(result("b", Text(text="B"))),
        tool(result("a", Text(text="A"), is_error=True)),
        user(Text(text="so?")),
    )
    _, said, answered = written(conversation)
    assert said["content"] == [
        {"text": "look"},
        {"toolUse": {"toolUseId": "a", "name": "find", "input": {}}},
        {"toolUse": {"toolUseId": "b", "name": "find", "input": {"n": 1}}},
    ]
    assert answered["content"] == [
        {"toolResult": {"toolUseId": "b", "content": [{"text": "B"}]}},
        {"toolResult": {"toolUseId": "a", "content": [{"text": "A"}], "status": "error"}},
        {"text": "hurry"},
        {"text": "so?"},
    ]


def test_arguments_that_were_cut_become_a_note() -> None:
    (_, said) = written(chat(user(), assistant(call("a", '{"n": "x'))))
    assert said["content"] == [
        {"text": '(The arguments of this call were no JSON object: {"n": "x)'},
        {"toolUse": {"toolUseId": "a", "name": "find", "input": {}}},
    ]
    (_, said) = written(chat(user(), assistant(call("a", " "))))
    assert said["content"] == [{"toolUse": {"toolUseId": "a", "name": "find", "input": {}}}]


def test_ids_are_put_into_amazons_letters_and_told_apart() -> None:
    conversation = chat(
        user(),
        assistant(call("functions.find:0")),
        tool(result("functions.find:0", Text(text="1"))),
        assistant(call("functions.find:0")),
        tool(result("functions.find:0", Text(text="2"))),
    )
    messages = written(conversation)
    uses = [messages[i]["content"][0]["toolUse"]["toolUseId"] for i in (1, 3)]
    assert uses == ["functions_find_0", "functions_find_0_2"]


@given(st.lists(st.text("ab.:é", max_size=70), max_size=12))
def test_every_call_has_an_id_of_its_own_and_its_result_finds_it(given_ids: list[str]) -> None:
    ids = ToolIds()
    calls = [ids.call(one) for one in given_ids]
    assert len(set(calls)) == len(calls)
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", one) for one in calls)
    results = [ids.result(one) for one in given_ids]
    assert results == calls
    assert ids.result("unheard.of") == "unheard_of"
    assert ToolIds().call("") == "call"


def test_only_amazons_own_thoughts_go_back() -> None:
    thoughts: list[Part] = [
        Reasoning(text="mine", signature="s", origin="converse"),
        Reasoning(text="", redacted="eA==", origin="converse"),
        Reasoning(text="unsigned", origin="converse"),
        Reasoning(text="theirs", signature="s", origin="messages"),
        Foreign(origin="messages", value={"type": "x"}),
    ]
    parts: list[Part] = [*thoughts, Text(text="so")]
    (_, said) = written(chat(user(), assistant(*parts)))
    assert said["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "mine", "signature": "s"}}},
        {"reasoningContent": {"redactedContent": "eA=="}},
        {"text": "so"},
    ]
    (_, said) = written(chat(user(), assistant(*parts)), Feature.REASONING_REPLAY)
    assert said["content"] == [{"text": "so"}]


def test_cache_hints_follow_what_they_cover() -> None:
    point = {"cachePoint": {"type": "default", "ttl": "1h"}}
    picture = Media(kind="image", mime="image/png", data="eA==", cache="1h")
    answered = result("a", Text(text="A"))
    answered.cache = "1h"
    conversation = chat(
        user(Text(text="a", cache="1h"), picture), assistant(call("a")), tool(answered), user()
    )
    asked, _, last = written(conversation)
    assert asked["content"][1] == asked["content"][3] == point
    assert last["content"][1] == point
    assert "cachePoint" not in str(written(conversation, Feature.CACHE_HINT))


def test_pictures_in_a_result_stay_there() -> None:
    picture = Media(kind="image", mime="image/png", data="eA==")
    conversation = chat(user(), assistant(call("a")), tool(result("a", Text(text=""), picture)))
    (block,) = written(conversation)[2]["content"]
    assert block["toolResult"]["content"] == [
        {"image": {"format": "png", "source": {"bytes": "eA=="}}}
    ]


def test_a_given_beginning_does_not_end_in_white_space() -> None:
    assert written(chat(user(), assistant(Text(text="So: \n"))))[1]["content"] == [{"text": "So:"}]


PARTS = st.one_of(
    st.builds(Text, text=st.text(max_size=3)),
    st.builds(ToolCall, id=st.sampled_from(["a", "b.c"]), name=st.just("f"), arguments=st.text()),
    st.builds(
        ToolResult,
        call_id=st.sampled_from(["a", "b.c"]),
        name=st.just("f"),
        parts=st.lists(st.builds(Text, text=st.text(max_size=3)), max_size=2),
    ),
    st.builds(Reasoning, text=st.text(max_size=2), signature=st.none() | st.just("s")),
    st.builds(Refusal, text=st.text(max_size=2)),
)
TURNS = st.builds(
    Turn,
    role=st.sampled_from(["user", "assistant", "system", "tool"]),
    parts=st.lists(PARTS, max_size=4),
)


@given(st.lists(TURNS, max_size=8))
def test_any_turns_make_messages_that_amazon_accepts(turns: list[Turn]) -> None:
    messages = written(Conversation(turns=turns))
    assert all(one["role"] != two["role"] for one, two in pairwise(messages))
    for message in messages:
        kinds = ["toolResult" in block for block in message["content"]]
        assert kinds == sorted(kinds, reverse=True), "results come first"
        assert kinds, "no message is empty"


@pytest.mark.parametrize("given", ["call", "c" * 64])
def test_thousands_of_calls_of_one_id_take_no_longer_each(given: str) -> None:
    ids, count = ToolIds(), 100_000
    new = [ids.call(given) for _ in range(count)]
    assert len(set(new)) == count
    assert max(map(len, new)) <= 64
    assert [ids.result(given) for _ in range(count)] == new


def test_ids_that_differ_beyond_what_is_kept_share_their_numbers() -> None:
    ids = ToolIds()
    new = [ids.call(f"{'c' * 60}{i % 1000}") for i in range(20_000)]
    assert len(set(new)) == len(new)
