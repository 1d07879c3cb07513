"""Watches a stream that is passed on as it is: content, usage, errors, the end."""

from typing import Final

from weftline_core.dialects.dialect import NotAnAnswer
from weftline_core.dialects.generate.answer_read import decoded, usage_so_far
from weftline_core.dialects.generate.shapes import Candidate, GenerateAnswer
from weftline_core.dialects.generate.stops import UNSPECIFIED, broken
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

_EVENT_END: Final = b"\n\n"
_GARBLED: Final = broken("sent an event that is no chunk of an answer")


class GenerateTap:
    """What has been seen of one stream."""

    __slots__ = ("_finished", "begun", "content_events", "done", "error", "usage")

    def __init__(self) -> None:
        self.begun = False
        self.content_events = 0
        self.done = False
        self.error: Verdict | None = None
        self.usage: Usage | None = None
        # Candidates seen, and whether each has said why it finished.
        self._finished: dict[int, bool] = {}

    def read(self, whole: bytes) -> bytes:
        """Note what is in these events, and return what may be passed on; nothing from an error
        event on.
        """
        if self.error is not None:
            return b""
        kept: list[bytes] = []
        for event in events(whole):
            data = data_of(event)
            if data and not self._read_chunk(data):
                return b"".join(part + _EVENT_END for part in kept)
            kept.append(event)
        return whole

    def glance(self, whole: bytes) -> bytes:
        """Do the same: every chunk has the usage so far, so that each must be read."""
        return self.read(whole)

    def end(self) -> bytes:
        """Take note that the body has ended: in good form if every candidate has finished."""
        finished = self._finished.values()
        self.done = self.error is None and bool(finished) and all(finished)
        return b""

    def _read_chunk(self, data: bytes) -> bool:
        """Note what is in one chunk, and return whether it may be passed on."""
        try:
            found = decoded(data)
        except NotAnAnswer:
            self.error = _GARBLED
            return False
        if isinstance(found, Verdict):
            self.error = found
            return False
        self.usage = usage_so_far(found, self.usage) or self.usage
        content = False
        for candidate in found.candidates or ():
            content = _has_content(candidate) or content
            finished = candidate.finish_reason not in (None, "", UNSPECIFIED)
            self._finished[candidate.index] = self._finished.get(candidate.index, False) or finished
            self.begun = self.begun or finished
        if _is_blocked(found) and not self._finished:
            self._finished[0] = True
            self.begun = True
        self.content_events += content
        self.begun = self.begun or content
        return True


def _has_content(candidate: Candidate) -> bool:
    """Return whether a candidate carries anything a reader waits for."""
    if candidate.content is None:
        return False
    return any(part.text != "" for part in candidate.content.parts or ())


def _is_blocked(chunk: GenerateAnswer) -> bool:
    feedback = chunk.prompt_feedback
    return feedback is not None and bool(feedback.block_reason) and not chunk.candidates
