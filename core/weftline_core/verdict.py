"""What an endpoint's error means for the mesh, whatever dialect it came in."""

from dataclasses import dataclass

import msgspec

from weftline_core.failures import Failure


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """An error in words, in no dialect. kind and code are OpenAI's `type` and `code`, which every
    other dialect derives its own from; param: the client's path to the field at fault.
    retry_after_s: how long a client should wait, for dialects that say it in the body.
    """

    message: str
    kind: str = "invalid_request_error"
    param: str | None = None
    code: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong at an endpoint.

    words: its own, for a client that must see them: the request was wrong, or the stream had begun.
    retry_after_s: how long it asks to be left alone.
    """

    failure: Failure
    words: Words
    retry_after_s: float | None = None

    @property
    def code(self) -> str | None:
        """Return its own error code, for the record."""
        return self.words.code
