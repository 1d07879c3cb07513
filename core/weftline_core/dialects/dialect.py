"""What a dialect is: a wire format as clients speak it (a front), as hosts speak it (a back).

A request whose front and back are of one name is passed on in its own words, and only watched. Any
other is read by its front into a conversation and written from that by the back; the answer goes
the other way. Fronts and backs keep no state: what one stream needs is in its reader, writer or
tap.
"""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.chat.events import Event
from weftline_core.desired import ReasoningStyle, Task
from weftline_core.dialects.losses import Losses
from weftline_core.embeddings import EmbeddingAnswer, EmbeddingRequest
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict, Words

# How a host cuts its stream: server-sent events, JSON lines, or Amazon's binary messages. All of
# them reach readers and taps as server-sent events.
Framing: TypeAlias = Literal["sse", "ndjson", "eventstream"]


class PathArgs(msgspec.Struct, frozen=True, kw_only=True):
    """What a request's path says, in dialects that put it there."""

    model: str | None = None
    stream: bool | None = None


NO_ARGS = PathArgs()


class ClientRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request of which as much was checked as the mesh itself needs. `body` is what goes on,
    written anew: never the client's bytes, which another parser might read differently.
    """

    dialect: str
    task: Task
    model: str
    stream: bool
    body: dict[str, object]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A model at one endpoint, as a back needs to know it.

    model: its name there. output_tokens_max: where a dialect demands a limit and the client gave
    none. refuses: names of `Feature`s that this model refuses, dropped like a dialect's own.
    options: the endpoint's, for hosts that need more than a URL.
    """

    model: str
    output_tokens_max: int | None = None
    refuses: frozenset[str] = frozenset()
    reasoning: ReasoningStyle | None = None
    options: Mapping[str, str] = {}


