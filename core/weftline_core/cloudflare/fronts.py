"""Dialects in Cloudflare's house: its own errors where it would answer itself."""

from collections.abc import Callable
from typing import Final

import msgspec

from weftline_core.desired import Task
from weftline_core.dialects.chat.front import ChatCompletionsFront
from weftline_core.dialects.cloudflare_refusal import (
    OWN,
    Fault,
    gateway_body,
    rest_body,
    run_fault,
)
from weftline_core.dialects.dialect import ClientRequest, Front, PathArgs
from weftline_core.dialects.embeddings.front import EmbeddingsFront
from weftline_core.dialects.responses.front import ResponsesFront
from weftline_core.verdict import Words


class HouseFront(msgspec.Struct, frozen=True):
    """A dialect behind Cloudflare's door: what is wrong with the request as such is told in the
    house's words, all else in the dialect's.
    """

    inner: Front
    body_of: Callable[[Fault], bytes]

    @property
    def name(self) -> str:
        """Return the dialect's name."""
        return self.inner.name

    @property
    def task(self) -> Task:
        """Return what it asks for."""
        return self.inner.task

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body."""
        return self.inner.request(body, args)

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error. A code that is a number is Cloudflare's."""
        code = OWN.get(words.code)
        if code is None and words.code is not None and words.code.isdecimal():
            code = int(words.code)
        if code is None:
            return self.inner.error(status, words, request_id)
        return status, self.body_of(Fault(status, code, words.message))

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the event that ends a broken stream."""
        return self.inner.error_frame(status, words)


def on_gateway(front: Front) -> HouseFront:
    """Return a dialect as it is spoken on the gateway's host."""
    return HouseFront(front, gateway_body)


def on_rest(front: Front) -> HouseFront:
    """Return a dialect as it is spoken on the REST API, beside `/ai/run`."""
    return HouseFront(front, rest_body)


class _RunErrors:
    """Errors of a model from elsewhere, below `/ai/run`. Streams end in the dialect's own way."""

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:  # noqa: ARG002
        """Return the status and body of an error."""
        fault = run_fault(status, words, hosted=False)
        return fault.status, rest_body(fault)


class RunChatFront(_RunErrors, ChatCompletionsFront):
    """Chat completions below `/ai/run`."""


class RunEmbeddingsFront(_RunErrors, EmbeddingsFront):
    """Embeddings below `/ai/run`."""


class RunResponsesFront(_RunErrors, ResponsesFront):
    """Responses below `/ai/run`."""


RUN_CHAT: Final = RunChatFront()
RUN_EMBEDDINGS: Final = RunEmbeddingsFront()
RUN_RESPONSES: Final = RunResponsesFront()
