"""Where one PoP keeps responses: in memory, by tenant, for a while.

A response that goes on from another shares what came before with it, so that a long talk is held
once, and as long as anything kept goes on from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

import orjson

from weftline_core.dialects.responses.keeping import input_items
from weftline_core.dialects.responses.log import ResponseLog
from weftline_core.errors import NotFound
from weftline_core.limits import QUOTED_CHARS_MAX
from weftline_node.job import Client

# All that is kept, in bytes. As much as the front door may hold for clients in a bad minute; an
# operator who needs more should have another PoP.
STORE_BYTES_MAX: Final = 256 * 1024 * 1024

# All that is kept, in number: beside its bytes each takes a few objects.
STORE_ENTRIES_MAX: Final = 50_000

# When it is full, so much is freed at once that not every request has to look for the oldest.
ROOM_SHARE: Final = 1 / 16

# How long a response is kept after its end. OpenAI's 30 days need a disk; a talk that pauses for
# longer than a day can send its items.
KEEP_S: Final = 24 * 3600.0

# The same for one made in the background that should not be stored: as long as OpenAI's polling
# needs it.
KEEP_UNSTORED_S: Final = 600.0

# How often all of them are looked at for those whose time is over.
SWEEP_INTERVAL_S: Final = 60.0

# What an entry takes beside its texts.
OVERHEAD_BYTES: Final = 1024


class Run(Protocol):
    """What makes a response in the background."""

    def snapshot(self) -> bytes:
        """Return the response as it is now."""
        ...

    def follow(self, client: Client, after: int, lines: str) -> None:
        """Write its events to a client. after: the number of the last one that the client has."""
        ...

    def cancel(self) -> None:
        """Make it end now, as its client wants it."""
        ...

    def fail(self) -> None:
        """Make it end now, because this PoP stops."""
        ...


class Turn:
    """One question and its answer. input: the request's own, as JSON. response: the answer, as
    JSON; empty while it is made. previous: what it goes on from. holders: how many kept responses,
    and later turns that are held, need it.
    """

    __slots__ = ("holders", "input", "previous", "response")

    def __init__(self, asked: bytes, previous: "Turn | None", response: bytes = b"") -> None:
        self.input = asked
        self.response = response
        self.previous = previous
        self.holders = 0

    @property
    def size(self) -> int:
        """Return its bytes, without those of what it goes on from."""
        return len(self.input) + len(self.response) + OVERHEAD_BYTES

    @property
    def whole_size(self) -> int:
        """Return the bytes of it and of all that it goes on from."""
        return sum(turn.size for turn in self.back())

    def back(self) -> Iterator["Turn"]:
        """Return it and all turns before it, the newest first."""
        turn: Turn | None = self
        while turn is not None:
            yield turn
            turn = turn.previous

    def inputs(self, response_id: str) -> list[dict[str, object]]:
        """Return what was asked, each item as it is listed."""
        return input_items({"input": orjson.loads(self.input)}, response_id)

    def items(self) -> list[dict[str, object]]:
        """Return what was asked and answered."""
        response = cast("dict[str, object]", orjson.loads(self.response))
        output = response.get("output")
        said = cast("list[object]", output) if isinstance(output, list) else []
        found = [cast("dict[str, object]", item) for item in said if isinstance(item, dict)]
        return [*self.inputs(str(response.get("id"))), *found]


@dataclass(slots=True, kw_only=True, eq=False)
class Kept:
    """One kept response. log: its events, if it is made in the background. run: what makes it,
    until it is there. keep_s: for how long it stays then. expires_s: monotonic; None before that.
    """

    id: str
    tenant: str
    turn: Turn
    keep_s: float
    log: ResponseLog | None = None
    run: Run | None = None
    expires_s: float | None = None
    log_bytes: int = 0

    @property
    def running(self) -> bool:
        """Return whether it is still made."""
        return self.run is not None

    def snapshot(self) -> bytes:
        """Return the response as it is now, as JSON."""
        return self.turn.response if self.run is None else self.run.snapshot()


@dataclass(slots=True)
class _Shelf:
    """What is kept of one tenant, the oldest first."""

    entries: dict[str, Kept] = field(default_factory=dict[str, Kept])
    size: int = 0


class ResponseStore:
    """All kept responses. When it is full, whoever has most of it loses its oldest; one that is
    still made is never lost, but for its oldest events where nothing else is left to lose.

    size, count: of all that is kept, in bytes and entries.
    """

    def __init__(
        self, bytes_max: int = STORE_BYTES_MAX, entries_max: int = STORE_ENTRIES_MAX
    ) -> None:
        self._bytes_max = bytes_max
        self._entries_max = entries_max
        self._shelves: dict[str, _Shelf] = {}
        self._sweep_s = 0.0
        self.size = 0
        self.count = 0

    def get(self, tenant: str, response_id: str, now_s: float) -> Kept:
        """Return a response.

        Raises:
            NotFound: this tenant has none of this id, or its time is over.
        """
        shelf = self._shelves.get(tenant)
        kept = None if shelf is None else shelf.entries.get(response_id)
        if kept is not None and not _over(kept, now_s):
            return kept
        shown = response_id[:QUOTED_CHARS_MAX]
        raise NotFound(
            f"Response with id '{shown}' not found: it was never kept at this PoP, or no longer is"
        )

    def put(self, kept: Kept, now_s: float) -> None:
        """Keep a response, in the place of one with the same id."""
        if now_s >= self._sweep_s:
            self.sweep(now_s)
        shelf = self._shelves.setdefault(kept.tenant, _Shelf())
        if kept.id in shelf.entries:
            self._take(shelf, kept.id)
        shelf.entries[kept.id] = kept
        self.count += 1
        self._hold(shelf, kept.turn)
        if kept.run is None:
            kept.expires_s = now_s + kept.keep_s
        self.grew(kept)

    def grew(self, kept: Kept) -> None:
        """Count the bytes of a response's events anew."""
        shelf = self._shelf_of(kept)
        if shelf is not None and kept.log is not None:
            more = kept.log.size - kept.log_bytes
            kept.log_bytes = kept.log.size
            self._count(shelf, more)
        self._make_room()

    def ended(self, kept: Kept, response: bytes, now_s: float) -> None:
        """Take note of how a response that was made in the background has ended."""
        shelf = self._shelf_of(kept)
        if shelf is not None:
            self._count(shelf, len(response) - len(kept.turn.response))
        kept.turn.response = response
        kept.run = None
        kept.expires_s = now_s + kept.keep_s
        self.grew(kept)

    def remove(self, kept: Kept) -> None:
        """Keep a response no longer; what goes on from it stays."""
        shelf = self._shelf_of(kept)
        if shelf is not None:
            self._take(shelf, kept.id)
            if not shelf.entries:
                del self._shelves[kept.tenant]

    def sweep(self, now_s: float) -> None:
        """Let go of all whose time is over."""
        self._sweep_s = now_s + SWEEP_INTERVAL_S
        for kept in [k for s in self._shelves.values() for k in s.entries.values()]:
            if _over(kept, now_s):
                self.remove(kept)

    def running(self) -> list[Kept]:
        """Return those that are still made."""
        return [k for s in self._shelves.values() for k in s.entries.values() if k.running]

    def _shelf_of(self, kept: Kept) -> _Shelf | None:
        shelf = self._shelves.get(kept.tenant)
        return shelf if shelf is not None and shelf.entries.get(kept.id) is kept else None

    def _take(self, shelf: _Shelf, response_id: str) -> None:
        kept = shelf.entries.pop(response_id)
        self.count -= 1
        self._count(shelf, -kept.log_bytes)
        kept.log_bytes = 0
        self._release(shelf, kept.turn)

    def _hold(self, shelf: _Shelf, newest: Turn) -> None:
        for turn in newest.back():
            turn.holders += 1
            if turn.holders > 1:
                return
            self._count(shelf, turn.size)

    def _release(self, shelf: _Shelf, newest: Turn) -> None:
        for turn in newest.back():
            turn.holders -= 1
            if turn.holders:
                return
            self._count(shelf, -turn.size)

    def _count(self, shelf: _Shelf, more: int) -> None:
        shelf.size += more
        self.size += more

    def _make_room(self) -> None:
        if self.size <= self._bytes_max and self.count <= self._entries_max:
            return
        bytes_max = int(self._bytes_max * (1 - ROOM_SHARE))
        entries_max = int(self._entries_max * (1 - ROOM_SHARE))
        while self.size > bytes_max or self.count > entries_max:
            oldest = self._oldest()
            if oldest is None:
                self._trim()
                return
            self.remove(oldest)

    def _trim(self) -> None:
        """Let the events of responses that are still made share half of all room."""
        running = self.running()
        share = self._bytes_max // (2 * max(1, len(running)))
        for kept in running:
            shelf = self._shelf_of(kept)
            if shelf is not None and kept.log is not None and kept.log.size > share:
                kept.log.trim(share)
                self._count(shelf, kept.log.size - kept.log_bytes)
                kept.log_bytes = kept.log.size

    def _oldest(self) -> Kept | None:
        """Return what to lose next."""
        fullest = max(self._shelves.values(), key=lambda shelf: shelf.size)
        for shelf in (fullest, *self._shelves.values()):
            for kept in shelf.entries.values():
                if not kept.running:
                    return kept
        return None


def _over(kept: Kept, now_s: float) -> bool:
    return kept.expires_s is not None and kept.expires_s <= now_s
