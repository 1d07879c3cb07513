"""Reads a client's request for embeddings.

Each of a batch's requests says for itself what it is for; here one request has one purpose, so that
they must agree.
"""

from typing import Final, cast

import msgspec

from weftline_core.chat.features import Feature
from weftline_core.dialects.embed_content.purposes import PURPOSES, UNSPECIFIED
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import shaped, wrong
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.errors import CallerError


class _Part(msgspec.Struct):
    text: str | None = None


class _Content(msgspec.Struct):
    parts: list[_Part]
    role: str | None = None


class _Config(msgspec.Struct, rename="camel"):
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None


class _One(_Config, rename="camel", kw_only=True):
    """Vertex's clients put the wishes into `embedContentConfig`."""

    content: _Content
    model: str | None = None
    embed_content_config: _Config | None = None


class _Batch(msgspec.Struct):
    requests: list[_One]
    model: str | None = None


_CONFIG: Final = frozenset(_Config.__struct_encode_fields__)
_ONE: Final = frozenset(_One.__struct_encode_fields__)
_BATCH: Final = frozenset(_Batch.__struct_encode_fields__)
_CONTENT: Final = frozenset(_Content.__struct_encode_fields__)
_PART: Final = frozenset(_Part.__struct_encode_fields__)


class _Reader:
    """Reads one request. `_first`: the wishes of the first content, which hold for all."""

    __slots__ = ("_first", "_found", "notes")

    def __init__(self) -> None:
        self._found = EmbeddingRequest(texts=[])
        self.notes = Notes()
        self._first: tuple[str | None, str | None, int | None] | None = None

    def content(self, one: _One, raw: dict[str, object], where: str) -> None:
        self.notes.check(raw, _ONE, where)
        joint = f"{where}." if where else ""
        if one.embed_content_config is None:
            self._wishes(one, joint)
        else:
            under = f"{joint}embedContentConfig"
            fields = cast("dict[str, object]", raw["embedContentConfig"])
            self.notes.check(fields, _CONFIG, under)
            self._wishes(one.embed_content_config, f"{under}.")
        fields = cast("dict[str, object]", raw["content"])
        self.notes.check(fields, _CONTENT, f"{joint}content")
        parts = cast("list[dict[str, object]]", fields["parts"])
        texts: list[str] = []
        for i, part in enumerate(one.content.parts):
            path = f"{joint}content.parts[{i}]"
            if part.text is None:
                # A picture, say: only Google's own models embed that.
                self.notes.note(Feature.FOREIGN_PART, path)
            else:
                texts.append(part.text)
                self.notes.check(parts[i], _PART, path)
        if not one.content.parts:
            path = f"{joint}content.parts"
            raise wrong(path, "must hold a text")
        self._found.texts.append("\n".join(texts))

    def _wishes(self, config: _Config, joint: str) -> None:
        wishes = (config.task_type, config.title, config.output_dimensionality)
        if self._first is None:
            self._first = wishes
            self._read_wishes(config, joint)
            return
        for name, mine, first in zip(
            ("taskType", "title", "outputDimensionality"), wishes, self._first, strict=True
        ):
            if mine == first:
                continue
            path = f"{joint}{name}"
            if name == "title":
                # Documents have titles of their own, and no other provider wants to know them.
                self._found.title = None
                self.notes.note(Feature.TITLE, path)
            else:
                text = "must be the same in all requests of a batch; send the others by themselves"
                raise wrong(path, f"{text}")

    def _read_wishes(self, config: _Config, joint: str) -> None:
        found = self._found
        found.title = config.title
        if config.title:
            self.notes.note(Feature.TITLE, f"{joint}title")
        if config.output_dimensionality is not None and config.output_dimensionality < 1:
            path = f"{joint}outputDimensionality"
            raise wrong(path, "must be at least 1")
        found.dimensions = config.output_dimensionality
        if found.dimensions is not None:
            self.notes.note(Feature.DIMENSIONS, f"{joint}outputDimensionality")
        task = (config.task_type or UNSPECIFIED).upper()
        found.purpose = PURPOSES.get(task)
        if found.purpose is not None:
            self.notes.note(Feature.PURPOSE, f"{joint}taskType")
        elif task != UNSPECIFIED:
            self.notes.strange(f"{joint}taskType")

    def done(self) -> EmbeddingRequest:
        found = self._found
        found.paths, found.unknown = self.notes.paths, tuple(self.notes.unknown)
        return found


def read_request(body: dict[str, object], *, single: bool) -> EmbeddingRequest:
    """Return all that a request says; its fields are in camelCase.

    Raises:
        CallerError: it breaks the dialect.
    """
    reader = _Reader()
    if single:
        reader.content(shaped(body, _One), body, "")
        return reader.done()
    batch = shaped(body, _Batch)
    if not batch.requests:
        raise CallerError("requests: must hold at least one", param="requests")
    reader.notes.check(body, _BATCH)
    raw = cast("list[dict[str, object]]", body["requests"])
    for i, one in enumerate(batch.requests):
        reader.content(one, raw[i], f"requests[{i}]")
    return reader.done()
