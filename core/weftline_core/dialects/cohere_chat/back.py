"""Cohere's chat as Cohere speaks it."""

from collections.abc import Mapping
from typing import Final

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.cohere_chat.answer_read import check_answer, read_answer
from weftline_core.dialects.cohere_chat.request_write import write_request
from weftline_core.dialects.cohere_chat.shapes import NAME
from weftline_core.dialects.cohere_chat.stream_read import CohereReader
from weftline_core.dialects.cohere_errors import verdict
from weftline_core.dialects.dialect import Framing, StreamReader, Tap, Target
from weftline_core.dialects.losses import COHERE, Losses
from weftline_core.dialects.reader_tap import ReaderTap
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class CohereChatBack:
    """Cohere's `/v2/chat`."""

    name: str = NAME
    task: Task = "chat"
    losses: Losses = COHERE
    framing: Framing = "sse"

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return the path, the same for all models."""
        return "/v2/chat"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Name the model as it is named there; usage always comes."""
        body["model"] = target.model
        body["stream"] = stream

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer with status 200."""
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
        """Return a whole answer with status 200."""
        return read_answer(data)

    def reader(self) -> StreamReader:
        """Return the reader of one stream."""
        return CohereReader()

    def tap(self, *, usage_wanted: bool) -> Tap:  # noqa: ARG002
        """Return the watcher of one stream; usage is part of every one."""
        return ReaderTap(CohereReader())


BACK: Final = CohereChatBack()
