"""Kinds of media, and where files lie."""

from typing import Final

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import MediaKind

_FEATURES: Final[dict[MediaKind, Feature]] = {
    "image": Feature.IMAGE,
    "audio": Feature.AUDIO,
    "video": Feature.VIDEO,
    "file": Feature.FILE,
}
_KINDS: Final[dict[str, MediaKind]] = {"image": "image", "audio": "audio", "video": "video"}
# What a nameless file most likely is.
_MIME: Final[dict[MediaKind, str]] = {
    "image": "image/png",
    "audio": "audio/wav",
    "video": "video/mp4",
    "file": "application/pdf",
}
_BY_ENDING: Final[dict[str, str]] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "html": "text/html",
    "md": "text/markdown",
}
# Only Google can open these: its Files API, its storage, and its YouTube, which it watches itself.
_AT_HOME: Final = (
    "gs://",
    "files/",
    "https://generativelanguage.googleapis.com/",
    "https://www.youtube.com/",
    "https://youtube.com/",
    "https://youtu.be/",
)


def kind_of(mime: str | None) -> MediaKind:
    """Return what kind of media a MIME type is."""
    return _KINDS.get((mime or "").partition("/")[0], "file")


def features_of(kind: MediaKind, *, by_url: bool) -> tuple[Feature, ...]:
    """Return the features that one piece of media uses."""
    own = _FEATURES[kind]
    if not by_url:
        return (own,)
    return (own, Feature.IMAGE_URL if kind == "image" else Feature.FILE_URL)


def default_mime(kind: MediaKind) -> str:
    """Return the MIME type to give where there is none."""
    return _MIME[kind]


def mime_of_url(url: str) -> str | None:
    """Return the MIME type that a URL's ending tells, or None."""
    path = url.partition("?")[0].partition("#")[0].rpartition("/")[2]
    return _BY_ENDING.get(path.rpartition(".")[2].lower())


def is_at_home(uri: str) -> bool:
    """Return whether only Google can open this address."""
    return uri.startswith(_AT_HOME)
