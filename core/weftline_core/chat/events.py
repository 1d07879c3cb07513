"""An answer as it comes, in no dialect.

The order: `Begin`, then deltas, `Finish` for each choice, `Used` at any time (the last one holds),
`Done` once the provider has said that it is all; or `Failed`, after which nothing comes. Tool calls
come as `CallBegin`, any number of `CallDelta`, `CallEnd`; calls that a provider interleaves stay
interleaved here, told apart by `call`.
"""

from typing import Final, TypeAlias

import msgspec

from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict


class Begin(msgspec.Struct, gc=False):
    """The provider has accepted the request. usage: what it said of the prompt so far."""

    id: str
    model: str
    usage: Usage | None = None


class TextDelta(msgspec.Struct, gc=False):
    """More words. `choice` counts the answers from 0."""

    text: str
    choice: int = 0


class RefusalDelta(msgspec.Struct, gc=False):
    """More words of a refusal."""

    text: str
    choice: int = 0


class ReasoningDelta(msgspec.Struct, gc=False):
    """More of the model's thoughts."""

    text: str
    choice: int = 0


class ReasoningProof(msgspec.Struct, gc=False):
    """The signature of the thoughts so far, good at dialect `origin` only; or, with `redacted`,
    thoughts that nobody else can read.
    """

    origin: str
    signature: str | None = None
    redacted: str | None = None
    choice: int = 0


class CallBegin(msgspec.Struct, gc=False):
    """A tool call begins. call: counts the calls of a choice from 0."""

    call: int
    id: str
    name: str
    signature: str | None = None
    free_text: bool = False
    choice: int = 0


class CallDelta(msgspec.Struct, gc=False):
    """More of a call's arguments."""

    call: int
    arguments: str
    choice: int = 0


class CallEnd(msgspec.Struct, gc=False):
    """A call's arguments are whole. It comes for every call, at the latest before `Finish`."""

    call: int
    choice: int = 0


class MediaDelta(msgspec.Struct, gc=False):
    """A picture or sound, whole, in base64."""

    mime: str
    data: str
    choice: int = 0


class Cited(msgspec.Struct):
    """The text so far has a source."""

    citation: Citation
    choice: int = 0


class Logprobs(msgspec.Struct):
    """Log probabilities of the tokens in the text delta just before."""

    tokens: list[TokenLogprob]
    choice: int = 0


class Finish(msgspec.Struct, gc=False):
    """A choice is complete."""

    stop: Stop
    sequence: str | None = None
    choice: int = 0


class Used(msgspec.Struct, gc=False):
    """Usage so far, cumulative."""

    usage: Usage


class Done(msgspec.Struct, gc=False):
    """All has come."""


class Failed(msgspec.Struct, gc=False):
    """The provider has broken off."""

    verdict: Verdict


Event: TypeAlias = (
    Begin
    | TextDelta
    | RefusalDelta
    | ReasoningDelta
    | ReasoningProof
    | CallBegin
    | CallDelta
    | CallEnd
    | MediaDelta
    | Cited
    | Logprobs
    | Finish
    | Used
    | Done
    | Failed
)

# What a reader of the answer waits for: the first of these commits the mesh to it.
CONTENT: Final = frozenset((TextDelta, RefusalDelta, ReasoningDelta, CallBegin, MediaDelta, Finish))
