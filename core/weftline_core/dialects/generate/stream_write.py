"""Writes a stream for a client.

Text goes out at once. Tool calls wait until they are whole, for clients expect their arguments as
an object; reasons to finish and usage wait for the last frame. Lines end in CRLF as Google's do,
and nothing marks the end.
"""

from typing import Final

import orjson

from weftline_core.chat.answer import Citation, Stop
from weftline_core.chat.events import (
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Finish,
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.chat.parts import ToolCall
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.generate.answer_write import (
    call_part,
    grounding_of,
    logprobs_result,
    reason_for,
    shows_thoughts,
)
from weftline_core.dialects.generate.parts_read import ORIGIN
from weftline_core.dialects.generate.usage import metadata_of
from weftline_core.usage import Usage

_END: Final = b"\r\n\r\n"
_TEXT: Final = b'data: {"candidates":[{"content":{"parts":[{"text":'

_Json = dict[str, object]


class _Call:
    """A call that is not whole yet."""

    __slots__ = ("begin", "pieces")

    def __init__(self, begin: CallBegin) -> None:
        self.begin = begin
        self.pieces: list[str] = []


class GenerateWriter:
    """Writes one stream."""

    __slots__ = (
        "_calls",
        "_finishes",
        "_malformed",
        "_refused",
        "_sources",
        "_tail",
        "_text_tail",
        "_thoughts",
        "_usage",
    )

    def __init__(self, echo: Echo) -> None:
        ids = orjson.dumps({"modelVersion": echo.model, "responseId": echo.request_id})
        self._tail: bytes = b"," + ids[1:] + _END
        self._text_tail: bytes = b'}],"role":"model"},"index":0}]' + self._tail
        self._thoughts = shows_thoughts(echo)
        self._calls: dict[tuple[int, int], _Call] = {}
        self._finishes: dict[int, Stop] = {}
        self._malformed: set[int] = set()
        self._refused: set[int] = set()
        self._sources: dict[int, list[Citation]] = {}
        self._usage: Usage | None = None

    def write(self, events: list[Event]) -> bytes:
        """Return these events as frames; the last one comes with `Done`."""
        out: list[bytes] = []
        for event in events:
            if type(event) is TextDelta and event.choice == 0:
                out += (_TEXT, orjson.dumps(event.text), self._text_tail)
            elif (part := self._part(event)) is not None:
                out.append(part)
        return b"".join(out)

    def _part(self, event: Event) -> bytes | None:
        """Return the frame of an event other than the usual one, or None."""
        match event:
            case CallDelta() | CallBegin() | CallEnd():
                return self._call(event)
            case Used():
                self._usage = event.usage
            case TextDelta() | RefusalDelta():
                if isinstance(event, RefusalDelta):
                    self._refused.add(event.choice)
                return self._frame({"text": event.text}, event.choice)
            case ReasoningDelta() | ReasoningProof():
                return self._thought(event)
            case MediaDelta():
                blob = {"mimeType": event.mime, "data": event.data}
                return self._frame({"inlineData": blob}, event.choice)
            case _:
                return self._note(event)
        return None

    def _thought(self, event: ReasoningDelta | ReasoningProof) -> bytes | None:
        if isinstance(event, ReasoningDelta):
            shown: _Json = {"text": event.text, "thought": True}
            return self._frame(shown, event.choice) if self._thoughts else None
        # A signature of another provider must not come back to us as one of Google's.
        if event.origin != ORIGIN or not event.signature:
            return None
        return self._frame({"text": "", "thoughtSignature": event.signature}, event.choice)

    def _call(self, event: CallBegin | CallDelta | CallEnd) -> bytes | None:
        key = (event.choice, event.call)
        if isinstance(event, CallBegin):
            self._calls[key] = _Call(event)
            return None
        call = self._calls.get(key)
        if call is None:
            return None
        if isinstance(event, CallDelta):
            call.pieces.append(event.arguments)
            return None
        del self._calls[key]
        begin = call.begin
        part = call_part(
            ToolCall(
                id=begin.id,
                name=begin.name,
                arguments="".join(call.pieces),
                signature=begin.signature,
                free_text=begin.free_text,
            )
        )
        if part is None:
            self._malformed.add(event.choice)
            return None
        return self._frame(part, event.choice)

    def _note(self, event: Event) -> bytes | None:
        """Keep what the last frame needs; with `Done` return it."""
        if isinstance(event, Finish):
            self._finishes[event.choice] = event.stop
        elif isinstance(event, Cited):
            self._sources.setdefault(event.choice, []).append(event.citation)
        elif isinstance(event, Logprobs):
            extra: _Json = {"logprobsResult": logprobs_result(event.tokens)}
            return self._frame({"text": ""}, event.choice, extra)
        elif isinstance(event, Done):
            return self._last()
        return None

    def _frame(self, part: _Json, choice: int, extra: _Json | None = None) -> bytes:
        candidate: _Json = {"content": {"parts": [part], "role": "model"}, "index": choice}
        body = orjson.dumps({"candidates": [candidate | (extra or {})]})
        return b"data: " + body[:-1] + self._tail

    def _last(self) -> bytes:
        body: _Json = {
            "candidates": [
                self._finished(choice, stop) for choice, stop in sorted(self._finishes.items())
            ]
        }
        if self._usage is not None:
            body["usageMetadata"] = metadata_of(self._usage)
        return b"data: " + orjson.dumps(body)[:-1] + self._tail

    def _finished(self, choice: int, stop: Stop) -> _Json:
        if stop is Stop.END and choice in self._refused:
            stop = Stop.REFUSED
        candidate: _Json = {
            "content": {"parts": [{"text": ""}], "role": "model"},
            "finishReason": reason_for(stop, malformed=choice in self._malformed),
            "index": choice,
        }
        if sources := self._sources.get(choice):
            candidate["groundingMetadata"] = grounding_of(sources)
        return candidate
