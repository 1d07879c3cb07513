"""Reads the items of a client's input into turns.

What an assistant said stands in many items (thoughts, words, calls); here they make one turn, and
so do the results of its calls. System messages before all others join the instructions.
"""

from collections.abc import Callable
from typing import cast

from weftline_core.chat.conversation import Role, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Foreign, Media, Part, Reasoning, Text, ToolCall, ToolResult
from weftline_core.dialects.notes import Notes
from weftline_core.dialects.responses.parts_read import RawParts, part_of
from weftline_core.dialects.responses.seal import call_signature, unsealed
from weftline_core.dialects.responses.shapes import (
    CUSTOM_CALL_FIELDS,
    FUNCTION_CALL_FIELDS,
    MESSAGE_FIELDS,
    NAME,
    REASONING_FIELDS,
    RESULT_FIELDS,
    CustomCallShape,
    FunctionCallShape,
    MessageShape,
    PartShape,
    ReasoningShape,
    ResultShape,
)
from weftline_core.dialects.shape import shaped, wrong


class ItemsReader:
    """Reads one input.

    system: what leads it. turns: the rest. elsewhere: earlier items lie at a provider, so that
    results may belong to calls that are not here.
    """

    def __init__(self, notes: Notes, *, elsewhere: bool) -> None:
        self.system: list[Text] = []
        self.turns: list[Turn] = []
        self._notes = notes
        self._elsewhere = elsewhere
        self._names: dict[str, str] = {}
        self._signature: str | None = None
        self._readers: dict[str, Callable[[dict[str, object], str], None]] = {
            "message": self._message,
            "function_call": self._function_call,
            "custom_tool_call": self._custom_call,
            "function_call_output": self._result,
            "custom_tool_call_output": self._result,
            "reasoning": self._reasoning,
        }

    def read(self, items: list[dict[str, object]]) -> None:
        """Read all items, in order.

        Raises:
            CallerError: one breaks the dialect.
        """
        for i, item in enumerate(items):
            path = f"input[{i}]"
            kind = item.get("type", "message" if "role" in item else None)
            if kind is None and "id" in item:
                kind = "item_reference"
            if not isinstance(kind, str):
                raise wrong(path, "an item needs a 'type' or a 'role'")
            reader = self._readers.get(kind)
            if reader is None:
                # A call of a provider's own tool, or a reference into its store.
                self._notes.note(Feature.FOREIGN_PART, path)
                self._add("assistant", [Foreign(origin=NAME, value=item)])
            else:
                reader(item, path)
        if items and self.turns and self.turns[-1].role == "assistant":
            last = items[-1]
            if last.get("role") == "assistant":
                self._notes.note(Feature.PREFILL, f"input[{len(items) - 1}]")

    def _message(self, item: dict[str, object], path: str) -> None:
        self._notes.check(item, MESSAGE_FIELDS, path)
        message = shaped(item, MessageShape, path)
        parts: list[Part]
        if isinstance(message.content, str):
            parts = [Text(text=message.content)]
        else:
            parts = self._parts(message.content, item["content"], f"{path}.content")
        if message.role in ("user", "assistant"):
            self._add("user" if message.role == "user" else "assistant", parts)
            return
        words = [part for part in parts if isinstance(part, Text)]
        if len(words) < len(parts):
            where = f"{path}.content"
            raise wrong(where, f"a {message.role} message holds only text")
        if self.turns:
            self._notes.note(Feature.LATE_SYSTEM, path)
            self._add("system", parts)
        else:
            self.system += words

    def _function_call(self, item: dict[str, object], path: str) -> None:
        self._notes.check(item, FUNCTION_CALL_FIELDS, path)
        call = shaped(item, FunctionCallShape, path)
        self._call(ToolCall(id=call.call_id, name=call.name, arguments=call.arguments))

    def _custom_call(self, item: dict[str, object], path: str) -> None:
        self._notes.check(item, CUSTOM_CALL_FIELDS, path)
        call = shaped(item, CustomCallShape, path)
        self._notes.note(Feature.TOOL_FREE_TEXT, path)
        self._call(ToolCall(id=call.call_id, name=call.name, arguments=call.input, free_text=True))

    def _call(self, call: ToolCall) -> None:
        self._names[call.id] = call.name
        call.signature, self._signature = self._signature, None
        self._add("assistant", [call])

    def _result(self, item: dict[str, object], path: str) -> None:
        self._notes.check(item, RESULT_FIELDS, path)
        result = shaped(item, ResultShape, path)
        name = self._names.get(result.call_id)
        if name is None and not self._elsewhere:
            where = f"{path}.call_id"
            raise wrong(where, "no call before it has this id")
        parts: list[Text | Media] = []
        if isinstance(result.output, str):
            parts.append(Text(text=result.output))
        else:
            under = f"{path}.output"
            for i, part in enumerate(self._parts(result.output, item["output"], under)):
                if not isinstance(part, Text | Media):
                    where = f"{under}[{i}]"
                    raise wrong(where, "a tool cannot answer this")
                if isinstance(part, Media):
                    self._notes.note(Feature.TOOL_RESULT_MEDIA, f"{under}[{i}]")
                parts.append(part)
        self._add("tool", [ToolResult(call_id=result.call_id, name=name or "", parts=parts)])

    def _reasoning(self, item: dict[str, object], path: str) -> None:
        self._notes.check(item, REASONING_FIELDS, path)
        thoughts = shaped(item, ReasoningShape, path)
        if (signature := call_signature(thoughts.encrypted_content)) is not None:
            self._signature = signature
            return
        text = "\n\n".join(piece.text for piece in thoughts.content or thoughts.summary)
        found: list[Part] = []
        if thoughts.encrypted_content:
            found += unsealed(thoughts.id, text, thoughts.encrypted_content)
        elif text:
            found.append(Reasoning(text=text, origin=NAME))
        if found:
            self._notes.note(Feature.REASONING_REPLAY, path)
            self._add("assistant", found)

    def _parts(self, parts: list[PartShape], raw: object, path: str) -> list[Part]:
        pairs = zip(parts, cast("RawParts", raw), strict=True)
        return [part_of(p, r, f"{path}[{i}]", self._notes) for i, (p, r) in enumerate(pairs)]

    def _add(self, role: Role, parts: list[Part]) -> None:
        last = self.turns[-1] if self.turns else None
        if last is not None and last.role == role and role in ("assistant", "tool"):
            last.parts += parts
        else:
            self.turns.append(Turn(role=role, parts=parts))
