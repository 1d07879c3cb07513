"""Turns, as messages of a chat completion request."""

from collections.abc import Mapping
from typing import Final

from weftline_core.chat.conversation import Turn
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
from weftline_core.dialects.chat.call_ids import CallIdRule
from weftline_core.dialects.data_urls import data_url

_FORMATS: Final = {"audio/mpeg": "mp3", "audio/x-wav": "wav", "audio/wave": "wav"}
# An old answer or a tool's result that is empty: hosts want a string all the same.
_NOTHING: Final = ""
_NO_ARGUMENTS: Final = "{}"


class MessagesWriter:
    """Writes the messages of one request.

    call_id: what ids this host takes. replay: the field in which thoughts go back beside tool
    calls; None where they don't. refuses: features that are left out.
    """

    __slots__ = ("_call_id", "_refuses", "_replay", "_seen", "messages")

    def __init__(self, call_id: CallIdRule, replay: str | None, refuses: frozenset[str]) -> None:
        self._call_id = call_id
        self._replay = replay
        self._refuses = refuses
        # Media of tool results: they follow in a user's message, after all results of one answer.
        self._seen: list[dict[str, object]] = []
        self.messages: list[dict[str, object]] = []

    def system(self, texts: list[Text]) -> None:
        """Write the system prompt as one message of one string, which every host takes."""
        if text := "\n\n".join(part.text for part in texts if part.text):
            self.messages.append({"role": "system", "content": text})

    def turn(self, turn: Turn) -> None:
        """Write one turn: tool results first, each a message of its own."""
        rest: list[Part] = []
        for part in turn.parts:
            if isinstance(part, ToolResult):
                self._result(part)
            else:
                rest.append(part)
        if turn.role == "tool" and not rest:
            return
        self.flush()
        message: dict[str, object]
        if turn.role == "assistant":
            message = self._assistant(rest)
        elif turn.role == "system":
            # Better said by the user than not at all.
            role = "user" if Feature.LATE_SYSTEM in self._refuses else "system"
            message = {"role": role, "content": _words(rest)}
        else:
            message = {"role": "user", "content": self._content(rest)}
        if turn.name is not None and Feature.SPEAKER not in self._refuses:
            message["name"] = turn.name
        self.messages.append(message)

    def flush(self) -> None:
        """Write what tool results showed, once all of them are written."""
        if self._seen:
            self.messages.append({"role": "user", "content": self._seen})
            self._seen = []

    def _result(self, result: ToolResult) -> None:
        texts: list[Part] = []
        shown: list[dict[str, object]] = []
        for part in result.parts:
            if isinstance(part, Text):
                texts.append(part)
            elif Feature.TOOL_RESULT_MEDIA not in self._refuses:
                shown += self._media(part)
        self.messages.append(
            {
                "role": "tool",
                "tool_call_id": self._call_id(result.call_id),
                "content": _words(texts),
            }
        )
        if shown:
            self._seen.append({"type": "text", "text": f"What {result.name} showed:"})
            self._seen += shown

    def _content(self, parts: list[Part]) -> str | list[dict[str, object]]:
        """Return a user's content: a string if it is nothing but one text."""
        content: list[dict[str, object]] = []
        for part in parts:
            if isinstance(part, Text):
                if part.text:
                    content.append({"type": "text", "text": part.text})
            elif isinstance(part, Media):
                content += self._media(part)
        if not content:
            return _NOTHING
        if len(content) == 1 and (text := content[0].get("text")) is not None:
            return str(text)
        return content

    def _media(self, media: Media) -> list[dict[str, object]]:
        """Return a medium as this dialect has it; films and files at a URL it has not."""
        if media.kind == "image" and Feature.IMAGE not in self._refuses:
            return self._image(media)
        if media.kind == "audio" and media.data is not None and Feature.AUDIO not in self._refuses:
            mime = media.mime or "audio/wav"
            form = _FORMATS.get(mime) or mime.partition("/")[2]
            sound = {"data": media.data, "format": form}
            return [{"type": "input_audio", "input_audio": sound}]
        if media.kind == "file" and media.data is not None and Feature.FILE not in self._refuses:
            url = data_url(media.mime or "application/pdf", media.data)
            file = {"file_data": url, "filename": media.name or "file"}
            return [{"type": "file", "file": file}]
        return []

    def _image(self, media: Media) -> list[dict[str, object]]:
        if media.data is not None:
            url = data_url(media.mime or "image/png", media.data)
        elif media.url is not None and Feature.IMAGE_URL not in self._refuses:
            url = media.url
        else:
            return []
        image: dict[str, object] = {"url": url}
        if media.detail is not None and Feature.IMAGE_DETAIL not in self._refuses:
            image["detail"] = media.detail
        return [{"type": "image_url", "image_url": image}]

    def _assistant(self, parts: list[Part]) -> dict[str, object]:
        calls = [self._call(part) for part in parts if isinstance(part, ToolCall)]
        words = _words(parts)
        if not calls:
            return {"role": "assistant", "content": words}
        message: dict[str, object] = {"role": "assistant", "content": words or None}
        message["tool_calls"] = calls
        if self._replay is not None:
            thoughts = "".join(part.text for part in parts if isinstance(part, Reasoning))
            if thoughts:
                message[self._replay] = thoughts
        return message

    def _call(self, call: ToolCall) -> Mapping[str, object]:
        call_id = self._call_id(call.id)
        if call.free_text:
            custom = {"name": call.name, "input": call.arguments}
            return {"id": call_id, "type": "custom", "custom": custom}
        # Empty arguments are no JSON, and hosts that parse them fail on it.
        function = {"name": call.name, "arguments": call.arguments or _NO_ARGUMENTS}
        return {"id": call_id, "type": "function", "function": function}


def _words(parts: list[Part]) -> str:
    """Return the words of a message that has no media; those of a refusal too."""
    texts = [part.text for part in parts if isinstance(part, Text | Refusal) and part.text]
    return texts[0] if len(texts) == 1 else "\n".join(texts)
