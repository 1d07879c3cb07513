"""Gemini's embedContent and batchEmbedContents as clients speak them.

They are two dialects: a host is only ever asked for a batch, so that the single form is always
translated, and the answer is written by the front that read the request.
"""

from dataclasses import dataclass
from typing import Final

import orjson

from weftline_core.desired import Task
from weftline_core.dialects import google_errors
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs
from weftline_core.dialects.embed_content.request_read import read_request
from weftline_core.dialects.proto_json import model_in_path, to_camel
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.errors import CallerError
from weftline_core.verdict import Words


@dataclass(frozen=True, slots=True)
class EmbedContentFront:
    """The front of one of the two. single: embedContent, one text in and one vector out."""

    name: str = "embed_content"
    task: Task = "embeddings"
    single: bool = False

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body, with its fields in camelCase.

        Raises:
            CallerError: the path names no model, or a batch holds what is no request.
        """
        model = model_in_path(args)
        to_camel(body)
        body.pop("model", None)
        if not self.single:
            _check(body.get("requests"))
        return ClientRequest(
            dialect=self.name, task=self.task, model=model, stream=False, body=body
        )

    def embedding_request(self, request: ClientRequest) -> EmbeddingRequest:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect.
        """
        return read_request(request.body, single=self.single)

    def answer(self, answer: EmbeddingAnswer, echo: Echo) -> bytes:  # noqa: ARG002
        """Return a whole answer."""
        vectors = [{"values": vector} for vector in answer.vectors]
        body: dict[str, object] = (
            {"embedding": vectors[0]} if self.single else {"embeddings": vectors}
        )
        if answer.usage is not None:
            tokens = answer.usage.prompt_tokens
            body["usageMetadata"] = {"promptTokenCount": tokens, "totalTokenCount": tokens}
        return orjson.dumps(body)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        return status, google_errors.error_body(status, words, request_id)

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return an error as an event, though nothing here is streamed."""
        return google_errors.error_frame(status, words)


def _check(requests: object) -> None:
    """Refuse a batch in which the mesh could not write the model's name."""
    if not isinstance(requests, list) or not requests:
        raise CallerError("requests: must be a list of at least one request", param="requests")
    for i, one in enumerate(requests):  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
        if not isinstance(one, dict):
            raise CallerError(f"requests[{i}]: must be an object", param=f"requests[{i}]")


FRONT: Final = EmbedContentFront()
FRONT_SINGLE: Final = EmbedContentFront(name="embed_content_one", single=True)
