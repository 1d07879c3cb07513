"""Content parts of a client's messages, as parts in no dialect."""

from collections.abc import Mapping
from typing import Final, cast

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import CacheTtl, Foreign, Media, MediaKind, Part, Refusal, Text
from weftline_core.dialects.chat.shapes import (
    PART_FIELDS,
    CacheControl,
    FileData,
    MediaUrl,
    PartShape,
)
from weftline_core.dialects.data_urls import read_data_url
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import wrong

ORIGIN: Final = "chat"
_KINDS: Final = frozenset(("text", "refusal", "image_url", "video_url", "input_audio", "file"))
_MIMES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg"}
# Nearest of the two times that other providers have.
_TTLS: Final[dict[str, CacheTtl]] = {"5m": "5m", "30m": "5m", "1h": "1h", "12h": "1h"}
# What a data URL is of that does not say.
_UNTYPED: Final = "application/octet-stream"


def read_parts(
    shapes: list[PartShape], raw: list[Mapping[str, object]], path: str, notes: Notes
) -> list[Part]:
    """Return the parts of one message; raw: the same as the client sent them."""
    parts: list[Part] = []
    for i, shape in enumerate(shapes):
        here = f"{path}[{i}]"
        notes.check(raw[i], PART_FIELDS, here)
        parts.append(_part(shape, raw[i], here, notes))
    return parts


def cache_of(control: CacheControl | None, path: str, notes: Notes) -> CacheTtl | None:
    """Return how long the prompt up to a part should be kept, if the client says."""
    if control is None:
        return None
    notes.note(Feature.CACHE_HINT, path)
    return _TTLS.get(control.ttl or "", "5m")


def _part(
    shape: PartShape, raw: Mapping[str, object], path: str, notes: Notes
) -> Text | Media | Refusal | Foreign:
    """Return one part. What is neither text nor media of this dialect may be another host's own."""
    cache = None
    if control := shape.cache_control or shape.prompt_cache_breakpoint:
        name = "cache_control" if shape.cache_control else "prompt_cache_breakpoint"
        cache = cache_of(control, f"{path}.{name}", notes)
    kind = shape.type
    if kind == "text" and shape.text is not None:
        return Text(text=shape.text, cache=cache)
    if kind == "refusal" and shape.refusal is not None:
        return Refusal(text=shape.refusal)
    if media := _media(shape, path, cache, notes):
        return media
    if kind in _KINDS:
        raise wrong(f"{path}.{kind}", f"a part of type '{kind}' must have it")
    notes.note(Feature.FOREIGN_PART, path)
    return Foreign(origin=ORIGIN, value=cast("dict[str, object]", raw))


def _media(shape: PartShape, path: str, cache: CacheTtl | None, notes: Notes) -> Media | None:
    kind = shape.type
    if kind == "image_url" and shape.image_url is not None:
        return _linked("image", shape.image_url, f"{path}.image_url", cache, notes)
    if kind == "video_url" and shape.video_url is not None:
        return _linked("video", shape.video_url, f"{path}.video_url", cache, notes)
    if kind == "input_audio" and shape.input_audio is not None:
        sound = shape.input_audio
        notes.note(Feature.AUDIO, f"{path}.input_audio")
        mime = _MIMES.get(sound.format, f"audio/{sound.format}")
        return Media(kind="audio", mime=mime, data=sound.data, cache=cache)
    if kind == "file" and shape.file is not None:
        return _file(shape.file, f"{path}.file", cache, notes)
    return None


def _linked(
    kind: MediaKind, link: MediaUrl | str, path: str, cache: CacheTtl | None, notes: Notes
) -> Media:
    url, detail = (link, None) if isinstance(link, str) else (link.url, link.detail)
    where = path if isinstance(link, str) else f"{path}.url"
    notes.note(Feature.IMAGE if kind == "image" else Feature.VIDEO, where)
    if detail is not None and detail != "auto":
        notes.note(Feature.IMAGE_DETAIL, f"{path}.detail")
    if url.startswith("data:"):
        mime, data = read_data_url(url, where)
        return Media(kind=kind, mime=mime or _UNTYPED, data=data, detail=detail, cache=cache)
    if not url:
        raise wrong(where, "a URL must not be empty")
    if kind == "image":
        notes.note(Feature.IMAGE_URL, where)
    return Media(kind=kind, url=url, detail=detail, cache=cache)


def _file(file: FileData, path: str, cache: CacheTtl | None, notes: Notes) -> Media:
    if file.file_data is not None:
        where = f"{path}.file_data"
        notes.note(Feature.FILE, where)
        mime, data = "application/pdf", file.file_data
        if data.startswith("data:"):
            given, data = read_data_url(data, where)
            mime = given or _UNTYPED
        return Media(kind="file", mime=mime, data=data, name=file.filename, cache=cache)
    if file.file_id is None:
        raise wrong(path, "a file needs 'file_data' or 'file_id'")
    notes.note(Feature.FILE_ID, f"{path}.file_id")
    return Media(kind="file", file_id=file.file_id, name=file.filename, cache=cache)
