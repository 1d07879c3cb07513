"""Embeddings as hosts speak them. Sources: the modules beside this one."""

from collections.abc import Mapping
from dataclasses import dataclass

from weftline_core.desired import Task
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.embeddings.answer import check_answer, read_answer
from weftline_core.dialects.embeddings.request import write_request
from weftline_core.dialects.losses import EMBEDDINGS, Losses
from weftline_core.dialects.openai_errors import verdict
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingsBack:
    """The dialect at one kind of host. ask_base64: it knows `encoding_format`."""

    ask_base64: bool = False

    @property
    def name(self) -> str:
        """Return the dialect's name."""
        return "embeddings"

    @property
    def task(self) -> Task:
        """Return what it can be asked for."""
        return "embeddings"

    @property
    def losses(self) -> Losses:
        """Return what it cannot carry for other dialects."""
        return EMBEDDINGS

    def path(self, target: Target, *, stream: bool) -> str:  # noqa: ARG002
        """Return the path below a host's base URL."""
        return "/embeddings"

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:  # noqa: ARG002
        """Make a client's own request ready to go: the model's name there."""
        body["model"] = target.model

    def write(self, request: EmbeddingRequest, target: Target) -> dict[str, object]:
        """Return the request's body."""
        return write_request(request, target, ask_base64=self.ask_base64)

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer that is passed on as it is.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return check_answer(data)

    def read(self, data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
        """Return a whole answer.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        return read_answer(data, request)

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        return verdict(status, headers, body, at_unix_s)


BACK = EmbeddingsBack()
