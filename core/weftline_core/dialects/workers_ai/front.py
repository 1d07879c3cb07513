"""Workers AI's text generation as clients speak it, below `/ai/run/{model}`.

Source: Cloudflare's "Workers AI" pages.
"""

from dataclasses import dataclass
from typing import Final

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.cloudflare_refusal import rest_body, run_fault
from weftline_core.dialects.dialect import (
    ClientRequest,
    Echo,
    PathArgs,
    StreamWriter,
)
from weftline_core.dialects.shape import model_of, stream_of
from weftline_core.dialects.workers_ai.answer_write import write_answer
from weftline_core.dialects.workers_ai.request_read import read_request
from weftline_core.dialects.workers_ai.shapes import NAME
from weftline_core.dialects.workers_ai.stream_write import WorkersAiWriter
from weftline_core.sse import frame
from weftline_core.verdict import Words


@dataclass(frozen=True, slots=True)
class WorkersAiFront:
    """The dialect for clients; the path names the model."""

    name: str = NAME
    task: Task = "chat"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body.

        Raises:
            CallerError: no model is named, or 'stream' is no truth value.
        """
        model = model_of(body, args)
        stream = stream_of(body, args)
        return ClientRequest(
            dialect=self.name, task=self.task, model=model, stream=stream, body=body
        )

    def conversation(self, request: ClientRequest) -> Conversation:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        return read_request(request.body, stream=request.stream)

    def answer(self, answer: Answer, echo: Echo) -> bytes:
        """Return a whole answer."""
        return write_answer(answer, echo)

    def writer(self, echo: Echo) -> StreamWriter:  # noqa: ARG002
        """Return the writer of one stream."""
        return WorkersAiWriter()

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:  # noqa: ARG002
        """Return the status and body that an error has in this dialect."""
        fault = run_fault(status, words, hosted=True)
        return fault.status, rest_body(fault)

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the event that ends a broken stream; `[DONE]` does not follow."""
        return frame(rest_body(run_fault(status, words, hosted=True)))


FRONT: Final = WorkersAiFront()