class Echo(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer repeats of its request. model: as the client named it. asked: None when the
    request was not translated.
    """

    request_id: str
    model: str
    created_unix_s: int
    body: Mapping[str, object]
    asked: Conversation | EmbeddingRequest | None = None


class NotAnAnswer(ValueError):
    """An answer with status 200 is none; the text says why."""


class AnswerIsError(Exception):
    """An answer is an error, for all its status says."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("an error with status 200")
        self.verdict = verdict


class Tap(Protocol):
    """Watches, or translates, one stream. It is fed whole events, as server-sent ones with LF.

    begun: there is something to read, if only that the answer is empty. content_events: events
    with content, near enough the tokens. done: the answer is complete. error: what an error inside
    the stream means. usage: the last reported.
    """

    begun: bool
    content_events: int
    done: bool
    error: Verdict | None
    usage: Usage | None

    def read(self, whole: bytes) -> bytes:
        """Note what is in these events, and return what may be passed on; nothing from an error
        event on.
        """
        ...

    def glance(self, whole: bytes) -> bytes:
        """Do the same, faster where all is plain content."""
        ...

    def end(self) -> bytes:
        """Take note that the body has ended, and return what is still to go out; `done` says
        whether it ended in good form.
        """
        ...


class StreamReader(Protocol):
    """Reads one stream of a host."""

    def read(self, whole: bytes) -> list[Event]:
        """Return what whole events say. An event that breaks the dialect becomes a `Failed`."""
        ...

    def end(self) -> list[Event]:
        """Return what the end of the body means: for a dialect without a terminal event `Done`, if
        the answer was complete; else nothing.
        """
        ...


class StreamWriter(Protocol):
    """Writes one stream to a client."""

    def write(self, events: list[Event]) -> bytes:
        """Return these events in the client's dialect, as whole events, maybe none. `Done` writes
        the dialect's own end. `Failed` is never given.
        """
        ...


@runtime_checkable
class Failing(Protocol):
    """A stream writer whose dialect ends a broken stream by what it has written before."""

    def failed(self, status: int, words: Words) -> bytes:
        """Return the event or events that end the stream, so that its SDKs raise."""
        ...


class Front(Protocol):
    """A dialect as clients speak it."""

    @property
    def name(self) -> str:
        """Return the dialect's name, the same as of its back."""
        ...

    @property
    def task(self) -> Task:
        """Return what it asks for."""
        ...

    def request(self, body: dict[str, object], args: PathArgs) -> ClientRequest:
        """Return the request of a parsed body.

        Raises:
            CallerError: a field that the mesh itself reads is wrong.
        """
        ...

    def error(self, status: int, words: Words, request_id: str) -> tuple[int, bytes]:
        """Return the status and body that an error has in this dialect."""
        ...

    def error_frame(self, status: int, words: Words) -> bytes:
        """Return the event or events that end a broken stream, so that its SDKs raise."""
        ...


@runtime_checkable
class ChatFront(Front, Protocol):
    """A dialect in which clients ask for answers."""

    def conversation(self, request: ClientRequest) -> Conversation:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        ...

    def answer(self, answer: Answer, echo: Echo) -> bytes:
        """Return a whole answer."""
        ...

    def writer(self, echo: Echo) -> StreamWriter:
        """Return the writer of one stream."""
        ...


@runtime_checkable
class EmbeddingFront(Front, Protocol):
    """A dialect in which clients ask for embeddings."""

    def embedding_request(self, request: ClientRequest) -> EmbeddingRequest:
        """Return all that the request says.

        Raises:
            CallerError: it breaks the dialect; `param` is the path of the field at fault.
        """
        ...

    def answer(self, answer: EmbeddingAnswer, echo: Echo) -> bytes:
        """Return a whole answer."""
        ...


class Back(Protocol):
    """A dialect as hosts speak it."""

    @property
    def name(self) -> str:
        """Return the dialect's name, the same as of its front if it has one."""
        ...

    @property
    def task(self) -> Task:
        """Return what it can be asked for."""
        ...

    @property
    def losses(self) -> Losses:
        """Return what it cannot carry for other dialects."""
        ...

    def path(self, target: Target, *, stream: bool) -> str:
        """Return the path below a host's base URL."""
        ...

    def own(self, body: dict[str, object], target: Target, *, stream: bool) -> None:
        """Make a request that a client wrote in this very dialect ready to go, in place: the
        model's name there, usage switched on.
        """
        ...

    def check(self, data: bytes) -> Usage | None:
        """Return the usage in a whole answer with status 200 that is passed on as it is.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        ...

    def verdict(
        self, status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float
    ) -> Verdict:
        """Return the meaning of an answer whose status is not 200."""
        ...


@runtime_checkable
class ChatBack(Back, Protocol):
    """A dialect in which hosts answer."""

    @property
    def framing(self) -> Framing:
        """Return how streams are cut."""
        ...

    def write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the request's body. What `losses` and `target.refuses` name is left out; nobody
        asks who has something refused.
        """
        ...

    def read(self, data: bytes) -> Answer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        ...

    def reader(self) -> StreamReader:
        """Return the reader of one stream."""
        ...

    def tap(self, *, usage_wanted: bool) -> Tap:
        """Return the watcher of one stream that is passed on as it is; unless `usage_wanted`, what
        `own` switched on is taken out again.
        """
        ...


class Plain:
    """A mixin of backs whose own answers have forms that other clients of the dialect cannot read.
    Their taps put streams right. It is no protocol: to ask for one takes 8 us.
    """

    __slots__ = ()

    def plain(self, data: bytes) -> bytes:
        """Return a whole answer, which was checked, as every client of the dialect reads it."""
        return data


@runtime_checkable
class EmbeddingBack(Back, Protocol):
    """A dialect in which hosts embed."""

    def write(self, request: EmbeddingRequest, target: Target) -> dict[str, object]:
        """Return the request's body."""
        ...

    def read(self, data: bytes, request: EmbeddingRequest) -> EmbeddingAnswer:
        """Return a whole answer with status 200.

        Raises:
            NotAnAnswer: it is neither an answer nor an error.
            AnswerIsError: it is an error.
        """
        ...


@runtime_checkable
class CountFront(Protocol):
    """A dialect in which clients ask how many tokens a request has. The request is one for an
    answer, so that `ChatFront.conversation` reads it.
    """

    def count_answer(self, tokens: int) -> bytes:
        """Return the count as clients read it."""
        ...


@runtime_checkable
class CountBack(Protocol):
    """A dialect in which hosts count the tokens of a request for an answer, without answering."""

    def count_path(self, target: Target) -> str:
        """Return the path below a host's base URL."""
        ...

    def count_own(self, body: dict[str, object], target: Target) -> None:
        """Make a request that a client wrote in this very dialect ready to be counted, in place."""
        ...

    def count_write(self, conversation: Conversation, target: Target) -> dict[str, object]:
        """Return the body that asks for the count."""
        ...

    def count_read(self, data: bytes) -> int:
        """Return the count.

        Raises:
            NotAnAnswer: it is none.
        """
        ...
