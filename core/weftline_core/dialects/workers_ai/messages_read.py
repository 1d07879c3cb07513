"""A client's messages to Workers AI, as turns.

Older clients give calls and results without ids: such a call gets one by its place, and such a
result belongs to the first call of its tool that still waits for one.
"""

from typing import Final

import orjson

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Part, Text, ToolCall, ToolResult
from weftline_core.dialects.data_urls import read_data_url
from weftline_core.dialects.shape import wrong
from weftline_core.dialects.workers_ai.request_shapes import Call, Message, PartShape

_USUAL_MIME: Final = "image/png"


class MessagesReader:
    """Reads the messages of one request. paths: features, and where each first stands."""

    __slots__ = ("_names", "_waiting", "paths")

    def __init__(self, paths: dict[Feature, str]) -> None:
        self.paths = paths
        # Every call's tool, and the calls that have no result yet.
        self._names: dict[str, str] = {}
        self._waiting: list[str] = []

    def read(self, messages: list[Message]) -> tuple[list[Text], list[Turn]]:
        """Return the system prompt and the turns.

        Raises:
            CallerError: a message is wrong.
        """
        system: list[Text] = []
        turns: list[Turn] = []
        for i, message in enumerate(messages):
            here = f"messages[{i}]"
            if message.role == "system" and not turns:
                system += [Text(text=text) for text in self._words(message, here)]
            else:
                self._add(turns, message, here)
        if turns and turns[-1].role == "assistant":
            self.paths.setdefault(Feature.PREFILL, f"messages[{len(messages) - 1}]")
        return system, turns

    def _add(self, turns: list[Turn], message: Message, here: str) -> None:
        match message.role:
            case "user":
                turns.append(Turn(role="user", parts=self._parts(message, here)))
            case "system":
                self.paths.setdefault(Feature.LATE_SYSTEM, here)
                parts: list[Part] = [Text(text=text) for text in self._words(message, here)]
                turns.append(Turn(role="system", parts=parts))
            case "assistant":
                said: list[Part] = [Text(text=t) for t in self._words(message, here) if t]
                said += self._calls(message.tool_calls or [], here)
                if said:
                    turns.append(Turn(role="assistant", parts=said))
            case "tool":
                result = self._result(message, here)
                if turns and turns[-1].role == "tool":
                    turns[-1].parts.append(result)
                else:
                    turns.append(Turn(role="tool", parts=[result]))
            case _:
                raise wrong(f"{here}.role", "it is 'system', 'user', 'assistant' or 'tool'")

    def _words(self, message: Message, here: str) -> list[str]:
        parts = self._parts(message, here)
        texts = [part.text for part in parts if isinstance(part, Text)]
        if len(texts) != len(parts):
            raise wrong(f"{here}.content", f"role '{message.role}' takes text only")
        return texts

    def _parts(self, message: Message, here: str) -> list[Part]:
        content = message.content
        if isinstance(content, list):
            return [self._part(part, f"{here}.content[{i}]") for i, part in enumerate(content)]
        return [Text(text=content or "")]

    def _part(self, part: PartShape, here: str) -> Text | Media:
        if part.type == "text" and part.text is not None:
            return Text(text=part.text)
        if part.type == "image_url" and part.image_url is not None:
            where = f"{here}.image_url.url"
            self.paths.setdefault(Feature.IMAGE, where)
            url = part.image_url.url
            if not url.startswith("data:"):
                self.paths.setdefault(Feature.IMAGE_URL, where)
                return Media(kind="image", url=url)
            return inline_image(url, where)
        raise wrong(here, "a part is of type 'text' or 'image_url' and has a field so named")

    def _calls(self, calls: list[Call], here: str) -> list[Part]:
        made: list[Part] = []
        for i, call in enumerate(calls):
            named = call.function or call
            if not named.name:
                raise wrong(f"{here}.tool_calls[{i}].name", "a call names its tool")
            call_id = call.id or f"call_{len(self._names)}"
            self._names[call_id] = named.name
            self._waiting.append(call_id)
            made.append(ToolCall(id=call_id, name=named.name, arguments=_json(named.arguments)))
        return made

    def _result(self, message: Message, here: str) -> ToolResult:
        call_id = message.tool_call_id
        if call_id is None:
            open_calls = (c for c in self._waiting if message.name in (None, self._names[c]))
            call_id = next(open_calls, "")
        if call_id not in self._names:
            raise wrong(f"{here}.tool_call_id", "a result needs a tool call in a message before it")
        if call_id in self._waiting:
            self._waiting.remove(call_id)
        texts: list[Text | Media] = [Text(text=text) for text in self._words(message, here)]
        return ToolResult(call_id=call_id, name=self._names[call_id], parts=texts)


def inline_image(url: str, path: str) -> Media:
    """Return the image in a `data:` URL.

    Raises:
        CallerError: it is not in base64.
    """
    mime, data = read_data_url(url, path)
    return Media(kind="image", mime=mime or _USUAL_MIME, data=data)


def _json(arguments: str | dict[str, object]) -> str:
    return arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
