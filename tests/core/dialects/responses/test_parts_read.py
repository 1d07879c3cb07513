"""How parts of messages are read."""

import pytest

from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Foreign, Media, Part, Refusal, Text
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.parts_read import part_of
from weftline_core.dialects.responses.shapes import PartShape
from weftline_core.dialects.shape import shaped
from weftline_core.errors import CallerError


def read(raw: dict[str, object]) -> tuple[Part, Notes]:
    notes = Notes()
    return part_of(shaped(raw, PartShape), raw, "p", notes), notes


@pytest.mark.parametrize(
    ("raw", "part", "paths"),
    [
        ({"type": "input_text", "text": "a"}, Text(text="a"), {}),
        ({"type": "output_text", "text": "a", "annotations": []}, Text(text="a"), {}),
        ({"type": "refusal", "refusal": "no"}, Refusal(text="no"), {}),
        (
            {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            Text(text="a", cache="5m"),
            {F.CACHE_HINT: "p.prompt_cache_breakpoint"},
        ),
        (
            {"type": "input_image", "image_url": "data:image/PNG;base64,QQ", "detail": "auto"},
            Media(kind="image", mime="image/png", data="QQ"),
            {F.IMAGE: "p"},
        ),
        (
            {"type": "input_image", "image_url": "https://a/b.png", "detail": "low"},
            Media(kind="image", url="https://a/b.png", detail="low"),
            {F.IMAGE: "p", F.IMAGE_DETAIL: "p.detail", F.IMAGE_URL: "p.image_url"},
        ),
        (
            {"type": "input_image", "file_id": "file-1", "detail": "auto"},
            Media(kind="image", file_id="file-1"),
            {F.IMAGE: "p", F.FILE_ID: "p.file_id"},
        ),
        (
            {"type": "input_file", "file_data": "data:text/plain;base64,QQ", "filename": "a.txt"},
            Media(kind="file", mime="text/plain", data="QQ", name="a.txt"),
            {F.FILE: "p"},
        ),
        (
            {"type": "input_file", "file_data": "QQ", "filename": "a.pdf"},
            Media(kind="file", mime="application/pdf", data="QQ", name="a.pdf"),
            {F.FILE: "p"},
        ),
        (
            {"type": "input_file", "file_url": "https://a/b.pdf"},
            Media(kind="file", url="https://a/b.pdf"),
            {F.FILE: "p", F.FILE_URL: "p.file_url"},
        ),
        (
            {"type": "input_file", "file_id": "file-1"},
            Media(kind="file", file_id="file-1"),
            {F.FILE: "p", F.FILE_ID: "p.file_id"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ", "format": "mp3"}},
            Media(kind="audio", mime="audio/mpeg", data="QQ"),
            {F.AUDIO: "p"},
        ),
        (
            {"type": "computer_screenshot", "file_id": "f"},
            Foreign(origin="responses", value={"type": "computer_screenshot", "file_id": "f"}),
            {F.FOREIGN_PART: "p"},
        ),
        (
            {"type": "input_text", "text": "a", "mood": "dry"},
            Text(text="a"),
            {F.UNKNOWN: "p.mood"},
        ),
    ],
)
def test_each_kind_is_read_and_noted(
    raw: dict[str, object], part: Part, paths: dict[F, str]
) -> None:
    found, notes = read(raw)
    assert (found, notes.paths) == (part, paths)


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        ({"type": "input_text"}, "p.text"),
        ({"type": "refusal"}, "p.refusal"),
        ({"type": "input_image"}, "p.image_url"),
        ({"type": "input_image", "image_url": "data:image/png,QQ"}, "p.image_url"),
        ({"type": "input_file", "filename": "a"}, "p.file_data"),
        ({"type": "input_audio"}, "p.input_audio"),
        (
            {"type": "input_audio", "input_audio": {"data": "", "format": "flac"}},
            "p.input_audio.format",
        ),
    ],
)
def test_mistakes_are_told_with_their_path(raw: dict[str, object], param: str) -> None:
    with pytest.raises(CallerError) as caught:
        read(raw)
    assert caught.value.param == param
