"""Reads a stream of Converse, whose binary messages reach it as server-sent events.

Text blocks begin without an event of their own, usage comes after the stop, and nothing marks the
end but the body's. Each payload has a filler `p` of random length, which is not read.
"""

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
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    TextDelta,
    Used,
)
from weftline_core.dialects.amazon_errors import named_verdict
from weftline_core.dialects.converse.shapes import (
    NAME,
    Image,
    Shape,
    SourceShape,
    TokenUsage,
    ToolUse,
    citation_of,
    stop_of,
    usage_of,
)
from weftline_core.dialects.open_calls import OpenCalls
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import broken
from weftline_core.eventstream import EXCEPTION
from weftline_core.sse import data_of, events
from weftline_core.verdict import Verdict

_EVENT: Final = b"event: "
_DATA: Final = b"\ndata: "


class _Input(Shape):
    """More of a call's arguments."""

    input: str = ""


class _Thoughts(Shape):
    """More thoughts, or what proves them."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class _Delta(Shape):
    """More of one block; exactly one field is set in those that are known."""

    text: str | None = None
    tool_use: _Input | None = None
    reasoning_content: _Thoughts | None = None
    citation: SourceShape | None = None
    image: Image | None = None


class _BlockDelta(Shape):
    content_block_index: int = 0
    delta: _Delta | None = None


class _Start(Shape):
    tool_use: ToolUse | None = None
    image: Image | None = None


class _BlockStart(Shape):
    content_block_index: int = 0
    start: _Start | None = None


class _BlockStop(Shape):
    content_block_index: int = 0


class _MessageStop(Shape):
    stop_reason: str


class _Metadata(Shape):
    usage: TokenUsage | None = None


_BLOCK_DELTA: Final = msgspec.json.Decoder(_BlockDelta)
_BLOCK_START: Final = msgspec.json.Decoder(_BlockStart)
_BLOCK_STOP: Final = msgspec.json.Decoder(_BlockStop)
_MESSAGE_STOP: Final = msgspec.json.Decoder(_MessageStop)
_METADATA: Final = msgspec.json.Decoder(_Metadata)


class ConverseReader:
    """Reads one stream."""

    __slots__ = (
        "_calls",
        "_finished",
        "_formats",
        "_over",
        "_read",
    )

    def __init__(self) -> None:
        self._calls = OpenCalls()
        self._formats: dict[int, str] = {}
        self._finished = False
        self._over = False
        self._read: dict[bytes, Callable[[bytes], list[Event] | None]] = {
            b"contentBlockDelta": self._block_delta,
            b"messageStart": self._message_start,
            b"contentBlockStart": self._block_start,
            b"contentBlockStop": self._block_stop,
            b"messageStop": self._message_stop,
            b"metadata": self._metadata,
        }

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say; unknown ones say nothing."""
        out: list[Event] = []
        for event in events(whole):
            if self._over:
                break
            head, _, data = event.partition(_DATA)
            name = head.removeprefix(_EVENT)
            if b"\n" in data:
                data = data_of(event)
            reader = self._read.get(name)
            if reader is not None:
                told = reader(data)
                if told is None:
                    told = self._failed(broken("sent an event that is none of Converse's"))
                out += told
            elif name.startswith(EXCEPTION.encode()):
                kind = name.decode(errors="replace").removeprefix(EXCEPTION)
                out += self._failed(named_verdict(kind, data))
        return out

    def end(self) -> list[Event]:
        """Return `Done` if the message had stopped; its usage may have been lost."""
        if self._over or not self._finished:
            return []
        self._over = True
        return [Done()]

    def _failed(self, verdict: Verdict) -> list[Event]:
        self._over = True
        return [Failed(verdict)]

    def _message_start(self, data: bytes) -> list[Event]:  # noqa: ARG002
        return [Begin(id="", model="")]

    def _block_delta(self, data: bytes) -> list[Event] | None:
        told = typed(data, _BLOCK_DELTA)
        if told is None or told.delta is None:
            return None
        delta = told.delta
        if delta.text is not None:
            return [TextDelta(delta.text)] if delta.text else []
        return self._rarer(told.content_block_index, delta)

    def _rarer(self, block: int, delta: _Delta) -> list[Event]:
        if delta.tool_use is not None:
            return self._calls.add(block, delta.tool_use.input)
        if delta.reasoning_content is not None:
            return _thoughts(delta.reasoning_content)
        if delta.citation is not None:
            citation = citation_of(delta.citation)
            return [Cited(citation)] if citation else []
        if delta.image is not None and delta.image.source is not None and delta.image.source.data:
            mime = f"image/{self._formats.get(block, 'png')}"
            return [MediaDelta(mime, delta.image.source.data)]
        return []

    def _block_start(self, data: bytes) -> list[Event] | None:
        told = typed(data, _BLOCK_START)
        if told is None or told.start is None:
            return None
        tool = told.start.tool_use
        if told.start.image is not None:
            self._formats[told.content_block_index] = told.start.image.format
        if tool is None or tool.kind is not None:
            # Another block, or a tool that ran at Bedrock: nobody else can answer the call.
            return []
        return self._calls.begin(told.content_block_index, tool.tool_use_id, tool.name)

    def _block_stop(self, data: bytes) -> list[Event] | None:
        told = typed(data, _BLOCK_STOP)
        if told is None:
            return None
        return self._calls.end(told.content_block_index)

    def _message_stop(self, data: bytes) -> list[Event] | None:
        told = typed(data, _MESSAGE_STOP)
        if told is None:
            return None
        stop = stop_of(told.stop_reason)
        if stop is None:
            return self._failed(broken(f"ended it as {told.stop_reason}"))
        self._finished = True
        return [*self._calls.close(), Finish(stop)]

    def _metadata(self, data: bytes) -> list[Event] | None:
        told = typed(data, _METADATA)
        if told is None:
            return None
        usage = usage_of(told.usage)
        out: list[Event] = [Used(usage)] if usage else []
        if self._finished:
            # The last event there is: no need to wait for the body's end.
            self._over = True
            out.append(Done())
        return out


def _thoughts(told: _Thoughts) -> list[Event]:
    if told.text:
        return [ReasoningDelta(told.text)]
    if told.signature or told.redacted_content:
        return [ReasoningProof(NAME, told.signature, told.redacted_content)]
    return []
