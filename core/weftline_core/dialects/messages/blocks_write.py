"""Writes parts as blocks, and turns as messages in the order that the dialect demands."""

import base64
import binascii
from typing import Final, cast

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    CacheTtl,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.arguments import arguments_object
from weftline_core.dialects.messages.shapes import Json
from weftline_core.dialects.messages.thinking import is_replayable
from weftline_core.dialects.messages.tool_ids import ToolIds

# Hints in one request. Source: the provider's limit; more are an error.
CACHE_HINTS_MAX: Final = 4

# The first letters of each kind of image in base64, for clients that do not say what they send.
_IMAGE_MAGIC: Final = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lG", "image/gif"),
    ("UklG", "image/webp"),
)
# A conversation must begin with the user.
_OPENING: Final = "."


class BlockWriter:
    """Writes the messages of one request. refuses: names of features to leave out."""

    __slots__ = ("_hinted", "_ids", "_messages", "_refuses")

    def __init__(self, refuses: frozenset[str]) -> None:
        self._refuses = refuses
        self._ids = ToolIds()
        self._hinted: list[Json] = []
        self._messages: list[Json] = []

    def messages(self, turns: list[Turn]) -> list[Json]:
        """Return the turns as messages: roles alternate, results of tools come first."""
        role, results, rest = "", list[Json](), list[Json]()
        for turn in turns:
            now = "assistant" if turn.role == "assistant" else "user"
            if now != role:
                self._close(role, results, rest)
                role, results, rest = now, [], []
            if turn.role == "user":
                self._ids.settle()
            for part in turn.parts:
                if isinstance(part, ToolResult):
                    results.append(self._result(part))
                else:
                    rest += self.blocks(part)
        self._close(role, results, rest)
        return self._messages

    def blocks(self, part: Part) -> list[Json]:
        """Return a part as blocks; none for what would be empty or what is left out."""
        if isinstance(part, Text | Refusal):
            # Text without a letter to see is an error.
            if not part.text or part.text.isspace():
                return []
            cache = part.cache if isinstance(part, Text) else None
            return [self.hinted({"type": "text", "text": part.text}, cache)]
        if isinstance(part, ToolCall):
            return self._call(part)
        if isinstance(part, Media):
            return self._media(part)
        if isinstance(part, Reasoning) and Feature.REASONING_REPLAY not in self._refuses:
            return _thoughts(part)
        return []

    def hinted(self, block: Json, cache: CacheTtl | None) -> Json:
        """Return the block with its wish to be cached."""
        if cache is not None and Feature.CACHE_HINT not in self._refuses:
            control: Json = {"type": "ephemeral"}
            if cache != "5m":
                control["ttl"] = cache
            block["cache_control"] = control
            self._hinted.append(block)
        return block

    def trim(self) -> None:
        """Take out hints beyond the limit: the last ones reach furthest."""
        for block in self._hinted[:-CACHE_HINTS_MAX]:
            del block["cache_control"]

    def _close(self, role: str, results: list[Json], rest: list[Json]) -> None:
        content = results + rest
        if not content:
            return
        messages = self._messages
        if messages and messages[-1]["role"] == role:
            cast("list[Json]", messages[-1]["content"]).extend(content)
            return
        if not messages and role == "assistant":
            opening: Json = {"type": "text", "text": _OPENING}
            messages.append({"role": "user", "content": [opening]})
        messages.append({"role": role, "content": content})

    def _call(self, call: ToolCall) -> list[Json]:
        given, note = arguments_of(call)
        block: Json = {
            "type": "tool_use",
            "id": self._ids.call(call.id),
            "name": call.name,
            "input": given,
        }
        self.hinted(block, call.cache)
        return [block] if note is None else [{"type": "text", "text": note}, block]

    def _result(self, result: ToolResult) -> Json:
        block: Json = {"type": "tool_result", "tool_use_id": self._ids.result(result.call_id)}
        media = Feature.TOOL_RESULT_MEDIA not in self._refuses
        content: list[Json] = []
        for part in result.parts:
            if media or not isinstance(part, Media):
                content += self.blocks(part)
        if len(content) == 1 and content[0].keys() == {"type", "text"}:
            block["content"] = content[0]["text"]
        elif content:
            block["content"] = content
        if result.is_error and Feature.TOOL_RESULT_ERROR not in self._refuses:
            block["is_error"] = True
        return self.hinted(block, result.cache)

    def _media(self, media: Media) -> list[Json]:
        kind = {"image": "image", "file": "document"}.get(media.kind)
        if kind is None or media.kind in self._refuses:
            return []
        source: Json
        if media.url is not None:
            if f"{media.kind}_url" in self._refuses:
                return []
            source = {"type": "url", "url": media.url}
        elif media.data is None:
            return []
        elif kind == "image":
            mime = _image_mime(media)
            source = {"type": "base64", "media_type": mime, "data": media.data}
        else:
            source = _document(media)
        block: Json = {"type": kind, "source": source}
        if kind == "document" and media.name:
            block["title"] = media.name
        return [self.hinted(block, media.cache)]


def arguments_of(call: ToolCall) -> tuple[Json, str | None]:
    """Return a call's arguments as an object, and what to tell the model if they are none, as when
    its answer was cut short.
    """
    given = arguments_object(call.arguments, free_text=call.free_text)
    if given is not None:
        return given, None
    return {}, (
        f"[The arguments of the next call of {call.name} were no JSON object and are left out: "
        f"{call.arguments}]"
    )


def _thoughts(thoughts: Reasoning) -> list[Json]:
    if not is_replayable(thoughts):
        return []
    if thoughts.redacted is not None:
        return [{"type": "redacted_thinking", "data": thoughts.redacted}]
    return [{"type": "thinking", "thinking": thoughts.text, "signature": thoughts.signature}]


def _image_mime(media: Media) -> str:
    if media.mime is not None:
        return "image/jpeg" if media.mime == "image/jpg" else media.mime
    data = media.data or ""
    return next((mime for magic, mime in _IMAGE_MAGIC if data.startswith(magic)), "image/png")


def _document(media: Media) -> Json:
    """Return a file as a source. What is neither text nor PDF goes as it is, so that the provider
    says by name what it does not read.
    """
    mime, data = media.mime or "application/pdf", media.data or ""
    if mime.startswith("text/") or mime == "application/json":
        try:
            text = base64.b64decode(data, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = None
        if text is not None:
            return {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "base64", "media_type": mime, "data": data}
