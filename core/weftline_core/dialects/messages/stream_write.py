"""Writes events as a client's stream.

Blocks of this dialect never interleave. What comes for another block while a tool call is still
open waits until that call is whole, so that every call is told in one piece and in its order. The
last two events wait for `Done`, since usage may come after the model has stopped.
"""

from typing import Final, Literal, TypeAlias, cast

import orjson

from weftline_core.chat.answer import Stop
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Finish,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.messages.answer_write import citation_object, message_id
from weftline_core.dialects.messages.shapes import Json
from weftline_core.dialects.messages.tables import NAME, STOP_REASONS
from weftline_core.dialects.messages.tool_ids import ToolIds, signed_id
from weftline_core.dialects.messages.usage import usage_object
from weftline_core.usage import Usage

Kind: TypeAlias = Literal["text", "thinking", "tool_use"]

_PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'
_STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_END: Final = b"}}\n\n"
# What waits and belongs to no call.
_NO_CALL: Final = -1
_FIELDS: Final = {
    "text_delta": b'"text":',
    "thinking_delta": b'"thinking":',
    "signature_delta": b'"signature":',
    "input_json_delta": b'"partial_json":',
}
_EMPTY: Final[dict[Kind, Json]] = {
    "text": {"type": "text", "text": ""},
    "thinking": {"type": "thinking", "thinking": "", "signature": ""},
}


