"""What is read of a request, field by field, and the paths that are told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.responses_wire import JSON
from weftline_core.chat.conversation import AnswerFormat, Conversation, Thinking, ToolChoice
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Text
from weftline_core.dialects.responses.request_read import read_request
from weftline_core.errors import CallerError


def read(**fields: object) -> Conversation:
    return read_request({"model": "m", "input": "hi", **fields})


def test_a_plain_request_uses_nothing() -> None:
    plain = read(
        temperature=None,
        tool_choice="auto",
        parallel_tool_calls=True,
        truncation="disabled",
        service_tier="auto",
        stream_options={"include_obfuscation": False},
        include=["reasoning.encrypted_content"],
        text={"format": {"type": "text"}},
        reasoning={"effort": None},
        background=True,
        store=True,
    )
    assert (plain.paths, plain.unknown) == ({}, ())
    assert [(t.role, t.parts) for t in plain.turns] == [("user", [Text(text="hi")])]
    assert (plain.thinking, plain.format, plain.store) == (None, None, None)
    assert plain.usage_in_stream


def test_instructions_lead() -> None:
    found = read(instructions="be short", input=[{"role": "system", "content": "be kind"}])
    assert [text.text for text in found.system] == ["be short", "be kind"]


@pytest.mark.parametrize(
    ("fields", "name", "value", "paths"),
    [
        ({"max_output_tokens": 9}, "max_tokens", 9, {}),
        ({"temperature": 0}, "temperature", 0.0, {F.TEMPERATURE: "temperature"}),
        ({"top_p": 0.5}, "top_p", 0.5, {F.TOP_P: "top_p"}),
        ({"top_logprobs": 3}, "logprobs", 3, {F.LOGPROBS: "top_logprobs"}),
        (
            {"include": ["message.output_text.logprobs"]},
            "logprobs",
            0,
            {F.LOGPROBS: "include"},
        ),
        ({"user": "u"}, "user_id", "u", {F.USER_ID: "user"}),
        (
            {"user": "u", "safety_identifier": "s"},
            "user_id",
            "s",
            {F.USER_ID: "safety_identifier"},
        ),
        ({"prompt_cache_key": "k"}, "cache_key", "k", {F.CACHE_KEY: "prompt_cache_key"}),
        ({"metadata": {"a": "b"}}, "metadata", {"a": "b"}, {F.METADATA: "metadata"}),
        ({"service_tier": "flex"}, "service_tier", "flex", {F.SERVICE_TIER: "service_tier"}),
        (
            {"parallel_tool_calls": False},
            "parallel_tools",
            False,
            {F.TOOL_SERIAL: "parallel_tool_calls"},
        ),
        ({"text": {"verbosity": "low"}}, "verbosity", "low", {F.VERBOSITY: "text.verbosity"}),
        (
            {"text": {"format": {"type": "json_object"}}},
            "format",
            AnswerFormat(),
            {F.JSON_OBJECT: "text.format"},
        ),
        (
            {
                "text": {
                    "format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}
                }
            },
            "format",
            AnswerFormat(schema={}, name="n", strict=True),
            {F.JSON_SCHEMA: "text.format"},
        ),
        (
            {"reasoning": {"effort": "low"}},
            "thinking",
            Thinking(effort="low"),
            {F.REASONING_EFFORT: "reasoning.effort"},
        ),
        (
            {"reasoning": {"summary": "auto"}},
            "thinking",
            Thinking(shown=True),
            {F.REASONING_SHOWN: "reasoning.summary"},
        ),
        (
            {"reasoning": {"generate_summary": "auto"}},
            "thinking",
            Thinking(shown=True),
            {F.REASONING_SHOWN: "reasoning.generate_summary"},
        ),
        (
            {"tool_choice": "required"},
            "tool_choice",
            ToolChoice(mode="any"),
            {F.TOOL_CHOICE: "tool_choice"},
        ),
        ({"moderation": {"model": "x"}}, "store", None, {F.SAFETY: "moderation"}),
        ({"prompt": {"id": "p"}}, "store", None, {F.FOREIGN_PART: "prompt"}),
        ({"previous_response_id": "r"}, "store", None, {F.FOREIGN_PART: "previous_response_id"}),
        ({"conversation": "c"}, "store", None, {F.FOREIGN_PART: "conversation"}),
    ],
)
def test_each_field_is_read_and_noted(
    fields: dict[str, object], name: str, value: object, paths: dict[F, str]
) -> None:
    found = read(**fields)
    assert getattr(found, name) == value
    assert found.paths == paths
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"truncation": "auto"}, "truncation"),
        ({"service_tier": "ultrafast"}, "service_tier"),
        ({"include": ["web_search_call.results"]}, "include[0]"),
        ({"text": {"tone": "dry"}}, "text.tone"),
        ({"text": {"format": {"type": "json_object", "x": 1}}}, "text.format.x"),
        ({"reasoning": {"effort": "low", "mode": "pro"}}, "reasoning.mode"),
        (
            {"tools": [{"type": "function", "name": "f", "defer_loading": True}]},
            "tools[0].defer_loading",
        ),
        ({"input": [{"role": "user", "content": "a", "name": "Bo"}]}, "input[0].name"),
    ],
)
def test_nothing_is_lost_silently(fields: dict[str, object], path: str) -> None:
    found = read(**fields)
    assert found.unknown == (path,)
    assert found.paths[F.UNKNOWN] == path


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": ["hi"]}, "input[0]"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"max_output_tokens": "9"}, "max_output_tokens"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"metadata": {"a": 1}}, "metadata[...]"),
    ],
)
def test_mistakes_are_told_with_their_path(fields: dict[str, object], param: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(**fields)
    assert caught.value.param == param


def test_a_request_that_leans_on_a_store_needs_no_input() -> None:
    found = read_request({"model": "m", "previous_response_id": "r"})
    assert found.turns == []


NAMES = st.sampled_from(
    ["input", "tools", "tool_choice", "text", "reasoning", "include", "instructions", "metadata"]
)
ITEM: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "function_call", "reasoning", "function_call_output"]),
        "role": st.sampled_from(["user", "assistant", "system"]) | JSON,
        "content": JSON,
        "call_id": JSON,
        "output": JSON,
        "summary": JSON,
    },
)


@given(st.dictionaries(NAMES, JSON | st.lists(ITEM, max_size=3), max_size=4))
def test_any_body_is_read_or_refused(body: dict[str, object]) -> None:
    try:
        found = read_request(body)
    except CallerError:
        return
    assert (F.UNKNOWN in found.paths) == bool(found.unknown)
