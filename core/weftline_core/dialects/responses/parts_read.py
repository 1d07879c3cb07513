"""Reads the parts of a client's messages and of its tools' outputs."""

from typing import Final, TypeAlias

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import CacheTtl, Foreign, Media, Part, Refusal, Text
from weftline_core.dialects.data_urls import read_data_url
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.shapes import NAME, PART_FIELDS, PartShape
from weftline_core.dialects.shape import wrong
from weftline_core.errors import CallerError

RawParts: TypeAlias = list[dict[str, object]]

_AUDIO_MIMES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}
# The two ways in which a part holds words, by its type.
_WORDS: Final = frozenset(("input_text", "output_text"))


def part_of(part: PartShape, raw: dict[str, object], path: str, notes: Notes) -> Part:
    """Return a part. raw: the same, unread. path: the client's own.

    Raises:
        CallerError: the field that the part is about is missing.
    """
    known = PART_FIELDS.get(part.type)
    if known is None:
        notes.note(Feature.FOREIGN_PART, path)
        return Foreign(origin=NAME, value=raw)
    if not raw.keys() <= known:
        notes.check(raw, known, path)
    cache: CacheTtl | None = None
    if part.prompt_cache_breakpoint is not None:
        notes.note(Feature.CACHE_HINT, f"{path}.prompt_cache_breakpoint")
        cache = "5m"
    if part.type in _WORDS:
        return Text(text=_needed(part.text, f"{path}.text"), cache=cache)
    if part.type == "refusal":
        return Refusal(text=_needed(part.refusal, f"{path}.refusal"))
    return media_of(part, path, notes, cache)


def media_of(part: PartShape, path: str, notes: Notes, cache: CacheTtl | None = None) -> Media:
    """Return an image, a file or a sound."""
    if part.type == "input_image":
        media = _image(part, path, notes)
    elif part.type == "input_file":
        media = _file(part, path, notes)
    else:
        media = _audio(part, path, notes)
    media.cache = cache
    if media.file_id is not None:
        notes.note(Feature.FILE_ID, f"{path}.file_id")
    return media


def _image(part: PartShape, path: str, notes: Notes) -> Media:
    notes.note(Feature.IMAGE, path)
    detail = None if part.detail == "auto" else part.detail
    if detail is not None:
        notes.note(Feature.IMAGE_DETAIL, f"{path}.detail")
    if part.file_id is not None:
        return Media(kind="image", file_id=part.file_id, detail=detail)
    url = _needed(part.image_url, f"{path}.image_url")
    mime, data = _inline(url, f"{path}.image_url")
    if data is not None:
        return Media(kind="image", mime=mime, data=data, detail=detail)
    notes.note(Feature.IMAGE_URL, f"{path}.image_url")
    return Media(kind="image", url=url, detail=detail)


def _file(part: PartShape, path: str, notes: Notes) -> Media:
    notes.note(Feature.FILE, path)
    if part.file_id is not None:
        return Media(kind="file", file_id=part.file_id, name=part.filename)
    if part.file_url is not None:
        notes.note(Feature.FILE_URL, f"{path}.file_url")
        return Media(kind="file", url=part.file_url, name=part.filename)
    text = _needed(part.file_data, f"{path}.file_data")
    mime, data = _inline(text, f"{path}.file_data")
    # Without a data URL around it OpenAI takes a file for a PDF.
    return Media(
        kind="file",
        mime=mime or "application/pdf",
        data=text if data is None else data,
        name=part.filename,
    )


def _audio(part: PartShape, path: str, notes: Notes) -> Media:
    notes.note(Feature.AUDIO, path)
    sound = part.input_audio
    if sound is None:
        raise CallerError(f"{path}.input_audio is missing", param=f"{path}.input_audio")
    mime = _AUDIO_MIMES.get(sound.format)
    if mime is None:
        where = f"{path}.input_audio.format"
        raise wrong(where, "must be 'mp3' or 'wav'")
    return Media(kind="audio", mime=mime, data=sound.data)


def _inline(url: str, path: str) -> tuple[str | None, str | None]:
    """Return the type and data in a data URL, or nothing of any other."""
    if url[:5].lower() != "data:":
        return None, None
    return read_data_url(url, path)


def _needed(value: str | None, path: str) -> str:
    if value is None:
        raise CallerError(f"{path} is missing", param=path)
    return value
