"""Logs: one JSON object a line. Fields are named by the caller, so that nothing is dumped whole."""

from collections.abc import Callable

import orjson

from weftline_control.clock import Clock


class Log:
    """A structured log. The control plane says little, so each line is written at once."""

    def __init__(self, clock: Clock, write: Callable[[bytes], object]) -> None:
        self._clock = clock
        self._write = write

    def info(self, event: str, **fields: object) -> None:
        """Record something worth knowing."""
        self._line("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Record something that an operator should look at."""
        self._line("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Record a fault of ours."""
        self._line("error", event, fields)

    def failed(self, task: str, failure: BaseException) -> None:
        """Record that a background task died, by the name and kind of its failure."""
        self.error("task_failed", task=task, failure=f"{type(failure).__name__}: {failure}")

    def _line(self, level: str, event: str, fields: dict[str, object]) -> None:
        line = {"at_unix_ms": self._clock.unix_ms(), "level": level, "event": event, **fields}
        self._write(orjson.dumps(line, str, orjson.OPT_APPEND_NEWLINE))
