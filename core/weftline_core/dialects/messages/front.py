"""Messages as clients speak it."""

from dataclasses import dataclass

import orjson

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs
from weftline_core.dialects.messages.answer_write import write_answer
from weftline_core.dialects.messages.errors import error_answer, error_event
from weftline_core.dialects.messages.request_read import read_request
from weftline_core.dialects.messages.stream_write import MessagesWriter
from weftline_core.dialects.messages.tables import NAME
from weftline_core.dialects.shape import model_of, stream_of
from weftline_core.verdict import Words


@dataclass(frozen=True, slots=True)
class MessagesFront:
    """Reads requests and writes answers, errors and counts."""

    name: str = NAME
    task: Task = "chat"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body; the path's model and `stream` win over its own.

        Raises:
            CallerError: 'model' or 'stream' is wrong.
        """
        model = model_of(body, args)
        stream = stream_of(body, args)
        return ClientRequest(
            dialect=self.name, task=self.task, model=model, stream=stream, body=body
        )

    def conversation(self, request: ClientRequest) -> Conversation:
        """Return all that the request says. A missing `max_tokens` is no error here, since a
        request for a count has none.

        Raises:
            CallerError: it breaks the dialect.
        """
        conversation = read_request(request.body)
        conversation.stream = request.stream
        return conversation

    def answer(self, answer: Answer, echo: Echo) -> bytes:
        """Return a whole answer."""
        return write_answer(answer, echo)

    def writer(self, echo: Echo) -> MessagesWriter:
        """Return the writer of one stream."""
        return MessagesWriter(echo)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error; overload is 529 here."""
        return error_answer(status, words, request_id)

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the event that ends a broken stream."""
        return error_event(status, words)

    def count_answer(self, tokens: int) -> bytes:
        """Return a count of tokens."""
        return orjson.dumps({"input_tokens": tokens})


FRONT = MessagesFront()
