"""Reads the content of messages: blocks become parts, and what they use is noted by its path."""

import base64
from collections.abc import Callable
from typing import Final, cast

import orjson

from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    CacheTtl,
    Foreign,
    Media,
    MediaKind,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.messages.shapes import (
    CacheControl,
    Json,
    MediaBlock,
    RedactedBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from weftline_core.dialects.messages.tables import NAME
from weftline_core.dialects.messages.tool_ids import unsigned_id
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import shaped, wrong
from weftline_core.errors import CallerError

_TEXT: Final = frozenset(("type", "text", "cache_control"))
_IMAGE: Final = frozenset(("type", "source", "cache_control"))
_DOCUMENT: Final = _IMAGE | {"title"}
_CALL: Final = frozenset(("type", "id", "name", "input", "cache_control", "caller"))
_RESULT: Final = frozenset(("type", "tool_use_id", "content", "is_error", "cache_control"))
_THINKING: Final = frozenset(("type", "thinking", "signature"))
_REDACTED: Final = frozenset(("type", "data"))

# Blocks inside a tool's result; the others there are foreign as a whole.
_INNER: Final = frozenset(("text", "image", "document"))


class BlockReader:
    """Reads the blocks of one request."""

    __slots__ = ("_calls", "_kinds", "_notes")

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        # Ids of all tool calls so far, and their tools.
        self._calls: dict[str, str] = {}
        self._kinds: dict[str, Callable[[Json, str], list[Part]]] = {
            "text": self._text,
            "image": self._image,
            "document": self._document,
            "tool_use": self._call,
            "tool_result": self._result,
            "thinking": self._thinking,
            "redacted_thinking": self._redacted,
        }

    def parts(self, content: str | list[Json], path: str) -> list[Part]:
        """Return the parts of a message's content, which stands at `path`.

        Raises:
            CallerError: a block is not what its type says.
        """
        if isinstance(content, str):
            return [Text(text=content)] if content else []
        parts: list[Part] = []
        for i, block in enumerate(content):
            at = f"{path}[{i}]"
            kind = block.get("type")
            if not isinstance(kind, str):
                raise CallerError(f"{at}.type: every block needs a type", param=f"{at}.type")
            read = self._kinds.get(kind)
            if read is None:
                self._notes.note(Feature.FOREIGN_PART, at)
                parts.append(Foreign(origin=NAME, value=block))
            else:
                parts += read(block, at)
        return parts

    def texts(self, content: str | list[Json], path: str) -> list[Text]:
        """Return the parts of a content that may only be text.

        Raises:
            CallerError: it is something else.
        """
        parts = self.parts(content, path)
        for i, part in enumerate(parts):
            if not isinstance(part, Text):
                at = f"{path}[{i}]"
                raise wrong(at, "only text blocks can stand here")
        return cast("list[Text]", parts)

    def cache(self, control: object, path: str) -> CacheTtl | None:
        """Return for how long a block asks to be kept."""
        if control is None:
            return None
        self._notes.note(Feature.CACHE_HINT, path)
        return shaped(control, CacheControl, path).ttl or "5m"

    def _text(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _TEXT, at)
        cache = self.cache(block.get("cache_control"), f"{at}.cache_control")
        return [Text(text=shaped(block, TextBlock, at).text, cache=cache)]

    def _image(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _IMAGE, at)
        self._notes.note(Feature.IMAGE, f"{at}.source")
        return self._media("image", block, at)

    def _document(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _DOCUMENT, at)
        self._notes.note(Feature.FILE, f"{at}.source")
        return self._media("file", block, at)

    def _media(self, kind: MediaKind, block: Json, at: str) -> list[Part]:
        read = shaped(block, MediaBlock, at)
        source, where = read.source, f"{at}.source"
        cache = self.cache(block.get("cache_control"), f"{at}.cache_control")
        media = Media(kind=kind, mime=source.media_type, name=read.title, cache=cache)
        if source.type == "content" and not isinstance(source.content, str):
            return self._inside(source.content, cache, where)
        if source.type == "base64":
            media.data = _given(source.data, f"{where}.data")
        elif source.type == "url":
            media.url = _given(source.url, f"{where}.url")
            self._notes.note(
                Feature.IMAGE_URL if kind == "image" else Feature.FILE_URL, f"{where}.url"
            )
        elif source.type == "file":
            media.file_id = _given(source.file_id, f"{where}.file_id")
            self._notes.note(Feature.FILE_ID, f"{where}.file_id")
        else:
            named = "data" if source.type == "text" else "content"
            text = source.data if source.type == "text" else source.content
            text = _given(cast("str | None", text), f"{where}.{named}")
            media.mime = "text/plain"
            media.data = base64.b64encode(text.encode("utf-8", "replace")).decode()
        return [media]

    def _inside(self, content: list[Json] | None, cache: CacheTtl | None, where: str) -> list[Part]:
        """Return a document of blocks as these blocks: only where citations point is lost."""
        if content is None:
            raise CallerError(f"{where}.content: is missing", param=f"{where}.content")
        self._notes.strange(f"{where}.type")
        parts = self.parts(content, f"{where}.content")
        last = parts[-1] if parts else None
        if isinstance(last, Text | Media):
            last.cache = cache or last.cache
        return parts

    def _call(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _CALL, at)
        caller = block.get("caller")
        if isinstance(caller, dict) and cast("Json", caller).get("type") != "direct":
            self._notes.strange(f"{at}.caller")
        read = shaped(block, ToolUseBlock, at)
        call_id, signature = unsigned_id(read.id)
        self._calls[call_id] = read.name
        try:
            arguments = orjson.dumps(read.input).decode()
        except orjson.JSONEncodeError:
            raise CallerError(f"{at}.input: is no Unicode text", param=f"{at}.input") from None
        cache = self.cache(block.get("cache_control"), f"{at}.cache_control")
        return [
            ToolCall(
                id=call_id, name=read.name, arguments=arguments, signature=signature, cache=cache
            )
        ]

    def _result(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _RESULT, at)
        read = shaped(block, ToolResultBlock, at)
        call_id, _ = unsigned_id(read.tool_use_id)
        name = self._calls.get(call_id)
        if name is None:
            path = f"{at}.tool_use_id"
            raise CallerError(
                f"{path}: no tool call before it has this id: repeat the 'tool_use' block that "
                "it answers",
                param=path,
            )
        if read.is_error:
            self._notes.note(Feature.TOOL_RESULT_ERROR, f"{at}.is_error")
        cache = self.cache(block.get("cache_control"), f"{at}.cache_control")
        return [
            ToolResult(
                call_id=call_id,
                name=name,
                parts=self._result_parts(read.content, f"{at}.content"),
                is_error=bool(read.is_error),
                cache=cache,
            )
        ]

    def _result_parts(self, content: str | list[Json] | None, path: str) -> list[Text | Media]:
        if content is None or isinstance(content, str):
            return [Text(text=content)] if content else []
        inner: list[Text | Media] = []
        for i, block in enumerate(content):
            at = f"{path}[{i}]"
            kind = block.get("type")
            if not isinstance(kind, str) or kind not in _INNER:
                self._notes.note(Feature.FOREIGN_PART, at)
                continue
            read = self._kinds[kind](block, at)
            for part in read:
                if isinstance(part, Media):
                    self._notes.note(Feature.TOOL_RESULT_MEDIA, at)
                inner.append(cast("Text | Media", part))
        return inner

    def _thinking(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _THINKING, at)
        self._notes.note(Feature.REASONING_REPLAY, at)
        read = shaped(block, ThinkingBlock, at)
        return [Reasoning(text=read.thinking, signature=read.signature or None, origin=NAME)]

    def _redacted(self, block: Json, at: str) -> list[Part]:
        self._notes.check(block, _REDACTED, at)
        self._notes.note(Feature.REASONING_REPLAY, at)
        data = shaped(block, RedactedBlock, at).data
        return [Reasoning(text="", redacted=data, origin=NAME)]


def _given(text: str | None, path: str) -> str:
    if text is None:
        raise wrong(path, "is missing")
    return text
