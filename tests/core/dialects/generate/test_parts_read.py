"""What messages hold, as clients send them."""

import msgspec
import pytest

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from weftline_core.dialects.generate.parts_read import PartsReader, detail_of
from weftline_core.dialects.generate.shapes import Content
from weftline_core.dialects.notes import Notes
from weftline_core.errors import CallerError

Json = dict[str, object]


def read(*contents: Json, detail: str | None = None) -> tuple[list[Turn], Notes]:
    notes = Notes()
    shaped = msgspec.convert(list(contents), list[Content])
    return PartsReader(notes, detail).turns(shaped, list(contents)), notes


def user(*parts: Json) -> Json:
    return {"role": "user", "parts": list(parts)}


def model(*parts: Json) -> Json:
    return {"role": "model", "parts": list(parts)}


def call(name: str, args: Json | None = None, **more: object) -> Json:
    return {"functionCall": {"name": name, "args": args or {}, **more}}


def answer(name: str, response: Json, **more: object) -> Json:
    return {"functionResponse": {"name": name, "response": response, **more}}


def test_words_are_text() -> None:
    turns, notes = read(user({"text": "a"}), model({"text": "b"}), user({"text": "c"}))
    assert [(t.role, t.parts) for t in turns] == [
        ("user", [Text(text="a")]),
        ("assistant", [Text(text="b")]),
        ("user", [Text(text="c")]),
    ]
    assert notes.paths == {}


@pytest.mark.parametrize("role", [None, "", "user", "function", "tool"])
def test_a_message_without_a_role_is_the_users(role: str | None) -> None:
    turns, _ = read({"role": role, "parts": [{"text": "a"}]})
    assert turns[0].role == "user"


def test_an_empty_message_of_the_model_is_left_out() -> None:
    turns, _ = read(user({"text": "a"}), {"role": "model"}, model(), user({"text": "b"}))
    assert [t.role for t in turns] == ["user", "user"]


def test_a_last_message_of_the_model_is_a_beginning() -> None:
    _, notes = read(user({"text": "a"}), model({"text": "b"}))
    assert notes.paths == {Feature.PREFILL: "contents[1]"}


@pytest.mark.parametrize(
    ("mime", "kind", "feature"),
    [
        ("image/png", "image", Feature.IMAGE),
        ("audio/wav", "audio", Feature.AUDIO),
        ("video/mp4", "video", Feature.VIDEO),
        ("application/pdf", "file", Feature.FILE),
    ],
)
def test_bytes_are_media(mime: str, kind: str, feature: Feature) -> None:
    turns, notes = read(user({"inlineData": {"mimeType": mime, "data": "a-_b"}}))
    (part,) = turns[0].parts
    assert isinstance(part, Media)
    assert (part.kind, part.mime, part.data) == (kind, mime, "a+/b")
    assert notes.paths == {feature: "contents[0].parts[0].inlineData"}


def test_an_address_is_a_url_unless_only_google_opens_it() -> None:
    turns, notes = read(
        user(
            {"fileData": {"fileUri": "https://x.example/a.png"}},
            {"fileData": {"fileUri": "gs://b/a.pdf", "mimeType": "application/pdf"}},
        )
    )
    assert turns[0].parts == [
        Media(kind="image", mime="image/png", url="https://x.example/a.png"),
        Media(kind="file", mime="application/pdf", file_id="gs://b/a.pdf"),
    ]
    assert notes.paths == {
        Feature.IMAGE: "contents[0].parts[0].fileData.fileUri",
        Feature.IMAGE_URL: "contents[0].parts[0].fileData.fileUri",
        Feature.FILE_ID: "contents[0].parts[1].fileData.fileUri",
    }


def test_how_closely_to_look_holds_for_one_picture_or_for_all() -> None:
    blob = {"mimeType": "image/png", "data": "x"}
    level = {"level": "MEDIA_RESOLUTION_HIGH"}
    turns, notes = read(
        user({"inlineData": blob}, {"inlineData": blob, "mediaResolution": level}), detail="low"
    )
    assert [p.detail for p in turns[0].parts if isinstance(p, Media)] == ["low", "high"]
    assert notes.paths[Feature.IMAGE_DETAIL] == "generationConfig.mediaResolution"
    assert detail_of("MEDIA_RESOLUTION_MEDIUM") is None


def test_thoughts_and_signatures_stay_with_their_parts() -> None:
    turns, notes = read(
        user({"text": "a"}),
        model(
            {"text": "hm", "thought": True, "thoughtSignature": "s1"},
            {"text": "b", "thoughtSignature": "s2"},
            call("f", {"x": 1}) | {"thoughtSignature": "s3"},
            {"thoughtSignature": "s4"},
        ),
        user(answer("f", {"result": "r"})),
    )
    assert turns[1].parts == [
        Reasoning(text="hm", signature="s1", origin="generate"),
        Text(text="b"),
        Reasoning(text="", signature="s2", origin="generate"),
        ToolCall(id="call_1_2", name="f", arguments='{"x":1}', signature="s3"),
        Reasoning(text="", signature="s4", origin="generate"),
    ]
    assert notes.paths == {Feature.REASONING_REPLAY: "contents[1].parts[0].thought"}


