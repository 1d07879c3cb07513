"""Converse as Bedrock speaks it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.amazon_errors import verdict
from weftline_core.dialects.converse.answer_read import check_answer, read_answer
from weftline_core.dialects.converse.request_write import write_request
from weftline_core.dialects.converse.shapes import NAME
from weftline_core.dialects.converse.stream_read import ConverseReader
from weftline_core.dialects.dialect import Framing, StreamReader, Tap, Target
from weftline_core.dialects.losses import CONVERSE, Losses
from weftline_core.dialects.reader_tap import ReaderTap
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class ConverseBack:
    """Bedrock's `Converse` and `ConverseStream`."""

    name: str = NAME
    task: Task = "chat"
    losses: Losses = CONVERSE
    framing: Framing = "eventstream"

    def path(self, target: Target, *, stream: bool) -> str:
        """Return the path, in which the model may be an ARN with colons and slashes."""
        operation = "converse-stream" if stream else "converse"
        return f"/model/{quote(target.model, safe='')}/{operation}"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Change nothing: model and stream stand in the path, and usage always comes."""

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
        return ConverseReader()

    def tap(self, *, usage_wanted: bool) -> Tap:  # noqa: ARG002
        """Return the watcher of one stream; usage is part of every one."""
        return ReaderTap(ConverseReader())


BACK: Final = ConverseBack()
