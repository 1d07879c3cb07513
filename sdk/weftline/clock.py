"""The two clocks that everything takes as an argument, and the real ones."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one to measure with, one to label with."""

    def now_s(self) -> float:
        """Return monotonic seconds."""
        ...

    def unix_ms(self) -> int:
        """Return wall-clock milliseconds; it may jump, so nothing is timed with it."""
        ...


class SystemClock:
    """The machine's monotonic clock, on which event loops' timers run too, and its wall clock.

    Not a loop's own `time()`: uvloop keeps that in whole milliseconds, once a turn.
    """

    def __init__(self) -> None:
        self.now_s = time.monotonic  # noqa: TID251  # this is the Clock that others take

    def unix_ms(self) -> int:
        """Return wall-clock milliseconds."""
        return time.time_ns() // 1_000_000
