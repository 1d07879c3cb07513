"""The shapes of requests know their own fields."""

import pytest

from weftline_core.dialects.chat.shapes import (
    CALL_FIELDS,
    CUSTOM_FIELDS,
    FUNCTION_FIELDS,
    MESSAGE_FIELDS,
    PART_FIELDS,
    REQUEST_FIELDS,
    TOOL_FIELDS,
    RequestShape,
)
from weftline_core.dialects.shape import shaped
from weftline_core.errors import CallerError


def test_known_fields_are_those_read_and_those_that_mean_nothing() -> None:
    assert {"model", "stream", "messages", "n", "top_k"} <= REQUEST_FIELDS
    assert {"role", "content", "annotations", "reasoning_content"} <= MESSAGE_FIELDS
    assert {"type", "text", "image_url", "cache_control"} <= PART_FIELDS
    assert {"id", "type", "function", "index"} <= CALL_FIELDS
    assert {"type", "function", "custom"} <= TOOL_FIELDS
    assert {"name", "description", "parameters", "strict"} == FUNCTION_FIELDS
    assert {"name", "description"} == CUSTOM_FIELDS


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"temperature": "hot"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"top_logprobs": -1}, "top_logprobs"),
        ({"reasoning_effort": "huge"}, "reasoning_effort"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"stop": [1]}, "stop[0]"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"tools": [{"type": "function", "function": {"name": ""}}]}, "tools[0].function.name"),
        ({"messages": [{"role": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": 1}]}]}, "messages[0].content[0].type"),
    ],
)
def test_a_wrong_type_is_told_with_its_path(more: dict[str, object], param: str) -> None:
    body = {"messages": [{"role": "user", "content": "x"}]} | more
    with pytest.raises(CallerError) as told:
        shaped(body, RequestShape)
    assert told.value.param == param
