"""Embeddings as clients speak them. Source: OpenAI's API."""

from weftline_core.desired import Task
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs
from weftline_core.dialects.embeddings.answer import write_answer
from weftline_core.dialects.embeddings.request import read_request
from weftline_core.dialects.openai_errors import error_body
from weftline_core.dialects.shape import model_of
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.errors import CallerError
from weftline_core.sse import frame
from weftline_core.verdict import Words


class EmbeddingsFront:
    """The dialect for clients."""

    @property
    def name(self) -> str:
        """Return the dialect's name."""
        return "embeddings"

    @property
    def task(self) -> Task:
        """Return what it asks for."""
        return "embeddings"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:  # noqa: ARG002
        """Return the request of a parsed body.

        Raises:
            CallerError: a field that the mesh itself reads is wrong.
        """
        model = model_of(body)
        if body.get("stream"):
            raise CallerError("embeddings cannot be streamed: leave 'stream' out", param="stream")
        return ClientRequest(
            dialect="embeddings", task="embeddings", model=model, stream=False, body=body
        )

    def embedding_request(self, request: ClientRequest) -> EmbeddingRequest:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        return read_request(request.body)

    def answer(self, answer: EmbeddingAnswer, echo: Echo) -> bytes:
        """Return a whole answer."""
        return write_answer(answer, echo)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:  # noqa: ARG002
        """Return the status and body that an error has in this dialect."""
        return status, error_body(words)

    def error_frame(self, status: int, words: Words) -> bytes:  # noqa: ARG002
        """Return the event that ends a broken stream; embeddings have none, so nobody asks."""
        return frame(error_body(words))


FRONT = EmbeddingsFront()
