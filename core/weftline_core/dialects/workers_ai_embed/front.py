"""Workers AI's embeddings as clients speak them, below `/ai/run/{model}`.

Source: Cloudflare's "Workers AI" pages.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
import orjson

from weftline_core.chat.features import Feature
from weftline_core.desired import Task
from weftline_core.dialects.cloudflare_refusal import rest_body, run_fault
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs
from weftline_core.dialects.shape import model_of, shaped, strays
from weftline_core.dialects.workers_ai.answer_write import enveloped
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.errors import CallerError
from weftline_core.sse import frame
from weftline_core.verdict import Words


class _Request(msgspec.Struct):
    text: str | list[str]


_FIELDS: Final = frozenset(("text", "model"))


@dataclass(frozen=True, slots=True)
class WorkersAiEmbedFront:
    """The dialect for clients; the path names the model."""

    name: str = "workers_ai_embed"
    task: Task = "embeddings"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body.

        Raises:
            CallerError: no model is named.
        """
        model = model_of(body, args)
        return ClientRequest(
            dialect=self.name, task=self.task, model=model, stream=False, body=body
        )

    def embedding_request(self, request: ClientRequest) -> EmbeddingRequest:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        text = shaped(request.body, _Request).text
        texts = [text] if isinstance(text, str) else text
        if not any(texts):
            raise CallerError("text: there must be at least one to embed", param="text")
        unknown = strays(request.body, _FIELDS)
        paths = {Feature.UNKNOWN: unknown[0]} if unknown else {}
        return EmbeddingRequest(texts=texts, paths=paths, unknown=tuple(unknown))

    def answer(self, answer: EmbeddingAnswer, echo: Echo) -> bytes:  # noqa: ARG002
        """Return a whole answer, in the envelope of the REST API."""
        vectors = answer.vectors
        result = {"shape": [len(vectors), len(vectors[0]) if vectors else 0], "data": vectors}
        return enveloped(orjson.dumps(result))

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:  # noqa: ARG002
        """Return the status and body that an error has in this dialect."""
        fault = run_fault(status, words, hosted=True)
        return fault.status, rest_body(fault)

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the event that ends a broken stream; embeddings have none, so nobody asks."""
        return frame(rest_body(run_fault(status, words, hosted=True)))


FRONT: Final = WorkersAiEmbedFront()
