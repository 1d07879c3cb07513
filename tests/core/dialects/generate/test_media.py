"""Kinds of media."""

import pytest

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import MediaKind
from weftline_core.dialects.generate.media import (
    default_mime,
    features_of,
    is_at_home,
    kind_of,
    mime_of_url,
)


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", "image"),
        ("audio/wav", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "file"),
        ("text/plain", "file"),
        (None, "file"),
    ],
)
def test_a_mime_type_has_a_kind(mime: str | None, kind: MediaKind) -> None:
    assert kind_of(mime) == kind
    assert kind_of(default_mime(kind)) == kind


def test_an_address_is_a_feature_of_its_own() -> None:
    assert features_of("image", by_url=False) == (Feature.IMAGE,)
    assert features_of("image", by_url=True) == (Feature.IMAGE, Feature.IMAGE_URL)
    assert features_of("video", by_url=True) == (Feature.VIDEO, Feature.FILE_URL)


@pytest.mark.parametrize(
    ("url", "mime"),
    [
        ("https://x.example/a.PNG?v=1", "image/png"),
        ("https://x.example/a.pdf#p", "application/pdf"),
        ("https://x.example/a", None),
        ("https://x.png/", None),
    ],
)
def test_an_ending_tells_the_type(url: str, mime: str | None) -> None:
    assert mime_of_url(url) == mime


def test_some_addresses_only_google_opens() -> None:
    assert is_at_home("gs://bucket/x.png")
    assert is_at_home("https://generativelanguage.googleapis.com/v1beta/files/abc")
    assert is_at_home("https://www.youtube.com/watch?v=1")
    assert not is_at_home("https://example.com/gs://x")
