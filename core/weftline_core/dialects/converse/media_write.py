"""Pictures, sounds, films and documents as Converse takes them."""

import re
from typing import Final

from weftline_core.chat.parts import Media, MediaKind
from weftline_core.errors import CallerError

_FORMATS: Final[dict[MediaKind, dict[str, str]]] = {
    "image": {"jpg": "jpeg"},
    "audio": {"mpeg": "mp3", "wave": "wav", "x-wav": "wav", "x-flac": "flac", "l16": "pcm"},
    "video": {
        "quicktime": "mov",
        "x-matroska": "mkv",
        "x-flv": "flv",
        "x-ms-wmv": "wmv",
        "3gpp": "three_gp",
    },
    "file": {
        "plain": "txt",
        "markdown": "md",
        "msword": "doc",
        "vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "vnd.ms-excel": "xls",
        "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    },
}
_USUAL: Final[dict[MediaKind, str]] = {
    "image": "png",
    "audio": "wav",
    "video": "mp4",
    "file": "pdf",
}
_MEMBERS: Final[dict[MediaKind, str]] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "file": "document",
}
# What a document's name may not hold. Source: the API reference of `DocumentBlock`.
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9()\[\]-]+")
# The longest name, less room for a number that tells two of one name apart.
_NAME_CHARS_MAX: Final = 190
_S3: Final = "s3://"


class DocumentNames:
    """Gives each document of a request a name of its own, as Bedrock demands."""

    __slots__ = ("_used",)

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def name(self, given: str | None) -> str:
        """Return a name as near to the client's as is allowed."""
        stem = (given or "").rpartition(".")[0] or given or ""
        clean = _NOT_IN_NAMES.sub(" ", stem).strip()[:_NAME_CHARS_MAX] or "document"
        count = self._used[clean] = self._used.get(clean, 0) + 1
        return clean if count == 1 else f"{clean} ({count})"


def media_block(media: Media, names: DocumentNames) -> dict[str, object]:
    """Return the block of a picture, sound, film or document.

    Raises:
        CallerError: it is given by an address that Bedrock does not fetch from.
    """
    block: dict[str, object] = {"format": _format(media)}
    if media.kind == "file":
        block["name"] = names.name(media.name)
    if media.data is not None:
        block["source"] = {"bytes": media.data}
    elif media.url is not None and media.url.startswith(_S3):
        block["source"] = {"s3Location": {"uri": media.url}}
    else:
        raise CallerError(
            f"the endpoint takes {media.kind} content in base64 or from s3:// only: send its bytes"
        )
    return {_MEMBERS[media.kind]: block}


def _format(media: Media) -> str:
    subtype = (media.mime or "").partition("/")[2].partition(";")[0].strip().lower()
    if not subtype and media.name:
        subtype = media.name.rpartition(".")[2].lower()
    return _FORMATS[media.kind].get(subtype, subtype) or _USUAL[media.kind]
