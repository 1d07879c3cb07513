"""Telling others in this process that something has changed."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


class Announcer:
    """Something whose changes others may want to hear of at once."""

    def __init__(self) -> None:
        self._listeners: set[Callable[[], None]] = set()

    @contextmanager
    def listening(self, on_change: Callable[[], None]) -> Generator[None]:
        """Call `on_change` after each change; it must not wait."""
        self._listeners.add(on_change)
        try:
            yield
        finally:
            self._listeners.discard(on_change)

    def _announce(self) -> None:
        for on_change in tuple(self._listeners):
            on_change()
