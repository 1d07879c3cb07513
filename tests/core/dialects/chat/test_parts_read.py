"""Content parts, read."""

from typing import Any

import msgspec
import pytest

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Foreign, Media, Part, Refusal, Text
from weftline_core.dialects.chat.parts_read import read_parts
from weftline_core.dialects.chat.shapes import PartShape
from weftline_core.dialects.notes import Notes
from weftline_core.errors import CallerError


def read(part: dict[str, Any]) -> tuple[Part, Notes]:
    notes = Notes()
    shapes = [msgspec.convert(part, PartShape)]
    (found,) = read_parts(shapes, [part], "p", notes)
    return found, notes


@pytest.mark.parametrize(
    ("part", "read_as", "paths"),
    [
        ({"type": "text", "text": ""}, Text(text=""), {}),
        ({"type": "refusal", "refusal": "no"}, Refusal(text="no"), {}),
        (
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            Text(text="a", cache="1h"),
            {Feature.CACHE_HINT: "p[0].cache_control"},
        ),
        (
            {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
            Text(text="a", cache="5m"),
            {Feature.CACHE_HINT: "p[0].prompt_cache_breakpoint"},
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "low"}},
            Media(kind="image", url="https://x/a.png", detail="low"),
            {
                Feature.IMAGE: "p[0].image_url.url",
                Feature.IMAGE_URL: "p[0].image_url.url",
                Feature.IMAGE_DETAIL: "p[0].image_url.detail",
            },
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAA="}},
            Media(kind="image", mime="image/png", data="AAA="),
            {Feature.IMAGE: "p[0].image_url.url"},
        ),
        (
            {"type": "image_url", "image_url": "https://x/a.png"},
            Media(kind="image", url="https://x/a.png"),
            {Feature.IMAGE: "p[0].image_url", Feature.IMAGE_URL: "p[0].image_url"},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://x/a.mp4"}},
            Media(kind="video", url="https://x/a.mp4"),
            {Feature.VIDEO: "p[0].video_url.url"},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "mp3"}},
            Media(kind="audio", mime="audio/mpeg", data="AA"),
            {Feature.AUDIO: "p[0].input_audio"},
        ),
        (
            {"type": "file", "file": {"file_data": "data:text/plain;base64,AA", "filename": "a"}},
            Media(kind="file", mime="text/plain", data="AA", name="a"),
            {Feature.FILE: "p[0].file.file_data"},
        ),
        (
            {"type": "file", "file": {"file_data": "AA"}},
            Media(kind="file", mime="application/pdf", data="AA"),
            {Feature.FILE: "p[0].file.file_data"},
        ),
        (
            {"type": "file", "file": {"file_id": "file-1"}},
            Media(kind="file", file_id="file-1"),
            {Feature.FILE_ID: "p[0].file.file_id"},
        ),
        (
            {"type": "document_url", "document_url": "https://x"},
            Foreign(origin="chat", value={"type": "document_url", "document_url": "https://x"}),
            {Feature.FOREIGN_PART: "p[0]", Feature.UNKNOWN: "p[0].document_url"},
        ),
    ],
)
def test_each_part_is_read(part: dict[str, Any], read_as: Part, paths: dict[Feature, str]) -> None:
    found, notes = read(part)
    assert found == read_as
    assert notes.paths == paths


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"type": "text"}, "p[0].text"),
        ({"type": "image_url"}, "p[0].image_url"),
        ({"type": "image_url", "image_url": ""}, "p[0].image_url"),
        ({"type": "image_url", "image_url": {"url": "data:image/png,x"}}, "p[0].image_url.url"),
        ({"type": "input_audio"}, "p[0].input_audio"),
        ({"type": "file", "file": {}}, "p[0].file"),
        ({"type": "file", "file": {"file_data": "data:x"}}, "p[0].file.file_data"),
    ],
)
def test_a_part_without_its_thing_is_refused(part: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        read(part)
    assert told.value.param == param


def test_a_data_url_may_have_more_words_or_none() -> None:
    for head, mime in (
        ("text/plain;charset=utf-8", "text/plain"),
        ("", "application/octet-stream"),
    ):
        url = f"data:{head};base64,AA"
        for part in (
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "file", "file": {"file_data": url}},
        ):
            found, _ = read(part)
            assert isinstance(found, Media)
            assert (found.mime, found.data) == (mime, "AA")
