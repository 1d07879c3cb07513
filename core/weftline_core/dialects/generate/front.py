"""Gemini's generateContent as clients speak it.

The model, and whether to stream, stand in the path. countTokens is asked with the same body, or
with one inside `generateContentRequest`.
"""

from dataclasses import dataclass
from typing import Final, cast

import orjson

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.desired import Task
from weftline_core.dialects import google_errors
from weftline_core.dialects.dialect import ClientRequest, Echo, PathArgs
from weftline_core.dialects.generate.answer_write import write_answer
from weftline_core.dialects.generate.request_read import read_request
from weftline_core.dialects.generate.stream_write import GenerateWriter
from weftline_core.dialects.proto_json import model_in_path, to_camel
from weftline_core.dialects.shape import wrong
from weftline_core.verdict import Words

_COUNTED: Final = "generateContentRequest"


@dataclass(frozen=True, slots=True)
class GenerateFront:
    """The front of `generate`; a stream is asked for as server-sent events (`alt=sse`)."""

    name: str = "generate"
    task: Task = "chat"

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body, with its fields in camelCase.

        Raises:
            CallerError: the path names no model.
        """
        model = model_in_path(args)
        to_camel(body)
        inner = body.get(_COUNTED)
        if inner is not None:
            if not isinstance(inner, dict):
                raise wrong(_COUNTED, "must be an object")
            body = cast("dict[str, object]", inner)
        # The path has said it, and two names of a model may differ.
        body.pop("model", None)
        return ClientRequest(
            dialect=self.name, task=self.task, model=model, stream=bool(args.stream), body=body
        )

    def conversation(self, request: ClientRequest) -> Conversation:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect.
        """
        return read_request(request.body, stream=request.stream)

    def answer(self, answer: Answer, echo: Echo) -> bytes:
        """Return a whole answer."""
        return write_answer(answer, echo)

    def writer(self, echo: Echo) -> GenerateWriter:
        """Return the writer of one stream."""
        return GenerateWriter(echo)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        return status, google_errors.error_body(status, words, request_id)

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the event that ends a broken stream."""
        return google_errors.error_frame(status, words)

    def count_answer(self, tokens: int) -> bytes:
        """Return a count of tokens."""
        return orjson.dumps({"totalTokens": tokens})


FRONT: Final = GenerateFront()
