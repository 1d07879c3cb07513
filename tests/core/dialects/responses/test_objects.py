"""The response object in each state, as the SDK reads it."""

from typing import Any

import pytest

from tests.fakes.responses_wire import as_response, echo
from weftline_core.chat.answer import Stop
from weftline_core.dialects.responses.objects import (
    Status,
    call_item,
    ended,
    image_item,
    message_item,
    response_id,
    response_object,
    text_part,
)
from weftline_core.usage import Usage
from weftline_core.verdict import Words

STATES: list[Status] = ["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]


@pytest.mark.parametrize("status", STATES)
def test_every_state_is_valid(status: Status) -> None:
    written = as_response(response_object(echo(), status))
    assert (written["id"], written["status"]) == ("resp_00ab", status)
    # What nobody has told is not zero.
    assert written["usage"] is None


def test_it_repeats_what_was_asked() -> None:
    asked: dict[str, Any] = {
        "background": True,
        "instructions": "be short",
        "max_output_tokens": 9,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "previous_response_id": "resp_1",
        "reasoning": {"effort": "low", "summary": None},
        "store": False,
        "temperature": 0.5,
        "text": {"format": {"type": "json_object"}},
        "tool_choice": "required",
        "top_p": 0.9,
        "truncation": "auto",
        "user": "u",
    }
    tools = [{"type": "function", "name": "f"}, {"type": "web_search"}]
    written = as_response(
        response_object(echo({**asked, "tools": tools, "conversation": "conv_1"}), "in_progress")
    )
    assert {name: written[name] for name in asked} == asked
    assert written["conversation"] == {"id": "conv_1"}
    assert written["tools"] == [
        {"type": "function", "name": "f", "parameters": None, "strict": None},
        {"type": "web_search"},
    ]
    whole = response_object(echo({"conversation": {"id": "c"}, "tools": None}), "queued")
    assert (whole["conversation"], whole["tools"]) == ({"id": "c"}, [])


def test_what_went_wrong_stands_in_it() -> None:
    failure = (429, Words(message="slow down"))
    written = as_response(response_object(echo(), "failed", usage=Usage(1, 2), failure=failure))
    assert written["error"] == {"code": "rate_limit_exceeded", "message": "slow down"}
    assert written["usage"]["input_tokens"] == 1
    cut = as_response(response_object(echo(), "incomplete", incomplete="content_filter"))
    assert cut["incomplete_details"] == {"reason": "content_filter"}


def test_items_are_valid_in_a_response() -> None:
    output = [
        message_item("msg_1", [text_part("hi")], "completed"),
        call_item("fc_1", "c", "f", "{}", "completed", free_text=False),
        call_item("ctc_1", "c", "sh", "ls", "completed", free_text=True),
        image_item("ig_1", "image/svg+xml", "QQ"),
    ]
    written = as_response(response_object(echo(), "completed", output=output))
    assert written["output"] == output
    assert written["output"][3]["output_format"] == "svg"


def test_how_an_answer_ends() -> None:
    assert ended(None, refused_in_words=False) == ("completed", None)
    assert ended(Stop.TOOL_CALLS, refused_in_words=False) == ("completed", None)
    assert ended(Stop.LENGTH, refused_in_words=True) == ("incomplete", "max_output_tokens")
    assert ended(Stop.REFUSED, refused_in_words=False) == ("incomplete", "content_filter")
    assert ended(Stop.REFUSED, refused_in_words=True) == ("completed", None)


def test_ids() -> None:
    assert response_id("req_1") == "resp_1"
