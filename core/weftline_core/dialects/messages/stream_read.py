"""Reads a host's stream into events of no dialect.

Hosts repeat `message_start`, even in the middle, and leave pings out; events and blocks of kinds
that nobody here knows are passed over. Only a stream that says why it stopped is complete.
"""

from typing import Final, cast

import msgspec

from weftline_core.chat.answer import Stop
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Failed,
    Finish,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.amazon_errors import named_verdict
from weftline_core.dialects.messages.answer_read import citation_of, refusal_of, text_or
from weftline_core.dialects.messages.errors import inner_verdict, is_error
from weftline_core.dialects.messages.shapes import Delta, Json, StreamEvent
from weftline_core.dialects.messages.tables import NAME, STOPS
from weftline_core.dialects.messages.usage import merged, usage_of
from weftline_core.dialects.wire import broken, compact, json_object
from weftline_core.eventstream import EXCEPTION
from weftline_core.sse import data_of, events
from weftline_core.verdict import Verdict

_EXCEPTION_HEAD: Final = b"event: " + EXCEPTION.encode()
DELTA_HEAD: Final = b"event: content_block_delta\ndata: "
_EVENT: Final = msgspec.json.Decoder(StreamEvent)

# What some gateways add after the end, or instead of nothing.
NOISE: Final = (b"", b"[DONE]")
KINDS: Final = frozenset(
    (
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    )
)


def fault_of(raw: bytes, data: bytes, fields: Json | None) -> Verdict | None:
    """Return what an event means that is an error, or no JSON object; None for any other.
    raw: the whole event. fields: its data as JSON.
    """
    if raw.startswith(_EXCEPTION_HEAD):
        name = raw.partition(b"\n")[0][len(_EXCEPTION_HEAD) :]
        return named_verdict(name.decode("latin-1"), data)
    if data in NOISE:
        return None
    if fields is None:
        return broken("sent an event that is no JSON object")
    return inner_verdict(fields) if is_error(fields) else None


def is_known(fields: Json) -> bool:
    """Return whether an event is of a kind that says something of the answer."""
    return text_or(fields.get("type")) in KINDS


class _Block:
    """An open block. call: its number among the calls, or None. given: the arguments that stood in
    its start. said: others have come. signature: of the thoughts, so far.
    """

    __slots__ = ("call", "given", "said", "signature")

    def __init__(self) -> None:
        self.call: int | None = None
        self.given = "{}"
        self.said = False
        self.signature = ""


