"""Fields of messages that a host refuses."""

import copy
from typing import Any

import pytest

from weftline_core.dialects.message_fields import drop_from_messages

NAMES = frozenset({"reasoning", "prefix"})


SAID: Any = {"role": "assistant", "content": "hi"}

CASES: list[tuple[Any, Any, tuple[str, ...]]] = [
    ([SAID, {**SAID, "reasoning": "hm"}], [SAID, SAID], ("messages[1].reasoning",)),
    ([{**SAID, "prefix": False}, {**SAID, "reasoning": None}], [SAID, SAID], ()),
    (
        [{"prefix": True, **SAID, "reasoning": "hm"}],
        [SAID],
        ("messages[0].prefix", "messages[0].reasoning"),
    ),
    ([7, None, "reasoning"], [7, None, "reasoning"], ()),
    ("reasoning", "reasoning", ()),
]


@pytest.mark.parametrize(("messages", "kept", "gone"), CASES)
def test_they_go_and_those_that_said_something_are_told(
    messages: Any, kept: Any, gone: tuple[str, ...]
) -> None:
    before = copy.deepcopy(messages)
    body: dict[str, object] = {"messages": messages}
    assert drop_from_messages(body, NAMES) == gone
    assert body == {"messages": kept}
    assert messages == before, "another endpoint may get the client's own words"


def test_what_has_none_stays_the_very_same() -> None:
    messages = [{"role": "user", "content": "hi"}]
    body: dict[str, object] = {"messages": messages}
    drop_from_messages(body, NAMES)
    assert body["messages"] is messages
    assert drop_from_messages({}, NAMES) == ()
