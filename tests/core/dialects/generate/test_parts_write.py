"""What messages hold, as Google wants them."""

from typing import cast

import pytest

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.generate.parts_write import NO_SIGNATURE, PartsWriter

Json = dict[str, object]


def written(
    *turns: Turn, refuses: frozenset[str] = frozenset(), style: ReasoningStyle | None = None
) -> list[Json]:
    return PartsWriter(refuses, style).contents(Conversation(turns=list(turns)))


def user(*parts: Part) -> Turn:
    return Turn(role="user", parts=list(parts))


def model(*parts: Part) -> Turn:
    return Turn(role="assistant", parts=list(parts))


def tool(*parts: Part) -> Turn:
    return Turn(role="tool", parts=list(parts))


def call(call_id: str, arguments: str = "{}", signature: str | None = None) -> ToolCall:
    return ToolCall(id=call_id, name="f", arguments=arguments, signature=signature)


def result(call_id: str, *parts: Text | Media, is_error: bool = False) -> ToolResult:
    return ToolResult(call_id=call_id, name="f", parts=list(parts), is_error=is_error)


def parts_of(part: Part, refuses: frozenset[str] = frozenset()) -> object:
    return written(model(part), refuses=refuses)[0]["parts"]


PNG = Media(kind="image", mime="image/png", data="eA==")


WRITTEN: list[tuple[Part, list[Json]]] = [
    (Text(text="a"), [{"text": "a"}]),
    (Refusal(text="no"), [{"text": "no"}]),
    (PNG, [{"inlineData": {"mimeType": "image/png", "data": "eA=="}}]),
    (
        Media(kind="audio", data="eA=="),
        [{"inlineData": {"mimeType": "audio/wav", "data": "eA=="}}],
    ),
    (
        Media(kind="image", url="https://x.example/a.jpg"),
        [{"fileData": {"fileUri": "https://x.example/a.jpg", "mimeType": "image/jpeg"}}],
    ),
    (
        Media(kind="image", url="https://x.example/a"),
        [{"fileData": {"fileUri": "https://x.example/a"}}],
    ),
    (
        Reasoning(text="hm", signature="s", origin="generate"),
        [{"text": "hm", "thought": True, "thoughtSignature": "s"}],
    ),
    (
        Reasoning(text="", signature="s", origin="generate"),
        [{"text": "", "thoughtSignature": "s"}],
    ),
    (Foreign(origin="generate", value={"x": 1}), [{"x": 1}]),
    (
        call("c", '{"a":1}', signature="s"),
        [
            {
                "functionCall": {"id": "c", "name": "f", "args": {"a": 1}},
                "thoughtSignature": "s",
            }
        ],
    ),
    (call("c", '{"a":'), [{"functionCall": {"id": "c", "name": "f", "args": {}}}]),
    (call("c", "[1]"), [{"functionCall": {"id": "c", "name": "f", "args": {}}}]),
]


@pytest.mark.parametrize(("part", "parts"), WRITTEN)
def test_a_part_is_written(part: Part, parts: object) -> None:
    assert parts_of(part) == parts


@pytest.mark.parametrize(
    "part",
    [
        Text(text=""),
        Reasoning(text="hm", signature="s", origin="messages"),
        Reasoning(text="", redacted="x", origin="generate"),
        Foreign(origin="responses", value={"x": 1}),
        Media(kind="file", file_id="file-1"),
    ],
)
def test_what_google_cannot_take_is_left_out(part: Part) -> None:
    assert written(user(Text(text="a")), model(part)) == [
        {"role": "user", "parts": [{"text": "a"}]}
    ]


@pytest.mark.parametrize(
    ("part", "feature"),
    [
        (PNG, Feature.IMAGE),
        (Media(kind="image", url="https://x.example/a"), Feature.IMAGE_URL),
        (Media(kind="video", url="https://x.example/a"), Feature.FILE_URL),
        (Reasoning(text="hm", origin="generate"), Feature.REASONING_REPLAY),
    ],
)
def test_what_the_model_refuses_is_left_out(part: Part, feature: Feature) -> None:
    assert parts_of(part)
    assert parts_of(part, frozenset((feature.value,))) == [{"text": " "}]


def test_turns_of_one_role_are_merged_and_answers_stand_first() -> None:
    contents = written(
        user(Text(text="a")),
        Turn(role="system", parts=[Text(text="s")]),
        model(call("c1"), call("c2")),
        tool(result("c1", Text(text="r1"), PNG)),
        tool(result("c2", Text(text="r2"), is_error=True)),
        user(Text(text="b")),
    )
    assert [c["role"] for c in contents] == ["user", "model", "user"]
    assert contents[0]["parts"] == [{"text": "a"}, {"text": "s"}]
    assert contents[2]["parts"] == [
        {"functionResponse": {"id": "c1", "name": "f", "response": {"result": "r1"}}},
        {"functionResponse": {"id": "c2", "name": "f", "response": {"error": "r2"}}},
        {"inlineData": {"mimeType": "image/png", "data": "eA=="}},
        {"text": "b"},
    ]


def test_a_tools_name_is_looked_up() -> None:
    contents = written(
        model(call("c1")), tool(ToolResult(call_id="c1", name="", parts=[Text(text="r")]))
    )
    assert contents[1]["parts"] == [
        {"functionResponse": {"id": "c1", "name": "f", "response": {"result": "r"}}}
    ]


def test_a_signature_goes_back_to_its_text() -> None:
    proof = Reasoning(text="", signature="s", origin="generate")
    assert written(model(Text(text="a"), proof))[0]["parts"] == [
        {"text": "a", "thoughtSignature": "s"}
    ]


def test_newer_models_get_a_mark_on_calls_from_elsewhere() -> None:
    def marks(*calls: ToolCall) -> list[object]:
        parts = cast("list[Json]", written(model(*calls), style="level")[0]["parts"])
        return [part.get("thoughtSignature") for part in parts]

    assert marks(call("a"), call("b")) == [NO_SIGNATURE, None]
    assert marks(call("a", signature="s"), call("b")) == ["s", None]


def test_refused_turns_are_left_out() -> None:
    turns = (
        user(Text(text="a")),
        Turn(role="system", parts=[Text(text="s")]),
        model(Text(text="b")),
    )
    refuses = frozenset((Feature.PREFILL.value, Feature.LATE_SYSTEM.value))
    assert written(*turns, refuses=refuses) == [{"role": "user", "parts": [{"text": "a"}]}]


def test_there_is_always_a_message() -> None:
    assert written() == [{"role": "user", "parts": [{"text": " "}]}]
