"""Tools as clients name them."""

import pytest

from weftline_core.chat.conversation import Conversation, Tool, ToolChoice
from weftline_core.chat.features import Feature
from weftline_core.dialects.generate.request_read import read_request
from weftline_core.errors import CallerError

Json = dict[str, object]
HELLO: Json = {"contents": [{"parts": [{"text": "hi"}]}]}
EMPTY: Json = {}


def read(**more: object) -> Conversation:
    return read_request(HELLO | more, stream=False)


def test_tools_are_read_with_either_schema() -> None:
    found = read(
        tools=[
            {
                "functionDeclarations": [
                    {"name": "f", "description": "d", "parameters": {"type": "OBJECT"}},
                    {"name": "g", "parametersJsonSchema": {"type": "object"}},
                    {"name": "h", "behavior": "BLOCKING"},
                ]
            }
        ]
    )
    assert found.tools == [
        Tool(name="f", description="d", schema={"type": "object"}),
        Tool(name="g", schema={"type": "object"}),
        Tool(name="h"),
    ]
    where = "tools[0].functionDeclarations"
    assert found.paths[Feature.TOOLS] == f"{where}[0]"
    assert found.unknown == (f"{where}[2].behavior",)


@pytest.mark.parametrize("name", ["googleSearch", "codeExecution", "urlContext", "brandNew"])
def test_googles_own_tools_are_noted(name: str) -> None:
    assert read(tools=[{name: EMPTY}]).paths == {Feature.HOSTED_TOOL: f"tools[0].{name}"}


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        ({"mode": "ANY"}, ToolChoice(mode="any")),
        ({"mode": "NONE"}, ToolChoice(mode="none")),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice(mode="one", names=("f",))),
        (
            {"mode": "any", "allowedFunctionNames": ["f", "g"]},
            ToolChoice(mode="any", names=("f", "g")),
        ),
        (
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
            ToolChoice(mode="auto", names=("f",)),
        ),
        ({}, None),
    ],
)
def test_tool_choice(given: Json, choice: ToolChoice | None) -> None:
    found = read(toolConfig={"functionCallingConfig": given})
    assert found.tool_choice == choice
    is_subset = choice is not None and bool(choice.names) and choice.mode != "one"
    assert (Feature.TOOL_SUBSET in found.paths) == is_subset
    assert (Feature.TOOL_CHOICE in found.paths) == (choice is not None and choice.mode != "auto")


BAD: list[tuple[Json, str]] = [
    (
        HELLO | {"tools": [{"functionDeclarations": [{"name": ""}]}]},
        "tools[0].functionDeclarations[0].name",
    ),
    (
        HELLO | {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "X"}}]}]},
        "tools[0].functionDeclarations[0].parameters.type",
    ),
    (
        HELLO
        | {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "STRING"}}]}]},
        "tools[0].functionDeclarations[0].parameters.type",
    ),
    (
        HELLO
        | {
            "tools": [
                {"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "null"}}]}
            ]
        },
        "tools[0].functionDeclarations[0].parametersJsonSchema.type",
    ),
    (
        HELLO | {"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}},
        "toolConfig.functionCallingConfig.mode",
    ),
]


@pytest.mark.parametrize(("body", "param"), BAD)
def test_a_mistake_is_told_with_its_path(body: Json, param: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_request(body, stream=False)
    assert caught.value.param == param
