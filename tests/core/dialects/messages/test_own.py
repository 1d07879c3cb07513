"""A client's own words, without what only looks as if the provider had written it."""

import copy
from typing import Any

import pytest

from weftline_core.dialects.messages.own import without_borrowed
from weftline_core.dialects.messages.tool_ids import signed_id

USER = {"role": "user", "content": "hi"}
TEXT = {"type": "text", "text": "x"}
SIGNED = {"type": "thinking", "thinking": "hm", "signature": "s"}
UNSIGNED = {"type": "thinking", "thinking": "hm", "signature": ""}
REAL = {"type": "web_search_result_location", "encrypted_index": "e"}
BORROWED = {"type": "web_search_result_location", "encrypted_index": ""}


def answer(*blocks: object) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: object) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        ([USER, answer(UNSIGNED, TEXT)], [USER, answer(TEXT)]),
        ([USER, answer({"type": "thinking", "thinking": "hm"}, TEXT)], [USER, answer(TEXT)]),
        ([USER, answer(UNSIGNED), USER], [USER, USER]),
        ([answer({**TEXT, "citations": [BORROWED]})], [answer(TEXT)]),
        (
            [answer({**TEXT, "citations": [BORROWED, REAL]})],
            [answer({**TEXT, "citations": [REAL]})],
        ),
        (
            [answer({"type": "tool_use", "id": signed_id("c1", "sig")})],
            [answer({"type": "tool_use", "id": "c1"})],
        ),
        (
            [user({"type": "tool_result", "tool_use_id": signed_id("c1", "sig")}, UNSIGNED)],
            [user({"type": "tool_result", "tool_use_id": "c1"}, UNSIGNED)],
        ),
    ],
)
def test_what_is_borrowed_goes_and_the_client_keeps_it(messages: Any, kept: Any) -> None:
    before = copy.deepcopy(messages)
    assert without_borrowed(messages) == kept
    assert messages == before


@pytest.mark.parametrize(
    "message",
    [
        USER,
        answer(SIGNED, TEXT),
        answer({**TEXT, "citations": [REAL, 7]}),
        answer({**TEXT, "citations": []}),
        user(UNSIGNED),
        user({"type": "tool_result", "tool_use_id": "c1"}),
        answer({"type": "tool_use", "id": 7}),
        answer({"type": [], "id": "c1"}),
        {"role": "assistant", "content": "hi"},
        answer(7, None),
        7,
    ],
)
def test_all_else_stays_the_very_same(message: Any) -> None:
    kept = without_borrowed([message])
    assert isinstance(kept, list)
    assert kept[0] is message


def test_what_is_no_list_stays() -> None:
    assert without_borrowed("x") == "x"
