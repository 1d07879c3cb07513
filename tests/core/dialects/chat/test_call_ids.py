"""Ids of tool calls for picky hosts."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.chat.call_ids import (
    as_it_is,
    nine_letters,
    own_call_ids,
    signed_id,
    unsigned_id,
)


@given(st.text(max_size=40))
def test_every_id_becomes_nine_letters_and_always_the_same(call_id: str) -> None:
    made = nine_letters(call_id)
    assert re.fullmatch(r"[a-zA-Z0-9]{9}", made)
    assert nine_letters(call_id) == made
    assert nine_letters(made) == made


def test_ids_stay_apart() -> None:
    assert len({nine_letters(f"call_{i}") for i in range(1000)}) == 1000


def test_most_hosts_take_any() -> None:
    assert as_it_is("functions.Bash:0") == "functions.Bash:0"


def history(call_id: str) -> list[Any]:
    call = {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}}
    return [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": "x"},
    ]


def test_a_clients_own_ids_are_made_ready_in_new_messages() -> None:
    messages = history("call_1__thought__SIG")
    kept = copy.deepcopy(messages)
    body: dict[str, object] = {"messages": messages}
    own_call_ids(body, as_it_is)
    assert body["messages"] == history("call_1")
    own_call_ids(body, nine_letters)
    assert body["messages"] == history(nine_letters("call_1"))
    assert messages == kept


def test_ids_that_need_no_change_leave_all_as_it_is() -> None:
    messages = history("call_1")
    body: dict[str, object] = {"messages": messages}
    own_call_ids(body, as_it_is)
    assert body["messages"] is messages


@pytest.mark.parametrize(
    "messages",
    [None, 7, [7], [{"tool_calls": [7, {"id": 7}]}], [{"tool_call_id": 7, "tool_calls": {}}]],
)
def test_what_the_host_will_refuse_is_left_to_it(messages: Any) -> None:
    body: dict[str, object] = {"messages": messages}
    own_call_ids(body, nine_letters)
    assert body == {"messages": messages}


@given(st.text(max_size=9).filter(lambda s: "_" not in s), st.none() | st.text(max_size=9))
def test_a_signature_rides_behind_an_id(call_id: str, signature: str | None) -> None:
    assert unsigned_id(signed_id(call_id, signature)) == (call_id, signature)
