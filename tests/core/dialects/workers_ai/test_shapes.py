"""Words, calls, reasons and tokens of Workers AI in the mesh's own terms."""

import msgspec
import pytest

from weftline_core.chat.answer import Stop
from weftline_core.dialects.workers_ai.shapes import (
    CallShape,
    CompletionDetails,
    Function,
    MessageShape,
    PromptDetails,
    Told,
    UsageShape,
    minted_id,
    stop_of,
    text_of,
    usage_of,
    words_of,
)
from weftline_core.usage import Usage


@pytest.mark.parametrize(
    ("reason", "called", "stop"),
    [
        ("stop", False, Stop.END),
        ("stop", True, Stop.TOOL_CALLS),
        (None, False, Stop.END),
        (None, True, Stop.TOOL_CALLS),
        ("tool_calls", False, Stop.TOOL_CALLS),
        ("length", True, Stop.LENGTH),
        ("content_filter", False, Stop.FILTERED),
        ("something_new", False, Stop.END),
        ("error", True, None),
    ],
)
def test_reasons(reason: str | None, called: bool, stop: Stop | None) -> None:
    assert stop_of(reason, called=called) is stop


def test_usage() -> None:
    told = UsageShape(10, 5, PromptDetails(4), CompletionDetails(3))
    assert usage_of(told) == Usage(10, 5, cache_read_tokens=4, reasoning_tokens=3)
    assert usage_of(UsageShape(10)) == Usage(10, 0)
    assert usage_of(UsageShape(-1, -1, PromptDetails(-1))) == Usage(0, 0)
    assert usage_of(UsageShape()) is None
    assert usage_of(None) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (7, "7"), (1.5, "1.5"), (True, "true"), ({"a": [1]}, '{"a":[1]}'), (None, "")],
)
def test_words_come_as_any_json(value: object, text: str) -> None:
    assert text_of(value) == text
    assert text_of(msgspec.UNSET) == ""


def test_words_in_parts() -> None:
    assert words_of([{"type": "text", "text": "a"}, {"type": "x"}, 7, {"text": "b"}]) == "ab"
    assert words_of("a") == "a"


def test_a_call_has_its_name_in_either_place() -> None:
    flat = CallShape(name="f", arguments={"n": 1})
    nested = CallShape(function=Function("f", '{"n":1}'))
    assert (flat.called, flat.argued) == (nested.called, nested.argued) == ("f", '{"n":1}')
    assert (CallShape().called, CallShape(function=Function()).argued) == ("", "")


def test_thoughts_have_two_names() -> None:
    assert MessageShape(reasoning="a").thoughts == MessageShape(reasoning_content="a").thoughts
    assert MessageShape().thoughts == ""


def test_what_is_wrong() -> None:
    assert Told(success=False).wrong
    assert Told(errors=[{"code": 1}]).wrong
    assert not Told(success=True, errors=[], error=None).wrong


def test_minted_ids_are_told_apart() -> None:
    assert minted_id(b"x", 0) == minted_id(b"x", 0)
    assert len({minted_id(b"x", 0), minted_id(b"x", 1), minted_id(b"y", 0)}) == 3
    assert minted_id(b"x", 0).startswith("call_")
