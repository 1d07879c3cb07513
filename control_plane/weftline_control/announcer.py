"""Telling others in this process that something has changed."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


class Announcer:
    """Something whose changes others may want to hear of at once."""

    def __init__(self) -> None:
        # A dictionary for its order: who listens first hears first, on every run.
        self._listeners: dict[Callable[[], None], None] = {}

    @contextmanager
    def listening(self, on_change: Callable[[], None]) -> Generator[None]:
        """Call `on_change` after each change; it must not wait."""
        self._listeners[on_change] = None
        try:
            yield
        finally:
            self._listeners.pop(on_change, None)

    def _announce(self) -> None:
        for on_change in tuple(self._listeners):
            on_change()
