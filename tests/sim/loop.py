"""An event loop whose time is a number: to wait is to move the clock.

Nothing here touches a socket or a thread, so a run depends on its inputs alone and takes as long
as its Python does. A program that waits for what can never come raises at once.
"""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

# Where time starts. Not 0, so that a forgotten initialisation shows.
START_S = 1_000.0

# Wall-clock milliseconds at START_S; any fixed date does.
START_UNIX_MS = 1_750_000_000_000

# Turns of the loop with no time passing, after which the program is spinning. The busiest honest
# moment seen has some hundreds.
SPINS_MAX = 100_000


class Stuck(RuntimeError):
    """The simulated program waits for nothing, or never waits at all."""


class _NoIo(selectors.BaseSelector):
    """A selector with nothing to select: it advances the clock by what it was told to wait."""

    def __init__(self) -> None:
        self.now_s = START_S
        self._map: dict[int, selectors.SelectorKey] = {}
        self._spins = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, id(fileobj), events, data)
        self._map[id(fileobj)] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._map.pop(id(fileobj))

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._map[id(fileobj)]

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._map

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("deadlock: nothing is scheduled and nothing is ready")
        if timeout > 0:
            self.now_s += timeout
            self._spins = 0
        else:
            self._spins += 1
            if self._spins > SPINS_MAX:
                self._spins = 0
                raise Stuck(f"{SPINS_MAX} turns of the loop at {self.now_s} s: it spins")
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop on virtual time. Threads are refused: their timing is nobody's to fix."""

    def __init__(self) -> None:
        self._no_io = _NoIo()
        super().__init__(self._no_io)
        # asyncio runs timers that are due within one resolution; ours is exact.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._no_io.now_s

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # it never runs one
        raise Stuck(f"{func} wants a thread, which a simulated node may not have")


class VirtualClock:
    """Both clocks of a simulated node. `skew_ms` is how far its wall clock is off."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.skew_ms = 0

    def now_s(self) -> float:
        """Return the loop's virtual seconds."""
        return self._loop.time()

    def unix_ms(self) -> int:
        """Return virtual wall-clock milliseconds."""
        return START_UNIX_MS + round((self._loop.time() - START_S) * 1000) + self.skew_ms


def run(main: Coroutine[Any, Any, T]) -> tuple[T, list[str]]:
    """Run `main` on a fresh virtual loop; return its result and what went wrong unnoticed.

    Raises:
        Stuck: the program deadlocks or spins.
    """
    unnoticed: list[str] = []
    loop = VirtualLoop()
    loop.set_exception_handler(lambda _, context: unnoticed.append(_words(context)))
    try:
        return loop.run_until_complete(main), unnoticed
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _words(context: dict[str, Any]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r}"