def test_answers_find_their_calls_by_id() -> None:
    turns, _ = read(
        model(call("f", id="a"), call("f", id="b")),
        user(answer("f", {"result": 2}, id="b"), {"text": "go on"}, answer("f", {}, id="a")),
    )
    assert [(t.role, len(t.parts)) for t in turns] == [("assistant", 2), ("tool", 2), ("user", 1)]
    assert [p.call_id for p in turns[1].parts if isinstance(p, ToolResult)] == ["b", "a"]


def test_answers_without_ids_find_their_calls_by_name_and_order() -> None:
    turns, _ = read(
        model(call("f"), call("g"), call("f")),
        user(answer("f", {}), answer("f", {}), answer("g", {})),
    )
    assert [p.call_id for p in turns[1].parts if isinstance(p, ToolResult)] == [
        "call_0_0",
        "call_0_2",
        "call_0_1",
    ]


def test_an_id_that_comes_twice_is_replaced() -> None:
    turns, _ = read(
        model(call("f", id="a")),
        user(answer("f", {}, id="a")),
        model(call("f", id="a")),
        user(answer("f", {}, id="a")),
    )
    ids = [p.call_id for t in turns for p in t.parts if isinstance(p, ToolResult)]
    assert ids == ["a", "call_2_0"]


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"result": "r"}, "r", False),
        ({"output": "r"}, "r", False),
        ({"result": {"a": 1}}, '{"a":1}', False),
        ({"error": "e"}, "e", True),
        ({"a": 1, "result": 2}, '{"a":1,"result":2}', False),
        ({}, "{}", False),
    ],
)
def test_what_a_tool_answered_is_text(response: Json, text: str, is_error: bool) -> None:
    turns, notes = read(model(call("f")), user(answer("f", response)))
    assert turns[1].parts == [
        ToolResult(call_id="call_0_0", name="f", parts=[Text(text=text)], is_error=is_error)
    ]
    assert (Feature.TOOL_RESULT_ERROR in notes.paths) == is_error


def test_media_of_a_tool_stay_with_its_answer() -> None:
    inner = {"inlineData": {"mimeType": "image/png", "data": "x"}}
    turns, notes = read(
        model(call("f")), user(answer("f", {"result": ""}, parts=[inner, {"z": 1}]))
    )
    (part,) = turns[1].parts
    assert isinstance(part, ToolResult)
    assert part.parts[1] == Media(kind="image", mime="image/png", data="x")
    where = "contents[1].parts[0].functionResponse.parts"
    assert notes.paths[Feature.TOOL_RESULT_MEDIA] == f"{where}[0]"
    assert notes.unknown == [f"{where}[1]"]


def test_what_only_google_knows_is_foreign() -> None:
    code: Json = {"executableCode": {"code": "1"}, "thoughtSignature": "s"}
    turns, notes = read(model(code), user({"text": "a"}))
    assert turns[0].parts[0] == Foreign(origin="generate", value=code)
    assert notes.paths[Feature.FOREIGN_PART] == "contents[0].parts[0].executableCode"


def test_nothing_is_lost_silently() -> None:
    _, notes = read(
        {"role": "user", "parts": [{"text": "a", "videoMetadata": {}, "novel": 1}], "more": 1},
        model(call("f")),
        user(answer("f", {}, scheduling="SILENT")),
    )
    assert notes.unknown == [
        "contents[0].more",
        "contents[0].parts[0].videoMetadata",
        "contents[0].parts[0].novel",
        "contents[2].parts[0].functionResponse.scheduling",
    ]


@pytest.mark.parametrize(
    ("content", "param"),
    [
        ({"role": "system", "parts": []}, "contents[0].role"),
        (user({}), "contents[0].parts[0]"),
        (user({"thought": True}), "contents[0].parts[0]"),
        (user(answer("f", {})), "contents[0].parts[0].functionResponse"),
        (model(call("")), "contents[0].parts[0].functionCall.name"),
        (user({"inlineData": {"data": "x"}}), "contents[0].parts[0].inlineData.mimeType"),
        (user({"fileData": {"fileUri": ""}}), "contents[0].parts[0].fileData.fileUri"),
    ],
)
def test_a_mistake_is_told_with_its_path(content: Json, param: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(content)
    assert caught.value.param == param


def test_arguments_that_no_writer_can_nest_are_refused() -> None:
    deep: Json = {}
    for _ in range(300):
        deep = {"a": deep}
    with pytest.raises(CallerError, match="nested too deeply"):
        read(model(call("f", deep)))


@pytest.mark.parametrize("tools", [1, 20_000])
def test_results_of_many_calls_find_them_in_steps_that_do_not_grow(tools: int) -> None:
    names = [f"f{i % tools}" for i in range(20_000)]
    calls = [call(name) for name in names]
    answers = [answer(name, {}) for name in reversed(names)]
    turns, _ = read(model(*calls), user(*answers))
    made, given = turns[0].parts, turns[1].parts
    assert {part.id for part in made if isinstance(part, ToolCall)} == {
        part.call_id for part in given if isinstance(part, ToolResult)
    }
