"""Reads a stream of Cohere: named events whose data has the name too, `message-end` as the last."""

from collections.abc import Callable
from typing import Final

import msgspec

from weftline_core.chat.events import (
    Begin,
    Cited,
    Done,
    Event,
    Failed,
    Finish,
    ReasoningDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.cohere_chat.shapes import (
    CitationShape,
    Content,
    ToolCallShape,
    UsageShape,
    citations_of,
    stop_of,
    usage_of,
)
from weftline_core.dialects.cohere_errors import failed, message_of
from weftline_core.dialects.open_calls import OpenCalls
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import broken, json_object
from weftline_core.sse import data_of, events
from weftline_core.verdict import Verdict

# Not sent by Cohere itself, but by boxes that make its streams look like others.
_DONE: Final = b"[DONE]"


class _Message(msgspec.Struct):
    """Some of the answer; in `message-start` its lists are empty, elsewhere they are one object."""

    content: Content | list[Content] | None = None
    tool_plan: str | None = None
    tool_calls: ToolCallShape | list[ToolCallShape] | None = None
    citations: CitationShape | list[CitationShape] | None = None


class _Delta(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None
    error: str | None = None
    usage: UsageShape | None = None


class _Event(msgspec.Struct):
    kind: str = msgspec.field(name="type")
    id: str | None = None
    index: int = 0
    delta: _Delta | None = None


_EVENT: Final = msgspec.json.Decoder(_Event)
_NOTHING: Final = _Message()


class CohereReader:
    """Reads one stream."""

    __slots__ = (
        "_calls",
        "_over",
        "_read",
        "_starts",
        "_text_chars",
    )

    def __init__(self) -> None:
        self._calls = OpenCalls()
        # Where each content part begins in the whole text, for what cites it.
        self._starts: dict[int, int] = {}
        self._text_chars = 0
        self._over = False
        self._read: dict[str, Callable[[_Event, _Message], list[Event]]] = {
            "content-delta": self._content,
            "content-start": self._content_start,
            "message-start": self._message_start,
            "tool-plan-delta": self._plan,
            "tool-call-start": self._call_start,
            "tool-call-delta": self._call_delta,
            "tool-call-end": self._call_end,
            "citation-start": self._citation,
            "message-end": self._message_end,
        }

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say; unknown ones, and ends of parts, say nothing."""
        out: list[Event] = []
        for event in events(whole):
            data = data_of(event.partition(b"\n")[2] if event.startswith(b"event: ") else event)
            if self._over:
                break
            if data and data != _DONE:
                out += self._event(data)
        return out

    def end(self) -> list[Event]:
        """Return nothing: only `message-end` is an end."""
        return []

    def _event(self, data: bytes) -> list[Event]:
        told = typed(data, _EVENT)
        if told is None:
            message = message_of(json_object(data) or {})
            if message:
                return self._failed(failed(message))
            return self._failed(broken("sent an event that is none of Cohere's"))
        reader = self._read.get(told.kind)
        if reader is None:
            return []
        return reader(told, (told.delta.message if told.delta else None) or _NOTHING)

    def _failed(self, verdict: Verdict) -> list[Event]:
        self._over = True
        return [Failed(verdict)]

    def _message_start(self, told: _Event, message: _Message) -> list[Event]:  # noqa: ARG002
        return [Begin(id=told.id or "", model="")]

    def _content_start(self, told: _Event, message: _Message) -> list[Event]:
        self._starts[told.index] = self._text_chars
        return self._content(told, message)

    def _content(self, told: _Event, message: _Message) -> list[Event]:  # noqa: ARG002
        content = message.content
        if isinstance(content, Content):
            if content.text:
                self._text_chars += len(content.text)
                return [TextDelta(content.text)]
            if content.thinking:
                return [ReasoningDelta(content.thinking)]
        return []

    def _plan(self, told: _Event, message: _Message) -> list[Event]:  # noqa: ARG002
        """Return the plan before a tool call as text, as other models say theirs."""
        if not message.tool_plan:
            return []
        self._text_chars += len(message.tool_plan)
        return [TextDelta(message.tool_plan)]

    def _call_start(self, told: _Event, message: _Message) -> list[Event]:
        call = message.tool_calls
        if not isinstance(call, ToolCallShape) or not call.id:
            return self._failed(broken("sent a tool call without an id"))
        function = call.function
        if function is None or not function.name:
            return self._failed(broken("sent a tool call without a name"))
        return self._calls.begin(told.index, call.id, function.name, function.arguments or "")

    def _call_delta(self, told: _Event, message: _Message) -> list[Event]:
        call = message.tool_calls
        if not isinstance(call, ToolCallShape) or call.function is None:
            return []
        return self._calls.add(told.index, call.function.arguments or "")

    def _call_end(self, told: _Event, message: _Message) -> list[Event]:  # noqa: ARG002
        return self._calls.end(told.index)

    def _citation(self, told: _Event, message: _Message) -> list[Event]:  # noqa: ARG002
        cited = message.citations
        if not isinstance(cited, CitationShape):
            return []
        return [Cited(citation) for citation in citations_of(cited, self._starts)]

    def _message_end(self, told: _Event, message: _Message) -> list[Event]:  # noqa: ARG002
        delta = told.delta or _Delta()
        stop = stop_of(delta.finish_reason or "")
        if delta.finish_reason is None and delta.error is None:
            return self._failed(broken("ended its answer without a reason"))
        if stop is None or delta.error is not None:
            return self._failed(failed(delta.error))
        self._over = True
        usage = usage_of(delta.usage)
        used: list[Event] = [Used(usage)] if usage else []
        return [*self._calls.close(), Finish(stop), *used, Done()]
