"""Reads a stream of Workers AI, in either of its forms; `[DONE]` is the last event of both."""

from typing import Final

import msgspec

from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Done,
    Event,
    Failed,
    Finish,
    ReasoningDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.cloudflare_errors import inner_verdict
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import broken, json_object
from weftline_core.dialects.workers_ai.shapes import (
    CallShape,
    ChoiceShape,
    Told,
    minted_id,
    stop_of,
    text_of,
    usage_of,
    words_of,
)
from weftline_core.sse import data_of, events
from weftline_core.verdict import Verdict

_DONE: Final = b"[DONE]"
_TOLD: Final = msgspec.json.Decoder(Told)


class WorkersAiReader:
    """Reads one stream."""

    __slots__ = ("_begun", "_by_index", "_called", "_empty", "_finished", "_over")

    def __init__(self) -> None:
        self._begun = False
        # Calls so far, and the number of the one that each index there means.
        self._called = 0
        self._by_index: dict[int, int] = {}
        self._empty: set[int] = set()
        self._finished = False
        self._over = False

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say."""
        out: list[Event] = []
        for event in events(whole):
            if self._over:
                break
            data = data_of(event)
            if data == _DONE:
                out += self._done()
            elif data:
                out += self._event(data)
        return out

    def end(self) -> list[Event]:
        """Return `Done` if the model had said why it stopped; without that and without `[DONE]` the
        answer is cut.
        """
        if self._over or not self._finished:
            return []
        self._over = True
        return [Done()]

    def _event(self, data: bytes) -> list[Event]:
        told = typed(data, _TOLD)
        if told is None:
            return self._failed(broken("sent an event that is none of Workers AI's"))
        if told.wrong:
            return self._failed(inner_verdict(json_object(data) or {}))
        out = self._begin(told)
        if told.response is not msgspec.UNSET and (text := text_of(told.response)):
            out.append(TextDelta(text))
        if told.tool_calls:
            out += self._calls(told.tool_calls, data)
        reason = told.finish_reason
        if told.choices:
            out += self._choice(told.choices[0], data)
            reason = told.choices[0].finish_reason or reason
        if not self._over and (usage := usage_of(told.usage)):
            out.append(Used(usage))
        if not self._over and reason is not None:
            out += self._stopped(reason)
        return out

    def _begin(self, told: Told) -> list[Event]:
        if self._begun:
            return []
        self._begun = True
        return [Begin(told.id or "", told.model or "")]

    def _failed(self, verdict: Verdict) -> list[Event]:
        self._over = True
        return [Failed(verdict)]

    def _choice(self, choice: ChoiceShape, data: bytes) -> list[Event]:
        delta = choice.delta or choice.message
        if delta is None:
            return []
        out: list[Event] = []
        if delta.thoughts:
            out.append(ReasoningDelta(delta.thoughts))
        if delta.content and (text := words_of(delta.content)):
            out.append(TextDelta(text))
        if delta.tool_calls:
            out += self._calls(delta.tool_calls, data)
        return out

    def _calls(self, calls: list[CallShape], data: bytes) -> list[Event]:
        out: list[Event] = []
        for call in calls:
            name, arguments = call.called, call.argued
            if not name and not call.id and not arguments:
                # A fragment of nothing but nulls, which some models end their calls with.
                continue
            number = self._number(call)
            if number is None:
                if not name:
                    return [*out, *self._failed(broken("sent a tool call without a name"))]
                number, self._called = self._called, self._called + 1
                self._empty.add(number)
                if call.index is not None:
                    self._by_index[call.index] = number
                out.append(CallBegin(number, call.id or minted_id(data, number), name))
            if arguments:
                self._empty.discard(number)
                out.append(CallDelta(number, arguments))
        return out

    def _number(self, call: CallShape) -> int | None:
        """Return the number of the call that this is more of; None if it is a new one."""
        if call.index is not None:
            return self._by_index.get(call.index)
        return None if call.called or not self._called else self._called - 1

    def _stopped(self, reason: str | None) -> list[Event]:
        if self._finished:
            return []
        stop = stop_of(reason, called=self._called > 0)
        if stop is None:
            return self._failed(broken("ended it with an error"))
        self._finished = True
        return [*self._ended(), Finish(stop)]

    def _ended(self) -> list[Event]:
        """Return the ends of all calls: the dialect has none of its own."""
        out: list[Event] = []
        for number in range(self._called):
            if number in self._empty:
                out.append(CallDelta(number, "{}"))
            out.append(CallEnd(number))
        return out

    def _done(self) -> list[Event]:
        out = [*self._begin(Told()), *self._stopped(None)]
        self._over = True
        return [*out, Done()]
