"""Events, as the stream that clients of chat completions read."""

from typing import Final

import orjson

from weftline_core.chat.conversation import Conversation
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
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.chat.answer_write import (
    annotation,
    answer_id,
    image,
    logprobs_object,
)
from weftline_core.dialects.chat.call_ids import signed_id
from weftline_core.dialects.chat.stops import reason_of
from weftline_core.dialects.chat.usage import usage_object
from weftline_core.dialects.dialect import Echo
from weftline_core.usage import Usage

_DONE: Final = b"data: [DONE]\n\n"
_NOT_FINISHED: Final = b'},"logprobs":null,"finish_reason":null}]'


class ChatWriter:
    """Writes one stream.

    A chunk with usage comes last if the client asked for one, and then the others say null; a usage
    that nobody reported is not written.
    """

    __slots__ = (
        "_bare",
        "_begun",
        "_choices",
        "_end",
        "_free_text",
        "_head",
        "_refused",
        "_usage",
        "_usage_wanted",
    )

    def __init__(self, echo: Echo) -> None:
        asked = echo.asked
        chat = asked if isinstance(asked, Conversation) else None
        self._choices = 1 if chat is None else chat.choices
        self._usage_wanted = chat is not None and chat.usage_in_stream
        head = {
            "id": answer_id(echo),
            "object": "chat.completion.chunk",
            "created": echo.created_unix_s,
            "model": echo.model,
        }
        self._head = b"data: " + orjson.dumps(head)[:-1]
        self._end = b',"usage":null}\n\n' if self._usage_wanted else b"}\n\n"
        self._begun = False
        # Calls, by choice and number: those without arguments so far, and those that take text.
        self._bare: set[tuple[int, int]] = set()
        self._free_text: set[tuple[int, int]] = set()
        self._refused: set[int] = set()
        self._usage: Usage | None = None

    def write(self, events: list[Event]) -> bytes:
        """Return these events as chunks."""
        if not events:
            return b""
        if not self._begun:
            self._begun = True
            roles = b"".join(map(self._role, range(self._choices)))
            return roles + self._all(events)
        if len(events) == 1 and type(event := events[0]) is TextDelta:
            return self._delta(event.choice, b'"content":' + orjson.dumps(event.text))
        return self._all(events)

    def _all(self, events: list[Event]) -> bytes:
        """Write a call's begin and the arguments that have come with it in one chunk: Mistral's SDK
        refuses one without a name, so that it reads only calls that come whole.
        """
        out: list[bytes] = []
        at, count = 0, len(events)
        while at < count:
            event = events[at]
            at += 1
            if type(event) is not CallBegin:
                out.append(self._one(event))
                continue
            words = ""
            while at < count and type(more := events[at]) is CallDelta and _same(more, event):
                words += more.arguments
                at += 1
            if not words and at < count and type(end := events[at]) is CallEnd:
                words = "{}" if _same(end, event) and not event.free_text else ""
            out.append(self._begin_call(event, words))
        return b"".join(out)

    def _delta(self, choice: int, delta: bytes) -> bytes:
        return b'%b,"choices":[{"index":%d,"delta":{%b%b%b' % (
            self._head,
            choice,
            delta,
            _NOT_FINISHED,
            self._end,
        )

    def _one(self, event: Event) -> bytes:
        match event:
            case TextDelta() | ReasoningDelta() | RefusalDelta():
                return self._text(event)
            case Used() | Begin():
                self._usage = event.usage or self._usage
                return b""
            case CallDelta() | CallEnd():
                return self._call(event)
            case Finish():
                reason = reason_of(event.stop, refusal=event.choice in self._refused)
                return self._choice(event.choice, {}, None, reason)
            case Done():
                return self._last()
            case _:
                return self._rare(event)

    def _text(self, event: TextDelta | ReasoningDelta | RefusalDelta) -> bytes:
        name = b'"content":'
        if isinstance(event, ReasoningDelta):
            name = b'"reasoning_content":'
        elif isinstance(event, RefusalDelta):
            name = b'"refusal":'
            self._refused.add(event.choice)
        return self._delta(event.choice, name + orjson.dumps(event.text))

    def _rare(self, event: Event) -> bytes:
        match event:
            case MediaDelta() if event.mime.startswith("audio/"):
                return self._choice(event.choice, {"audio": {"data": event.data}})
            case MediaDelta():
                return self._choice(event.choice, {"images": [image(event.mime, event.data)]})
            case Cited():
                return self._choice(event.choice, {"annotations": [annotation(event.citation)]})
            case Logprobs():
                return self._choice(event.choice, {}, logprobs_object(event.tokens))
            case _:
                # Proofs of thoughts, which this dialect has no place for.
                return b""

    def _role(self, choice: int) -> bytes:
        return self._delta(choice, b'"role":"assistant","content":"","refusal":null')

    def _begin_call(self, event: CallBegin, words: str) -> bytes:
        key = (event.choice, event.call)
        if not words:
            self._bare.add(key)
        kind, name = "function", "arguments"
        if event.free_text:
            self._free_text.add(key)
            kind, name = "custom", "input"
        call_id = signed_id(event.id, event.signature)
        called = {"name": event.name, name: words}
        call = {"index": event.call, "id": call_id, "type": kind, kind: called}
        return self._choice(event.choice, {"tool_calls": [call]})

    def _call(self, event: CallDelta | CallEnd) -> bytes:
        key = (event.choice, event.call)
        free_text = key in self._free_text
        if isinstance(event, CallDelta):
            self._bare.discard(key)
            words = {"input" if free_text else "arguments": event.arguments}
        elif key in self._bare and not free_text:
            # A call without arguments has the arguments {}, or clients fail to parse them.
            words = {"arguments": "{}"}
        else:
            return b""
        call = {"index": event.call, "custom" if free_text else "function": words}
        return self._delta(event.choice, b'"tool_calls":' + orjson.dumps([call]))

    def _choice(
        self,
        choice: int,
        delta: dict[str, object],
        logprobs: dict[str, object] | None = None,
        reason: str | None = None,
    ) -> bytes:
        whole = {"index": choice, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        return b'%b,"choices":[%b]%b' % (self._head, orjson.dumps(whole), self._end)

    def _last(self) -> bytes:
        if not self._usage_wanted or self._usage is None:
            return _DONE
        usage = orjson.dumps(usage_object(self._usage))
        return b'%b,"choices":[],"usage":%b}\n\n' % (self._head, usage) + _DONE


def _same(event: CallDelta | CallEnd, begin: CallBegin) -> bool:
    return event.call == begin.call and event.choice == begin.choice
