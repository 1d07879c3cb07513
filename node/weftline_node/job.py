"""What one request is, and what serving it takes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from weftline.clock import Clock
from weftline_core.attempts import Patience
from weftline_core.book import Book
from weftline_core.desired import Model
from weftline_core.dialects.openai import ClientRequest
from weftline_core.record import Record
from weftline_core.retry_budget import RetryBudget
from weftline_node.dial import Dial
from weftline_node.upstream import UpstreamPool


class Guest(Protocol):
    """What a client's connection asks of the request that it waits for."""

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

    def serve(self, guest: Guest) -> None:
        """Tell `guest` from now on what happens to the connection."""
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
    """

    clock: Clock
    call_at: Callable[[float, Callable[[], None]], asyncio.TimerHandle]
    book: Book
    pool: UpstreamPool
    budget: RetryBudget
    on_record: Callable[[Record], None]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One request, checked, and where it may go.

    dials: the endpoints of its plan, best first. lines: the headers by which its answer can be
    found again in the mesh. prompt_bytes: the size of the client's body. started_s, routed_s: when
    its last byte had come, and when the plan was made.
    """

    request_id: str
    tenant: str
    request: ClientRequest
    model: Model
    dials: tuple[Dial, ...]
    patience: Patience
    lines: str
    prompt_bytes: int
    started_s: float
    routed_s: float
