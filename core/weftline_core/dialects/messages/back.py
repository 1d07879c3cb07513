"""Messages as hosts speak it: Anthropic itself, clouds that serve its models, and engines and
vendors with a path for its clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.dialect import Framing, Target
from weftline_core.dialects.losses import MESSAGES, Losses
from weftline_core.dialects.messages.answer_read import check_answer, read_answer, read_count
from weftline_core.dialects.messages.errors import verdict
from weftline_core.dialects.messages.own import without_borrowed
from weftline_core.dialects.messages.request_write import write_request
from weftline_core.dialects.messages.stream_read import MessagesReader
from weftline_core.dialects.messages.tables import NAME
from weftline_core.dialects.messages.tap import MessagesTap
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

# What only an answer needs; a count refuses them.
_ANSWER_ONLY: Final = (
    "max_tokens",
    "stream",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "metadata",
    "service_tier",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesBack:
    """Writes requests and reads answers.

    answer_path, stream_path: `{model}` in them is the model's name, escaped. model_in_body,
    stream_in_body: False where the path says it. anthropic_version: where the body must have it.
    """

    answer_path: str = "/messages"
    stream_path: str = "/messages"
    model_in_body: bool = True
    stream_in_body: bool = True
    anthropic_version: str | None = None
    framing: Framing = "sse"
    name: str = NAME
    task: Task = "chat"

    @property
    def losses(self) -> Losses:
        """Return what this dialect cannot carry for others."""
        return MESSAGES

    def path(self, target: Target, *, stream: bool) -> str:
        """Return the path below a host's base URL."""
        return _filled(self.stream_path if stream else self.answer_path, target)

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Make a client's own request ready to go, in place; what is inside `messages` stays as it
        was for others who hold it.
        """
        if "messages" in body:
            body["messages"] = without_borrowed(body["messages"])
        self._finish(body, target, stream=stream)

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
        return verdict(status, headers, body, at_unix_s)

    def write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the request's body."""
        body = write_request(conversation, target)
        self._finish(body, target, stream=conversation.stream)
        return body

    def read(self, data: bytes) -> Answer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return read_answer(data)

    def reader(self) -> MessagesReader:
        """Return the reader of one stream."""
        return MessagesReader()

    def tap(self, *, usage_wanted: bool) -> MessagesTap:  # noqa: ARG002
        """Return the watcher of one stream. Usage is part of every stream, so that there is none to
        take out.
        """
        return MessagesTap()

    def _finish(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        body.pop("stream", None)
        if self.model_in_body:
            body["model"] = target.model
        else:
            body.pop("model", None)
        if stream and self.stream_in_body:
            body["stream"] = True
        if self.anthropic_version is None:
            body.pop("anthropic_version", None)
        else:
            body["anthropic_version"] = self.anthropic_version


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingMessagesBack(MessagesBack):
    """A back of hosts that also count."""

    def count_path(self, target: Target) -> str:  # noqa: ARG002
        """Return the path below a host's base URL."""
        return "/messages/count_tokens"

    def count_own(self, body: dict[str, object], target: Target) -> None:
        """Make a client's own request ready to be counted, in place."""
        self.own(body, target, stream=False)
        _drop_answer_only(body)

    def count_write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the body that asks for the count."""
        body = self.write(conversation, target)
        _drop_answer_only(body)
        return body

    def count_read(self, data: bytes) -> int:
        """Return the count.

        Raises:
            NotAnAnswer: it is none.
        """
        return read_count(data)


def _drop_answer_only(body: dict[str, object]) -> None:
    for name in _ANSWER_ONLY:
        body.pop(name, None)


def _filled(template: str, target: Target) -> str:
    return template.replace("{model}", quote(target.model, safe=""))


BACK = CountingMessagesBack()
