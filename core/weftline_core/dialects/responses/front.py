"""Responses as clients speak it."""

from dataclasses import dataclass
from typing import Final

import orjson

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs
from weftline_core.dialects.openai_errors import error_body
from weftline_core.dialects.responses.answer_write import write_answer
from weftline_core.dialects.responses.errors import error_events
from weftline_core.dialects.responses.request_read import read_request
from weftline_core.dialects.responses.shapes import NAME
from weftline_core.dialects.responses.stream_write import ResponsesWriter
from weftline_core.dialects.responses.tap import unnamed_response
from weftline_core.dialects.shape import model_of, stream_of
from weftline_core.verdict import Words


@dataclass(frozen=True, slots=True)
class ResponsesFront:
    """OpenAI's `POST /responses`, and its count of tokens."""

    name: str = NAME
    task: Task = "chat"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:  # noqa: ARG002
        """Return the request of a parsed body.

        Raises:
            CallerError: `model` or `stream` is wrong.
        """
        model = model_of(body)
        stream = stream_of(body)
        return ClientRequest(dialect=NAME, task="chat", model=model, stream=stream, body=body)

    def conversation(self, request: ClientRequest) -> Conversation:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        return read_request(request.body)

    def answer(self, answer: Answer, echo: Echo) -> bytes:
        """Return a whole answer."""
        return write_answer(answer, echo)

    def writer(self, echo: Echo) -> ResponsesWriter:
        """Return the writer of one stream; its `failed` is to be preferred to `error_frame`."""
        return ResponsesWriter(echo)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:  # noqa: ARG002
        """Return the status and body that an error has in this dialect."""
        return status, error_body(words)

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the events that end a broken stream of which nothing is known: their numbers are
        later than all before.
        """
        return error_events(status, words, unnamed_response())

    def count_answer(self, tokens: int) -> bytes:
        """Return the count as clients read it."""
        return orjson.dumps({"object": "response.input_tokens", "input_tokens": tokens})


FRONT: Final = ResponsesFront()
