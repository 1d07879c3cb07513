"""Reads a host's stream into events of a conversation.

Indexes of items may have gaps, since a provider's own tools take some; events that nobody here
knows are passed over, since hosts add new ones without notice.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from weftline_core.chat.answer import Stop
from weftline_core.chat.events import (
    Begin,
    Cited,
    Done,
    Event,
    Failed,
    Finish,
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.responses.answer_shapes import (
    CALLS,
    AnnotationShape,
    ItemShape,
    LogprobShape,
    ResponseShape,
    citation_of,
    item_of,
    logprobs_of,
    mime_of,
    stop_of,
    thoughts_of,
)
from weftline_core.dialects.responses.errors import stream_verdict
from weftline_core.dialects.responses.seal import redacted_of
from weftline_core.dialects.responses.shapes import NAME
from weftline_core.dialects.responses.stream_calls import Calls
from weftline_core.dialects.typed import Garbled, Misshapen, decoded
from weftline_core.dialects.wire import broken
from weftline_core.sse import data_of, events


class _Delta(msgspec.Struct):
    """What is read of every event at first; `delta` is no text in events that nobody reads."""

    type: str = ""
    delta: object = None
    output_index: int = 0
    content_index: int = 0
    error: object = None


class _Text(msgspec.Struct):
    logprobs: list[LogprobShape] | None = None


class _Whole(msgspec.Struct):
    """What the events that finish a part say, whole."""

    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    input: str | None = None
    summary_index: int = 0


class _Item(msgspec.Struct):
    item: msgspec.Raw


class _Annotation(msgspec.Struct):
    annotation: AnnotationShape | None = None


class _Ended(msgspec.Struct):
    response: ResponseShape


_DELTA: Final = msgspec.json.Decoder(_Delta)
_TEXT: Final = msgspec.json.Decoder(_Text)
_WHOLE: Final = msgspec.json.Decoder(_Whole)
_ITEM: Final = msgspec.json.Decoder(_Item)
_ANNOTATION: Final = msgspec.json.Decoder(_Annotation)
_ENDED: Final = msgspec.json.Decoder(_Ended)
_ANY: Final = msgspec.json.Decoder(dict[str, object])

_NO_LOGPROBS: Final = b'"logprobs":[]'


class ResponsesReader:
    """Reads one stream."""

    def __init__(self) -> None:
        self._out: list[Event] = []
        self._begun = self._over = False
        self._calls = Calls()
        # Items of which words, thoughts or sources have come as they were made.
        self._said: set[int] = set()
        self._cited: set[int] = set()
        self._spoken = self._refused = False
        self._readers: dict[str, Callable[[bytes, _Delta], None]] = {
            "response.created": self._created,
            "response.in_progress": self._created,
            "response.queued": self._created,
            "response.output_item.added": self._added,
            "response.output_item.done": self._item_done,
            "response.output_text.done": self._text_done,
            "response.refusal.delta": self._refusal,
            "response.refusal.done": self._refusal_done,
            "response.reasoning_summary_part.added": self._next_thought,
            "response.reasoning_summary_text.delta": self._thought,
            "response.reasoning_text.delta": self._thought,
            "response.function_call_arguments.delta": self._arguments,
            "response.function_call_arguments.done": self._arguments_done,
            "response.custom_tool_call_input.delta": self._arguments,
            "response.custom_tool_call_input.done": self._arguments_done,
            "response.output_text.annotation.added": self._annotation,
            "response.completed": self._end,
            "response.incomplete": self._end,
            "response.failed": self._end,
        }

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say; nothing after the end or an error."""
        self._out = []
        for event in events(whole):
            data = data_of(event)
            if data and not self._over:
                try:
                    self._read(data)
                except Garbled:
                    self._fail_as("sent an event that is not JSON")
                except Misshapen:
                    self._fail_as("sent an event with a field of a wrong type")
        return self._out

    def end(self) -> list[Event]:
        """Return nothing: the dialect says itself when all has come."""
        return []

    def _read(self, data: bytes) -> None:
        if data == b"[DONE]":
            # Not of this dialect, but said by hosts that translate.
            return
        event = decoded(data, _DELTA)
        kind = event.type
        if kind == "response.output_text.delta":
            self._text(data, event)
        elif (reader := self._readers.get(kind)) is not None:
            reader(data, event)
        elif kind == "error" or (event.error and not kind.startswith("response.")):
            self._over = True
            self._out.append(Failed(stream_verdict(decoded(data, _ANY))))

    def _fail_as(self, what: str) -> None:
        self._over = True
        self._out.append(Failed(broken(what)))

    def _begin(self, response_id: str = "", model: str = "") -> None:
        if not self._begun:
            self._begun = True
            self._out.append(Begin(response_id, model))

    def _created(self, data: bytes, event: _Delta) -> None:  # noqa: ARG002
        if not self._begun:
            response = decoded(data, _ENDED).response
            self._begin(response.id or "", response.model or "")

    def _text(self, data: bytes, event: _Delta) -> None:
        if not self._begun:
            self._begin()
        text = event.delta
        if not isinstance(text, str):
            raise Misshapen("a delta of text is no text")
        if not text:
            # An empty one is no content, and would commit the mesh to this host.
            return
        self._said.add(event.output_index)
        self._spoken = True
        self._out.append(TextDelta(text))
        if _NO_LOGPROBS not in data and b'"logprobs"' in data:
            shapes = decoded(data, _TEXT).logprobs
            if shapes:
                self._out.append(Logprobs(logprobs_of(shapes)))

    def _text_done(self, data: bytes, event: _Delta) -> None:
        if event.output_index not in self._said:
            self._say(decoded(data, _WHOLE).text, event.output_index)

    def _say(self, text: str | None, index: int) -> None:
        """Take words of an item that come all at once."""
        if text:
            self._begin()
            self._said.add(index)
            self._spoken = True
            self._out.append(TextDelta(text))

    def _refusal(self, data: bytes, event: _Delta) -> None:  # noqa: ARG002
        self._refuse(_words(event), event.output_index)

    def _refusal_done(self, data: bytes, event: _Delta) -> None:
        if event.output_index not in self._said:
            self._refuse(decoded(data, _WHOLE).refusal, event.output_index)

    def _refuse(self, text: str | None, index: int) -> None:
        self._begin()
        self._said.add(index)
        self._refused = True
        if text:
            self._out.append(RefusalDelta(text))

    def _thought(self, data: bytes, event: _Delta) -> None:  # noqa: ARG002
        self._think(_words(event), event.output_index)

    def _next_thought(self, data: bytes, event: _Delta) -> None:
        if decoded(data, _WHOLE).summary_index and event.output_index in self._said:
            self._think("\n\n", event.output_index)

    def _think(self, text: str, index: int) -> None:
        if text:
            self._begin()
            self._said.add(index)
            self._out.append(ReasoningDelta(text))

    def _annotation(self, data: bytes, event: _Delta) -> None:
        shape = decoded(data, _ANNOTATION).annotation
        citation = citation_of(shape) if shape else None
        if citation is not None:
            self._begin()
            self._cited.add(event.output_index)
            self._out.append(Cited(citation))

    def _added(self, data: bytes, event: _Delta) -> None:
        item = item_of(decoded(data, _ITEM).item)
        if item is not None and item.type in CALLS:
            self._begin()
            self._out += self._calls.begin(item, event.output_index)

    def _arguments(self, data: bytes, event: _Delta) -> None:  # noqa: ARG002
        self._out += self._calls.add(_words(event), event.output_index)

    def _arguments_done(self, data: bytes, event: _Delta) -> None:
        if self._calls.lacks_arguments(event.output_index):
            whole = decoded(data, _WHOLE)
            arguments = whole.arguments or whole.input or ""
            self._out += self._calls.add(arguments, event.output_index)

    def _item_done(self, data: bytes, event: _Delta) -> None:
        item = item_of(decoded(data, _ITEM).item)
        if item is not None:
            self._whole_item(item, event.output_index)

    def _whole_item(self, item: ItemShape, index: int) -> None:
        """Take of an item what has not come before."""
        if item.type in CALLS:
            self._begin()
            self._out += self._calls.end(item, index)
        elif item.type == "message":
            self._whole_message(item, index)
        elif item.type == "reasoning":
            if index not in self._said:
                self._think(thoughts_of(item), index)
            if item.encrypted_content:
                self._begin()
                redacted = redacted_of(item.id, item.encrypted_content)
                self._out.append(ReasoningProof(NAME, redacted=redacted))
        elif isinstance(item.result, str) and item.result:
            self._begin()
            self._spoken = True
            self._out.append(MediaDelta(mime_of(item), item.result))

    def _whole_message(self, item: ItemShape, index: int) -> None:
        is_new = index not in self._said
        for piece in item.content or []:
            if is_new and piece.type == "refusal":
                self._refuse(piece.refusal, index)
            elif is_new:
                self._say(piece.text, index)
            if index not in self._cited:
                found = map(citation_of, piece.annotations or [])
                self._out += [Cited(citation) for citation in found if citation is not None]

    def _end(self, data: bytes, event: _Delta) -> None:
        response = decoded(data, _ENDED).response
        self._begin(response.id or "", response.model or "")
        used = response.used
        if used is not None:
            self._out.append(Used(used))
        self._over = True
        if response.error or response.status == "failed" or event.type == "response.failed":
            nested = {"error": response.error} if response.error else {}
            self._out.append(Failed(stream_verdict(nested)))
            return
        if not self._said and not self._calls.begun and not self._spoken:
            # Hosts that cannot stream send one event with all in it.
            for index, raw in enumerate(response.output or []):
                item = item_of(raw)
                if item is not None:
                    self._whole_item(item, index)
        self._out += self._calls.close()
        self._out.append(Finish(self._stop(response, event)))
        self._out.append(Done())

    def _stop(self, response: ResponseShape, event: _Delta) -> Stop:
        if event.type == "response.incomplete":
            response.status = "incomplete"
        return stop_of(
            response, calls=self._calls.begun, spoken=self._spoken, refused=self._refused
        )


def _words(event: _Delta) -> str:
    if not isinstance(event.delta, str):
        raise Misshapen("a delta is no text")
    return event.delta
