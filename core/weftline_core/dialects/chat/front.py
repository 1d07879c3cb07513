"""Chat completions as clients speak them. Source: OpenAI's API."""

from dataclasses import dataclass

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects.chat.answer_write import write_answer
from weftline_core.dialects.chat.request_read import read_request
from weftline_core.dialects.chat.stream_write import ChatWriter
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs, StreamWriter
from weftline_core.dialects.openai_errors import error_body
from weftline_core.dialects.shape import model_of, stream_of
from weftline_core.sse import frame
from weftline_core.verdict import Words


@dataclass(frozen=True, slots=True)
class ChatCompletionsFront:
    """The dialect for clients."""

    name: str = "chat"
    task: Task = "chat"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:  # noqa: ARG002
        """Return the request of a parsed body.

        Raises:
            CallerError: a field that the mesh itself reads is wrong.
        """
        model = model_of(body)
        stream = stream_of(body)
        return ClientRequest(dialect="chat", task="chat", model=model, stream=stream, body=body)

    def conversation(self, request: ClientRequest) -> Conversation:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        return read_request(request.body, stream=request.stream)

    def answer(self, answer: Answer, echo: Echo) -> bytes:
        """Return a whole answer."""
        return write_answer(answer, echo)

    def writer(self, echo: Echo) -> StreamWriter:
        """Return the writer of one stream."""
        return ChatWriter(echo)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:  # noqa: ARG002
        """Return the status and body that an error has in this dialect."""
        return status, error_body(words)

    def error_frame(self, status: int, words: Words) -> bytes:  # noqa: ARG002
        """Return the event that ends a broken stream: the SDKs raise on it."""
        return frame(error_body(words))


FRONT = ChatCompletionsFront()
