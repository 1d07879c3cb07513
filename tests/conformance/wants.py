"""What a client wants and what it reads, in no dialect; every client spells these its own way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from weftline_bench.sims.script import Stop
from weftline_core.chat.features import Feature

Json: TypeAlias = dict[str, Any]

# Where a client names the model of every request.
MODEL = "m/chat"


class Misread(Exception):
    """What came is not what this dialect's SDK could read."""


def must(true: object, what: str) -> None:
    """Raise unless it is so."""
    if not true:
        raise Misread(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool that the client runs."""

    name: str
    schema: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One request. earlier: what was said before, user and assistant in turn. only: the tool that
    must be called. image: base64 of a PNG, or a URL.
    """

    user: str
    system: str = ""
    earlier: tuple[str, ...] = ()
    stream: bool = False
    tools: tuple[ToolSpec, ...] = ()
    only: str = ""
    image: str = ""
    image_url: str = ""
    schema: Json | None = None
    reasoning: bool = False
    max_tokens: int | None = None
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """A tool that the model calls."""

    id: str
    name: str
    arguments: object


@dataclass(frozen=True, slots=True)
class Tokens:
    """Usage, with totals that include their parts; None where the dialect has no word for it."""

    prompt: int
    completion: int
    cached: int | None = None
    reasoning: int | None = None


@dataclass(slots=True)
class Read:
    """What a client has read. stop: in its dialect's word. finished: its SDK takes it as whole.

    turn: the answer as the client gives it back with its next request. error: of a broken stream.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[Called] = field(default_factory=list[Called])
    stop: str = ""
    sequence: str | None = None
    usage: Tokens | None = None
    model: str = ""
    turn: list[Json] = field(default_factory=list[Json])
    error: str = ""
    finished: bool = False
    choices: int = 1


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as a client reads it. kind: its dialect's word. param: the path at fault."""

    message: str
    kind: str
    param: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A request that uses one feature. path: where. needle: what the upstream then sees, as JSON
    text; empty if no one text would do.
    """

    feature: Feature
    path: str
    body: Json
    needle: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """A request for how many tokens another request has. tokens: reads the answer."""

    path: str
    body: Json
    tokens: Callable[[Json], int]


class Client(Protocol):
    """A dialect, as its SDK speaks it."""

    @property
    def name(self) -> str:
        """Return the dialect's name."""
        ...

    @property
    def stops(self) -> dict[Stop, str]:
        """Return its words for why an answer ended."""
        ...

    def path(self, *, stream: bool) -> str:
        """Return where it asks."""
        ...

    def count(self, body: Json) -> Count | None:
        """Return how it asks for the tokens of a request, if it can."""
        ...

    def body(self, want: Want) -> Json:
        """Return the request."""
        ...

    def again(self, body: Json, read: Read, results: list[str]) -> Json:
        """Return the next request: the answer, and what its tools gave."""
        ...

    def whole(self, data: bytes) -> Read:
        """Return what a whole answer says."""
        ...

    def streamed(self, data: bytes) -> Read:
        """Return what a stream says, as far as it came."""
        ...

    def error(self, status: int, data: bytes) -> Trouble:
        """Return what an error says."""
        ...

    def overload(self) -> int:
        """Return the status by which its SDK knows an overload."""
        ...

    def uses(self) -> list[Use]:
        """Return a request for each feature that the dialect has a word for."""
        ...
