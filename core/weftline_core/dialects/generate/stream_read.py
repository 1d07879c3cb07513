"""Reads a host's stream.

There is no terminal event: the stream is complete if the body ends after each candidate has said
why it finished. Every chunk has the usage so far. Tool calls come whole, or at Vertex in pieces.
"""

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
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    TextDelta,
    Used,
)
from weftline_core.dialects.dialect import NotAnAnswer
from weftline_core.dialects.generate import shapes
from weftline_core.dialects.generate.answer_read import (
    call_of,
    citations_of,
    decoded,
    logprobs_of,
    usage_so_far,
)
from weftline_core.dialects.generate.calls import minted_id
from weftline_core.dialects.generate.partial_args import BadPath, PartialArgs
from weftline_core.dialects.generate.parts_read import ORIGIN
from weftline_core.dialects.generate.stops import UNSPECIFIED, broken, fault_of, stop_of
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class _Candidate:
    """What has been seen of one candidate. calls: begun so far; partial: the open one's pieces."""

    __slots__ = ("calls", "finished", "index", "partial", "sources")

    def __init__(self, index: int) -> None:
        self.index = index
        self.calls = 0
        self.partial: PartialArgs | None = None
        self.finished = False
        self.sources: set[str] = set()


class GenerateReader:
    """Reads one stream."""

    __slots__ = ("_begun", "_candidates", "_failed", "_id", "_usage")

    def __init__(self) -> None:
        self._begun = False
        self._failed = False
        self._usage: Usage | None = None
        self._id = ""
        self._candidates: dict[int, _Candidate] = {}

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say; nothing after a `Failed`."""
        out: list[Event] = []
        for event in events(whole):
            data = data_of(event)
            if self._failed:
                break
            if data:
                self._read_chunk(data, out)
        return out

    def end(self) -> list[Event]:
        """Return `Done` if every candidate has finished."""
        if self._failed or not self._candidates:
            return []
        return [Done()] if all(c.finished for c in self._candidates.values()) else []

    def _fail(self, verdict: Verdict, out: list[Event]) -> None:
        self._failed = True
        out.append(Failed(verdict))

    def _read_chunk(self, data: bytes, out: list[Event]) -> None:
        try:
            found = decoded(data)
        except NotAnAnswer:
            self._fail(broken("sent an event that is no chunk of an answer"), out)
            return
        if isinstance(found, Verdict):
            self._fail(found, out)
            return
        usage = usage_so_far(found, self._usage)
        if not self._begun:
            self._begun = True
            self._id = found.response_id or ""
            out.append(Begin(self._id, found.model_version or "", usage))
        if usage is not None:
            self._usage = usage
            out.append(Used(usage))
        try:
            for candidate in found.candidates or ():
                self._read_candidate(candidate, out)
                if self._failed:
                    return
        except (NotAnAnswer, BadPath):
            self._fail(broken("sent a tool call that is none"), out)
            return
        blocked = found.prompt_feedback and found.prompt_feedback.block_reason
        if blocked and not found.candidates and not self._candidates:
            state = self._candidates[0] = _Candidate(0)
            state.finished = True
            out.append(Finish(Stop.FILTERED))

    def _read_candidate(self, candidate: shapes.Candidate, out: list[Event]) -> None:
        index = candidate.index
        state = self._candidates.get(index)
        if state is None:
            state = self._candidates[index] = _Candidate(index)
        content = candidate.content
        before = len(out)
        if content is not None and content.parts:
            for part in content.parts:
                text = part.text
                if text and not part.thought and part.thought_signature is None:
                    out.append(TextDelta(text, index))
                else:
                    self._read_part(part, state, out)
        if candidate.logprobs_result is not None:
            out.append(Logprobs(logprobs_of(candidate.logprobs_result), index))
        if candidate.grounding_metadata is not None or candidate.citation_metadata is not None:
            _cite(candidate, state, out)
        if state.finished:
            if any(isinstance(e, TextDelta | CallBegin | MediaDelta) for e in out[before:]):
                del out[before:]
                self._fail(broken("went on with an answer that it had finished"), out)
            return
        if candidate.finish_reason:
            self._finish(candidate, candidate.finish_reason, state, out)

    def _read_part(self, part: shapes.Part, state: _Candidate, out: list[Event]) -> None:
        index = state.index
        if part.function_call is not None:
            self._read_call(part, part.function_call, state, out)
            return
        if part.text:
            kind = ReasoningDelta if part.thought else TextDelta
            out.append(kind(part.text, index))
        elif part.inline_data is not None and not part.thought:
            blob = part.inline_data
            out.append(MediaDelta(blob.mime_type or "", blob.data, index))
        if part.thought_signature:
            out.append(ReasoningProof(ORIGIN, signature=part.thought_signature, choice=index))

    def _read_call(
        self, part: shapes.Part, call: shapes.FunctionCall, state: _Candidate, out: list[Event]
    ) -> None:
        index = state.index
        if state.partial is None and not call.will_continue and not call.partial_args:
            if not call.name:
                # The mark that a call in pieces has ended; this one had ended before.
                return
            whole = call_of(part, call, self._id, index, state.calls)
            begin = CallBegin(state.calls, whole.id, whole.name, whole.signature, choice=index)
            out += (begin, CallDelta(state.calls, whole.arguments, index))
            out.append(CallEnd(state.calls, index))
            state.calls += 1
            return
        if state.partial is None or call.name:
            self._close(state, out)
            if not call.name:
                raise NotAnAnswer("pieces of a call that never began")
            call_id = call.id or minted_id(self._id, index, state.calls, call.name, "")
            signature = part.thought_signature
            out.append(CallBegin(state.calls, call_id, call.name, signature, choice=index))
            state.partial = PartialArgs(call.args)
        for piece in call.partial_args or ():
            state.partial.add(piece)
        if not call.will_continue:
            self._close(state, out)

    def _close(self, state: _Candidate, out: list[Event]) -> None:
        """End the call that comes in pieces, if there is one."""
        if state.partial is None:
            return
        out.append(CallDelta(state.calls, state.partial.text(), state.index))
        out.append(CallEnd(state.calls, state.index))
        state.partial = None
        state.calls += 1

    def _finish(
        self, candidate: shapes.Candidate, reason: str, state: _Candidate, out: list[Event]
    ) -> None:
        if reason == UNSPECIFIED:
            return
        if (fault := fault_of(reason, candidate.finish_message)) is not None:
            self._fail(fault, out)
            return
        stop = stop_of(reason, called=state.calls > 0 or state.partial is not None)
        if state.partial is not None and state.partial.open and stop is Stop.TOOL_CALLS:
            self._fail(broken("ended its answer inside a tool call"), out)
            return
        self._close(state, out)
        state.finished = True
        out.append(Finish(stop, choice=state.index))


def _cite(candidate: shapes.Candidate, state: _Candidate, out: list[Event]) -> None:
    """Tell of sources, each once: chunks repeat them."""
    for citation in citations_of(candidate):
        if citation.url not in state.sources:
            state.sources.add(citation.url)
            out.append(Cited(citation, state.index))
