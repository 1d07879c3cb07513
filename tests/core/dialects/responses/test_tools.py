"""Tools and choices, both ways."""

import pytest
from openai.types.responses import CustomTool, FunctionTool

from weftline_core.chat.conversation import Tool, ToolChoice
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.tools import (
    choice_object,
    choice_of,
    tool_objects,
    tools_of,
)
from weftline_core.errors import CallerError

SCHEMA: dict[str, object] = {"type": "object", "properties": {"a": {"type": "integer"}}}
F_TOOL = Tool(name="f", description="adds", schema=SCHEMA, strict=True)
SH_TOOL = Tool(name="sh", free_text=True)


def test_tools_are_read() -> None:
    notes = Notes()
    tools = tools_of(
        [
            {
                "type": "function",
                "name": "f",
                "description": "adds",
                "parameters": SCHEMA,
                "strict": True,
            },
            {"type": "web_search"},
            {"type": "custom", "name": "sh", "format": {"type": "text"}},
            {"type": "custom", "name": "re", "format": {"type": "grammar", "syntax": "regex"}},
            {"type": "function", "name": "g", "parameters": None, "strict": None},
        ],
        notes,
    )
    assert tools == [F_TOOL, SH_TOOL, Tool(name="re", free_text=True), Tool(name="g")]
    assert notes.paths == {
        F.TOOL_STRICT: "tools[0].strict",
        F.HOSTED_TOOL: "tools[1]",
        F.TOOL_FREE_TEXT: "tools[2]",
        F.UNKNOWN: "tools[3].format",
        F.TOOLS: "tools",
    }


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({}, "tools[0].type"),
        ({"type": "function"}, "tools[0]"),
        ({"type": "function", "name": ""}, "tools[0].name"),
        ({"type": "function", "name": "f", "parameters": []}, "tools[0].parameters"),
        (
            {"type": "function", "name": "f", "parameters": {"type": "string"}},
            "tools[0].parameters.type",
        ),
        ({"type": "custom", "name": 7}, "tools[0].name"),
    ],
)
def test_a_wrong_tool_is_told_with_its_path(tool: dict[str, object], param: str) -> None:
    with pytest.raises(CallerError) as caught:
        tools_of([tool], Notes())
    assert caught.value.param == param


NAMED: list[dict[str, object]] = [
    {"type": "function", "name": "f"},
    {"type": "custom", "name": "sh"},
]


@pytest.mark.parametrize(
    ("raw", "choice"),
    [
        ("auto", ToolChoice(mode="auto")),
        ("none", ToolChoice(mode="none")),
        ("required", ToolChoice(mode="any")),
        ({"type": "function", "name": "f"}, ToolChoice(mode="one", names=("f",))),
        ({"type": "custom", "name": "sh"}, ToolChoice(mode="one", names=("sh",))),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": NAMED},
            ToolChoice(mode="auto", names=("f", "sh")),
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": NAMED},
            ToolChoice(mode="any", names=("f", "sh")),
        ),
    ],
)
def test_a_choice_comes_out_as_it_went_in(raw: str | dict[str, object], choice: ToolChoice) -> None:
    assert choice_of(raw, Notes()) == choice
    assert choice_object(choice, [F_TOOL, SH_TOOL], subset=True) == raw


def test_a_subset_is_left_out_where_it_is_refused() -> None:
    choice = ToolChoice(mode="any", names=("f",))
    assert choice_object(choice, [F_TOOL], subset=False) == "required"


def test_choices_of_hosted_tools_are_noted() -> None:
    notes = Notes()
    assert choice_of({"type": "web_search_preview"}, notes) is None
    assert notes.paths == {F.HOSTED_TOOL: "tool_choice"}
    notes = Notes()
    choice_of({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp"}]}, notes)
    assert notes.paths == {
        F.HOSTED_TOOL: "tool_choice.tools[0]",
        F.TOOL_SUBSET: "tool_choice.tools",
    }


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        ("maybe", "tool_choice"),
        ({"type": "function"}, "tool_choice.name"),
        ({"type": "allowed_tools", "mode": "all", "tools": []}, "tool_choice.mode"),
        ({"type": "allowed_tools", "mode": "auto"}, "tool_choice"),
    ],
)
def test_a_wrong_choice_is_told_with_its_path(raw: str | dict[str, object], param: str) -> None:
    with pytest.raises(CallerError) as caught:
        choice_of(raw, Notes())
    assert caught.value.param == param


def test_tools_are_written_as_the_sdk_types_them() -> None:
    function, custom = tool_objects([F_TOOL, SH_TOOL], strict=True)
    assert FunctionTool.model_validate(function).parameters == SCHEMA
    assert CustomTool.model_validate(custom).name == "sh"


def test_strictness_is_said_aloud_since_its_default_is_yes() -> None:
    (unsaid,) = tool_objects([Tool(name="f")], strict=True)
    assert unsaid["strict"] is False
    assert unsaid["parameters"] == {"type": "object", "properties": {}}
    assert tool_objects([F_TOOL], strict=True)[0]["strict"] is True
    assert tool_objects([F_TOOL], strict=False)[0]["strict"] is False
