"""A client's messages, as turns."""

from collections.abc import Mapping
from typing import Final, cast

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.dialects.chat.call_ids import unsigned_id
from weftline_core.dialects.chat.parts_read import ORIGIN, read_parts
from weftline_core.dialects.chat.shapes import (
    CALL_FIELDS,
    MESSAGE_FIELDS,
    CallShape,
    MessageShape,
)
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.shape import wrong

_FUNCTIONS: Final = "functions are gone from this API: use 'tools', and messages of role 'tool'"


class MessagesReader:
    """Reads the messages of one request."""

    __slots__ = ("_notes", "_tools")

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        # The name of the tool behind each call so far.
        self._tools: dict[str, str] = {}

    def read(
        self, shapes: list[MessageShape], raw: list[Mapping[str, object]]
    ) -> tuple[list[Text], list[Turn]]:
        """Return the system prompt and the turns; raw: the messages as the client sent them."""
        if not shapes:
            raise wrong("messages", "there must be at least one")
        system: list[Text] = []
        turns: list[Turn] = []
        for i, shape in enumerate(shapes):
            path = f"messages[{i}]"
            self._notes.check(raw[i], MESSAGE_FIELDS, path)
            if shape.name and shape.role != "tool":
                self._notes.note(Feature.SPEAKER, f"{path}.name")
            if shape.role in ("system", "developer") and not turns:
                system += self._texts(shape, raw[i], path)
            else:
                self._add(turns, shape, raw[i], path)
        if turns and turns[-1].role == "assistant":
            self._notes.note(Feature.PREFILL, f"messages[{len(shapes) - 1}]")
        return system, turns

    def _add(
        self, turns: list[Turn], shape: MessageShape, raw: Mapping[str, object], path: str
    ) -> None:
        """Add one message; results of tools that stand together become one turn."""
        role = shape.role
        if role == "user":
            parts = self._content(shape, raw, path)
            turns.append(Turn(role="user", parts=parts, name=shape.name))
        elif role == "assistant":
            if parts := self._assistant(shape, raw, path):
                turns.append(Turn(role="assistant", parts=parts, name=shape.name))
        elif role == "tool":
            result = self._result(shape, raw, path)
            if turns and turns[-1].role == "tool":
                turns[-1].parts.append(result)
            else:
                turns.append(Turn(role="tool", parts=[result]))
        elif role == "function":
            raise wrong(f"{path}.role", _FUNCTIONS)
        else:
            self._notes.note(Feature.LATE_SYSTEM, path)
            texts = self._texts(shape, raw, path)
            turns.append(Turn(role="system", parts=list[Part](texts), name=shape.name))

    def _content(self, shape: MessageShape, raw: Mapping[str, object], path: str) -> list[Part]:
        content = shape.content
        if isinstance(content, str):
            return [Text(text=content)]
        if content is None:
            raise wrong(f"{path}.content", f"a message of role '{shape.role}' must have it")
        return read_parts(content, _list(raw, "content"), f"{path}.content", self._notes)

    def _texts(self, shape: MessageShape, raw: Mapping[str, object], path: str) -> list[Text]:
        texts: list[Text] = []
        for i, part in enumerate(self._content(shape, raw, path)):
            if not isinstance(part, Text):
                raise wrong(f"{path}.content[{i}]", f"role '{shape.role}' takes text only")
            texts.append(part)
        return texts

    def _result(self, shape: MessageShape, raw: Mapping[str, object], path: str) -> ToolResult:
        call_id = unsigned_id(shape.tool_call_id or "")[0]
        if call_id not in self._tools:
            raise wrong(
                f"{path}.tool_call_id",
                "it must be the 'id' of a tool call in a message before this",
            )
        parts: list[Text | Media] = []
        for i, part in enumerate(self._content(shape, raw, path)):
            here = f"{path}.content[{i}]"
            if isinstance(part, Media):
                self._notes.note(Feature.TOOL_RESULT_MEDIA, here)
            elif not isinstance(part, Text):
                raise wrong(here, "a tool's result takes text and media only")
            parts.append(part)
        return ToolResult(call_id=call_id, name=self._tools[call_id], parts=parts)

    def _assistant(self, shape: MessageShape, raw: Mapping[str, object], path: str) -> list[Part]:
        """Return the parts of an old answer; none if it is empty, which other dialects refuse."""
        if shape.function_call is not None:
            raise wrong(f"{path}.function_call", _FUNCTIONS)
        parts: list[Part] = []
        thoughts = "reasoning_content" if shape.reasoning_content else "reasoning"
        if text := shape.reasoning_content or shape.reasoning:
            self._notes.note(Feature.REASONING_REPLAY, f"{path}.{thoughts}")
            parts.append(Reasoning(text=text, origin=ORIGIN))
        if shape.content:
            parts += self._content(shape, raw, path)
        if shape.refusal:
            parts.append(Refusal(text=shape.refusal))
        if shape.audio is not None:
            self._notes.note(Feature.FOREIGN_PART, f"{path}.audio")
            parts.append(Foreign(origin=ORIGIN, value={"audio": shape.audio}))
        if shape.tool_calls:
            raws = _list(raw, "tool_calls")
            for i, call in enumerate(shape.tool_calls):
                here = f"{path}.tool_calls[{i}]"
                self._notes.check(raws[i], CALL_FIELDS, here)
                parts.append(self._call(call, here))
        return parts

    def _call(self, shape: CallShape, path: str) -> ToolCall:
        call_id, signature = unsigned_id(shape.id)
        if shape.type == "custom" and shape.custom is not None:
            made = ToolCall(
                id=call_id,
                name=shape.custom.name,
                arguments=shape.custom.input,
                signature=signature,
                free_text=True,
            )
            self._notes.note(Feature.TOOL_FREE_TEXT, f"{path}.custom")
        elif shape.type == "function" and shape.function is not None:
            made = ToolCall(
                id=call_id,
                name=shape.function.name,
                arguments=shape.function.arguments,
                signature=signature,
            )
        else:
            raise wrong(
                path, "a tool call is of type 'function' or 'custom' and has a field so named"
            )
        self._tools[call_id] = made.name
        return made


def _list(raw: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Return a list that was checked to be one of objects."""
    return cast("list[Mapping[str, object]]", raw[name])
