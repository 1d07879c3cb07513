"""The wall clock and the monotonic one, as a port."""

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
    """This machine's clocks."""

    def now_s(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()  # noqa: TID251  # this is the Clock that others are told to take

    def unix_ms(self) -> int:
        """Return wall-clock milliseconds."""
        return time.time_ns() // 1_000_000
