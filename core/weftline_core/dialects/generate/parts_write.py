"""Writes the messages of a request to Google.

Turns of one role are merged; what tools answered stands first in a user's turn, and media of tools
after it, since old models take no media inside an answer.
"""

from typing import Final

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.arguments import arguments_object
from weftline_core.dialects.generate.media import default_mime, features_of, mime_of_url
from weftline_core.dialects.generate.parts_read import ORIGIN

# What Google wants in place of a signature on calls that another model made. Source: "Thought
# signatures" at ai.google.dev, on histories from elsewhere.
NO_SIGNATURE: Final = "skip_thought_signature_validator"

_Json = dict[str, object]


class PartsWriter:
    """Writes one request's contents. refuses: names of features to leave out. style: Gemini 3 and
    later, which know levels, insist on signatures.
    """

    __slots__ = ("_names", "_refuses", "_signed")

    def __init__(self, refuses: frozenset[str], style: ReasoningStyle | None) -> None:
        self._refuses = refuses
        self._signed = style == "level"
        self._names: dict[str, str] = {}

    def contents(self, conversation: Conversation) -> list[_Json]:
        """Return the contents; never none, for Google refuses that."""
        merged: list[tuple[str, list[_Json]]] = []
        for turn in self._turns(conversation):
            role = "model" if turn.role == "assistant" else "user"
            parts = self._turn(turn)
            if not parts:
                continue
            if merged and merged[-1][0] == role:
                merged[-1][1].extend(parts)
            else:
                merged.append((role, parts))
        for role, parts in merged:
            if role == "user":
                # Sorting keeps the order of equals.
                parts.sort(key=lambda part: "functionResponse" not in part)
            elif self._signed:
                _sign(parts)
        if not merged:
            merged.append(("user", [{"text": " "}]))
        return [{"role": role, "parts": parts} for role, parts in merged]

    def _turns(self, conversation: Conversation) -> list[Turn]:
        turns = conversation.turns
        if turns and turns[-1].role == "assistant" and not self._takes(Feature.PREFILL):
            turns = turns[:-1]
        if not self._takes(Feature.LATE_SYSTEM):
            turns = [turn for turn in turns if turn.role != "system"]
        return turns

    def _turn(self, turn: Turn) -> list[_Json]:
        out: list[_Json] = []
        for part in turn.parts:
            self._write(part, out)
        return out

    def _write(self, part: Part, out: list[_Json]) -> None:
        if isinstance(part, Text | Refusal):
            if part.text:
                out.append({"text": part.text})
        elif isinstance(part, Media):
            self._media(part, out)
        elif isinstance(part, ToolCall):
            out.append(self._call(part))
        elif isinstance(part, ToolResult):
            self._result(part, out)
        elif isinstance(part, Reasoning):
            self._reasoning(part, out)
        elif part.origin == ORIGIN:
            out.append(part.value)

    def _takes(self, feature: Feature) -> bool:
        return feature.value not in self._refuses

    def _media(self, media: Media, out: list[_Json]) -> None:
        used = features_of(media.kind, by_url=media.url is not None)
        if not all(map(self._takes, used)):
            return
        if media.data is not None:
            mime = media.mime or default_mime(media.kind)
            out.append({"inlineData": {"mimeType": mime, "data": media.data}})
        elif media.url is not None:
            file: _Json = {"fileUri": media.url}
            known = media.mime or mime_of_url(media.url)
            if known is not None:
                file["mimeType"] = known
            out.append({"fileData": file})

    def _call(self, call: ToolCall) -> _Json:
        self._names[call.id] = call.name
        args = arguments_object(call.arguments, free_text=call.free_text) or {}
        part: _Json = {"functionCall": {"id": call.id, "name": call.name, "args": args}}
        if call.signature and self._takes(Feature.REASONING_REPLAY):
            part["thoughtSignature"] = call.signature
        return part

    def _result(self, result: ToolResult, out: list[_Json]) -> None:
        texts = [part.text for part in result.parts if isinstance(part, Text)]
        is_error = result.is_error and self._takes(Feature.TOOL_RESULT_ERROR)
        response: _Json = {
            "id": result.call_id,
            "name": result.name or self._names.get(result.call_id, "unknown"),
            "response": {"error" if is_error else "result": "\n".join(texts)},
        }
        out.append({"functionResponse": response})
        if self._takes(Feature.TOOL_RESULT_MEDIA):
            for part in result.parts:
                if isinstance(part, Media):
                    self._media(part, out)

    def _reasoning(self, part: Reasoning, out: list[_Json]) -> None:
        if part.origin != ORIGIN or not self._takes(Feature.REASONING_REPLAY):
            return
        if part.text:
            written: _Json = {"text": part.text, "thought": True}
            if part.signature:
                written["thoughtSignature"] = part.signature
            out.append(written)
        elif part.signature:
            # A signature belongs to the part with which it came.
            if out and out[-1].keys() == {"text"}:
                out[-1]["thoughtSignature"] = part.signature
            else:
                out.append({"text": "", "thoughtSignature": part.signature})


def _sign(parts: list[_Json]) -> None:
    """Give the first call of a turn the mark of calls from elsewhere, if it has no signature."""
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None:
        first.setdefault("thoughtSignature", NO_SIGNATURE)
