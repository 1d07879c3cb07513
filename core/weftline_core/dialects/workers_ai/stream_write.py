"""Writes a stream in Workers AI's native form; calls come whole, when all of one is there."""

from typing import Final

import orjson

from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Done,
    Event,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.workers_ai.answer_write import call_of, usage_of
from weftline_core.sse import frame
from weftline_core.usage import Usage

_END: Final = b"data: [DONE]\n\n"


class WorkersAiWriter:
    """Writes one stream. The form knows one answer, no thoughts and no reason for the end."""

    __slots__ = ("_calls", "_usage")

    def __init__(self) -> None:
        self._calls: dict[int, tuple[str, str, list[str]]] = {}
        self._usage: Usage | None = None

    def write(self, events: list[Event]) -> bytes:
        """Return these events in the dialect."""
        if len(events) == 1 and type(event := events[0]) is TextDelta and not event.choice:
            return b'data: {"response":%b}\n\n' % orjson.dumps(event.text)
        return b"".join(self._one(event) for event in events)

    def _one(self, event: Event) -> bytes:
        match event:
            case TextDelta(text, 0) | RefusalDelta(text, 0):
                return frame(orjson.dumps({"response": text}))
            case CallBegin(call=call, id=call_id, name=name, choice=0):
                self._calls[call] = call_id, name, []
            case CallDelta(call, arguments, 0):
                self._calls[call][2].append(arguments)
            case CallEnd(call, 0):
                call_id, name, pieces = self._calls.pop(call)
                made = call_of(call_id, name, "".join(pieces))
                return frame(orjson.dumps({"response": "", "tool_calls": [made]}))
            case Begin(usage=usage) | Used(usage):
                self._usage = usage or self._usage
            case Done():
                return self._last() + _END
            case _:
                pass
        return b""

    def _last(self) -> bytes:
        last: dict[str, object] = {"response": ""}
        if self._usage is not None:
            last["usage"] = usage_of(self._usage)
        return frame(orjson.dumps(last))