class MessagesWriter:
    """Writes one stream."""

    __slots__ = (
        "_begun",
        "_call",
        "_echo",
        "_finish",
        "_held",
        "_ids",
        "_index",
        "_open",
        "_pinged",
        "_refused",
        "_signature",
        "_text_head",
        "_usage",
    )

    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self._begun = False
        self._pinged = False
        self._index = -1
        self._open: Kind | None = None
        self._text_head = b""
        # The open tool call, and what waits for its end, by call.
        self._call: int | None = None
        self._held: dict[int, list[Event]] = {}
        self._ids = ToolIds()
        self._signature = ""
        self._refused = False
        self._finish: Finish | None = None
        self._usage: Usage | None = None

    def write(self, events: list[Event]) -> bytes:
        """Return these events in the dialect, as whole events, maybe none."""
        if len(events) == 1 and self._open == "text":
            # What nearly every event of every stream is.
            event = events[0]
            if type(event) is TextDelta and not event.choice:
                return self._text_head + orjson.dumps(event.text) + _END
        out: list[bytes] = []
        for event in events:
            self._take(event, out)
        return b"".join(out)

    def _take(self, event: Event, out: list[bytes]) -> None:
        kind = type(event)
        if kind is Used:
            self._usage = cast("Used", event).usage
        elif kind is Begin:
            begin = cast("Begin", event)
            self._usage = begin.usage or self._usage
            self._start_message(out)
        elif kind is Done:
            self._done(out)
        elif getattr(event, "choice", 0):
            # This dialect has one answer.
            return
        elif kind is Finish:
            self._finish = cast("Finish", event)
        elif self._call is not None and getattr(event, "call", None) != self._call:
            self._held.setdefault(getattr(event, "call", _NO_CALL), []).append(event)
        else:
            self._content(event, out)
            self._drain(out)

    def _content(self, event: Event, out: list[bytes]) -> None:
        match event:
            case TextDelta() | RefusalDelta():
                self._refused = self._refused or isinstance(event, RefusalDelta)
                self._within("text", out)
                out.append(self._text_head + orjson.dumps(event.text) + _END)
            case ReasoningDelta():
                self._think(event, out)
            case ReasoningProof():
                self._prove(event, out)
            case CallBegin():
                self._close(out)
                call_id = signed_id(self._ids.call(event.id), event.signature)
                block: Json = {"type": "tool_use", "id": call_id}
                block["name"], block["input"] = event.name, {}
                self._start("tool_use", block, out)
                self._call = event.call
            case CallDelta():
                if self._call is not None and event.arguments:
                    out.append(self._delta("input_json_delta", event.arguments))
            case CallEnd():
                self._close(out)
            case Cited():
                self._cite(event, out)
            case _:
                return

    def _cite(self, cited: Cited, out: list[bytes]) -> None:
        """Say where the open text is from; there is no other place to say it."""
        if self._open != "text":
            return
        delta = {"type": "citations_delta", "citation": citation_object(cited.citation)}
        out.append(_event("content_block_delta", {"index": self._index, "delta": delta}))

    def _think(self, thoughts: ReasoningDelta, out: list[bytes]) -> None:
        if self._signature:
            # Its proof has ended the block before.
            self._close(out)
        self._within("thinking", out)
        out.append(self._delta("thinking_delta", thoughts.text))

    def _prove(self, proof: ReasoningProof, out: list[bytes]) -> None:
        """Hand on a proof that is good in this dialect; any other would be refused when it comes
        back.
        """
        if proof.origin != NAME:
            return
        if proof.redacted is not None:
            self._close(out)
            self._index += 1
            block: Json = {"type": "redacted_thinking", "data": proof.redacted}
            self._start_block(block, out)
            out.append(_event("content_block_stop", {"index": self._index}))
        elif proof.signature:
            self._within("thinking", out)
            self._signature = proof.signature

    def _drain(self, out: list[bytes]) -> None:
        """Tell what has waited for the end of a call, one block after another."""
        while self._call is None and self._held:
            for event in self._held.pop(next(iter(self._held))):
                self._content(event, out)

    def _within(self, kind: Kind, out: list[bytes]) -> None:
        """See that a block of this kind is open."""
        if self._open != kind:
            self._close(out)
            self._start(kind, _EMPTY[kind], out)

    def _start(self, kind: Kind, block: Json, out: list[bytes]) -> None:
        self._index += 1
        self._open = kind
        if kind == "text":
            self._text_head = self._head("text_delta")
        self._start_block(block, out)

    def _start_block(self, block: Json, out: list[bytes]) -> None:
        self._start_message(out)
        out.append(_event("content_block_start", {"index": self._index, "content_block": block}))
        self._ping(out)

    def _close(self, out: list[bytes]) -> None:
        if self._open is None:
            return
        if self._open == "thinking":
            # Clients expect a signature; an empty one says that there is none.
            out.append(self._delta("signature_delta", self._signature))
            self._signature = ""
        self._open = self._call = None
        out.append(_event("content_block_stop", {"index": self._index}))

    def _head(self, kind: str) -> bytes:
        return (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
            b'"delta":{"type":"%b",%b' % (self._index, kind.encode(), _FIELDS[kind])
        )

    def _delta(self, kind: str, text: str) -> bytes:
        return self._head(kind) + orjson.dumps(text) + _END

    def _start_message(self, out: list[bytes]) -> None:
        if self._begun:
            return
        self._begun = True
        message: Json = {
            "id": message_id(self._echo.request_id),
            "type": "message",
            "role": "assistant",
            "model": self._echo.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_object(self._usage),
        }
        out.append(_event("message_start", {"message": message}))

    def _ping(self, out: list[bytes]) -> None:
        if not self._pinged:
            self._pinged = True
            out.append(_PING)

    def _done(self, out: list[bytes]) -> None:
        self._start_message(out)
        self._close(out)
        while self._held:
            self._drain(out)
            self._close(out)
        self._ping(out)
        finish = self._finish or Finish(Stop.END)
        stop = finish.stop
        if self._refused and stop is Stop.END:
            stop = Stop.REFUSED
        delta: Json = {"stop_reason": STOP_REASONS[stop], "stop_sequence": finish.sequence}
        out.append(_event("message_delta", {"delta": delta, "usage": usage_object(self._usage)}))
        out.append(_STOP)


def _event(kind: str, fields: Json) -> bytes:
    data = orjson.dumps({"type": kind, **fields})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"
