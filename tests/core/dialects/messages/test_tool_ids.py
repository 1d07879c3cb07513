"""Ids of tool calls: the right letters, one for each call, the same each time."""

import re

from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.messages.tool_ids import (
    SIGNATURE_MARK,
    ToolIds,
    signed_id,
    tool_id,
    unsigned_id,
)


def test_good_ids_stay() -> None:
    ids = ToolIds()
    assert ids.call("toolu_01-aZ") == "toolu_01-aZ"
    assert ids.result("toolu_01-aZ") == "toolu_01-aZ"


def test_other_letters_are_replaced_without_a_clash() -> None:
    ids = ToolIds()
    assert ids.call("functions.Bash:0") == "functions_Bash_0"
    assert ids.call("functions:Bash.0") == "functions_Bash_0_2"
    assert ids.result("functions:Bash.0") == "functions_Bash_0_2"
    assert ids.result("functions.Bash:0") == "functions_Bash_0"


def test_an_id_of_two_calls_becomes_two_in_the_order_of_their_results() -> None:
    ids = ToolIds()
    assert [ids.call("call_0"), ids.call("call_0")] == ["call_0", "call_0_2"]
    assert [ids.result("call_0"), ids.result("call_0")] == ["call_0", "call_0_2"]


def test_a_call_that_was_never_answered_takes_no_later_result() -> None:
    ids = ToolIds()
    ids.call("a")
    ids.settle()
    ids.call("a")
    assert ids.result("a") == "a_2"


def test_a_result_after_the_user_spoke_still_finds_its_call() -> None:
    ids = ToolIds()
    ids.call("a.b")
    ids.settle()
    assert ids.result("a.b") == "a_b"
    assert ToolIds().result("a.b") == "a_b"


def test_thousands_of_calls_of_one_id_take_no_longer_each() -> None:
    ids, count = ToolIds(), 100_000
    new = [ids.call("call") for _ in range(count)]
    assert new[-1] == f"call_{count}"
    assert [ids.result("call") for _ in range(count)] == new


@given(st.lists(st.text(max_size=4), max_size=20))
def test_every_call_has_an_id_of_its_own_that_its_result_finds(old: list[str]) -> None:
    ids = ToolIds()
    new = [ids.call(name) for name in old]
    assert len(set(new)) == len(old)
    assert all(re.fullmatch("[a-zA-Z0-9_-]+", name) for name in new)
    assert [ids.result(name) for name in old] == new
    assert [ToolIds().call(name) for name in old[:1]] == new[:1]


def test_an_empty_id_stays_empty_until_it_is_a_calls() -> None:
    assert tool_id("") == ""
    assert ToolIds().call("") == "toolu"


@given(st.text(alphabet="abc-_01", min_size=1), st.none() | st.text(st.characters(codec="utf-8")))
def test_a_signature_rides_behind_an_id_in_letters_that_an_id_may_have(
    call_id: str, signature: str | None
) -> None:
    signed = signed_id(call_id, signature)
    assert re.fullmatch(r"[a-zA-Z0-9_-]+", signed)
    assert unsigned_id(signed) == (call_id, signature)


def test_an_id_that_only_looks_signed_stays() -> None:
    for strange in ("a" + SIGNATURE_MARK + "not base64", "a" + SIGNATURE_MARK + "_w"):
        assert unsigned_id(strange) == (strange, None)
