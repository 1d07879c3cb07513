"""How a small engine is kept busy: a number of slots, a queue before them, and a pace."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

# Requests that may wait for a slot; Ollama refuses beyond the same number.
QUEUE_MAX = 512


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the engine is. All zero: as fast as it can.

    ttft_ms: fixed part of the time to the first token. prefill_us_per_token: what each prompt
    token adds to it. itl_ms: time between two tokens. slots: requests served at once.
    """

    ttft_ms: float = 0.0
    prefill_us_per_token: float = 0.0
    itl_ms: float = 0.0
    slots: int = 64

    def prefill_s(self, prompt_tokens: int) -> float:
        """Return how long the prompt takes."""
        return self.ttft_ms / 1e3 + self.prefill_us_per_token * prompt_tokens / 1e6


class Overloaded(Exception):
    """All slots are busy and the queue is full."""


class Slots:
    """A first-come-first-served queue before a fixed number of slots."""

    def __init__(self, count: int, queue_max: int = QUEUE_MAX) -> None:
        self._free = asyncio.Semaphore(count)
        self._queue_max = queue_max
        self.running = 0
        self.waiting = 0

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[None, None]:
        """Hold a slot; leaving, or being cancelled while waiting, gives the place back.

        Raises:
            Overloaded: the queue is full.
        """
        if self._free.locked() and self.waiting >= self._queue_max:
            raise Overloaded
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._free.release()


class Metronome:
    """Sleeps to absolute times, so that one late beat does not make all later ones late."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._next_s = self._loop.time()

    async def beat(self, after_s: float) -> None:
        """Wait until `after_s` after the last beat; a beat already past is not waited for."""
        self._next_s += after_s
        if (left_s := self._next_s - self._loop.time()) > 0:
            await asyncio.sleep(left_s)
