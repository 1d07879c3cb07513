"""Responses as hosts answer in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.dialect import Framing, Target
from weftline_core.dialects.losses import RESPONSES, Losses
from weftline_core.dialects.openai_errors import verdict
from weftline_core.dialects.responses.answer_read import check_answer, read_answer, read_count
from weftline_core.dialects.responses.request_write import write_request
from weftline_core.dialects.responses.seal import is_foreign
from weftline_core.dialects.responses.shapes import NAME
from weftline_core.dialects.responses.stream_read import ResponsesReader
from weftline_core.dialects.responses.tap import ResponsesTap
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

# What a count is made of; it refuses what only an answer needs.
_COUNTED: Final = frozenset(
    (
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning",
        "text",
        "truncation",
        "previous_response_id",
        "conversation",
    )
)


@dataclass(frozen=True, slots=True)
class ResponsesBack:
    """A host's `POST /responses`, and its count of tokens."""

    name: str = NAME
    task: Task = "chat"
    framing: Framing = "sse"

    @property
    def losses(self) -> Losses:
        """Return what it cannot carry for other dialects."""
        return RESPONSES

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return the path below a host's base URL."""
        return "/responses"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Make a client's own request ready to go, in place: the model's name there, and nothing of
        what the mesh does itself or of other dialects' thoughts.
        """
        body["model"] = target.model
        body["stream"] = stream
        # The mesh runs in the background what should; the host only answers.
        body.pop("background", None)
        if not stream:
            body.pop("stream_options", None)
        items = body.get("input")
        if isinstance(items, list):
            kept = cast("list[object]", items)
            if any(map(_is_foreign, kept)):
                body["input"] = [item for item in kept if not _is_foreign(item)]

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer with status 200 that is passed on as it is.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return check_answer(data)

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return verdict(status, headers, body, at_unix_s)

    def write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the request's body."""
        return write_request(conversation, target)

    def read(self, data: bytes) -> Answer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return read_answer(data)

    def reader(self) -> ResponsesReader:
        """Return the reader of one stream."""
        return ResponsesReader()

    def tap(self, *, usage_wanted: bool) -> ResponsesTap:  # noqa: ARG002
        """Return the watcher of one stream. Usage stands in its last event, wanted or not."""
        return ResponsesTap()

    def count_path(self, target: Target) -> str:  # noqa: ARG002
        """Return the path below a host's base URL."""
        return "/responses/input_tokens"

    def count_own(self, body: dict[str, object], target: Target) -> None:
        """Make a client's own request ready to be counted, in place."""
        self.own(body, target, stream=False)
        for name in body.keys() - _COUNTED:
            del body[name]

    def count_write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the body that asks for the count."""
        body = write_request(conversation, target)
        return {name: value for name, value in body.items() if name in _COUNTED}

    def count_read(self, data: bytes) -> int:
        """Return the count.

        Raises:
            NotAnAnswer: it is none.
        """
        return read_count(data)


def _is_foreign(item: object) -> bool:
    return isinstance(item, dict) and is_foreign(
        cast("dict[str, object]", item).get("encrypted_content")
    )


BACK: Final = ResponsesBack()
