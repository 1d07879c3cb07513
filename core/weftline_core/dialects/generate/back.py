"""Gemini's generateContent as hosts speak it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects import google_errors
from weftline_core.dialects.dialect import (
    Framing,
    Target,
)
from weftline_core.dialects.generate.answer_read import check_answer, read_answer, read_count
from weftline_core.dialects.generate.request_write import write_request
from weftline_core.dialects.generate.stream_read import GenerateReader
from weftline_core.dialects.generate.tap import GenerateTap
from weftline_core.dialects.losses import GENERATE, Losses
from weftline_core.dialects.proto_json import full_name, model_path
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

# What a bare countTokens takes; all else must be wrapped.
_COUNTED: Final = "generateContentRequest"
_CONTENTS: Final = frozenset(("contents",))


@dataclass(frozen=True, slots=True)
class GenerateBack:
    """The back of `generate`. models_path: what stands before the model's name; Vertex has
    `/publishers/google/models/`.
    """

    name: str = "generate"
    task: Task = "chat"
    framing: Framing = "sse"
    models_path: str = "/models/"

    @property
    def losses(self) -> Losses:
        """Return what it cannot carry for other dialects."""
        return GENERATE

    def path(self, target: Target, *, stream: bool) -> str:
        """Return the path below a host's base URL."""
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return model_path(self.models_path, target.model, method)

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Do nothing: model and stream stand in the path, and usage always comes."""

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer that is passed on as it is.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return check_answer(data)

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return google_errors.verdict(status, headers, body, at_unix_s)

    def write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the request's body."""
        return write_request(conversation, target)

    def read(self, data: bytes) -> Answer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error, or the model failed.
        """
        return read_answer(data)

    def reader(self) -> GenerateReader:
        """Return the reader of one stream."""
        return GenerateReader()

    def tap(self, *, usage_wanted: bool) -> GenerateTap:  # noqa: ARG002  # usage always comes
        """Return the watcher of one stream that is passed on as it is."""
        return GenerateTap()

    def count_path(self, target: Target) -> str:
        """Return the path of countTokens below a host's base URL."""
        return model_path(self.models_path, target.model, "countTokens")

    def count_own(self, body: dict[str, object], target: Target) -> None:
        """Make a request that a client wrote in this very dialect ready to be counted, in place: if
        it has more than contents, all of it stands inside `generateContentRequest`.
        """
        if not body.keys() <= _CONTENTS:
            inner: dict[str, object] = {"model": full_name(target.model)} | body
            body.clear()
            body[_COUNTED] = inner

    def count_write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the body that asks for the count."""
        body = self.write(conversation, target)
        self.count_own(body, target)
        return body

    def count_read(self, data: bytes) -> int:
        """Return the count.

        Raises:
            NotAnAnswer: it is none.
        """
        return read_count(data)


BACK: Final = GenerateBack()
