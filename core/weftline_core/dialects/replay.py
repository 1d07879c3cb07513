"""A whole answer told as a stream, for hosts that answer in one piece though events were asked for.

Some models of Workers AI do so always; MiniMax tells in one piece, with status 200, that it refuses
a request.
"""

from weftline_core.chat.answer import Answer, Choice
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
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, ChatBack, StreamWriter
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class Replay:
    """The `Tap` of such an answer: nothing can be read before its end.

    writer: for whoever must end the stream in the writer's own way.
    """

    __slots__ = ("_back", "begun", "content_events", "done", "error", "usage", "writer")

    def __init__(self, back: ChatBack, writer: StreamWriter) -> None:
        self._back = back
        self.writer = writer
        self.begun = False
        self.content_events = 0
        self.done = False
        self.error: Verdict | None = None
        self.usage: Usage | None = None

    def read(self, whole: bytes) -> bytes:
        """Return the answer's events in the client's dialect; nothing if it is an error.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
        """
        try:
            answer = self._back.read(whole)
        except AnswerIsError as e:
            self.error = e.verdict
            return b""
        self.usage = answer.usage
        self.begun = self.done = True
        events = events_of(answer)
        self.content_events = sum(len(choice.parts) for choice in answer.choices)
        return self.writer.write(events)

    glance = read

    def end(self) -> bytes:
        """Return nothing: all was read at once."""
        return b""


def events_of(answer: Answer) -> list[Event]:
    """Return the events by which a whole answer would have come."""
    events: list[Event] = [Begin(answer.id, answer.model)]
    for i, choice in enumerate(answer.choices):
        calls = 0
        for part in choice.parts:
            events += _events_of(part, i, calls)
            calls += isinstance(part, ToolCall)
        events += _endings(choice, i)
    if answer.usage is not None:
        events.append(Used(answer.usage))
    return [*events, Done()]


def _events_of(part: Part, choice: int, call: int) -> list[Event]:
    match part:
        case Text():
            return [TextDelta(part.text, choice)]
        case Refusal():
            return [RefusalDelta(part.text, choice)]
        case Reasoning():
            return _thoughts(part, choice)
        case ToolCall():
            begin = CallBegin(call, part.id, part.name, part.signature, part.free_text, choice)
            return [begin, CallDelta(call, part.arguments, choice), CallEnd(call, choice)]
        case Media(data=str(data)):
            return [MediaDelta(part.mime or "", data, choice)]
        case _:
            return []


def _thoughts(part: Reasoning, choice: int) -> list[Event]:
    events: list[Event] = [ReasoningDelta(part.text, choice)] if part.text else []
    if part.signature is not None or part.redacted is not None:
        events.append(ReasoningProof(part.origin, part.signature, part.redacted, choice))
    return events


def _endings(choice: Choice, i: int) -> list[Event]:
    events: list[Event] = [Cited(citation, i) for citation in choice.citations]
    if choice.logprobs:
        events.append(Logprobs(choice.logprobs, i))
    return [*events, Finish(choice.stop, choice.stop_sequence, i)]
