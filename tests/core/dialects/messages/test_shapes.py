"""The shapes read what the dialect sends and nothing that it cannot mean."""

import msgspec
import pytest

from weftline_core.dialects.messages.shapes import Request, StreamEvent
from weftline_core.dialects.shape import shaped
from weftline_core.errors import CallerError


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"max_tokens": "9"}, "max_tokens"),
        ({"messages": [{"role": "tool", "content": ""}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        ({"tool_choice": {"type": "required"}}, "tool_choice.type"),
        ({"thinking": {"type": "on"}}, "thinking.type"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort"),
        ({"metadata": {"user_id": 7}}, "metadata.user_id"),
        ({"stop_sequences": ["a", 1]}, "stop_sequences[1]"),
    ],
)
def test_a_wrong_type_is_told_with_its_path(wrong: dict[str, object], param: str) -> None:
    with pytest.raises(CallerError) as told:
        shaped({"messages": [], **wrong}, Request)
    assert told.value.param == param


def test_an_event_may_have_fields_that_nobody_knows() -> None:
    data = b'{"type":"content_block_delta","index":2,"delta":{"type":"x","y":[1]},"z":{}}'
    event = msgspec.json.decode(data, type=StreamEvent)
    assert event.index == 2
    assert event.delta is not None
    assert event.delta.type == "x"
