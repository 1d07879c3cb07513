"""What one request is, and what serving it takes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from weftline.clock import Clock
from weftline_core.ask import Ask
from weftline_core.attempts import Blame, Patience
from weftline_core.book import Book
from weftline_core.record import Record
from weftline_core.retry_budget import RetryBudget
from weftline_core.usage import Usage
from weftline_core.wishes import Wishes
from weftline_node.asked import Face
from weftline_node.dial import Way
from weftline_node.key_rings import KeyRings
from weftline_node.upstream import UpstreamPool


class Responder(Protocol):
    """Who answers the request in progress: what a connection tells of its client."""

    def client_gone(self) -> None:
        """The client has left."""
        ...

    def pause(self) -> None:
        """The client reads too slowly; send nothing more."""
        ...

    def resume(self) -> None:
        """The client has caught up."""
        ...


class Client(Protocol):
    """What a request asks of the connection that it came from."""

    @property
    def closing(self) -> bool:
        """Return whether the connection ends after the present answer."""
        ...

    def serve(self, responder: Responder) -> None:
        """Tell `responder` from now on what happens to the connection."""
        ...

    def write(self, data: bytes) -> None:
        """Write at once; what a closed connection is given is dropped."""
        ...

    def finish(self, *, close: bool = False) -> None:
        """The answer is written: go on with the next request, or close."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What every request uses.

    call_at: the running loop's own. Asking for the loop each time costs a system call in 3.11.
    rings: of each endpoint that has several keys, which to use next.
    """

    clock: Clock
    call_at: Callable[[float, Callable[[], None]], asyncio.TimerHandle]
    book: Book
    pool: UpstreamPool
    budget: RetryBudget
    rings: KeyRings
    on_record: Callable[[Record], None]

    def took(self, way: Way, now_s: float) -> None:
        """Note that a request goes this way."""
        self.book.began(way.dial.name, now_s)
        if self.rings:
            self.rings.took(way, now_s)

    def succeeded(self, way: Way, usage: Usage | None, now_s: float) -> None:
        """Note that an answer came this way."""
        self.book.succeeded(way.dial.name, now_s)
        if self.rings:
            tokens = 0 if usage is None else usage.prompt_tokens + usage.completion_tokens
            self.rings.succeeded(way, tokens, now_s)

    def blame(self, way: Way, blame: Blame, now_s: float) -> None:
        """Note a failure: against the key, if it is about that and another one is left; else
        against the endpoint.
        """
        if not self.rings.blame(way, blame, now_s):
            self.book.failed(blame.endpoint, blame.failure, now_s, blame.retry_after_s)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One request, checked, and where it may go.

    ways: where it may go, best first; at least one. asks: what is asked, by `Way.alternative`; one
    for all, unless the client gave several. stream: the answer comes as events. lines: the headers
    by which its answer can be found again in the mesh. prompt_bytes: the size of the client's body.
    said: the client's own fields where those that are asked were changed; answers repeat them.
    started_s, routed_s: when its last byte had come, and when the plan was made. started_unix_s:
    the first of them by the wall clock. face: how the answer looks, where that is not our own way.
    asked_of: at which provider and with which key, where the client says so and the answer may be
    kept. cached: the answer cache was asked. gateway: what the client calls the gateway that it
    asks.
    """

    request_id: str
    tenant: str
    ways: tuple[Way, ...]
    asks: tuple[Ask, ...]
    stream: bool
    patience: Patience
    attempts_max: int
    wishes: Wishes
    lines: str
    prompt_bytes: int
    started_s: float
    routed_s: float
    started_unix_s: int
    said: Mapping[str, object] | None = None
    face: Face | None = None
    asked_of: str = ""
    cached: bool = False
    gateway: str = ""
