"""A host's stream of chat completion chunks, as events.

Tolerated, since hosts do it: the role folded into the first content, reasoning by two names,
content that is a list, usage with the finish or after it or on every chunk, chunks without choices
(Azure's filter results), fragments of nulls, two finish chunks, comments. A finish is told once the
stream's end is sure, so that nothing can come after it.
"""

from typing import Final

from weftline_core.chat.events import (
    Begin,
    Cited,
    Done,
    Event,
    Failed,
    Finish,
    Logprobs,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.chat.calls_read import Calls
from weftline_core.dialects.chat.host_shapes import (
    ANSWER,
    HostAnswer,
    HostChoice,
    HostMessage,
    citations_of,
    images_of,
    listed,
    logprobs_of,
    thoughts_of,
)
from weftline_core.dialects.chat.stops import failure_of, stop_of
from weftline_core.dialects.chat.usage import UsageOf
from weftline_core.dialects.openai_errors import inner_verdict, is_error
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import broken, json_object
from weftline_core.sse import data_of, events
from weftline_core.usage import in_tier
from weftline_core.verdict import Verdict

_DONE: Final = b"[DONE]"
# A finish reason that says nothing yet.
_NO_REASONS: Final = ("", "null")
_NO_DELTA: Final = HostMessage()


class _Seen:
    """What has come of one choice. reason: why it ended, once it has."""

    __slots__ = ("calls", "matched", "reason", "refused")

    def __init__(self, choice: int, answer_id: str) -> None:
        self.calls = Calls(choice, answer_id)
        self.reason: str | None = None
        self.matched: object = None
        self.refused = False


class ChatReader:
    """Reads one stream. usage_of: what this host means by its usage."""

    __slots__ = ("_begun", "_ended", "_id", "_seen", "_usage_of")

    def __init__(self, usage_of: UsageOf) -> None:
        self._usage_of = usage_of
        self._begun = False
        self._ended = False
        self._id = ""
        self._seen: dict[int, _Seen] = {}

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say."""
        out: list[Event] = []
        for event in events(whole):
            if self._ended:
                break
            data = data_of(event)
            if data == _DONE:
                self._finish(out)
            elif data:
                chunk = typed(data, ANSWER)
                if chunk is None:
                    self._fail(_unreadable(data), out)
                elif not self._plain(chunk, out):
                    self._read_chunk(chunk, data, out)
        return out

    def end(self) -> list[Event]:
        """Return nothing: the stream ends with its terminal event or not at all."""
        return []

    def _plain(self, chunk: HostAnswer, out: list[Event]) -> bool:
        """Read a chunk that is nothing but words, as nearly all are, and return whether it was."""
        choices = chunk.choices
        if choices is None or len(choices) != 1 or chunk.usage or chunk.error or chunk.base_resp:
            return False
        choice = choices[0]
        delta = choice.delta
        index = choice.index or 0
        if delta is None or choice.finish_reason is not None or index not in self._seen:
            return False
        text = delta.content
        if (
            type(text) is not str
            or not text
            or delta.tool_calls
            or delta.reasoning_content
            or delta.reasoning
            or delta.refusal
            or delta.annotations
            or delta.images
            or choice.logprobs
        ):
            return False
        out.append(TextDelta(text, index))
        return True

    def _read_chunk(self, chunk: HostAnswer, data: bytes, out: list[Event]) -> None:
        if chunk.error or chunk.kind == "error" or chunk.base_resp:
            fields = json_object(data) or {}
            if is_error(fields):
                self._fail(inner_verdict(fields), out)
                return
        if not self._begun and (chunk.choices or chunk.usage):
            self._begun = True
            self._id = chunk.id or ""
            out.append(Begin(self._id, chunk.model or ""))
        for choice in chunk.choices or ():
            self._read_choice(choice, out)
            if self._ended:
                return
        if chunk.usage and (usage := self._usage_of(chunk.usage)):
            out.append(Used(in_tier(usage, chunk.service_tier) or usage))

    def _read_choice(self, choice: HostChoice, out: list[Event]) -> None:
        index = choice.index or 0
        seen = self._seen.get(index)
        if seen is None:
            seen = self._seen[index] = _Seen(index, self._id)
        _read_delta(choice.delta or _NO_DELTA, index, seen, out)
        if choice.logprobs and (tokens := logprobs_of(choice.logprobs)):
            out.append(Logprobs(tokens, index))
        reason = choice.finish_reason
        if reason is not None and reason not in _NO_REASONS:
            if failure := failure_of(reason):
                self._fail(failure, out)
            seen.reason = reason
            seen.matched = choice.stop_reason or choice.matched_stop

    def _finish(self, out: list[Event]) -> None:
        """Tell how every choice ended."""
        if not self._seen:
            self._fail(broken("ended it before it began"), out)
            return
        ends: list[Event] = []
        for index, seen in sorted(self._seen.items()):
            if seen.reason is None:
                self._fail(broken("ended it without saying why"), out)
                return
            if seen.calls.nameless:
                self._fail(broken("called a tool without naming it"), out)
                return
            ends += seen.calls.ends()
            called = len(seen.calls) > 0
            stop = stop_of(seen.reason, seen.matched, called=called, refused=seen.refused)
            sequence = seen.matched if isinstance(seen.matched, str) else None
            ends.append(Finish(stop, sequence, index))
        self._ended = True
        out += ends
        out.append(Done())

    def _fail(self, verdict: Verdict, out: list[Event]) -> None:
        self._ended = True
        out.append(Failed(verdict))


def _read_delta(delta: HostMessage, index: int, seen: _Seen, out: list[Event]) -> None:
    text = delta.content
    thoughts = thoughts_of(delta)
    if isinstance(text, list):
        more, text = listed(text)
        thoughts += more
    if thoughts:
        out.append(ReasoningDelta(thoughts, index))
    if text:
        out.append(TextDelta(text, index))
    if isinstance(delta.refusal, str) and delta.refusal:
        seen.refused = True
        out.append(RefusalDelta(delta.refusal, index))
    for fragment in delta.tool_calls or ():
        seen.calls.add(fragment, out)
    if delta.images:
        out += images_of(delta.images, index)
    if delta.annotations:
        out += [Cited(citation, index) for citation in citations_of(delta.annotations)]


def _unreadable(data: bytes) -> Verdict:
    """Return what an event of another shape means: an error of odd types, or no event at all."""
    fields = json_object(data)
    if fields is None:
        return broken("sent an event that is no JSON")
    return inner_verdict(fields) if is_error(fields) else broken("sent an event of no known shape")
