"""A whole answer, in no dialect."""

from enum import StrEnum

import msgspec

from weftline_core.chat.parts import Part
from weftline_core.usage import Usage


class Stop(StrEnum):
    """Why the model stopped. What is the provider's own fault is no stop but a failure.

    PAUSED: the provider's own tools need another turn.
    """

    END = "end"
    SEQUENCE = "sequence"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    FILTERED = "filtered"
    REFUSED = "refused"
    PAUSED = "paused"


class Citation(msgspec.Struct, kw_only=True):
    """Where a claim is from. start, end: characters of the answer's text, if known."""

    url: str
    title: str | None = None
    start: int | None = None
    end: int | None = None


class TokenLogprob(msgspec.Struct, kw_only=True):
    """One token of the answer and what else it might have been."""

    token: str
    logprob: float
    top: "list[TokenLogprob]" = []


class Choice(msgspec.Struct, kw_only=True):
    """One answer. stop_sequence: which of the caller's it was, if the provider says."""

    parts: list[Part]
    stop: Stop
    stop_sequence: str | None = None
    citations: list[Citation] = []
    logprobs: list[TokenLogprob] | None = None


class Answer(msgspec.Struct, kw_only=True):
    """What a model answered.

    id, model: the provider's own, for the record; a client gets ids in its dialect's form.
    usage: None if the provider said nothing, which is not zero.
    """

    choices: list[Choice]
    id: str = ""
    model: str = ""
    usage: Usage | None = None
