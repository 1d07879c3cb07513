"""One direction of a long haul: a queue in which everything waits for its time, in order."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# The loop's timers are whole milliseconds, rounded up; an action due within the next half is done
# now, so that the error is as often early as late and does not grow over a round trip.
TIMER_SLACK_S = 0.0005

# Bytes on the way in one direction before the sender is paused, as by a TCP window.
IN_FLIGHT_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Due:
    at_s: float
    size: int
    action: Callable[[], None]


class Timers(Protocol):
    """What a line asks of the event loop."""

    def time(self) -> float:
        """Return the loop's own time in seconds."""
        ...

    def call_at(self, when: float, callback: Callable[[], object], /) -> object:
        """Call at that time or soon after."""
        ...


class Line:
    """One direction of a link: actions are done in the order in which they were put, each at its
    time or later.
    """

    def __init__(
        self, loop: Timers, on_full: Callable[[], None], on_room: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._on_full = on_full
        self._on_room = on_room
        self._queue: deque[_Due] = deque()
        self._bytes = 0
        self._held = False
        self._armed = False

    @property
    def bytes_in_flight(self) -> int:
        """Return how many bytes are on the way."""
        return self._bytes

    def put(self, at_s: float, size: int, action: Callable[[], None]) -> None:
        """Do `action` at `at_s` of the loop's time, but not before those put earlier."""
        if self._queue:
            at_s = max(at_s, self._queue[-1].at_s)
        self._queue.append(_Due(at_s, size, action))
        was_room = self._bytes <= IN_FLIGHT_BYTES_MAX
        self._bytes += size
        if was_room and self._bytes > IN_FLIGHT_BYTES_MAX:
            self._on_full()
        self._arm()

    def hold(self) -> None:
        """Do nothing until `release`: the receiver can take no more."""
        self._held = True

    def release(self) -> None:
        """Go on after `hold`."""
        self._held = False
        self._arm()

    def _arm(self) -> None:
        if self._queue and not self._armed and not self._held:
            self._armed = True
            self._loop.call_at(self._queue[0].at_s - TIMER_SLACK_S, self._run)

    def _run(self) -> None:
        self._armed = False
        now_s = self._loop.time() + TIMER_SLACK_S
        while self._queue and not self._held and self._queue[0].at_s <= now_s:
            due = self._queue.popleft()
            was_full = self._bytes > IN_FLIGHT_BYTES_MAX
            self._bytes -= due.size
            due.action()
            if was_full and self._bytes <= IN_FLIGHT_BYTES_MAX:
                self._on_room()
        self._arm()
