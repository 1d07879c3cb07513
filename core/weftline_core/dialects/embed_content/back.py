"""Gemini's batchEmbedContents as hosts speak it; a single text is a batch of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import msgspec
import orjson

from weftline_core.chat.features import Feature
from weftline_core.desired import Task
from weftline_core.dialects import google_errors
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer, Target
from weftline_core.dialects.embed_content.purposes import TASK_TYPES
from weftline_core.dialects.generate.shapes import UsageMetadata
from weftline_core.dialects.generate.usage import usage_of
from weftline_core.dialects.losses import EMBED_CONTENT, Losses
from weftline_core.dialects.proto_json import full_name, model_path
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

_T = TypeVar("_T", "_Checked", "_Answer")


class _Vector(msgspec.Struct):
    values: list[float]


class _Checked(msgspec.Struct, rename="camel"):
    """What is read of an answer that is passed on: its numbers are only checked to be JSON."""

    embeddings: list[msgspec.Raw] | None = None
    usage_metadata: UsageMetadata | None = None
    error: object = None


class _Answer(msgspec.Struct, rename="camel"):
    embeddings: list[_Vector] | None = None
    usage_metadata: UsageMetadata | None = None
    error: object = None


_CHECKED: Final = msgspec.json.Decoder(_Checked)
_ANSWER: Final = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class EmbedContentBack:
    """The back of `embed_content`. models_path: what stands before the model's name."""

    name: str = "embed_content"
    task: Task = "embeddings"
    models_path: str = "/models/"

    @property
    def losses(self) -> Losses:
        """Return what it cannot carry for other dialects."""
        return EMBED_CONTENT

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002  # nothing is streamed
        """Return the path below a host's base URL."""
        return model_path(self.models_path, target.model, "batchEmbedContents")

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:  # noqa: ARG002
        """Write the model's name there into every request of the batch."""
        name = full_name(target.model)
        requests = cast("list[dict[str, object]]", body["requests"])
        # The requests themselves may go to another endpoint too, under another name.
        body["requests"] = [one | {"model": name} for one in requests]

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer that is passed on as it is.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        found = _decoded(_CHECKED, data)
        if found.embeddings is None:
            raise NotAnAnswer("its answer has no list 'embeddings'")
        return _usage(found.usage_metadata)

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return google_errors.verdict(status, headers, body, at_unix_s)

    def write(self, request: EmbeddingRequest, target: Target) -> dict[str, object]:
        """Return the request's body."""
        refuses = target.refuses
        wishes: dict[str, object] = {"model": full_name(target.model)}
        if request.purpose is not None and Feature.PURPOSE not in refuses:
            wishes["taskType"] = TASK_TYPES[request.purpose]
        # Google refuses a title of anything but a document.
        titled = request.purpose == "document" and Feature.TITLE not in refuses
        if request.title is not None and titled:
            wishes["title"] = request.title
        if request.dimensions is not None and Feature.DIMENSIONS not in refuses:
            wishes["outputDimensionality"] = request.dimensions
        return {
            "requests": [
                {**wishes, "content": {"parts": [{"text": text}]}} for text in request.texts
            ]
        }

    def read(self, data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        found = _decoded(_ANSWER, data)
        vectors = [vector.values for vector in found.embeddings or ()]
        if len(vectors) != len(request.texts):
            raise NotAnAnswer("its answer has not one vector for each text")
        return EmbeddingAnswer(vectors=vectors, usage=_usage(found.usage_metadata))


def _decoded(decoder: "msgspec.json.Decoder[_T]", data: bytes) -> "_T":
    try:
        found = decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        if (error := _error_in(data)) is not None:
            raise AnswerIsError(google_errors.of_error(error)) from None
        raise NotAnAnswer("its answer is no embeddings in Gemini's format") from None
    if found.error:
        raise AnswerIsError(google_errors.of_error(found.error))
    return found


def _error_in(data: bytes) -> object:
    try:
        return google_errors.error_in(orjson.loads(data))
    except orjson.JSONDecodeError:
        return None


def _usage(counts: UsageMetadata | None) -> Usage | None:
    return None if counts is None else usage_of(counts)


BACK: Final = EmbedContentBack()
