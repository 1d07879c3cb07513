"""Media are named by Amazon's formats and sent as bytes, or from its own store."""

import pytest

from tests.fakes.botocore_oracle import problems
from weftline_core.chat.parts import Media, MediaKind
from weftline_core.dialects.converse.media_write import DocumentNames, media_block
from weftline_core.errors import CallerError


@pytest.mark.parametrize(
    ("kind", "mime", "member", "wanted"),
    [
        ("image", "image/png", "image", "png"),
        ("image", "image/jpg", "image", "jpeg"),
        ("image", "image/webp", "image", "webp"),
        ("image", None, "image", "png"),
        ("audio", "audio/mpeg", "audio", "mp3"),
        ("audio", "audio/x-wav", "audio", "wav"),
        ("audio", "audio/ogg; codecs=opus", "audio", "ogg"),
        ("video", "video/quicktime", "video", "mov"),
        ("video", "video/3gpp", "video", "three_gp"),
        ("video", "video/x-matroska", "video", "mkv"),
        ("video", "video/x-flv", "video", "flv"),
        ("video", "video/x-ms-wmv", "video", "wmv"),
        ("audio", "audio/L16;rate=24000", "audio", "pcm"),
        ("audio", "audio/x-flac", "audio", "flac"),
        ("audio", "audio/wave", "audio", "wav"),
        ("audio", None, "audio", "wav"),
        ("video", None, "video", "mp4"),
        ("file", None, "document", "pdf"),
        ("file", "application/msword", "document", "doc"),
        ("file", "application/vnd.ms-excel", "document", "xls"),
        ("file", "application/pdf", "document", "pdf"),
        ("file", "text/plain", "document", "txt"),
        ("file", "text/markdown", "document", "md"),
        (
            "file",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "document",
            "xlsx",
        ),
    ],
)
def test_formats(kind: MediaKind, mime: str | None, member: str, wanted: str) -> None:
    block = media_block(Media(kind=kind, mime=mime, data="eA=="), DocumentNames())
    inner = block[member]
    assert isinstance(inner, dict)
    assert inner["format"] == wanted
    assert inner["source"] == {"bytes": "eA=="}
    assert problems("Converse", {"messages": [{"role": "user", "content": [block]}]}) == ""


def test_a_file_without_a_type_is_known_by_its_name() -> None:
    block = media_block(Media(kind="file", name="Q3 (draft).CSV", data="eA=="), DocumentNames())
    assert block == {
        "document": {"format": "csv", "name": "Q3 (draft)", "source": {"bytes": "eA=="}}
    }


def test_documents_have_names_that_amazon_takes_and_tells_apart() -> None:
    names = DocumentNames()
    assert names.name("a_b/c.pdf") == "a b c"
    assert names.name("a b c.txt") == "a b c (2)"
    assert names.name(None) == "document"
    assert names.name("...") == "document (2)"
    assert len(names.name("x" * 999)) < 200


def test_amazons_own_store_is_an_address() -> None:
    block = media_block(Media(kind="video", mime="video/mp4", url="s3://b/k"), DocumentNames())
    assert block == {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/k"}}}}


def test_other_addresses_are_the_callers_to_fetch() -> None:
    with pytest.raises(CallerError, match="video content in base64"):
        media_block(Media(kind="video", url="https://x/y.mp4"), DocumentNames())
