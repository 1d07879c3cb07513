"""Writes a streamed answer as a client of Responses reads it."""

from weftline_core.chat.answer import Stop, TokenLogprob
from weftline_core.chat.events import (
    Begin,
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
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.responses.errors import error_events
from weftline_core.dialects.responses.objects import (
    Json,
    ended,
    image_item,
    remembered,
    response_object,
)
from weftline_core.dialects.responses.seal import sealed, sealed_call
from weftline_core.dialects.responses.stream_items import (
    Numbered,
    OpenCall,
    OpenMessage,
    OpenThoughts,
)
from weftline_core.ids import stem_of
from weftline_core.usage import Usage
from weftline_core.verdict import Words


class ResponsesWriter:
    """Writes one stream. Events are numbered from 0; the number is what a client resumes at.

    A message or thoughts are open one at a time, calls as many as the provider interleaves.
    """

    def __init__(self, echo: Echo) -> None:
        self._echo = remembered(echo)
        self._stem = stem_of(echo.request_id)
        self._numbered = Numbered()
        self._out: list[bytes] = []
        self._begun = False
        self._message: OpenMessage | None = None
        self._thoughts: OpenThoughts | None = None
        self._calls: dict[int, OpenCall] = {}
        self._items: dict[int, Json] = {}
        self._places = 0
        self._refused = False
        self._stop: Stop | None = None
        self._usage: Usage | None = None

    def write(self, events: list[Event]) -> bytes:
        """Return these events as whole events of Responses."""
        last = len(events) - 1
        for at, event in enumerate(events):
            if type(event) is TextDelta:
                after = events[at + 1] if at < last else None
                self._text(event.text, after.tokens if type(after) is Logprobs else None)
            elif type(event) is CallDelta:
                call = self._calls.get(event.call)
                if call is not None and event.arguments:
                    self._out.append(call.add(event.arguments))
            elif type(event) is Used:
                # Some hosts tell it with every event.
                self._usage = event.usage
            else:
                self._write(event)
        return self._flush()

    def failed(self, status: int, words: Words) -> bytes:
        """Return the events that end the stream where it broke, numbered as the stream is."""
        self._begin()
        response = response_object(
            self._echo, "failed", output=self._output(), usage=self._usage, failure=(status, words)
        )
        self._out.append(error_events(status, words, response, self._numbered.sequence))
        return self._flush()

    def _flush(self) -> bytes:
        out, self._out = self._out, []
        return b"".join(out)

    def _write(self, event: Event) -> None:
        match event:
            case ReasoningDelta():
                self._think(event.text)
            case ReasoningProof():
                self._prove(event)
            case RefusalDelta():
                self._refused = True
                if event.text:
                    self._out.append(self._open_message().refusal(event.text))
            case Cited():
                self._out.append(self._open_message().cite(event.citation))
            case CallBegin():
                self._call(event)
            case CallEnd():
                if call := self._calls.pop(event.call, None):
                    self._keep(call.index, *call.end())
            case MediaDelta():
                self._media(event)
            case _:
                self._note(event)

    def _note(self, event: Event) -> None:
        """Write what is no content."""
        match event:
            case Begin():
                self._usage = event.usage or self._usage
                self._begin()
            case Finish():
                self._stop = event.stop
                status, _ = ended(event.stop, refused_in_words=self._refused)
                self._close(status)
            case Done():
                self._end()
            case _:
                pass

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        waits = bool(self._echo.body.get("background"))
        response = response_object(self._echo, "queued" if waits else "in_progress")
        for kind in ("created", "queued") if waits else ("created",):
            self._out.append(self._numbered.event(f"response.{kind}", {"response": response}))
        response = response | {"status": "in_progress"}
        self._out.append(self._numbered.event("response.in_progress", {"response": response}))

    def _end(self) -> None:
        self._begin()
        status, why = ended(self._stop, refused_in_words=self._refused)
        self._close(status)
        response = response_object(
            self._echo, status, output=self._output(), usage=self._usage, incomplete=why
        )
        self._out.append(self._numbered.event(f"response.{status}", {"response": response}))

    def _output(self) -> list[Json]:
        return [self._items[index] for index in sorted(self._items)]

    def _text(self, text: str, tokens: list[TokenLogprob] | None) -> None:
        message = self._message
        if message is None:
            if not text:
                # It would open a message that may never get words.
                return
            message = self._open_message()
        if text:
            self._out.append(message.text(text, tokens))

    def _open_message(self) -> OpenMessage:
        message = self._message
        if message is None:
            self._begin()
            self._close_thoughts()
            index = self._place()
            message = OpenMessage(self._numbered, index, f"msg_{self._stem}_{index}")
            self._message = message
            self._out.append(message.begin())
        return message

    def _open_thoughts(self, own_id: str | None = None) -> OpenThoughts:
        thoughts = self._thoughts
        if thoughts is None:
            self._begin()
            self._close_message("completed")
            index = self._place()
            thoughts = OpenThoughts(self._numbered, index, own_id or f"rs_{self._stem}_{index}")
            self._thoughts = thoughts
            self._out.append(thoughts.begin())
        return thoughts

    def _think(self, text: str) -> None:
        if text:
            self._out.append(self._open_thoughts().think(text))

    def _prove(self, proof: ReasoningProof) -> None:
        own_id, encrypted = sealed(proof.origin, proof.signature, proof.redacted)
        thoughts = self._open_thoughts(own_id)
        self._thoughts = None
        self._keep(thoughts.index, *thoughts.end(encrypted))

    def _call(self, begin: CallBegin) -> None:
        self._begin()
        self._close_thoughts()
        self._close_message("completed")
        if begin.signature is not None:
            thoughts = self._open_thoughts()
            self._thoughts = None
            self._keep(thoughts.index, *thoughts.end(sealed_call(begin.signature)))
        call = OpenCall(
            self._numbered,
            self._place(),
            self._stem,
            begin.id,
            begin.name,
            free_text=begin.free_text,
        )
        self._calls[begin.call] = call
        self._out.append(call.begin())

    def _media(self, media: MediaDelta) -> None:
        """Write a picture; there is no place for a sound, and nobody can have asked for one."""
        if not media.mime.startswith("image/"):
            return
        self._begin()
        self._close_thoughts()
        self._close_message("completed")
        index = self._place()
        item = image_item(f"ig_{self._stem}_{index}", media.mime, media.data)
        added: Json = item | {"status": "in_progress", "result": None}
        place: Json = {"output_index": index}
        event = self._numbered.event
        self._out.append(event("response.output_item.added", place | {"item": added}))
        self._keep(index, event("response.output_item.done", place | {"item": item}), item)

    def _place(self) -> int:
        index = self._places
        self._places += 1
        return index

    def _keep(self, index: int, written: bytes, item: Json) -> None:
        self._out.append(written)
        self._items[index] = item

    def _close(self, status: str) -> None:
        for call in self._calls.values():
            self._keep(call.index, *call.end())
        self._calls.clear()
        self._close_thoughts()
        self._close_message(status)

    def _close_thoughts(self) -> None:
        thoughts, self._thoughts = self._thoughts, None
        if thoughts is not None:
            self._keep(thoughts.index, *thoughts.end())

    def _close_message(self, status: str) -> None:
        message, self._message = self._message, None
        if message is not None:
            self._keep(message.index, *message.end(status))
