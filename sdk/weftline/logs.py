"""Logs: one JSON object a line, on standard error, written off the token path.

A line is a dict until the flush, which encodes what has gathered and writes it in one go. Fields
are named by the caller one by one; nothing is ever dumped whole, so no secret slips in with an
object.
"""

import asyncio
from collections.abc import Callable

import orjson

from weftline.clock import Clock

# Lines wait at most this long. Long enough to gather hundreds under load, short for a person's eye.
FLUSH_INTERVAL_S = 0.1

# Lines held when the reader of the log is slow; beyond it lines are dropped and counted.
LINES_HELD_MAX = 10_000

# An exception's words may quote what a stranger sent.
REASON_CHARS_MAX = 500


class Log:
    """A structured log.

    gather_s: how long a line may wait for others; 0 writes each at once, and so does a thread
    without a running loop.
    """

    def __init__(
        self,
        clock: Clock,
        write: Callable[[bytes], object],
        *,
        gather_s: float = FLUSH_INTERVAL_S,
    ) -> None:
        self._gather_s = gather_s
        self._clock = clock
        self._write = write
        self._lines: list[dict[str, object]] = []
        self._dropped = 0
        self._timer: asyncio.TimerHandle | None = None

    def info(self, event: str, **fields: object) -> None:
        """Record something worth knowing."""
        self._add("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Record something that an operator should look at."""
        self._add("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Record a fault of ours."""
        self._add("error", event, fields)

    def failed(self, task: str, failure: BaseException) -> None:
        """Record that a background task failed; its kind and words, not its stack."""
        self._add(
            "error", "task_failed", {"task": task, "failure": repr(failure)[:REASON_CHARS_MAX]}
        )

    def flush(self) -> None:
        """Write what has gathered."""
        self._timer = None
        lines, self._lines = self._lines, []
        if self._dropped:
            lines.append(self._line("warning", "log_lines_dropped", {"count": self._dropped}))
            self._dropped = 0
        if lines:
            self._write(b"".join(map(_encoded, lines)))

    def _add(self, level: str, event: str, fields: dict[str, object]) -> None:
        if len(self._lines) >= LINES_HELD_MAX:
            self._dropped += 1
            return
        self._lines.append(self._line(level, event, fields))
        if self._gather_s == 0:
            self.flush()
        elif self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self.flush()
            else:
                self._timer = loop.call_later(self._gather_s, self.flush)

    def _line(self, level: str, event: str, fields: dict[str, object]) -> dict[str, object]:
        return {"at_unix_ms": self._clock.unix_ms(), "level": level, "event": event, **fields}


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS


def _encoded(line: dict[str, object]) -> bytes:
    try:
        return orjson.dumps(line, _text, _OPTIONS)
    except orjson.JSONEncodeError:
        # A number that no JSON of ours takes, or half a character. It must not cost the lines that
        # were gathered with it.
        return orjson.dumps({name: ascii(value) for name, value in line.items()}, option=_OPTIONS)


def _text(value: object) -> str:
    return str(value)
