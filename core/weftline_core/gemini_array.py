"""Gemini's `streamGenerateContent` without `alt=sse`: its answer is a JSON array of answers.

Google writes that array piece by piece. Here it comes at once, with the whole answer as its only
element: who reads it piece by piece loses nothing but time, and `alt=sse` is there for the others.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from weftline_core.ask import Ask
from weftline_core.dialects.dialect import Back, ClientRequest, Echo, Front, PathArgs
from weftline_core.dialects.generate.front import FRONT, GenerateFront
from weftline_core.usage import Usage
from weftline_core.verdict import Words

# How a stream of events is asked for.
_EVENTS: Final = frozenset(("alt=sse", "$alt=sse", "%24alt=sse"))


class GenerateArrayFront(GenerateFront):
    """The front of `generate` whose errors are in an array, as its answers are."""

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body, under another name: its answers are not those of
        the plain dialect.

        Raises:
            CallerError: the path names no model.
        """
        found = super().request(body, args)
        return msgspec.structs.replace(found, dialect=f"{self.name}_array")

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:
        """Return the status and body of an error."""
        status, body = super().error(status, words, request_id)
        return status, _in_array(body)


class ArrayAsk(Ask):
    """A request whose whole answer is put into an array."""

    __slots__ = ()

    def judge(
        self, back: Back, data: bytes, echo: Callable[[], Echo]
    ) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's dialect, in the array, and its usage."""
        out, usage = super().judge(back, data, echo)
        return _in_array(out), usage


def wants_array(front: Front, args: PathArgs, query: str) -> bool:
    """Return whether a request that its path makes a stream is answered with an array."""
    return front is FRONT and bool(args.stream) and _EVENTS.isdisjoint(query.split("&"))


def _in_array(body: bytes) -> bytes:
    return b"[%b]" % body


ARRAY: Final = GenerateArrayFront()