class MessagesReader:
    """Reads one stream."""

    __slots__ = ("_begun", "_blocks", "_calls", "_counts", "_finished", "_over")

    def __init__(self) -> None:
        self._begun = False
        self._blocks: dict[int, _Block] = {}
        self._calls = 0
        self._counts: Json = {}
        self._finished = False
        self._over = False

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say. An event that breaks the dialect becomes a `Failed`."""
        told: list[Event] = []
        for raw in events(whole):
            if self._over:
                return told
            data = raw[len(DELTA_HEAD) :] if raw.startswith(DELTA_HEAD) else data_of(raw)
            if not data and not raw.startswith(_EXCEPTION_HEAD):
                # A keep-alive. To find out by failing would take eight times as long.
                continue
            try:
                event = _EVENT.decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                patient = self._patient(raw, data)
                if isinstance(patient, Failed):
                    self._over = True
                    told.append(patient)
                    return told
                if patient is None:
                    continue
                event = patient
            delta = event.delta
            if delta is not None and delta.type == "text_delta" and not event.error:
                if delta.text:
                    told.append(TextDelta(delta.text))
                continue
            self._note(event, raw, told)
        return told

    def end(self) -> list[Event]:
        """Return nothing: without `message_stop` no answer is complete."""
        return []

    def _patient(self, raw: bytes, data: bytes) -> StreamEvent | Failed | None:
        """Read once more what is no event at first sight; None if it means nothing."""
        fields = json_object(data)
        fault = fault_of(raw, data, fields)
        if fault is not None:
            return Failed(fault)
        if fields is None or not is_known(fields):
            return None
        try:
            return msgspec.convert(fields, StreamEvent)
        except msgspec.ValidationError:
            return Failed(broken(f"sent a '{fields['type']}' event that breaks its protocol"))

    def _note(self, event: StreamEvent, raw: bytes, told: list[Event]) -> None:
        kind = "error" if event.error else event.type
        if kind == "content_block_delta":
            self._delta(event, told)
        elif kind == "content_block_start":
            self._start(event, told)
        elif kind == "content_block_stop":
            self._stop(event.index, told)
        elif kind == "message_start":
            self._message(event.message or {}, told)
        elif kind == "message_delta":
            self._finish(event, told)
        elif kind == "message_stop":
            self._over = True
            told.append(Done() if self._finished else Failed(broken("gave no reason to stop")))
        elif kind != "ping":
            data = data_of(raw)
            fault = fault_of(raw, data, json_object(data))
            if fault is not None:
                self._over = True
                told.append(Failed(fault))

    def _message(self, message: Json, told: list[Event]) -> None:
        self._counts = merged(self._counts, message.get("usage"))
        if self._begun:
            return
        self._begun = True
        usage = usage_of(self._counts)
        told.append(Begin(text_or(message.get("id")), text_or(message.get("model")), usage))

    def _start(self, event: StreamEvent, told: list[Event]) -> None:
        block = event.content_block or {}
        kind = block.get("type")
        self._stop(event.index, told)
        opened = self._blocks[event.index] = _Block()
        if kind == "text" and block.get("text"):
            told.append(TextDelta(text_or(block["text"])))
        elif kind == "thinking":
            opened.signature = text_or(block.get("signature"))
            if block.get("thinking"):
                told.append(ReasoningDelta(text_or(block["thinking"])))
        elif kind == "redacted_thinking":
            told.append(ReasoningProof(NAME, redacted=text_or(block.get("data"))))
        elif kind == "tool_use":
            opened.call, given = self._calls, block.get("input")
            if isinstance(given, dict):
                opened.given = compact(cast("Json", given))
            self._calls += 1
            call_id = text_or(block.get("id")) or f"toolu_{opened.call}"
            told.append(CallBegin(opened.call, call_id, text_or(block.get("name"))))

    def _delta(self, event: StreamEvent, told: list[Event]) -> None:
        delta = event.delta or Delta()
        block = self._blocks.get(event.index)
        if delta.thinking:
            told.append(ReasoningDelta(delta.thinking))
        elif delta.partial_json and block is not None and block.call is not None:
            block.said = True
            told.append(CallDelta(block.call, delta.partial_json))
        elif delta.signature and block is not None:
            block.signature += delta.signature
        elif delta.citation is not None:
            citation = citation_of(delta.citation)
            if citation is not None:
                told.append(Cited(citation))

    def _stop(self, index: int, told: list[Event]) -> None:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        if block.signature:
            told.append(ReasoningProof(NAME, signature=block.signature))
        if block.call is not None:
            if not block.said:
                # A call without arguments sends none; some hosts send them all at its start.
                told.append(CallDelta(block.call, block.given))
            told.append(CallEnd(block.call))

    def _finish(self, event: StreamEvent, told: list[Event]) -> None:
        if event.usage is not None:
            self._counts = merged(self._counts, event.usage)
            usage = usage_of(self._counts)
            if usage is not None:
                told.append(Used(usage))
        delta = event.delta or Delta()
        if delta.stop_reason is None or self._finished:
            return
        self._finished = True
        for index in list(self._blocks):
            self._stop(index, told)
        why = refusal_of(delta.stop_details)
        if why:
            told.append(RefusalDelta(why))
        stop = STOPS.get(delta.stop_reason, Stop.END)
        if stop is Stop.END and self._calls:
            stop = Stop.TOOL_CALLS
        told.append(Finish(stop, delta.stop_sequence))
